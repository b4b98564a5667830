//! Counts and times every request, and ends those that take too long.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};

use super::error::ApiError;
use super::{App, cors};
use crate::metrics::{Counter, Histogram, LATENCY_BUCKETS_S, Metrics};

/// From the request's head to the response's, the body's arrival included. Clients give up at the same time
/// (wire-protocol.md 8.5).
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Counts by route, which is the pattern and not the caller's path.
pub(crate) struct Requests {
    metrics: Metrics,
    /// Handles that have been used: making one is dear. As many as there are routes, methods and statuses.
    known: RwLock<HashMap<String, Route>>,
}

struct Route {
    took: Histogram,
    answered: Vec<(&'static str, StatusCode, Counter)>,
}

impl Requests {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            metrics: metrics.clone(),
            known: RwLock::default(),
        }
    }

    fn answered(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(route);
        let counter = found.and_then(|found| found.counter(method, status));
        if let (Some(found), Some(counter)) = (found, counter) {
            counter.increment();
            found.took.observe(took);
            return;
        }
        drop(known);
        let labels = [
            ("route", route),
            ("method", method),
            ("status", status.as_str()),
        ];
        let help = "HTTP requests answered.";
        let counter = self
            .metrics
            .counter("offhook_http_requests_total", help, &labels);
        let help = "Time to the response's head.";
        let histogram = self.metrics.histogram(
            "offhook_http_request_seconds",
            help,
            &labels[..1],
            LATENCY_BUCKETS_S,
        );
        counter.increment();
        histogram.observe(took);
        // Nothing that can panic runs under the locks.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let route = known.entry(route.to_owned()).or_insert_with(|| Route {
            took: histogram,
            answered: Vec::new(),
        });
        if route.counter(method, status).is_none() {
            route.answered.push((method, status, counter));
        }
    }
}

impl Route {
    fn counter(&self, method: &str, status: StatusCode) -> Option<&Counter> {
        let mut all = self.answered.iter();
        let found = all.find(|(known, with, _)| *with == status && *known == method);
        found.map(|(_, _, counter)| counter)
    }
}

/// Around every handler: answers pages that ask whether they may ask, counts and times, answers 503 when the handler has not
/// answered in time, and lets every origin read the answer. One layer for all of it, since each costs every request.
pub(super) async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if let Some(answer) = cors::preflight(&request) {
        return answer;
    }
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method_name(request.method());
    let answered = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| ApiError::Unavailable.into_response());
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let status = response.status();
    app.requests
        .answered(route, method, status, began.elapsed());
    if status.is_server_error() {
        tracing::warn!(route, method, status = status.as_u16(), "request failed");
    }
    cors::open(&mut response);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_method_and_status_is_counted_by_itself() {
        let metrics = Metrics::default();
        let requests = Requests::new(&metrics);
        for _ in 0..3 {
            requests.answered("/a", "GET", StatusCode::OK, Duration::ZERO);
            requests.answered("/a", "POST", StatusCode::OK, Duration::ZERO);
        }
        requests.answered("/a", "GET", StatusCode::NOT_FOUND, Duration::ZERO);
        requests.answered("/b", "GET", StatusCode::OK, Duration::ZERO);
        let page = metrics.render();
        for line in [
            r#"offhook_http_requests_total{route="/a",method="GET",status="200"} 3"#,
            r#"offhook_http_requests_total{route="/a",method="POST",status="200"} 3"#,
            r#"offhook_http_requests_total{route="/a",method="GET",status="404"} 1"#,
            r#"offhook_http_requests_total{route="/b",method="GET",status="200"} 1"#,
            r#"offhook_http_request_seconds_count{route="/a"} 7"#,
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
    }
}
