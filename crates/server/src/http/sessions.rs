//! Live sessions and revocation, for a project's backend. Ours: the hosted platform has no such interface.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use offhook_auth::EmbedToken;
use offhook_proto::limits;
use offhook_proto::rest::code;
use serde::Serialize;

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use crate::clock::now_ms;
use crate::relay::{SessionInfo, Which};
use crate::store::Revoked;

/// `GET /api/offhook/sessions`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct SessionList {
    data: Vec<SessionInfo>,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
) -> Json<SessionList> {
    let data = app.relay.sessions(&project.id).await;
    Json(SessionList { data })
}

/// `DELETE /api/offhook/sessions/{id}`: ends a session at once, and the calls it has. Its token stays good.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let which = Which::Protocol {
        project_id: project.id,
        protocol: id,
    };
    match app.relay.end(which, "ended by the backend").await {
        0 => Err(ApiError::NotFound("there is no such session")),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// Answer of `POST /api/offhook/revocations`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct RevocationAnswer {
    /// Live sessions that were ended.
    sessions_ended: usize,
}

const ONE_OF: [&str; 5] = [
    "token",
    "subscriber_id",
    "embed_token",
    "resource_id",
    "project",
];

/// `POST /api/offhook/revocations`: exactly one of `token` (an access token), `subscriber_id`, `embed_token` or `resource_id` (all that was
/// exchanged for it), `project: true`. What was issued up to now is dead at once, live sessions included; what is issued after the
/// answer is not touched.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Json<RevocationAnswer>, ApiError> {
    let token = fields.text("token", limits::TOKEN_BYTES);
    let subscriber = fields.text("subscriber_id", TEXT);
    let embed_token = fields.text("embed_token", TEXT);
    let resource = fields.text("resource_id", TEXT);
    let whole = fields.flag("project").unwrap_or(false);
    let named = usize::from(token.is_some())
        + usize::from(subscriber.is_some())
        + usize::from(embed_token.is_some())
        + usize::from(resource.is_some())
        + usize::from(whole);
    if named != 1 {
        let message = format!("name exactly one of {}", ONE_OF.join(", "));
        fields.refuse("token", code::INVALID_VALUE, message);
    }
    fields.finish()?;

    let store = &app.mint.store;
    let foreign = |attribute: &str| {
        let message = format!("{attribute} is not of this project");
        ApiError::invalid(attribute, code::FOREIGN, message)
    };
    let revoked = if let Some(token) = token {
        let claims = app.mint.keys.open_sat_whatever_its_age(&token)?;
        if claims.project_id != project.id {
            return Err(foreign("token"));
        }
        Revoked::Token(claims.jti)
    } else if let Some(id) = subscriber {
        store
            .subscriber(&project.id, &id)
            .await?
            .ok_or_else(|| foreign("subscriber_id"))?;
        Revoked::Subscriber(id)
    } else if let Some(id) = resource {
        store
            .click_to_call(&project.id, &id)
            .await?
            .ok_or_else(|| foreign("resource_id"))?;
        Revoked::Button(id)
    } else if let Some(token) = embed_token {
        let token = EmbedToken::parse(&token);
        let button = match &token {
            Some(token) => store.click_to_call_by_token(token).await?,
            None => None,
        };
        let button = button.filter(|button| button.project_id == project.id);
        Revoked::Button(button.ok_or_else(|| foreign("embed_token"))?.id)
    } else {
        Revoked::Project(project.id.clone())
    };
    let now = now_ms();
    store.revoke(&project.id, &revoked, now).await?;
    tracing::info!(project = project.id, ?revoked, "revoked");
    let up_to = now / 1000;
    let which = Which::Revoked { revoked, up_to };
    let sessions_ended = app.relay.end(which, "revoked").await;
    // Tokens count in seconds: when the answer is there, this one is over, and nothing that is issued from then on is meant.
    tokio::time::sleep(Duration::from_millis(1_000 - now % 1_000)).await;
    Ok(Json(RevocationAnswer { sessions_ended }))
}
