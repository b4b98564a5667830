//! A page's visitor exchanges the page's public token for an access token (wire-protocol.md 2.4.5).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};
use offhook_auth::EmbedToken;
use offhook_proto::rest::{EmbedTokenAnswer, WorkChallenge, code};
use serde_json::Value;

use super::App;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::origin::Caller;
use super::rate::network_of;
use super::tokens::fingerprint;
use crate::budget::Visitor;
use crate::clock::now_s;
use crate::mint::{Minted, TokenWish};
use crate::store::ClickToCall;

/// `POST /api/fabric/embeds/tokens`. The limits come before anything that costs.
pub(super) async fn exchange(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Result<Fields, ApiError>,
) -> Result<Response, ApiError> {
    let network = network_of(caller.ip);
    app.exchanges.admit(network, Instant::now())?;
    let mut fields = fields?;
    let token = fields.text("token", TEXT).filter(|token| !token.is_empty());
    let display_name = fields.text("display_name", TEXT);
    let fingerprint = fingerprint(&mut fields);
    let work = work(&mut fields);
    if token.is_none() {
        fields.refuse("token", code::MISSING, "token is required");
    }
    fields.finish()?;

    let unknown = || ApiError::no_token("embed_token_unknown", "the embed token is not known");
    let token = token
        .as_deref()
        .and_then(EmbedToken::parse)
        .ok_or_else(unknown)?;
    let origin = headers
        .get(ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    let visitor = Visitor {
        origin,
        network: Some(network),
    };
    app.budgets
        .exchange(&token, visitor, Instant::now())
        .map_err(|exhausted| ApiError::TooMany {
            retry_after_s: exhausted.wait_s(),
        })?;
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
    check_origin(&app, &button, origin)?;
    let address = app
        .mint
        .store
        .resolve_address(&button.project_id, button.destination_name())
        .await?
        .ok_or(ApiError::NotFound(
            "the destination of this embed token has been deleted",
        ))?;

    app.budgets
        .learn(&token, &button, &address.id, Instant::now());
    let now = now_s();
    if let Some(bits) = button.settings.proof_of_work {
        check_work(&app, &token, bits, work, now).await?;
    }
    let wish = TokenWish {
        fingerprint,
        display_name,
        ..TokenWish::default()
    };
    let minted = app.mint.embed(&button, address.id, wish, now);
    app.count(&minted);
    let Minted { token, claims, .. } = minted;
    let answer = EmbedTokenAnswer {
        token,
        expires_at: claims.expires_at,
        expires_in: claims.expires_at - now,
    };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// A challenge and its solution, as the visitor sends them.
type Work = (String, String);

fn work(fields: &mut Fields) -> Option<Work> {
    let mut work = fields.object("proof_of_work")?;
    match (work.remove("challenge"), work.remove("solution")) {
        (Some(Value::String(challenge)), Some(Value::String(solution))) => {
            Some((challenge, solution))
        }
        _ => {
            let message = "proof_of_work must have a challenge and a solution, both strings";
            fields.refuse("proof_of_work", code::INVALID, message);
            None
        }
    }
}

/// Whether the visitor has done the work that the button's owner asks for.
async fn check_work(
    app: &App,
    token: &EmbedToken,
    bits: u8,
    work: Option<Work>,
    now: u64,
) -> Result<(), ApiError> {
    let (code, message) = match work {
        None => (
            "work_needed",
            "solve the challenge and send it with the solution".to_owned(),
        ),
        Some((challenge, solution)) => {
            let keys = &app.mint.keys;
            match keys.check_work(&challenge, &solution, token.expose(), bits, now) {
                Ok(name) if app.proofs.first_use_of_work(&name, now).await? => return Ok(()),
                Ok(_) => ("work_used", "the challenge has been used before".to_owned()),
                Err(error) => (error.code(), error.to_string()),
            }
        }
    };
    let made = app.mint.keys.challenge(token.expose(), bits, now);
    Err(ApiError::Work {
        code,
        message,
        challenge: Box::new(WorkChallenge {
            algorithm: "sha-256".to_owned(),
            challenge: made.challenge,
            bits,
            expires_at: made.expires_at,
            expires_in: made.expires_at - now,
        }),
    })
}

/// A page of our own is the button's frame, which only the button's pages may show ([`super::frame`]).
fn check_origin(app: &App, button: &ClickToCall, origin: Option<&str>) -> Result<(), ApiError> {
    let own = |origin: &str| origin.eq_ignore_ascii_case(&app.public_url);
    let (code, message) = match origin {
        Some(origin) if own(origin) || button.allows_origin(origin) => return Ok(()),
        Some(origin) => (
            "origin_not_allowed",
            format!("pages of {origin} may not use this embed token"),
        ),
        None if !app.config.require_origin => return Ok(()),
        None => (
            "origin_missing",
            "requests without an Origin header are refused here".to_owned(),
        ),
    };
    Err(ApiError::Forbidden { code, message })
}
