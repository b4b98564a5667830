//! What is kept of calls that have ended: their records for the owner, and entries in the conversations of those who talked
//! (wire-protocol.md 8.4).
//!
//! Rooms hand in the legs that have ended and wait for nothing. One task collects what the media server has measured of them, works out
//! the calls they were, and writes.

mod compose;
mod quality;

use std::pin::Pin;
use std::time::Duration;

use offhook_media::LegStats;
use offhook_proto::rest::{MessageSubtype, WebhookEvent};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, timeout};

pub(crate) use compose::{HANGUP, LegEnd, OFFLINE, Target};

use crate::clock::now_ms;
use crate::messages::{CallEntry, Messages};
use crate::metrics::{Counter, Metrics};
use crate::store::{ConversationMember, NewMessage, Store, StoreError, conversation_id};
use crate::webhooks::Webhooks;
use compose::{Composed, compose};

/// The media server answers in milliseconds; a record waits no longer for one that does not.
const MEASURED: Duration = Duration::from_secs(3);
/// Between two looks for records that are too old.
const PRUNE: Duration = Duration::from_secs(3600);

/// What the media server will say of a leg.
pub(crate) type Measured = Pin<Box<dyn Future<Output = Option<LegStats>> + Send + Sync>>;

/// A leg that has ended, and what was measured of it.
pub(crate) struct EndedLeg {
    pub(crate) project_id: String,
    pub(crate) leg: LegEnd,
    pub(crate) measured: Option<Measured>,
}

/// Legs that have ended in one room session, of calls that are over with them.
pub(crate) struct EndedCalls {
    /// Their project.
    pub(crate) project_id: String,
    pub(crate) room_session_id: String,
    pub(crate) legs: Vec<EndedLeg>,
}

/// What is handed in.
enum Entered {
    Ended(EndedCalls),
    /// All that was handed in before is to be written, and then this told.
    Flush(oneshot::Sender<()>),
}

/// Where rooms hand in what has ended.
#[derive(Clone)]
pub(crate) struct Ledger {
    inbox: mpsc::UnboundedSender<Entered>,
}

impl Ledger {
    /// Starts the task that writes. Records older than `keep` are forgotten.
    pub(crate) fn start(
        store: Store,
        messages: Messages,
        webhooks: Webhooks,
        keep: Option<Duration>,
        metrics: &Metrics,
    ) -> Self {
        let (sender, inbox) = mpsc::unbounded_channel();
        let written = metrics.counter(
            "offhook_call_records_total",
            "Records of calls written.",
            &[],
        );
        let writer = Writer {
            store,
            messages,
            webhooks,
            keep,
            written,
        };
        tokio::spawn(writer.run(inbox));
        Self { inbox: sender }
    }

    /// Hands in what has ended; never waits.
    pub(crate) fn close(&self, calls: EndedCalls) {
        if !calls.legs.is_empty() {
            // Without the task the process is ending.
            let _ = self.inbox.send(Entered::Ended(calls));
        }
    }

    /// Returns when all that was handed in before is written. The media server must still be there: it is asked what it measured.
    pub(crate) async fn flush(&self) {
        let (written, done) = oneshot::channel();
        if self.inbox.send(Entered::Flush(written)).is_ok() {
            // Without the task nothing more is written.
            let _ = done.await;
        }
    }
}

struct Writer {
    store: Store,
    messages: Messages,
    webhooks: Webhooks,
    keep: Option<Duration>,
    written: Counter,
}

impl Writer {
    async fn run(self, mut inbox: mpsc::UnboundedReceiver<Entered>) {
        let mut prune = interval(PRUNE);
        prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entered = inbox.recv() => match entered {
                    Some(Entered::Ended(calls)) => self.write(calls).await,
                    // Whoever asked may have stopped waiting.
                    Some(Entered::Flush(written)) => drop(written.send(())),
                    None => return,
                },
                _ = prune.tick(), if self.keep.is_some() => self.prune().await,
            }
        }
    }

    async fn write(&self, calls: EndedCalls) {
        let EndedCalls {
            project_id,
            room_session_id,
            legs,
        } = calls;
        let mut ended = Vec::with_capacity(legs.len());
        for EndedLeg {
            mut leg, measured, ..
        } in legs
        {
            if let Some(measured) = measured {
                let stats = timeout(MEASURED, measured).await.unwrap_or_default();
                leg.quality = stats.and_then(|stats| quality::quality(&stats));
            }
            ended.push(leg);
        }
        for call in compose(&room_session_id, &ended) {
            if let Some(entry) = entry(&project_id, &call) {
                self.messages.call_ended(entry);
            }
            match self.save(&project_id, &call).await {
                Ok(()) => {
                    self.written.increment();
                    let event = WebhookEvent::CallRecorded;
                    self.webhooks.publish(&project_id, event, || &call.record);
                }
                Err(error) => {
                    tracing::error!(%error, room_session = room_session_id, "the record of a call cannot be written");
                }
            }
        }
    }

    async fn save(&self, project_id: &str, call: &Composed) -> Result<(), StoreError> {
        self.store
            .save_call_record(project_id, &call.record, call.started_ms, call.ended_ms)
            .await
    }

    async fn prune(&self) {
        let Some(keep) = self.keep else { return };
        let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        match self
            .store
            .forget_call_records(now_ms().saturating_sub(keep_ms))
            .await
        {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old records of calls forgotten"),
            Err(error) => tracing::warn!(%error, "old records of calls cannot be forgotten"),
        }
    }
}

/// The entry in the conversation of the two addresses, if both sides have one.
fn entry(project_id: &str, call: &Composed) -> Option<CallEntry> {
    let Composed {
        record,
        target,
        started_ms,
        ended_ms,
    } = call;
    let caller = ConversationMember {
        owner_id: record.from.subscriber_id.clone()?,
        address_id: record.from.address_id.clone()?,
        reads: true,
    };
    if target.address_id.is_empty() || target.address_id == caller.address_id {
        return None;
    }
    let callee = ConversationMember {
        owner_id: target.owner_id.clone(),
        address_id: target.address_id.clone(),
        reads: target.person,
    };
    let mut details: Map<String, Value> = Map::new();
    details.insert("status".to_owned(), record.status.as_str().into());
    details.insert("start_time".to_owned(), json!(started_ms));
    details.insert("end_time".to_owned(), json!(ended_ms));
    details.insert("duration_ms".to_owned(), json!(record.duration_ms));
    let members = [caller, callee];
    Some(CallEntry {
        message: NewMessage {
            project_id: project_id.to_owned(),
            conversation_id: conversation_id(&members),
            subtype: MessageSubtype::Log,
            kind: "call",
            from_owner_id: members[0].owner_id.clone(),
            from_address_id: members[0].address_id.clone(),
            user_name: record.from.name.clone(),
            // A call is noted once, however often it is handed in.
            client_id: Some(record.id.clone()),
            text: None,
            details,
        },
        members,
    })
}
