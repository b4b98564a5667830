//! Where calls are found: dialogs by their owner and id, conferences by their resource, legs by their media key.
//!
//! Only mailboxes are in here, and what is left of calls that ended since their media was lost. What a call is, its own task
//! knows; a look-up that finds a task which has just ended is the same as one that finds nothing. The lock is held for a
//! look-up, never across an await.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use offhook_media::LegKey;
use offhook_proto::code::Cause;
use offhook_proto::limits::SECOND_THOUGHTS;

use super::journal::LegRecord;
use super::room::RoomHandle;
use crate::relay::{Owner, SessionHandle};

/// Names a dialog. Clients choose the ids of their own, so an id alone could be somebody else's too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DialogKey {
    pub(super) owner: Arc<Owner>,
    pub(super) call_id: Arc<str>,
}

/// Names a leg within this process.
pub(super) type LegId = u64;

/// Where a dialog is.
#[derive(Clone)]
pub(super) struct DialogEntry {
    pub(super) room: RoomHandle,
    pub(super) leg: LegId,
    pub(super) session: SessionHandle,
}

/// What is known of a dialog id.
pub(super) enum Found {
    Live(DialogEntry),
    Ended(Cause),
    Unknown,
}

/// All dialogs, conferences and media legs of this process.
#[derive(Default)]
pub(super) struct Directory {
    maps: Mutex<Maps>,
}

#[derive(Default)]
struct Maps {
    dialogs: HashMap<DialogKey, DialogEntry>,
    by_session: HashMap<u64, Vec<DialogKey>>,
    /// Backends know calls by their ids alone.
    by_call_id: HashMap<Arc<str>, Vec<DialogKey>>,
    /// Calls that backends have placed, by their names for them: the project and the room.
    dials: HashMap<Arc<str>, (String, RoomHandle)>,
    ended: HashMap<DialogKey, Cause>,
    /// The same in order of time.
    ended_order: VecDeque<(Instant, DialogKey)>,
    /// Of ended dialogs, those that can be taken up again, and until when.
    lost: HashMap<DialogKey, (Instant, Box<LegRecord>)>,
    conferences: HashMap<String, RoomHandle>,
    /// Rooms of calls between two that go on after a restart, by their session.
    restored: HashMap<String, RoomHandle>,
    media: HashMap<LegKey, (RoomHandle, LegId)>,
    ringing: HashMap<Arc<Owner>, Vec<RoomHandle>>,
    /// Resources whose conference takes nobody in right now.
    locked: HashSet<String>,
}

/// Most ended dialogs that are remembered.
const ENDED: usize = 100_000;

impl Directory {
    pub(super) fn find(&self, key: &DialogKey) -> Found {
        let maps = self.lock();
        match (maps.dialogs.get(key), maps.ended.get(key)) {
            (Some(entry), _) => Found::Live(entry.clone()),
            (None, Some(cause)) => Found::Ended(*cause),
            (None, None) => Found::Unknown,
        }
    }

    /// `false`: the id is in use.
    pub(super) fn insert(&self, key: &DialogKey, entry: DialogEntry) -> bool {
        let mut maps = self.lock();
        if maps.dialogs.contains_key(key) {
            return false;
        }
        maps.by_session
            .entry(entry.session.serial())
            .or_default()
            .push(key.clone());
        maps.by_call_id
            .entry(key.call_id.clone())
            .or_default()
            .push(key.clone());
        maps.dialogs.insert(key.clone(), entry);
        true
    }

    /// The dialogs of a project that have this id.
    pub(super) fn by_call_id(&self, project_id: &str, call_id: &str) -> Vec<DialogEntry> {
        let maps = self.lock();
        let keys = maps.by_call_id.get(call_id).map_or(&[][..], Vec::as_slice);
        keys.iter()
            .filter(|key| key.owner.project_id == project_id)
            .filter_map(|key| maps.dialogs.get(key))
            .cloned()
            .collect()
    }

    /// A call that a backend has placed is in this room.
    pub(super) fn insert_dial(&self, dial: &Arc<str>, project_id: &str, room: &RoomHandle) {
        let place = (project_id.to_owned(), room.clone());
        self.lock().dials.insert(dial.clone(), place);
    }

    pub(super) fn end_dial(&self, dial: &Arc<str>) {
        self.lock().dials.remove(dial);
    }

    /// Where a call is that the project's backend has placed.
    pub(super) fn dial(&self, project_id: &str, dial: &str) -> Option<RoomHandle> {
        let maps = self.lock();
        let (project, room) = maps.dials.get(dial)?;
        (project == project_id).then(|| room.clone())
    }

    /// The dialog is over; its id is remembered for `memory`.
    pub(super) fn end(&self, key: &DialogKey, cause: Cause, now: Instant, memory: Duration) {
        let mut maps = self.lock();
        maps.forget_dialog(key);
        while maps.ended.len() >= ENDED
            || maps
                .ended_order
                .front()
                .is_some_and(|(at, _)| now.duration_since(*at) > memory)
        {
            let Some((_, old)) = maps.ended_order.pop_front() else {
                break;
            };
            maps.ended.remove(&old);
        }
        if maps.ended.insert(key.clone(), cause).is_none() {
            maps.ended_order.push_back((now, key.clone()));
        }
    }

    /// The dialog, which has just ended, can be taken up again until then, if there is room for one more.
    pub(super) fn keep_lost(
        &self,
        key: &DialogKey,
        record: LegRecord,
        now: Instant,
        until: Instant,
    ) {
        let mut maps = self.lock();
        if maps.lost.len() >= SECOND_THOUGHTS {
            maps.lost.retain(|_, (until, _)| now < *until);
        }
        if maps.lost.len() < SECOND_THOUGHTS {
            maps.lost.insert(key.clone(), (until, Box::new(record)));
        }
    }

