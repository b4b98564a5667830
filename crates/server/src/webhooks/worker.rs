//! Delivers what waits for one webhook, one after the other.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_proto::limits;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::sync::Notify;

use super::schedule::{Attempt, Verdict, is_stale, judge};
use super::target::was_refused;
use super::{Inner, WebhookPolicy, signature};
use crate::clock::{now_ms, now_s};
use crate::store::{FailedAttempt, NextDelivery, StoreError, Work};

/// A store that does not answer is asked again after so long.
const STORE_RETRY: Duration = Duration::from_secs(1);
/// Connections to one receiver are kept for so long.
const KEEP_CONNECTION: Duration = Duration::from_secs(60);

/// The client of all deliveries: it follows no redirect, asks no proxy of the environment, and connects to what the rules permit alone.
pub(super) fn client(policy: &WebhookPolicy) -> Result<Client, String> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(policy.rules.clone()))
        .connect_timeout(policy.timeout)
        .timeout(policy.timeout)
        .pool_idle_timeout(KEEP_CONNECTION)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("offhook-webhooks/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// Runs while there is the webhook.
pub(super) async fn run(inner: Arc<Inner>, webhook_id: String, wake: Arc<Notify>) {
    // Since the last delivery that was taken.
    let mut failing = false;
    loop {
        let next = match inner.store.webhook_work(&webhook_id, now_s()).await {
            Ok(Work::Gone) => return inner.forget(&webhook_id),
            Ok(Work::Nothing) => None,
            Ok(Work::Next(delivery)) => Some(delivery),
            Err(error) => {
                if inner.stop.is_cancelled() {
                    return;
                }
                tracing::warn!(webhook = webhook_id, %error, "deliveries cannot be read");
                pause(&inner, STORE_RETRY, &wake).await;
                continue;
            }
        };
        let Some(delivery) = next else {
            tokio::select! {
                () = inner.stop.cancelled() => return,
                () = wake.notified() => continue,
            }
        };
        let now = now_ms();
        let age = Duration::from_millis(now.saturating_sub(delivery.since_ms));
        failing |= delivery.attempts > 0;
        let done = if is_stale(failing, age, inner.policy.retry_for) {
            give_up_unsent(&inner, &webhook_id, &delivery).await
        } else if delivery.next_ms > now {
            // By the clock of the day, which may be set back meanwhile.
            let most = Duration::from_millis(limits::WEBHOOK_BACKOFF_MAX_MS);
            let wait = Duration::from_millis(delivery.next_ms - now).min(most);
            pause(&inner, wait, &wake).await;
            Ok(())
        } else {
            let Ok(permit) = inner.attempts.acquire().await else {
                return;
            };
            let began = Instant::now();
            let attempt = tokio::select! {
                () = inner.stop.cancelled() => return,
                attempt = send(&inner, &delivery) => attempt,
            };
            drop(permit);
            inner.counters.took.observe(began.elapsed());
            failing = attempt != Attempt::Taken;
            settle(&inner, &webhook_id, &delivery, &attempt, age).await
        };
        if inner.stop.is_cancelled() {
            return;
        }
        if let Err(error) = done {
            // The delivery stays as it was: it is made once more.
            tracing::error!(webhook = webhook_id, %error, "what became of a delivery cannot be written");
            pause(&inner, STORE_RETRY, &wake).await;
        }
    }
}

async fn pause(inner: &Inner, time: Duration, wake: &Notify) {
    tokio::select! {
        () = inner.stop.cancelled() => {}
        () = wake.notified() => {}
        () = tokio::time::sleep(time) => {}
    }
}

/// One attempt. What the receiver says beside the status is read, so that the connection can go on, and thrown away: it may be what
/// nobody outside its network should see.
async fn send(inner: &Inner, delivery: &NextDelivery) -> Attempt {
    let failed = |reason: String| Attempt::Failed {
        status: None,
        reason,
        retry_after: None,
    };
    let client = match &inner.client {
        Ok(client) => client,
        Err(reason) => return failed(format!("this server cannot make requests: {reason}")),
    };
    // The rules may have become stricter since the URL was taken.
    let url = match inner.policy.rules.parse(&delivery.url) {
        Ok(url) => url,
        Err(fault) => {
            return Attempt::Refused {
                status: None,
                reason: format!("the URL {fault}"),
            };
        }
    };
    let timestamp = now_s();
    let signed = signature::sign(
        &delivery.secrets,
        &delivery.event_id,
        timestamp,
        &delivery.body,
    );
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &delivery.event_id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signed)
        .header("webhook-attempt", delivery.attempts.saturating_add(1))
        .body(delivery.body.clone());
    match request.send().await {
        Ok(response) => answered(response).await,
        Err(error) if was_refused(&error) => Attempt::Refused {
            status: None,
            reason: "the URL leads to an address that is not public".to_owned(),
        },
        Err(error) if error.is_timeout() => failed("no answer in time".to_owned()),
        Err(error) => failed(without_url(error)),
    }
}

