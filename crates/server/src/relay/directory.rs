//! Tells sessions what changes in the directory they see (wire-protocol.md 8.2; ours: other clients learn of it when they look again).

use std::sync::Arc;

use offhook_proto::event::{AddressChanged, AddressRemoved};
use offhook_proto::method::event;
use offhook_proto::rest;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Keep, OutEvent, Relay, Shared};
use crate::store::{Address, AddressFilter, DirectoryChange, PageRequest, StoreError};

impl Relay {
    /// An address as clients see it now: also locked while the room's moderator keeps it so.
    pub(crate) fn shown(&self, address: Address) -> rest::Address {
        self.shared.shown(address)
    }
}

impl Shared {
    fn shown(&self, address: Address) -> rest::Address {
        let mut shown = address.into_body();
        shown.locked |= self.calls.is_locked(&shown.resource_id);
        shown
    }

    fn tell(&self, project_id: &str, address_id: &str, event: OutEvent) {
        let about: Arc<[String]> = [address_id.to_owned()].into();
        for session in self.registry.all() {
            if session.owner().project_id == project_id {
                session.event_about(about.clone(), event.clone());
            }
        }
    }

    async fn changed(&self, project_id: &str, resource_id: &str) -> Result<(), StoreError> {
        let filter = AddressFilter {
            resource_id: Some(resource_id.to_owned()),
            ..AddressFilter::default()
        };
        let page = PageRequest::default();
        let addresses = self.store.addresses(project_id, &filter, &page).await?;
        for address in addresses.items {
            let id = address.id.clone();
            let address = &self.shown(address);
            let event = OutEvent::new(
                event::ADDRESS_CHANGED,
                &AddressChanged { address },
                keep(&id),
            );
            self.tell(project_id, &id, event);
        }
        Ok(())
    }
}

/// Only the last word about an address counts.
fn keep(address_id: &str) -> Keep {
    Keep::Newest(format!("address:{address_id}").into())
}

/// Runs until the store is gone.
pub(super) async fn watch(shared: Arc<Shared>, mut changes: Receiver<DirectoryChange>) {
    loop {
        match changes.recv().await {
            Ok(DirectoryChange::Changed {
                project_id,
                resource_id,
            }) => {
                if let Err(error) = shared.changed(&project_id, &resource_id).await {
                    tracing::error!(%error, "a change of the directory cannot be told");
                }
            }
            Ok(DirectoryChange::Removed {
                project_id,
                address_id,
            }) => {
                let payload = AddressRemoved {
                    address_id: &address_id,
                };
                let event = OutEvent::new(event::ADDRESS_REMOVED, &payload, keep(&address_id));
                shared.tell(&project_id, &address_id, event);
            }
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "changes of the directory came too fast to be told");
            }
            Err(RecvError::Closed) => return,
        }
    }
}
