//! A page's visitor exchanges the page's public token for an access token (wire-protocol.md 2.4.5).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};
use offhook_auth::EmbedToken;
use offhook_proto::rest::{EmbedTokenAnswer, code};

use super::App;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::origin::Caller;
use super::rate::network_of;
use crate::clock::now_s;
use crate::mint::Minted;
use crate::store::ClickToCall;

/// `POST /api/fabric/embeds/tokens`. The rate limit comes before anything that costs.
pub(super) async fn exchange(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Result<Fields, ApiError>,
) -> Result<Response, ApiError> {
    app.exchanges.admit(network_of(caller.ip), Instant::now())?;
    let mut fields = fields?;
    let token = fields.text("token", TEXT).filter(|token| !token.is_empty());
    let display_name = fields.text("display_name", TEXT);
    if token.is_none() {
        fields.refuse("token", code::MISSING, "token is required");
    }
    fields.finish()?;

    let unknown = || ApiError::no_token("embed_token_unknown", "the embed token is not known");
    let token = token
        .as_deref()
        .and_then(EmbedToken::parse)
        .ok_or_else(unknown)?;
    let button = app
        .mint
        .store
        .click_to_call_by_token(&token)
        .await?
        .ok_or_else(unknown)?;
    if !button.settings.enabled {
        return Err(ApiError::Forbidden {
            code: "embed_token_disabled",
            message: "the embed token is disabled".to_owned(),
        });
    }
    check_origin(
        &button,
        headers
            .get(ORIGIN)
            .map(|origin| origin.to_str().unwrap_or_default()),
        app.config.require_origin,
    )?;
    let address = app
        .mint
        .store
        .resolve_address(&button.project_id, button.destination_name())
        .await?
        .ok_or(ApiError::NotFound(
            "the destination of this embed token has been deleted",
        ))?;

    let now = now_s();
    let minted = app.mint.embed(&button, address.id, display_name, now);
    app.count(&minted);
    let Minted { token, claims, .. } = minted;
    let answer = EmbedTokenAnswer {
        token,
        expires_at: claims.expires_at,
        expires_in: claims.expires_at - now,
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn check_origin(
    button: &ClickToCall,
    origin: Option<&str>,
    required: bool,
) -> Result<(), ApiError> {
    let (code, message) = match origin {
        Some(origin) if button.allows_origin(origin) => return Ok(()),
        Some(origin) => (
            "origin_not_allowed",
            format!("pages of {origin} may not use this embed token"),
        ),
        None if !required => return Ok(()),
        None => (
            "origin_missing",
            "requests without an Origin header are refused here".to_owned(),
        ),
    };
    Err(ApiError::Forbidden { code, message })
}
