//! Webhooks: a project's backend is told what happens to calls and rooms (docs/webhooks.md).
//!
//! Whoever makes something happen hands the event in and waits for nothing ([`Webhooks::publish`]). One task writes events into the
//! store, a row for each webhook that wants it, so that they survive a restart. Each webhook with something to do has a task that
//! delivers in order (`worker`); what becomes of an attempt is decided in `schedule`, where requests may go in `target`.

mod schedule;
mod signature;
mod target;
mod worker;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use offhook_proto::limits;
use offhook_proto::rest::{Timestamp, WebhookEvent};
use serde::Serialize;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use signature::new_secret;
pub use target::{Network, NotANetwork, TargetRules};

use crate::clock::now_ms;
use crate::metrics::{Counter, Histogram, LATENCY_BUCKETS_S, Metrics};
use crate::store::{NewDelivery, Store, StoreError};
use writer::Written;

/// How webhooks are delivered.
#[derive(Clone, Debug)]
pub struct WebhookPolicy {
    /// Networks that may be reached beside the public ones.
    pub rules: TargetRules,
    /// A receiver must have answered by then.
    pub timeout: Duration,
    /// A delivery is tried again for so long.
    pub retry_for: Duration,
}

impl Default for WebhookPolicy {
    fn default() -> Self {
        Self {
            rules: TargetRules::default(),
            timeout: Duration::from_secs(limits::WEBHOOK_TIMEOUT_S),
            retry_for: Duration::from_secs(limits::WEBHOOK_RETRY_S),
        }
    }
}

/// All webhooks of this process. Clones are handles to the same.
#[derive(Clone)]
pub struct Webhooks {
    inner: Arc<Inner>,
}

/// A webhook and its filters.
type Wants = (String, Vec<String>);

struct Inner {
    store: Store,
    policy: WebhookPolicy,
    /// Without it no delivery can be made; why is said at each attempt.
    client: Result<reqwest::Client, String>,
    /// By project: what each webhook that is on wants.
    subscriptions: RwLock<HashMap<String, Vec<Wants>>>,
    inbox: mpsc::Sender<Written>,
    unwritten_bytes: AtomicUsize,
    /// Where the next delivery goes in the order.
    position: tokio::sync::Mutex<u64>,
    /// Tasks that deliver, by webhook, and how they are woken.
    workers: Mutex<HashMap<String, Arc<Notify>>>,
    attempts: Semaphore,
    counters: Counters,
    stop: CancellationToken,
    tasks: TaskTracker,
}

struct Counters {
    events: Counter,
    lost: Counter,
    delivered: Counter,
    failed: Counter,
    refused: Counter,
    given_up: Counter,
    took: Histogram,
}

impl Counters {
    fn new(metrics: &Metrics) -> Self {
        let attempts = |outcome| {
            metrics.counter(
                "offhook_webhook_attempts_total",
                "Attempts to deliver to webhooks.",
                &[("outcome", outcome)],
            )
        };
        Self {
            events: metrics.counter(
                "offhook_webhook_events_total",
                "Events noted for webhooks.",
                &[],
            ),
            lost: metrics.counter(
                "offhook_webhook_events_lost_total",
                "Events that came faster than they could be written.",
                &[],
            ),
            delivered: attempts("delivered"),
            failed: attempts("failed"),
            refused: attempts("refused"),
            given_up: metrics.counter(
                "offhook_webhook_given_up_total",
                "Deliveries that became dead letters.",
                &[],
            ),
            took: metrics.histogram(
                "offhook_webhook_attempt_seconds",
                "Time of an attempt to deliver.",
                &[],
                LATENCY_BUCKETS_S,
            ),
        }
    }
}

/// What is sent: an envelope and what happened.
#[derive(Serialize)]
struct Payload<'a, T> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: WebhookEvent,
    created_at: Timestamp,
    created_ms: u64,
    project_id: &'a str,
    data: T,
}

