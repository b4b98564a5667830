//! The HTTP request that becomes a socket (wire-protocol.md 1.2), and which pages may make one.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use offhook_proto::limits;

use super::Shared;
use super::socket;

/// Bytes read at once. Idle sockets are many and each keeps such a buffer; what arrives is mostly acks and pongs, and
/// a longer frame makes the buffer grow for as long as it is being read.
const READ_BUFFER: usize = 1024;
/// Frames are written at once, so that nothing is kept in between.
const WRITE_BUFFER: usize = 0;

pub(super) fn upgrade(
    shared: &Arc<Shared>,
    upgrade: WebSocketUpgrade,
    headers: &HeaderMap,
    remote: SocketAddr,
) -> Response {
    if shared.drain.is_cancelled() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "The server is shutting down.\n",
        )
            .into_response();
    }
    let origin = match headers.get(header::ORIGIN).map(|value| value.to_str()) {
        None => None,
        Some(Ok(origin)) => Some(origin.to_owned()),
        Some(Err(_)) => {
            return (StatusCode::BAD_REQUEST, "The Origin header is not text.\n").into_response();
        }
    };
    let own = |origin: &str| shared.config.is_own(origin);
    if !origin.as_deref().is_some_and(own)
        && !allows(&shared.config.allowed_origins, origin.as_deref())
    {
        tracing::info!(%remote, ?origin, "socket refused: origin not allowed");
        return (StatusCode::FORBIDDEN, "This origin may not connect here.\n").into_response();
    }
    let shared = shared.clone();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(limits::UNACKED_BYTES)
        // A frame somewhat too long is answered with an error; one much too long ends the socket.
        .max_message_size(2 * limits::FRAME_BYTES)
        .max_frame_size(2 * limits::FRAME_BYTES)
        .on_upgrade(move |websocket| async move {
            socket::spawn(&shared, websocket, origin, remote);
        })
}

/// Whether a page of that origin may connect. Programs that send no origin always may: an origin protects people who
/// use browsers, and only from pages.
fn allows(allowed: &[String], origin: Option<&str>) -> bool {
    match origin {
        None => true,
        Some(origin) => {
            allowed.is_empty()
                || allowed
                    .iter()
                    .any(|pattern| crate::store::matches_origin(pattern, origin))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn an_empty_list_allows_everybody_and_a_list_only_its_own() {
        assert!(allows(&[], Some("https://any.example")));
        let list = [
            "https://shop.example".to_owned(),
            "https://*.shop.example".to_owned(),
        ];
        assert!(allows(&list, Some("https://shop.example")));
        assert!(allows(&list, Some("https://www.shop.example")));
        assert!(!allows(&list, Some("https://evil.example")));
        assert!(!allows(&list, Some("null")));
        assert!(allows(&list, None));
    }
}
