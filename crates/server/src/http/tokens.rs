//! Tokens for subscribers and guests, asked for by a project's backend (wire-protocol.md 2.4.1 to 2.4.3).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_auth::{RefreshUse, TokenError, jwk, sat};
use offhook_proto::limits;
use offhook_proto::rest::{GuestTokenAnswer, SubscriberProfile, SubscriberTokenAnswer, code};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use crate::clock::now_s;
use crate::mint::{Minted, RenewError, TokenWish};
use crate::store::{SubscriberChange, hash_password};

/// Most addresses of a guest (2.4.3).
const GUEST_ADDRESSES: usize = 10;
/// Lengths of a password, in characters (8.6).
pub(super) const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=72;

/// `POST /api/fabric/subscribers/tokens`: a token for the subscriber with this reference, who is made if unknown.
pub(super) async fn subscriber(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Json<SubscriberTokenAnswer>, ApiError> {
    let now = now_s();
    let reference = fields.required_text("reference", TEXT);
    let wished = expire_at(&mut fields, "expire_at", now);
    let scope = scope(&mut fields);
    let fingerprint = fingerprint(&mut fields);
    // Accepted and of no consequence here: one application and one region.
    fields.text("application_id", TEXT);
    fields.text("region", TEXT);
    let (change, password) = subscriber_change(&mut fields, "time_zone");
    fields.finish()?;

    let change = SubscriberChange {
        password: hashed(password).await,
        ..change
    };
    let wish = TokenWish {
        expires_at: wished,
        scope,
        fingerprint,
        ..TokenWish::default()
    };
    let (subscriber, minted) = app
        .mint
        .subscriber(&project.id, &reference, &change, wish, now)
        .await?;
    app.count(&minted);
    let Minted {
        token,
        refresh_token,
        ..
    } = minted;
    Ok(Json(SubscriberTokenAnswer {
        subscriber_id: subscriber.id,
        token,
        refresh_token: refresh_token.unwrap_or_default(),
    }))
}

/// `POST /api/fabric/guests/tokens`: a token that reaches the listed addresses and nothing else.
pub(super) async fn guest(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    const ALLOWED: &str = "allowed_addresses";
    let now = now_s();
    let allowed = fields.texts(ALLOWED, GUEST_ADDRESSES);
    if allowed.as_ref().is_none_or(Vec::is_empty) {
        fields.missing(ALLOWED);
    }
    let wished = expire_at(&mut fields, "expire_at", now);
    let ch = fields.text("ch", TEXT);
    fields.text("region", TEXT);
    let display_name = fields.text("display_name", TEXT);
    let allowed = allowed.unwrap_or_default();
    for id in &allowed {
        if app.mint.store.address(&project.id, id).await?.is_none() {
            fields.refuse(
                ALLOWED,
                code::FOREIGN,
                format!("{id} is not the id of an address of this project"),
            );
        }
    }
    fields.finish()?;

    let wish = TokenWish {
        expires_at: wished,
        ch,
        display_name,
        ..TokenWish::default()
    };
    let minted = app.mint.guest(&project.id, allowed, wish, now).await?;
    Ok(created(&app, minted))
}

/// `POST /api/fabric/subscribers/tokens/refresh`.
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let token = fields.required_text(REFRESH_TOKEN, limits::TOKEN_BYTES);
    fields.finish()?;
    let minted = app
        .mint
        .renew(&token, RefreshUse::Backend, Some(&project.id), now_s())
        .await?;
    Ok(created(&app, minted))
}

/// The attribute that carries a refresh token.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";

fn created(app: &App, minted: Minted) -> Response {
    app.count(&minted);
    let Minted {
        token,
        refresh_token,
        ..
    } = minted;
    (
        StatusCode::CREATED,
        Json(GuestTokenAnswer {
            token,
            refresh_token: refresh_token.unwrap_or_default(),
        }),
    )
        .into_response()
}

impl From<RenewError> for ApiError {
    fn from(error: RenewError) -> Self {
        let code = match error {
            RenewError::Store(error) => return error.into(),
            RenewError::Token(TokenError::Expired { .. }) => code::TOKEN_EXPIRED,
            RenewError::Spent => {
                tracing::warn!("a spent refresh token was used: its chain is ended");
                code::INVALID_VALUE
            }
            _ => code::INVALID_VALUE,
        };
        Self::invalid(REFRESH_TOKEN, code, error.to_string())
    }
}

/// The wished end of a token, seconds since 1970.
fn expire_at(fields: &mut Fields, name: &str, now: u64) -> Option<u64> {
    let wished = fields.integer(name, 0..=u64::MAX)?;
    let latest = now + limits::SAT_TTL_MAX_S;
    if wished <= now {
        fields.refuse(
            name,
            code::INVALID_VALUE,
            format!("{name} must be greater than {now} (now, in seconds since 1970)"),
        );
    } else if wished > latest {
        fields.refuse(
            name,
            code::INVALID_VALUE,
            format!("{name} must be at most {latest}: 30 days from now, in seconds since 1970"),
        );
    }
    Some(wished)
}

/// `"sat:refresh"`, `"room:moderate"`, or a list of them (2.3).
fn scope(fields: &mut Fields) -> Vec<String> {
    let mut scope = fields.text_or_texts("scope", 8);
    if let Some(unknown) = scope
        .iter()
        .find(|scope| ![sat::SCOPE_REFRESH, sat::SCOPE_MODERATE].contains(&scope.as_str()))
    {
        fields.refuse(
            "scope",
            code::INVALID_VALUE,
            format!(
                "scope {unknown} is not known: there are {} and {}",
                sat::SCOPE_REFRESH,
                sat::SCOPE_MODERATE
            ),
        );
    }
    scope.dedup();
    scope
}

/// The key that a token is to be bound to from the beginning.
pub(super) fn fingerprint(fields: &mut Fields) -> Option<String> {
    let fingerprint = fields.text("fingerprint", TEXT)?;
    if !jwk::is_thumbprint(&fingerprint) {
        fields.refuse(
            "fingerprint",
            code::INVALID_VALUE,
            "fingerprint must be a JWK thumbprint: 43 letters of base64url",
        );
    }
    Some(fingerprint)
}

/// What is said about a subscriber, save the password, which is still to be hashed. The time zone's attribute has one name
/// on the token endpoint and another in the management interface.
pub(super) fn subscriber_change(
    fields: &mut Fields,
    time_zone: &str,
) -> (SubscriberChange, Option<String>) {
    let change = SubscriberChange {
        email: fields.text("email", TEXT),
        display_name: fields.text("display_name", TEXT),
        password: None,
        profile: SubscriberProfile {
            first_name: fields.text("first_name", TEXT),
            last_name: fields.text("last_name", TEXT),
            job_title: fields.text("job_title", TEXT),
            timezone: fields.text(time_zone, TEXT),
            country: fields.text("country", TEXT),
            region: None,
            company_name: fields.text("company_name", TEXT),
        },
    };
    // Empty is the same as leaving it out (2.4.1).
    let password = fields
        .text("password", TEXT)
        .filter(|password| !password.is_empty());
    if password
        .as_ref()
        .is_some_and(|password| !PASSWORD_CHARS.contains(&password.chars().count()))
    {
        let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
        fields.refuse(
            "password",
            code::INVALID_VALUE,
            format!("password must have {least} to {most} characters"),
        );
    }
    (change, password)
}

/// Hashes, if there is something to hash.
pub(super) async fn hashed(
    password: Option<String>,
) -> Option<offhook_auth::password::PasswordHash> {
    match password {
        Some(password) => Some(hash_password(password.into()).await),
        None => None,
    }
}