impl Webhooks {
    /// Reads which webhooks there are and goes on with what waits. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn start(
        store: Store,
        policy: WebhookPolicy,
        metrics: &Metrics,
    ) -> Result<Self, StoreError> {
        let (inbox, events) = mpsc::channel(limits::WEBHOOK_EVENTS_UNWRITTEN);
        let position = store.free_position().await?;
        let inner = Arc::new(Inner {
            client: worker::client(&policy),
            subscriptions: RwLock::default(),
            unwritten_bytes: AtomicUsize::new(0),
            position: tokio::sync::Mutex::new(position),
            workers: Mutex::default(),
            attempts: Semaphore::new(limits::WEBHOOK_ATTEMPTS_AT_ONCE),
            counters: Counters::new(metrics),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            inbox,
            store,
            policy,
        });
        let this = Self { inner };
        this.reload().await?;
        let inner = &this.inner;
        inner.tasks.spawn(writer::run(Arc::clone(inner), events));
        for webhook_id in inner.store.webhooks_with_work().await? {
            inner.wake(&webhook_id);
        }
        Ok(this)
    }

    /// Which addresses webhooks may have.
    pub(crate) fn rules(&self) -> &TargetRules {
        &self.inner.policy.rules
    }

    /// Something has happened. `data` is made only when a webhook wants the event. Never waits; costs nothing to speak of where
    /// there are no webhooks.
    pub(crate) fn publish<T: Serialize>(
        &self,
        project_id: &str,
        event: WebhookEvent,
        data: impl FnOnce() -> T,
    ) {
        let webhook_ids = self.inner.wanted_by(project_id, event);
        if !webhook_ids.is_empty() {
            self.inner.hand_in(project_id, webhook_ids, event, data());
        }
    }

    /// An event for one webhook, whatever it wants; gives the event's id.
    pub(crate) fn test(&self, project_id: &str, webhook_id: &str) -> String {
        let data = serde_json::json!({ "webhook_id": webhook_id });
        let webhook_ids = vec![webhook_id.to_owned()];
        self.inner
            .hand_in(project_id, webhook_ids, WebhookEvent::Test, data)
    }

    /// A webhook is new, other than it was, or gone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn changed(&self, webhook_id: &str) -> Result<(), StoreError> {
        self.reload().await?;
        self.inner.wake(webhook_id);
        Ok(())
    }

    /// Lets what was given up wait again; gives how many deliveries.
    ///
    /// # Errors
    /// When the store refuses.
    pub(crate) async fn redeliver(
        &self,
        webhook_id: &str,
        id: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut position = self.inner.position.lock().await;
        let (count, next) = self
            .inner
            .store
            .redeliver(webhook_id, id, *position, now_ms())
            .await?;
        *position = next;
        drop(position);
        if count > 0 {
            self.inner.wake(webhook_id);
        }
        Ok(count)
    }

    /// Writes what has been handed in, and stops delivering. What is under way may be delivered once more by the next life of the
    /// server.
    pub async fn shutdown(&self, grace: Duration) {
        let (written, done) = oneshot::channel();
        let flush = async {
            if self.inner.inbox.send(Written::Flush(written)).await.is_ok() {
                let _ = done.await;
            }
        };
        if tokio::time::timeout(grace, flush).await.is_err() {
            tracing::warn!("not every event for webhooks could be written");
        }
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(grace, self.inner.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("a delivery to a webhook did not end in time");
        }
    }

    async fn reload(&self) -> Result<(), StoreError> {
        self.inner.reload().await
    }
}

impl Inner {
    /// Reads which webhooks want what.
    async fn reload(&self) -> Result<(), StoreError> {
        let mut by_project: HashMap<String, Vec<Wants>> = HashMap::new();
        for subscription in self.store.subscriptions().await? {
            by_project
                .entry(subscription.project_id)
                .or_default()
                .push((subscription.webhook_id, subscription.events));
        }
        // Nothing that can panic runs under the locks of this module.
        *self
            .subscriptions
            .write()
            .unwrap_or_else(PoisonError::into_inner) = by_project;
        Ok(())
    }

    fn wanted_by(&self, project_id: &str, event: WebhookEvent) -> Vec<String> {
        let subscriptions = self
            .subscriptions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let webhooks = subscriptions.get(project_id).map_or(&[][..], Vec::as_slice);
        webhooks
            .iter()
            .filter(|(_, filters)| filters.iter().any(|filter| event.passes(filter)))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn hand_in(
        &self,
        project_id: &str,
        webhook_ids: Vec<String>,
        event: WebhookEvent,
        data: impl Serialize,
    ) -> String {
        let event_id = uuid::Uuid::new_v4().to_string();
        let created_ms = now_ms();
        let body = offhook_proto::relay::to_text(&Payload {
            id: &event_id,
            kind: event,
            created_at: Timestamp(created_ms / 1000),
            created_ms,
            project_id,
            data,
        });
        let bytes = body.len();
        let before = self.unwritten_bytes.fetch_add(bytes, Ordering::Relaxed);
        let delivery = NewDelivery {
            webhook_ids,
            event_id: event_id.clone(),
            kind: event.as_str(),
            created_ms,
            body,
        };
        let room = before + bytes <= limits::WEBHOOK_BYTES_UNWRITTEN;
        if !room || self.inbox.try_send(Written::Event(delivery)).is_err() {
            self.unwritten_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.counters.lost.increment();
            tracing::warn!(
                event = event.as_str(),
                project = project_id,
                "an event is lost to webhooks: too many wait to be written"
            );
        }
        event_id
    }

    /// The webhook has something to do, or is other than it was.
    fn wake(self: &Arc<Self>, webhook_id: &str) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wake) = workers.get(webhook_id) {
            return wake.notify_one();
        }
        let wake = Arc::new(Notify::new());
        workers.insert(webhook_id.to_owned(), Arc::clone(&wake));
        let run = worker::run(Arc::clone(self), webhook_id.to_owned(), wake);
        self.tasks.spawn(run);
    }

    /// The webhook's task ends.
    fn forget(&self, webhook_id: &str) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.remove(webhook_id);
    }
}
