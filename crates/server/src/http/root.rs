//! The path `/`, which is the relay's socket and the demo's front page at once, and every path that is a file.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, OriginalUri, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use http::header::{CONTENT_SECURITY_POLICY, UPGRADE};
use http::{HeaderMap, HeaderValue, Method};

use super::App;
use super::error::ApiError;
use super::origin::{Caller, Peer};
use crate::assets::Assets;

const LANDING_PAGE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Offhook</title>\
<h1>Offhook</h1><p>The server is running. The agents' console is at <a href=/console/>/console/</a>. \
Start the server with <code>--demo</code> to see a shop page with a call button here.</p></html>";

/// `GET /`: with `Upgrade: websocket` the relay, whatever the host (wire-protocol.md 1.2); else a page.
pub(super) async fn root(
    State(app): State<Arc<App>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    Extension(peer): Extension<Peer>,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    match upgrade {
        Ok(upgrade) => {
            // Behind a trusted proxy the client is not the other end of the socket.
            let client = SocketAddr::new(caller.ip, peer.address.port());
            app.relay.upgrade(upgrade, &headers, client)
        }
        Err(rejection) if headers.contains_key(UPGRADE) => {
            ApiError::BadRequest(rejection.body_text()).into_response()
        }
        Err(_) if app.demo.is_some() => file(&app, "index.html", &headers).await,
        Err(_) => {
            let mut response = Html(LANDING_PAGE).into_response();
            response.headers_mut().insert(
                CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'"),
            );
            response
        }
    }
}

/// Any other path: a file of the web pages, or nothing.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || (app.demo.is_none() && path.starts_with("demo/")) {
        return ApiError::NotFound("there is nothing at this path").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::MethodNotAllowed.into_response();
    }
    file(&app, path, &headers).await
}

async fn file(app: &App, path: &str, headers: &HeaderMap) -> Response {
    match app.assets.respond(path, headers).await {
        Some(response) => response,
        None if app.assets.is_empty() => Assets::how_to_build(),
        None if app
            .assets
            .respond(&format!("{path}/"), headers)
            .await
            .is_some() =>
        {
            // A page's relative links need the slash.
            Redirect::permanent(&format!("/{path}/")).into_response()
        }
        None => ApiError::NotFound("there is nothing at this path").into_response(),
    }
}

/// `GET /demo/config.json`, with `--demo` only: the public token and the agent's password, which in a demo are
/// nobody's secret.
pub(super) async fn demo_config(State(app): State<Arc<App>>) -> Response {
    match &app.demo {
        Some(demo) => Json(demo).into_response(),
        None => ApiError::NotFound("the server runs without --demo").into_response(),
    }
}
