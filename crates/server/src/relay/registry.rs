//! Where sessions are found: by protocol, and, while they are registered for inbound calls, by their owner.
//!
//! Only handles are in here; what a session knows is in its own task. The locks are held for a look-up, never across
//! an await.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handle::{Owner, SessionHandle};

/// All sessions of this process.
#[derive(Default)]
pub(crate) struct Registry {
    maps: Mutex<Maps>,
}

#[derive(Default)]
struct Maps {
    by_protocol: HashMap<String, SessionHandle>,
    /// Every session of an owner, with whether it is registered for inbound calls.
    by_owner: HashMap<Arc<Owner>, Vec<Entry>>,
    online: usize,
}

struct Entry {
    session: SessionHandle,
    online: bool,
}

impl Registry {
    pub(super) fn insert(&self, session: &SessionHandle) {
        let mut maps = self.lock();
        maps.by_protocol
            .insert(session.protocol().to_owned(), session.clone());
        let entry = Entry {
            session: session.clone(),
            online: false,
        };
        maps.by_owner
            .entry(session.owner().clone())
            .or_default()
            .push(entry);
    }

    pub(super) fn remove(&self, session: &SessionHandle) {
        let mut maps = self.lock();
        if maps
            .by_protocol
            .get(session.protocol())
            .is_some_and(|s| s.serial() == session.serial())
        {
            maps.by_protocol.remove(session.protocol());
        }
        maps.set_online(session, false);
        if let Some(entries) = maps.by_owner.get_mut(session.owner()) {
            entries.retain(|e| e.session.serial() != session.serial());
            if entries.is_empty() {
                maps.by_owner.remove(session.owner());
            }
        }
    }

    pub(super) fn all(&self) -> Vec<SessionHandle> {
        self.lock().by_protocol.values().cloned().collect()
    }

    pub(super) fn by_protocol(&self, protocol: &str) -> Option<SessionHandle> {
        self.lock().by_protocol.get(protocol).cloned()
    }

    /// Registers the session for inbound calls, or ends that. `true`: it was otherwise before.
    pub(super) fn set_online(&self, session: &SessionHandle, online: bool) -> bool {
        self.lock().set_online(session, online)
    }

    /// Sessions that ring when the owner is called.
    pub(crate) fn online(&self, owner: &Owner) -> Vec<SessionHandle> {
        let maps = self.lock();
        let entries = maps.by_owner.get(owner).map_or(&[][..], Vec::as_slice);
        entries
            .iter()
            .filter(|e| e.online)
            .map(|e| e.session.clone())
            .collect()
    }

    /// Every session of the owner.
    pub(crate) fn of_owner(&self, owner: &Owner) -> Vec<SessionHandle> {
        let maps = self.lock();
        let entries = maps.by_owner.get(owner).map_or(&[][..], Vec::as_slice);
        entries.iter().map(|e| e.session.clone()).collect()
    }

    /// Sessions of the owner other than this one.
    pub(super) fn siblings(&self, session: &SessionHandle) -> Vec<SessionHandle> {
        let maps = self.lock();
        let entries = maps
            .by_owner
            .get(session.owner())
            .map_or(&[][..], Vec::as_slice);
        entries
            .iter()
            .map(|e| &e.session)
            .filter(|s| s.serial() != session.serial())
            .cloned()
            .collect()
    }

    /// Owners with at least one session that rings.
    pub(super) fn online_owners(&self) -> usize {
        self.lock().online
    }

    pub(super) fn attached_sessions(&self) -> usize {
        self.lock()
            .by_protocol
            .values()
            .filter(|s| s.is_attached())
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, Maps> {
        // No code that can panic runs under the lock.
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maps {
    fn set_online(&mut self, session: &SessionHandle, online: bool) -> bool {
        let Some(entries) = self.by_owner.get_mut(session.owner()) else {
            return false;
        };
        let before = entries.iter().any(|e| e.online);
        let Some(entry) = entries
            .iter_mut()
            .find(|e| e.session.serial() == session.serial())
        else {
            return false;
        };
        let changed = entry.online != online;
        entry.online = online;
        match (before, entries.iter().any(|e| e.online)) {
            (false, true) => self.online += 1,
            (true, false) => self.online -= 1,
            _ => {}
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_auth::SatKind;
    use tokio::sync::mpsc;

    fn session(serial: u64, subscriber: &str) -> SessionHandle {
        let owner = Owner {
            project_id: "p".into(),
            subscriber_id: subscriber.into(),
            kind: SatKind::Subscriber,
        };
        let (mailbox, _) = mpsc::unbounded_channel();
        SessionHandle::new(serial, format!("proto-{serial}"), Arc::new(owner), mailbox)
    }

    #[test]
    fn only_registered_sessions_ring() {
        let registry = Registry::default();
        let (a, b, other) = (session(1, "x"), session(2, "x"), session(3, "y"));
        for s in [&a, &b, &other] {
            registry.insert(s);
        }
        assert!(registry.online(a.owner()).is_empty());
        assert!(registry.set_online(&a, true));
        assert!(!registry.set_online(&a, true));
        registry.set_online(&other, true);
        let ringing: Vec<u64> = registry
            .online(b.owner())
            .iter()
            .map(SessionHandle::serial)
            .collect();
        assert_eq!(ringing, [1]);
        assert_eq!(registry.online_owners(), 2);
        registry.remove(&a);
        assert!(registry.online(b.owner()).is_empty());
        assert_eq!(registry.online_owners(), 1);
        assert!(registry.by_protocol("proto-1").is_none());
        assert!(registry.by_protocol("proto-2").is_some());
    }

    #[test]
    fn a_protocol_taken_over_by_a_rebuilt_session_stays_when_the_old_one_goes() {
        let registry = Registry::default();
        let owner = Arc::new(Owner {
            project_id: "p".into(),
            subscriber_id: "x".into(),
            kind: SatKind::Guest,
        });
        let (mailbox, _) = mpsc::unbounded_channel();
        let old = SessionHandle::new(1, "same".into(), owner.clone(), mailbox.clone());
        let new = SessionHandle::new(2, "same".into(), owner, mailbox);
        registry.insert(&old);
        registry.insert(&new);
        registry.remove(&old);
        assert_eq!(registry.by_protocol("same").map(|s| s.serial()), Some(2));
    }
}
