//! Webhooks of a project, and what was given up for them (docs/webhooks.md). Ours: the hosted platform has no interface for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_proto::limits;
use offhook_proto::rest::{
    DeadLetterBody, Page, RedeliveryAnswer, WebhookBody, WebhookEvent, WebhookTestAnswer, code,
};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::origin::Caller;
use super::paging::ListQuery;
use crate::clock::now_s;
use crate::store::{WebhookChange, WebhookSettings};
use crate::webhooks::new_secret;

const NONE: ApiError = ApiError::NotFound("there is no such webhook in this project");
const NO_LETTER: ApiError = ApiError::NotFound("the webhook has no such dead letter");

/// `POST /api/offhook/webhooks`: the answer is one of the two places where the secret is seen.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let name = fields.required_text("name", TEXT);
    let url = target(&app, &mut fields);
    if url.is_none() {
        fields.missing_unless_refused("url");
    }
    // Left out is everything.
    let events = events(&mut fields).unwrap_or_else(|| vec!["*".to_owned()]);
    let enabled = fields.flag("enabled").unwrap_or(true);
    fields.finish()?;
    let settings = WebhookSettings {
        name,
        url: url.unwrap_or_default(),
        events,
        enabled,
    };
    let secret = new_secret();
    let mut webhook = app
        .mint
        .store
        .create_webhook(&project.id, &settings, &secret, now_s())
        .await?;
    app.webhooks.changed(&webhook.id).await?;
    webhook.secret = Some(secret.expose().to_owned());
    Ok((StatusCode::CREATED, Json(webhook)).into_response())
}

/// `GET /api/offhook/webhooks`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<WebhookBody>>, ApiError> {
    let slice = app.mint.store.webhooks(&project.id, &query.page).await?;
    Ok(Json(query.answer(&caller, slice)))
}

/// `GET /api/offhook/webhooks/{id}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<Json<WebhookBody>, ApiError> {
    Ok(Json(find(&app, &project.id, &id).await?))
}

/// `PUT` or `PATCH /api/offhook/webhooks/{id}`: changes what is named. The secret stays.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<WebhookBody>, ApiError> {
    // Whether it exists comes before what is wrong with the change.
    find(&app, &project.id, &id).await?;
    let change = WebhookChange {
        name: fields.optional_name("name", TEXT),
        url: target(&app, &mut fields),
        events: events(&mut fields),
        enabled: fields.flag("enabled"),
    };
    fields.finish()?;
    let store = &app.mint.store;
    if !store
        .update_webhook(&project.id, &id, &change, now_s())
        .await?
    {
        return Err(NONE);
    }
    app.webhooks.changed(&id).await?;
    Ok(Json(find(&app, &project.id, &id).await?))
}

/// `DELETE /api/offhook/webhooks/{id}`: with everything that waits for it.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    if !app.mint.store.delete_webhook(&project.id, &id).await? {
        return Err(NONE);
    }
    app.webhooks.changed(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/offhook/webhooks/{id}/rotate_secret`: gives another secret. For `overlap_seconds` deliveries carry a signature by each.
pub(super) async fn rotate_secret(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<WebhookBody>, ApiError> {
    let overlap_s = fields
        .integer("overlap_seconds", 0..=limits::WEBHOOK_SECRET_OVERLAP_MAX_S)
        .unwrap_or(limits::WEBHOOK_SECRET_OVERLAP_S);
    fields.finish()?;
    let (secret, now) = (new_secret(), now_s());
    let store = &app.mint.store;
    if !store
        .rotate_webhook_secret(&project.id, &id, &secret, now + overlap_s, now)
        .await?
    {
        return Err(NONE);
    }
    tracing::info!(webhook = id, "the secret of a webhook was changed");
    let mut webhook = find(&app, &project.id, &id).await?;
    webhook.secret = Some(secret.expose().to_owned());
    Ok(Json(webhook))
}

/// `POST /api/offhook/webhooks/{id}/test`: an event `webhook.test` is noted for it.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    find(&app, &project.id, &id).await?;
    let event_id = app.webhooks.test(&project.id, &id);
    Ok((StatusCode::ACCEPTED, Json(WebhookTestAnswer { event_id })).into_response())
}

/// `GET /api/offhook/webhooks/{id}/dead_letters`: the newest first.
pub(super) async fn dead_letters(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    caller: Caller,
    mut query: ListQuery,
) -> Result<Json<Page<DeadLetterBody>>, ApiError> {
    find(&app, &project.id, &id).await?;
    query.newest_first();
    let slice = app.mint.store.dead_letters(&id, &query.page).await?;
    Ok(Json(query.answer(&caller, slice)))
}

/// `DELETE /api/offhook/webhooks/{id}/dead_letters`: forgets them all.
pub(super) async fn forget_all(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    find(&app, &project.id, &id).await?;
    app.mint.store.forget_dead_letters(&id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/offhook/webhooks/{id}/dead_letters/{delivery_id}`: forgets one.
pub(super) async fn forget(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path((id, delivery_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    find(&app, &project.id, &id).await?;
    let store = &app.mint.store;
    match store.forget_dead_letters(&id, Some(&delivery_id)).await? {
        0 => Err(NO_LETTER),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// `POST /api/offhook/webhooks/{id}/dead_letters/redeliver`: all wait again, in the order they happened.
pub(super) async fn redeliver_all(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    find(&app, &project.id, &id).await?;
    let redelivered = app.webhooks.redeliver(&id, None).await?;
    let answer = Json(RedeliveryAnswer { redelivered });
    Ok((StatusCode::ACCEPTED, answer).into_response())
}

/// `POST /api/offhook/webhooks/{id}/dead_letters/{delivery_id}/redeliver`: one waits again.
pub(super) async fn redeliver(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path((id, delivery_id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    find(&app, &project.id, &id).await?;
    match app.webhooks.redeliver(&id, Some(&delivery_id)).await? {
        0 => Err(NO_LETTER),
        redelivered => {
            let answer = Json(RedeliveryAnswer { redelivered });
            Ok((StatusCode::ACCEPTED, answer).into_response())
        }
    }
}

async fn find(app: &App, project_id: &str, id: &str) -> Result<WebhookBody, ApiError> {
    app.mint.store.webhook(project_id, id).await?.ok_or(NONE)
}

fn target(app: &App, fields: &mut Fields) -> Option<String> {
    const NAME: &str = "url";
    let text = fields.optional_name(NAME, limits::URL_CHARS)?;
    match app.webhooks.rules().parse(&text) {
        Ok(_) => Some(text),
        Err(fault) => {
            fields.refuse(NAME, code::INVALID_VALUE, format!("{NAME} {fault}"));
            None
        }
    }
}

fn events(fields: &mut Fields) -> Option<Vec<String>> {
    const NAME: &str = "events";
    let filters = fields.texts(NAME, limits::WEBHOOK_FILTERS)?;
    if filters.is_empty() {
        let message = "events must not be empty: [\"*\"] is all of them";
        fields.refuse(NAME, code::INVALID_VALUE, message);
    }
    for filter in &filters {
        if !WebhookEvent::is_filter(filter) {
            let names = WebhookEvent::ALL.map(WebhookEvent::as_str);
            let names = names[..names.len() - 1].join(", ");
            let message =
                format!("{filter} is no event: there are *, call.*, room.*, member.*, {names}");
            fields.refuse(NAME, code::INVALID_VALUE, message);
        }
    }
    Some(filters)
}