    /// What an ended dialog is taken up again with; once.
    pub(super) fn take_lost(&self, key: &DialogKey, now: Instant) -> Option<LegRecord> {
        let (until, record) = self.lock().lost.remove(key)?;
        (now < until).then_some(*record)
    }

    /// The dialog never came to be: its id may be used again.
    pub(super) fn withdraw(&self, key: &DialogKey) {
        self.lock().forget_dialog(key);
    }

    /// The dialog goes on in another room.
    pub(super) fn relocate(&self, key: &DialogKey, entry: DialogEntry) {
        if let Some(known) = self.lock().dialogs.get_mut(key) {
            known.room = entry.room;
            known.leg = entry.leg;
        }
    }

    /// Another session of the same owner speaks for the dialog from now on.
    pub(super) fn adopt(&self, key: &DialogKey, session: &SessionHandle) {
        let mut maps = self.lock();
        let Some(entry) = maps.dialogs.get_mut(key) else {
            return;
        };
        let previous = std::mem::replace(&mut entry.session, session.clone());
        maps.unlink(previous.serial(), key);
        maps.by_session
            .entry(session.serial())
            .or_default()
            .push(key.clone());
    }

    /// The dialogs a session speaks for.
    pub(super) fn of_session(&self, session: &SessionHandle) -> Vec<DialogEntry> {
        let maps = self.lock();
        let keys = maps
            .by_session
            .get(&session.serial())
            .map_or(&[][..], Vec::as_slice);
        keys.iter()
            .filter_map(|key| maps.dialogs.get(key))
            .cloned()
            .collect()
    }

    pub(super) fn count_of_session(&self, session: &SessionHandle) -> usize {
        self.lock()
            .by_session
            .get(&session.serial())
            .map_or(0, Vec::len)
    }

    /// The running conference of a resource, or the one `make` starts, which then is it.
    pub(super) fn conference(
        &self,
        resource_id: &str,
        make: impl FnOnce() -> RoomHandle,
    ) -> RoomHandle {
        let mut maps = self.lock();
        match maps.conferences.get(resource_id) {
            Some(room) if !room.is_over() => room.clone(),
            _ => {
                let room = make();
                maps.conferences
                    .insert(resource_id.to_owned(), room.clone());
                room
            }
        }
    }

    /// The room that goes on with a session of an earlier life of the server, or the one `make` starts.
    pub(super) fn restored(
        &self,
        room_session_id: &str,
        make: impl FnOnce() -> RoomHandle,
    ) -> RoomHandle {
        let mut maps = self.lock();
        maps.restored.retain(|_, room| !room.is_over());
        maps.restored
            .entry(room_session_id.to_owned())
            .or_insert_with(make)
            .clone()
    }

    /// A room ends: nobody is sent there any more.
    pub(super) fn end_conference(&self, resource_id: &str, room: &RoomHandle) {
        let mut maps = self.lock();
        if maps
            .conferences
            .get(resource_id)
            .is_some_and(|r| r.serial() == room.serial())
        {
            maps.conferences.remove(resource_id);
        }
    }

    /// A conference takes nobody in any more, or does again.
    pub(super) fn set_locked(&self, resource_id: &str, locked: bool) {
        let mut maps = self.lock();
        match locked {
            true => maps.locked.insert(resource_id.to_owned()),
            false => maps.locked.remove(resource_id),
        };
    }

    pub(super) fn is_locked(&self, resource_id: &str) -> bool {
        self.lock().locked.contains(resource_id)
    }

    pub(super) fn insert_media(&self, media: LegKey, room: &RoomHandle, leg: LegId) {
        self.lock().media.insert(media, (room.clone(), leg));
    }

    pub(super) fn remove_media(&self, media: LegKey) {
        self.lock().media.remove(&media);
    }

    pub(super) fn by_media(&self, media: LegKey) -> Option<(RoomHandle, LegId)> {
        self.lock().media.get(&media).cloned()
    }

    /// A room rings the owner's devices: those that come online are to ring too.
    pub(super) fn begin_ringing(&self, owner: &Arc<Owner>, room: &RoomHandle) {
        self.lock()
            .ringing
            .entry(owner.clone())
            .or_default()
            .push(room.clone());
    }

    pub(super) fn end_ringing(&self, owner: &Arc<Owner>, room: &RoomHandle) {
        let mut maps = self.lock();
        if let Some(rooms) = maps.ringing.get_mut(owner) {
            rooms.retain(|r| r.serial() != room.serial());
            if rooms.is_empty() {
                maps.ringing.remove(owner);
            }
        }
    }

    /// Rooms that ring the owner's devices.
    pub(super) fn ringing(&self, owner: &Owner) -> Vec<RoomHandle> {
        self.lock().ringing.get(owner).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Maps> {
        // No code that can panic runs under the lock.
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maps {
    fn forget_dialog(&mut self, key: &DialogKey) {
        if let Some(entry) = self.dialogs.remove(key) {
            self.unlink(entry.session.serial(), key);
            if let Some(keys) = self.by_call_id.get_mut(&key.call_id) {
                keys.retain(|k| k != key);
                if keys.is_empty() {
                    self.by_call_id.remove(&key.call_id);
                }
            }
        }
    }

    fn unlink(&mut self, session: u64, key: &DialogKey) {
        if let Some(keys) = self.by_session.get_mut(&session) {
            keys.retain(|k| k != key);
            if keys.is_empty() {
                self.by_session.remove(&session);
            }
        }
    }
}
