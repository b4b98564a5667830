//! Writes events into the store, many in one transaction, and wakes the tasks that deliver them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use offhook_proto::limits;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::Inner;
use crate::clock::now_ms;
use crate::store::NewDelivery;

/// Events of one transaction.
const BATCH: usize = 256;
/// A store that refuses is asked again after so long.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// Webhooks that another process has made or changed are known after so long.
const RELOAD: Duration = Duration::from_secs(5);
/// Between two looks for dead letters that are too old.
const PRUNE: Duration = Duration::from_secs(3_600);
const DAY_MS: u64 = 86_400_000;

/// What the task is told.
pub(super) enum Written {
    /// To be written.
    Event(NewDelivery),
    /// Everything before this has been written.
    Flush(oneshot::Sender<()>),
}

/// Runs until the server stops.
pub(super) async fn run(inner: Arc<Inner>, mut events: mpsc::Receiver<Written>) {
    let mut reload = interval(RELOAD);
    let mut prune = interval(PRUNE);
    reload.set_missed_tick_behavior(MissedTickBehavior::Delay);
    prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            () = inner.stop.cancelled() => return,
            _ = events.recv_many(&mut batch, BATCH) => write(&inner, batch.drain(..)).await,
            _ = reload.tick() => {
                if let Err(error) = inner.reload().await {
                    tracing::warn!(%error, "webhooks cannot be read");
                }
            }
            _ = prune.tick() => forget_old(&inner).await,
        }
    }
}

async fn write(inner: &Arc<Inner>, batch: impl Iterator<Item = Written>) {
    let (mut deliveries, mut flushed) = (Vec::new(), Vec::new());
    for written in batch {
        match written {
            Written::Event(delivery) => deliveries.push(delivery),
            Written::Flush(done) => flushed.push(done),
        }
    }
    if !deliveries.is_empty() {
        save(inner, &deliveries).await;
        let bytes = deliveries.iter().map(|delivery| delivery.body.len()).sum();
        inner.unwritten_bytes.fetch_sub(bytes, Ordering::Relaxed);
        let webhooks: BTreeSet<&String> = deliveries.iter().flat_map(|d| &d.webhook_ids).collect();
        for webhook_id in webhooks {
            inner.wake(webhook_id);
        }
    }
    for done in flushed {
        // Whoever waited may have given up.
        let _ = done.send(());
    }
}

/// Tries until the store takes them: meanwhile the inbox fills, and what no longer goes in is counted as lost.
async fn save(inner: &Inner, deliveries: &[NewDelivery]) {
    loop {
        let mut position = inner.position.lock().await;
        match inner
            .store
            .add_deliveries(deliveries, *position, now_ms())
            .await
        {
            Ok(next) => {
                *position = next;
                return inner.counters.events.add(deliveries.len() as u64);
            }
            Err(error) => {
                tracing::error!(%error, "events for webhooks cannot be written");
            }
        }
        drop(position);
        tokio::select! {
            () = inner.stop.cancelled() => return,
            () = tokio::time::sleep(STORE_RETRY) => {}
        }
    }
}

async fn forget_old(inner: &Inner) {
    let before = now_ms().saturating_sub(limits::WEBHOOK_DEAD_LETTER_DAYS * DAY_MS);
    match inner.store.forget_old_dead_letters(before).await {
        Ok(0) => {}
        Ok(forgotten) => tracing::info!(forgotten, "old dead letters of webhooks forgotten"),
        Err(error) => tracing::warn!(%error, "old dead letters cannot be forgotten"),
    }
}
