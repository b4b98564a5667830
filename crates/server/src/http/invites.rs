//! A subscriber invites somebody to one of its own addresses (wire-protocol.md 2.4.4).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_auth::SatKind;
use offhook_proto::limits;
use offhook_proto::rest::{InviteTokenAnswer, code};

use super::App;
use super::auth::Holder;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use crate::clock::now_s;

const ADDRESS: &str = "address_id";
const EXPIRY: &str = "expires_at";

/// `POST /api/fabric/subscriber/invites`: a token that reaches the address and nothing else, as long as the inviter exists.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Holder(inviter): Holder,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    if inviter.kind != SatKind::Subscriber {
        return Err(ApiError::Forbidden {
            code: "subscribers_only",
            message: "only a subscriber's token invites".to_owned(),
        });
    }
    let now = now_s();
    let address_id = fields.required_text(ADDRESS, TEXT);
    let expires_at = fields.integer(EXPIRY, 0..=u64::MAX);
    let latest = now + limits::SAT_TTL_MAX_S;
    match expires_at {
        Some(wished) if wished <= now => {
            let message = format!("Expires At must be greater than {now}");
            fields.refuse(EXPIRY, code::INVALID, message);
        }
        Some(wished) if wished > latest => {
            let message = format!("Expires At must be at most {latest}, 30 days from now");
            fields.refuse(EXPIRY, code::INVALID, message);
        }
        _ => {}
    }
    fields.finish()?;
    let addresses = app
        .mint
        .store
        .addresses_of_subscriber(&inviter.project_id, &inviter.subscriber_id)
        .await?;
    // Somebody else's address is not to be told apart from one that does not exist.
    if !addresses.iter().any(|address| address.id == address_id) {
        return Err(ApiError::invalid(
            ADDRESS,
            code::INVALID,
            "Address is invalid",
        ));
    }
    let minted = app.mint.invite(&inviter, address_id, expires_at, now);
    app.count(&minted);
    let token = minted.token;
    Ok((StatusCode::CREATED, Json(InviteTokenAnswer { token })).into_response())
}
