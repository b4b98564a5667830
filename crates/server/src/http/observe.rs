//! Counts and times every request, and ends those that take too long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;

use super::App;
use super::error::ApiError;
use crate::metrics::LATENCY_BUCKETS_S;

/// From the request's head to the response's, the body's arrival included. Clients give up at the same time
/// (wire-protocol.md 8.5).
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Answers 503 when the handler has not answered in time.
pub(super) async fn time_limit(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Unavailable.into_response(),
    }
}

/// By route, which is the pattern and not the caller's path.
pub(super) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let method = method_name(request.method());
    let response = next.run(request).await;
    let status = response.status();
    let labels = [
        ("route", route),
        ("method", method),
        ("status", status.as_str()),
    ];
    app.metrics
        .counter(
            "offhook_http_requests_total",
            "HTTP requests answered.",
            &labels,
        )
        .increment();
    app.metrics
        .histogram(
            "offhook_http_request_seconds",
            "Time to the response's head.",
            &labels[..1],
            LATENCY_BUCKETS_S,
        )
        .observe(began.elapsed());
    if status.is_server_error() {
        tracing::warn!(route, method, status = status.as_u16(), "request failed");
    }
    response
}

/// A method is the caller's text; a label must not be.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
