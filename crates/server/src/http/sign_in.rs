//! Sign-in with email and password, for the agent console. Ours: on the hosted platform a backend asks for tokens.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_auth::password::PasswordHash;
use offhook_auth::{RefreshUse, Secret};
use offhook_proto::limits;
use offhook_proto::rest::SignInAnswer;

use super::App;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::origin::Caller;
use super::rate::network_of;
use super::tokens::REFRESH_TOKEN;
use crate::clock::now_s;
use crate::mint::{Minted, TokenWish};
use crate::store::Subscriber;

/// `POST /api/offhook/sign-in`. Limited by network and by account, before the password is looked at.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    fields: Result<Fields, ApiError>,
) -> Result<Response, ApiError> {
    let now = Instant::now();
    app.sign_ins.admit(network_of(caller.ip), now)?;
    let mut fields = fields?;
    let email = fields.required_text("email", TEXT).to_lowercase();
    let password = Secret::new(fields.required_text("password", TEXT));
    let project_id = fields.text("project_id", TEXT);
    fields.finish()?;
    app.sign_ins.admit(&email, now)?;

    let mut candidates = app.mint.store.subscribers_by_email(&email).await?;
    candidates.retain(|(subscriber, _)| {
        project_id
            .as_ref()
            .is_none_or(|id| *id == subscriber.project_id)
    });
    let subscriber = check_password(candidates, password).await.ok_or_else(|| {
        tracing::info!(ip = %caller.ip, "sign-in refused");
        ApiError::no_token("sign_in_refused", "email or password is wrong")
    })?;

    let wish = TokenWish::default();
    let minted = app
        .mint
        .subscriber_again(&subscriber, wish, RefreshUse::SignIn, now_s())
        .await?;
    Ok(created(&app, minted))
}

/// `POST /api/offhook/sign-in/refresh`.
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    caller: Caller,
    fields: Result<Fields, ApiError>,
) -> Result<Response, ApiError> {
    app.sign_ins.admit(network_of(caller.ip), Instant::now())?;
    let mut fields = fields?;
    let token = fields.required_text(REFRESH_TOKEN, limits::TOKEN_BYTES);
    fields.finish()?;
    let minted = app
        .mint
        .renew(&token, RefreshUse::SignIn, None, now_s())
        .await?;
    Ok(created(&app, minted))
}

fn created(app: &App, minted: Minted) -> Response {
    app.count(&minted);
    let Minted {
        token,
        refresh_token,
        claims,
    } = minted;
    let answer = SignInAnswer {
        token,
        refresh_token: refresh_token.unwrap_or_default(),
        expires_at: claims.expires_at,
        subscriber_id: claims.subscriber_id,
    };
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// The one whose password it is. Takes as long when there is nobody.
async fn check_password(
    candidates: Vec<(Subscriber, PasswordHash)>,
    password: Secret,
) -> Option<Subscriber> {
    let check = move || {
        if candidates.is_empty() {
            PasswordHash::match_nobody(&password);
        }
        candidates
            .into_iter()
            .find(|(_, hash)| hash.matches(&password))
            .map(|(subscriber, _)| subscriber)
    };
    // The task does nothing but compute: it is neither cancelled nor does it panic.
    tokio::task::spawn_blocking(check)
        .await
        .expect("comparing does not panic")
}
