//! Tells whoever listens in this process that the directory has changed. What another process writes is seen by the next who reads.

use tokio::sync::broadcast;

use super::Store;

/// Changes a slow listener may fall behind by.
const BEHIND: usize = 1_024;

/// What has changed in the directory of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryChange {
    /// A resource is new, or its addresses are not what they were.
    Changed {
        /// Whose it is.
        project_id: String,
        /// The resource.
        resource_id: String,
    },
    /// An address is gone.
    Removed {
        /// Whose it was.
        project_id: String,
        /// Its id.
        address_id: String,
    },
}

pub(super) fn channel() -> broadcast::Sender<DirectoryChange> {
    broadcast::Sender::new(BEHIND)
}

impl Store {
    /// What changes from now on.
    pub fn directory_changes(&self) -> broadcast::Receiver<DirectoryChange> {
        self.changes.subscribe()
    }

    /// Says that a resource's addresses are not what they were.
    pub fn tell_changed(&self, project_id: &str, resource_id: &str) {
        // Nobody has to listen.
        let _ = self.changes.send(DirectoryChange::Changed {
            project_id: project_id.to_owned(),
            resource_id: resource_id.to_owned(),
        });
    }

    pub(super) fn tell_removed(&self, project_id: &str, address_id: &str) {
        let _ = self.changes.send(DirectoryChange::Removed {
            project_id: project_id.to_owned(),
            address_id: address_id.to_owned(),
        });
    }
}
