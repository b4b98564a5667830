//! Who is asking: a project's backend (Basic) or the holder of an access token (Bearer).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use offhook_auth::{SatClaims, Secret};

use super::App;
use super::error::ApiError;
use crate::clock::now_s;
use crate::store::Project;

/// A backend, by its project id and API token.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Project);

/// The holder of a living access token.
///
/// A token bound to a key is taken without proof here: the official client sends none on ordinary calls
/// (wire-protocol.md 2.5). Each such request is counted.
#[derive(Debug)]
pub(crate) struct Holder(pub(crate) SatClaims);

impl FromRequestParts<Arc<App>> for Backend {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let (project_id, token) = basic(&parts.headers).ok_or_else(|| {
            ApiError::no_project("send Authorization: Basic with the project id and an API token")
        })?;
        let project = app
            .mint
            .store
            .project_by_token(&project_id, token.expose())
            .await?;
        project
            .map(Self)
            .ok_or_else(|| ApiError::no_project("the project id or the API token is wrong"))
    }
}

impl FromRequestParts<Arc<App>> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = credentials(&parts.headers, "bearer").ok_or_else(|| {
            ApiError::no_token(
                "token_missing",
                "send Authorization: Bearer with an access token",
            )
        })?;
        let claims = app.mint.keys.open_sat(token, now_s())?;
        if !app.mint.store.token_is_live(&claims).await? {
            return Err(ApiError::no_token(
                "token_revoked",
                "what the token stands for has been deleted or disabled",
            ));
        }
        if claims.cnf_jkt.is_some() {
            app.counters.unproven_bound_tokens.increment();
        }
        Ok(Self(claims))
    }
}

/// What follows the scheme, if the header is of that scheme (in any case).
fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let decoded = STANDARD.decode(credentials(headers, "basic")?).ok()?;
    let decoded = Secret::new(String::from_utf8(decoded).ok()?);
    let (user, password) = decoded.expose().split_once(':')?;
    Some((user.to_owned(), password.into()))
}
