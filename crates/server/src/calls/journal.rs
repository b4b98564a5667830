//! Legs that go on are written to the store, so that a restarted server can take them up again (wire-protocol.md 10.6).
//! One task writes; rooms never wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use offhook_auth::SatKind;
use offhook_proto::code::Cause;
use offhook_proto::event::Direction;
use offhook_proto::room::Member;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::directory::DialogKey;
use crate::clock::{now_ms, now_s};
use crate::records::{EndedCalls, EndedLeg, Ledger, LegEnd, Target};
use crate::relay::Owner;
use crate::store::{AbandonedCall, LiveCallKey, Store};

/// What is kept of a leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LegRecord {
    pub(super) room: RoomRecord,
    pub(super) room_id: String,
    pub(super) room_session_id: String,
    pub(super) member: Member,
    pub(super) inbound: bool,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) answer_ms: Option<u64>,
    /// Dialog of the other side.
    pub(super) peer: Option<String>,
    /// Where it has gone, if it called.
    #[serde(default)]
    pub(super) target: Option<Target>,
    /// When it began, milliseconds since 1970.
    #[serde(default)]
    pub(super) start_ms: Option<u64>,
    /// Kind of its owner's token.
    #[serde(default)]
    pub(super) kind: Option<SatKind>,
}

/// Which room it was in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum RoomRecord {
    Conference(String),
    Direct,
}

impl LegRecord {
    fn ended(&self, subscriber_id: String, call_id: String, ended_ms: u64) -> LegEnd {
        LegEnd {
            call_id,
            subscriber_id,
            kind: self.kind.unwrap_or(SatKind::Subscriber).as_str(),
            name: self.member.name.clone(),
            number: if self.inbound { &self.to } else { &self.from }.clone(),
            address_id: self.member.address_id.clone(),
            target: self.target.clone(),
            joined: true,
            started_ms: self.start_ms.or(self.answer_ms).unwrap_or(ended_ms),
            ended_ms,
            cause: Cause::TemporaryFailure,
            reason: "the server ended".to_owned(),
            quality: None,
        }
    }

    pub(super) fn direction(&self) -> Direction {
        match self.inbound {
            true => Direction::Inbound,
            false => Direction::Outbound,
        }
    }
}

enum Entry {
    Saved(DialogKey, Box<LegRecord>),
    Removed(DialogKey),
}

/// Where rooms note their legs.
pub(super) struct Journal {
    entries: mpsc::UnboundedSender<Entry>,
    run: String,
}

impl Journal {
    /// Starts the task that writes. What earlier lives of the server left is forgotten after `forget_after`.
    /// Then its calls are over, and are recorded.
    pub(super) fn start(store: Store, ledger: Ledger, forget_after: std::time::Duration) -> Self {
        let run = uuid::Uuid::new_v4().to_string();
        let (entries, inbox) = mpsc::unbounded_channel();
        tokio::spawn(write(store, ledger, run.clone(), inbox, forget_after));
        Self { entries, run }
    }

    pub(super) fn save(&self, key: &DialogKey, record: LegRecord) {
        // Without the task the process is ending.
        let _ = self
            .entries
            .send(Entry::Saved(key.clone(), Box::new(record)));
    }

    pub(super) fn remove(&self, key: &DialogKey) {
        let _ = self.entries.send(Entry::Removed(key.clone()));
    }

    /// Legs of an earlier life of the server whose client is back and has not taken them up: its media ended with that life, and it
    /// must be told. Forgets and records them.
    pub(super) async fn give_up(
        &self,
        store: &Store,
        ledger: &Ledger,
        is_back: impl Fn(&DialogKey) -> bool,
    ) -> Vec<DialogKey> {
        let left = match store.left_calls(&self.run).await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "live calls cannot be read");
                return Vec::new();
            }
        };
        let mut told = Vec::new();
        for call in left {
            let Ok(record) = serde_json::from_str::<LegRecord>(&call.record) else {
                continue;
            };
            let key = DialogKey {
                owner: Arc::new(Owner {
                    project_id: call.project_id.clone(),
                    subscriber_id: call.subscriber_id.clone(),
                    kind: record.kind.unwrap_or(SatKind::Subscriber),
                }),
                call_id: call.call_id.as_str().into(),
            };
            if !is_back(&key) {
                continue;
            }
            match store.forget_left_call(store_key(&key), &self.run).await {
                Ok(true) => {
                    close(ledger, vec![call], now_ms());
                    told.push(key);
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "an old live call cannot be forgotten"),
            }
        }
        told
    }

    /// What another life of the server has noted of a dialog.
    pub(super) async fn look_up(&self, store: &Store, key: &DialogKey) -> Option<LegRecord> {
        match store.live_call(store_key(key), &self.run).await {
            Ok(record) => record.and_then(|record| serde_json::from_str(&record).ok()),
            Err(error) => {
                tracing::error!(%error, "live calls cannot be read");
                None
            }
        }
    }
}

async fn write(
    store: Store,
    ledger: Ledger,
    run: String,
    mut inbox: mpsc::UnboundedReceiver<Entry>,
    forget_after: std::time::Duration,
) {
    let began_ms = now_ms();
    let forget = tokio::time::sleep(forget_after);
    tokio::pin!(forget);
    let mut forgotten = false;
    loop {
        let entry = tokio::select! {
            entry = inbox.recv() => match entry {
                Some(entry) => entry,
                None => return,
            },
            () = &mut forget, if !forgotten => {
                forgotten = true;
                match store.take_abandoned_calls(&run).await {
                    Ok(calls) => close(&ledger, calls, began_ms),
                    Err(error) => tracing::warn!(%error, "old live calls cannot be forgotten"),
                }
                continue;
            }
        };
        let written = match &entry {
            Entry::Saved(key, record) => {
                let record = offhook_proto::relay::to_text(record);
                store
                    .save_live_call(store_key(key), &run, &record, now_s())
                    .await
            }
            Entry::Removed(key) => store.remove_live_call(store_key(key), &run).await,
        };
        if let Err(error) = written {
            // The call goes on; only a restart would be noticed.
            tracing::warn!(%error, "a live call cannot be noted");
        }
    }
}

/// Calls of an earlier life of the server that nobody has taken up. When they ended is not known; they had when this life began.
fn close(ledger: &Ledger, calls: Vec<AbandonedCall>, ended_ms: u64) {
    let mut sessions: BTreeMap<String, Vec<EndedLeg>> = BTreeMap::new();
    for call in calls {
        let AbandonedCall {
            project_id,
            subscriber_id,
            call_id,
            record,
        } = call;
        let Ok(record) = serde_json::from_str::<LegRecord>(&record) else {
            tracing::warn!(call = call_id, "a live call cannot be read");
            continue;
        };
        tracing::info!(call = call_id, "not taken up after the restart");
        let leg = record.ended(subscriber_id, call_id, ended_ms);
        let legs = sessions.entry(record.room_session_id).or_default();
        legs.push(EndedLeg {
            project_id,
            leg,
            measured: None,
        });
    }
    for (room_session_id, legs) in sessions {
        let Some(project_id) = legs.first().map(|ended| ended.project_id.clone()) else {
            continue;
        };
        ledger.close(EndedCalls {
            project_id,
            room_session_id,
            legs,
        });
    }
}

fn store_key(key: &DialogKey) -> LiveCallKey<'_> {
    LiveCallKey {
        project_id: &key.owner.project_id,
        subscriber_id: &key.owner.subscriber_id,
        call_id: &key.call_id,
    }
}
