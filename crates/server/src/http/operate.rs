//! What the one who runs the server asks: is it alive, is it ready, how is it doing.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::App;
use super::error::ApiError;
use super::origin::Caller;

/// `GET /healthz`: the program runs.
pub(super) async fn healthy() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: requests are welcome. Not while going down, nor while the database is silent.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.draining.load(Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "going down\n").into_response();
    }
    match app.mint.store.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
                .into_response()
        }
    }
}

/// `GET /metrics`, to this machine only unless the owner opened it.
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    if !app.config.metrics_public && !caller.ip.to_canonical().is_loopback() {
        let message = "metrics are for this machine only: start the server with --metrics-public to open them".to_owned();
        return Err(ApiError::Forbidden {
            code: "metrics_not_public",
            message,
        });
    }
    let gauge = |name, help, value: usize| {
        app.metrics
            .gauge(name, help, &[])
            .set(i64::try_from(value).unwrap_or(i64::MAX));
    };
    gauge(
        "offhook_relay_connected_sessions",
        "Sessions with a socket.",
        app.relay.connected_sessions(),
    );
    gauge(
        "offhook_online_subscribers",
        "Subscribers who can be called.",
        app.relay.online_subscribers(),
    );
    gauge(
        "offhook_active_calls",
        "Calls and rooms going on.",
        app.relay.active_calls(),
    );
    let waiting = app.mint.store.deliveries_waiting().await?;
    gauge(
        "offhook_webhook_deliveries_waiting",
        "Deliveries to webhooks that wait.",
        usize::try_from(waiting).unwrap_or(usize::MAX),
    );
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.metrics.render(),
    )
        .into_response())
}
