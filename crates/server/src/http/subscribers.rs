//! Making and changing subscribers (wire-protocol.md 8.6).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_proto::rest::{ResourceBody, ResourceType};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::resources::NONE;
use super::tokens::{hashed, subscriber_change};
use crate::clock::now_s;
use crate::store::SubscriberChange;

/// `POST /api/fabric/resources/subscribers`. The email is the reference, unless one is given. Without a password the
/// subscriber cannot sign in until one is set.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let (change, password) = subscriber_change(&mut fields, "timezone");
    let reference = fields
        .text("reference", TEXT)
        .filter(|reference| !reference.trim().is_empty());
    match &change.email {
        Some(email) if is_email(email) => {}
        Some(_) => refuse_email(&mut fields),
        None => fields.missing("email"),
    }
    fields.finish()?;
    let reference = reference
        .or_else(|| change.email.clone())
        .unwrap_or_default();
    let change = SubscriberChange {
        password: hashed(password).await,
        ..change
    };
    let subscriber = app
        .mint
        .store
        .create_subscriber(&project.id, &reference, &change, now_s())
        .await?;
    Ok((
        StatusCode::CREATED,
        body(&app, &project.id, &subscriber.id).await?,
    )
        .into_response())
}

/// `PUT /api/fabric/resources/subscribers/{id}`: changes what is named.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let (change, password) = subscriber_change(&mut fields, "timezone");
    if change
        .email
        .as_deref()
        .is_some_and(|email| !is_email(email))
    {
        refuse_email(&mut fields);
    }
    fields.finish()?;
    let change = SubscriberChange {
        password: hashed(password).await,
        ..change
    };
    app.mint
        .store
        .update_subscriber(&project.id, &id, &change, now_s())
        .await?
        .ok_or(NONE)?;
    body(&app, &project.id, &id).await
}

async fn body(app: &App, project_id: &str, id: &str) -> Result<Json<ResourceBody>, ApiError> {
    let resource = app
        .mint
        .store
        .resource(project_id, Some(ResourceType::Subscriber), id)
        .await?
        .ok_or(NONE)?;
    Ok(Json(resource.into_body(&app.public_url)))
}

/// Something on either side of one `@`, without spaces. Whether somebody reads there is not for the server to know.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !text.chars().any(char::is_whitespace)
}

fn refuse_email(fields: &mut Fields) {
    fields.refuse(
        "email",
        offhook_proto::rest::code::INVALID_VALUE,
        "email must be an email address",
    );
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn emails() {
        assert!(is_email("agent@example.com"));
        for text in ["", "agent", "@example.com", "agent@", "a@b@c", "a b@c"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
