//! Text messages and the log of calls: written to the store and told to whoever is there (wire-protocol.md 6.9, 8.4).
//!
//! One task writes, one message after the other, so that everybody is told in the order in which it is kept.

mod attempts;

use std::sync::Arc;

use offhook_auth::SatKind;
use offhook_proto::rest::Message;
use offhook_proto::{limits, method};
use tokio::sync::{mpsc, oneshot, watch};

pub(crate) use attempts::{Attempt, Attempts, Delivery};

use crate::clock::now_ms;
use crate::metrics::{Counter, Gauge, Metrics};
use crate::relay::{Keep, OutEvent, Owner, Registry};
use crate::store::{ConversationMember, NewMessage, Said, Store, StoreError};

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// The conversation is gone.
    NoConversation,
    /// The store failed; it is in the log.
    Failed,
}

/// What became of a message.
pub(crate) type Outcome = Result<Arc<Message>, Unsaid>;

/// A call that has ended, for the conversation of its two addresses.
pub(crate) struct CallEntry {
    pub(crate) members: [ConversationMember; 2],
    pub(crate) message: NewMessage,
}

/// Where messages are handed in. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Messages {
    posts: mpsc::Sender<Post>,
    calls: mpsc::UnboundedSender<Noted>,
    /// Handed in and not yet written.
    waiting: Gauge,
}

/// What is handed in without waiting.
enum Noted {
    Call(Box<CallEntry>),
    /// All that was handed in before is to be written, and then this told.
    Flush(oneshot::Sender<()>),
}

struct Post {
    message: NewMessage,
    outcome: watch::Sender<Option<Outcome>>,
}

/// Too many messages wait to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Congested;

impl Messages {
    /// Starts the task that writes.
    pub(crate) fn start(store: Store, registry: Arc<Registry>, metrics: &Metrics) -> Self {
        let (posts, waiting_posts) = mpsc::channel(limits::MESSAGES_WAITING);
        let (calls, waiting_calls) = mpsc::unbounded_channel();
        let waiting = metrics.gauge(
            "offhook_messages_waiting",
            "Messages handed in and not yet written.",
            &[],
        );
        let writer = Writer {
            waiting: waiting.clone(),
            store,
            registry,
            written: metrics.counter("offhook_messages_total", "Text messages written.", &[]),
        };
        tokio::spawn(writer.run(waiting_posts, waiting_calls));
        Self {
            posts,
            calls,
            waiting,
        }
    }

    /// Hands a message in. It is written and told even if nobody waits for the outcome.
    pub(crate) fn post(&self, message: NewMessage) -> Result<Attempt, Congested> {
        let (outcome, attempt) = watch::channel(None);
        self.posts
            .try_send(Post { message, outcome })
            .map_err(|_| Congested)?;
        self.waiting.add(1);
        Ok(Attempt::new(attempt))
    }

    /// Notes a call that has ended; never waits.
    pub(crate) fn call_ended(&self, entry: CallEntry) {
        // Without the task the process is ending.
        let _ = self.calls.send(Noted::Call(Box::new(entry)));
    }

    /// Returns when all that was handed in before is written.
    pub(crate) async fn flush(&self) {
        let (written, done) = oneshot::channel();
        if self.calls.send(Noted::Flush(written)).is_ok() {
            // Without the task nothing more is written.
            let _ = done.await;
        }
    }
}

struct Writer {
    store: Store,
    registry: Arc<Registry>,
    written: Counter,
    waiting: Gauge,
}

impl Writer {
    async fn run(self, mut posts: mpsc::Receiver<Post>, mut calls: mpsc::UnboundedReceiver<Noted>) {
        loop {
            tokio::select! {
                Some(post) = posts.recv() => self.write(post).await,
                Some(noted) = calls.recv() => match noted {
                    Noted::Call(entry) => self.note(*entry).await,
                    Noted::Flush(written) => {
                        while let Ok(post) = posts.try_recv() {
                            self.write(post).await;
                        }
                        // Whoever asked may have stopped waiting.
                        let _ = written.send(());
                    }
                },
                else => return,
            }
        }
    }

    async fn write(&self, Post { message, outcome }: Post) {
        let said = self.say(&message).await;
        if said.is_ok() {
            self.written.increment();
        }
        self.waiting.add(-1);
        outcome.send_replace(Some(said));
    }

    async fn note(&self, entry: CallEntry) {
        let CallEntry { members, message } = entry;
        let project_id = &message.project_id;
        let joined = self
            .store
            .join_conversation(project_id, &members, now_ms())
            .await;
        match joined {
            // What becomes of it is in the log.
            Ok(_) => drop(self.say(&message).await),
            Err(error) => {
                tracing::error!(%error, "a call cannot be noted in its conversation");
            }
        }
    }

    async fn say(&self, new: &NewMessage) -> Outcome {
        match self.try_say(new).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, conversation = new.conversation_id, "a message cannot be written");
                Err(Unsaid::Failed)
            }
        }
    }

    async fn try_say(&self, new: &NewMessage) -> Result<Outcome, StoreError> {
        let (project_id, id) = (&new.project_id, &new.conversation_id);
        let Some(conversation) = self.store.conversation(project_id, id).await? else {
            return Ok(Err(Unsaid::NoConversation));
        };
        match self.store.say(new, now_ms()).await? {
            Said::Nowhere => Ok(Err(Unsaid::NoConversation)),
            Said::Before(message) => Ok(Ok(Arc::new(message))),
            Said::New(message) => {
                self.tell(project_id, &conversation.members, &message);
                Ok(Ok(Arc::new(message)))
            }
        }
    }

    /// Tells every session of every member, the sender's included: that is how its own other devices learn of it.
    fn tell(&self, project_id: &str, members: &[ConversationMember], message: &Message) {
        let event = OutEvent::new(
            method::event::CONVERSATION_MESSAGE,
            message,
            Keep::UntilAcked,
        );
        // Guests see what their token allows, today's and not that of the day they joined.
        let everybody: Arc<[String]> = members
            .iter()
            .map(|member| member.address_id.clone())
            .filter(|id| !id.is_empty())
            .collect();
        let mut told: Vec<&str> = Vec::new();
        for member in members.iter().filter(|member| member.reads) {
            if told.contains(&member.owner_id.as_str()) {
                continue;
            }
            told.push(&member.owner_id);
            let owner = Owner {
                project_id: project_id.to_owned(),
                subscriber_id: member.owner_id.clone(),
                kind: SatKind::Subscriber,
            };
            for session in self.registry.of_owner(&owner) {
                session.event_about(everybody.clone(), event.clone());
            }
        }
    }
}