async fn answered(mut response: Response) -> Attempt {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > limits::WEBHOOK_ANSWER_BYTES {
            break;
        }
    }
    judge_status(status, retry_after)
}

fn judge_status(status: StatusCode, retry_after: Option<Duration>) -> Attempt {
    let passing = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    let code = status.as_u16();
    if status.is_success() {
        Attempt::Taken
    } else if passing || status.is_server_error() {
        Attempt::Failed {
            status: Some(code),
            reason: format!("the receiver answered {code}"),
            retry_after,
        }
    } else {
        let redirect = if status.is_redirection() {
            "; redirects are not followed"
        } else {
            ""
        };
        Attempt::Refused {
            status: Some(code),
            reason: format!("the receiver answered {code}{redirect}"),
        }
    }
}

/// What went wrong, without the URL, which may carry the receiver's secrets: the innermost cause says most.
fn without_url(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        reason = inner.to_string();
        cause = inner.source();
    }
    let mut reason: String = reason.chars().take(200).collect();
    if reason.is_empty() {
        reason.push_str("the request failed");
    }
    reason
}

/// Writes down what became of the delivery.
async fn settle(
    inner: &Inner,
    webhook_id: &str,
    delivery: &NextDelivery,
    attempt: &Attempt,
    age: Duration,
) -> Result<(), StoreError> {
    let (store, counters) = (&inner.store, &inner.counters);
    let (status, reason) = match attempt {
        Attempt::Taken => {
            counters.delivered.increment();
            tracing::debug!(webhook = webhook_id, event = delivery.event_id, "delivered");
            return store
                .delivery_taken(webhook_id, &delivery.id, now_ms())
                .await;
        }
        Attempt::Failed { status, reason, .. } => {
            counters.failed.increment();
            (*status, reason)
        }
        Attempt::Refused { status, reason } => {
            counters.refused.increment();
            (*status, reason)
        }
    };
    let attempts = delivery.attempts.saturating_add(1);
    let verdict = judge(
        attempt,
        attempts,
        age,
        inner.policy.retry_for,
        rand::random(),
    );
    let now = now_ms();
    let next_ms = match verdict {
        Verdict::Again(pause) => {
            Some(now + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX / 2))
        }
        Verdict::GiveUp | Verdict::Done => None,
    };
    tracing::info!(
        webhook = webhook_id,
        event = delivery.event_id,
        kind = delivery.kind,
        attempts,
        reason,
        given_up = next_ms.is_none(),
        "delivery failed"
    );
    if next_ms.is_none() {
        counters.given_up.increment();
    }
    let failed = FailedAttempt {
        id: &delivery.id,
        attempts,
        status,
        reason,
        next_ms,
    };
    store.delivery_failed(webhook_id, failed, now).await
}

/// Gives up a delivery that grew too old behind one that failed.
async fn give_up_unsent(
    inner: &Inner,
    webhook_id: &str,
    delivery: &NextDelivery,
) -> Result<(), StoreError> {
    inner.counters.given_up.increment();
    let failed = FailedAttempt {
        id: &delivery.id,
        attempts: delivery.attempts,
        status: None,
        reason: "the receiver failed for too long",
        next_ms: None,
    };
    inner
        .store
        .delivery_failed(webhook_id, failed, now_ms())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_failed_or_refused() {
        for (code, expected) in [
            (200, "taken"),
            (204, "taken"),
            (301, "refused"),
            (400, "refused"),
            (404, "refused"),
            (408, "failed"),
            (410, "refused"),
            (425, "failed"),
            (429, "failed"),
            (500, "failed"),
            (503, "failed"),
        ] {
            let judged = match judge_status(StatusCode::from_u16(code).unwrap(), None) {
                Attempt::Taken => "taken",
                Attempt::Failed { .. } => "failed",
                Attempt::Refused { .. } => "refused",
            };
            assert_eq!(judged, expected, "{code}");
        }
    }
}
