//! Making and changing call buttons. An extension: the hosted platform has no interface for it (wire-protocol.md 8.6).

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use offhook_proto::limits;
use offhook_proto::rest::{Budget, ButtonUsage, ResourceBody, code};
use serde_json::Value;
use url::Url;

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::resources::NONE;
use crate::clock::now_s;
use crate::relay::Which;
use crate::store::{ClickToCall, ClickToCallChange, ClickToCallSettings, Revoked};

const MOST_ORIGINS: usize = 100;
/// A token must live long enough to place a call with it.
const LEAST_LIFE_S: u64 = 10;

/// `POST /api/fabric/resources/click_to_call`: the answer is the only place where the token is ever seen.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let name = fields.required_text("name", TEXT);
    let destination = fields.required_text("destination", TEXT);
    // Left out is every origin.
    let allowed_origins = allowed_origins(&mut fields).unwrap_or_else(|| vec!["*".to_owned()]);
    let expires_in = fields.integer("expires_in", LEAST_LIFE_S..=limits::SAT_TTL_MAX_S);
    let budget = budget(&mut fields).unwrap_or_default();
    let enabled = fields.flag("enabled").unwrap_or(true);
    let proof_of_work = fields.integer("proof_of_work", 1..=limits::WORK_BITS_MAX.into());
    let settings = ClickToCallSettings {
        allowed_origins,
        expires_in,
        budget,
        enabled,
        // Within a byte, by the range.
        proof_of_work: proof_of_work.and_then(|bits| u8::try_from(bits).ok()),
        ..ClickToCallSettings::to(destination)
    };
    check_destination(&app, &project.id, &settings.destination, &mut fields).await?;
    fields.finish()?;
    let (resource, token) = app
        .mint
        .store
        .create_click_to_call(&project.id, &name, &settings, now_s())
        .await?;
    let mut body = resource.into_body(&app.public_url);
    if let Some(button) = &mut body.click_to_call {
        button.token = Some(token.expose().to_owned());
    }
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// `PUT` or `PATCH /api/fabric/resources/click_to_call/{id}`: changes what is named. The token stays. A button that is
/// switched off is dead at once: tokens that were exchanged for it, live sessions and calls included.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let store = &app.mint.store;
    // Whether it exists comes before what is wrong with the change.
    store.click_to_call(&project.id, &id).await?.ok_or(NONE)?;
    let change = ClickToCallChange {
        name: fields.optional_name("name", TEXT),
        destination: fields.optional_name("destination", TEXT),
        allowed_origins: allowed_origins(&mut fields),
        expires_in: fields.integer("expires_in", LEAST_LIFE_S..=limits::SAT_TTL_MAX_S),
        enabled: fields.flag("enabled"),
        budget: budget(&mut fields),
        proof_of_work: fields
            .integer("proof_of_work", 0..=limits::WORK_BITS_MAX.into())
            .and_then(|bits| u8::try_from(bits).ok()),
    };
    if let Some(destination) = &change.destination {
        check_destination(&app, &project.id, destination, &mut fields).await?;
    }
    fields.finish()?;
    let resource = store
        .update_click_to_call(&project.id, &id, change, now_s())
        .await?
        .ok_or(NONE)?;
    if let Some(button) = Option::<ClickToCall>::from(resource.clone()) {
        app.budgets.recall(&button, Instant::now());
        if !button.settings.enabled {
            let which = Which::Revoked {
                revoked: Revoked::Button(id.clone()),
                up_to: u64::MAX,
            };
            let sessions = app.relay.end(which, "the button is switched off").await;
            tracing::info!(button = id, sessions, "button switched off");
        }
    }
    Ok(Json(resource.into_body(&app.public_url)))
}

/// `GET /api/offhook/click_to_call/{id}/usage`: what has been done with the button's token.
pub(super) async fn usage(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<Json<ButtonUsage>, ApiError> {
    let store = &app.mint.store;
    let button = store.click_to_call(&project.id, &id).await?.ok_or(NONE)?;
    let address = store
        .resolve_address(&project.id, button.destination_name())
        .await?;
    let address_id = address.as_ref().map(|address| address.id.as_str());
    Ok(Json(app.budgets.usage(&button, address_id, Instant::now())))
}

/// A destination must be an address of the project. An empty one has been refused already.
async fn check_destination(
    app: &App,
    project_id: &str,
    destination: &str,
    fields: &mut Fields,
) -> Result<(), ApiError> {
    let path = destination.split('?').next().unwrap_or_default();
    if !path.is_empty()
        && app
            .mint
            .store
            .resolve_address(project_id, path)
            .await?
            .is_none()
    {
        let message = format!("{path} is not an address of this project");
        fields.refuse("destination", code::FOREIGN, message);
    }
    Ok(())
}

fn budget(fields: &mut Fields) -> Option<Budget> {
    let object = fields.object("budget")?;
    match serde_json::from_value(Value::Object(object)) {
        Ok(budget) => Some(budget),
        Err(error) => {
            let message = format!("budget is not understood: {error}");
            fields.refuse("budget", code::INVALID_VALUE, message);
            None
        }
    }
}

/// An empty list would be a button nobody can press.
fn allowed_origins(fields: &mut Fields) -> Option<Vec<String>> {
    const NAME: &str = "allowed_origins";
    let origins = fields.texts(NAME, MOST_ORIGINS)?;
    if origins.is_empty() {
        fields.refuse(
            NAME,
            code::INVALID_VALUE,
            "allowed_origins must not be empty: [\"*\"] allows every page",
        );
    }
    for origin in &origins {
        if !is_origin(origin) {
            fields.refuse(NAME, code::INVALID_VALUE, format!("{origin} must be *, or an origin such as https://shop.example.com or https://*.example.com, without a path"));
        }
    }
    Some(origins)
}

/// Scheme, host and perhaps port, exactly as a browser writes it in `Origin`; the first label may be `*`.
fn is_origin(text: &str) -> bool {
    let plain = text.to_ascii_lowercase().replacen("://*.", "://", 1);
    let is_web = plain.starts_with("http://") || plain.starts_with("https://");
    let as_written =
        || Url::parse(&plain).is_ok_and(|url| url.origin().ascii_serialization() == plain);
    text == "*" || (is_web && !plain.contains('*') && as_written())
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for good in [
            "*",
            "https://shop.example.com",
            "http://localhost:3000",
            "https://*.example.com",
            "HTTPS://Shop.example.com",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "shop.example.com",
            "https://shop.example.com/",
            "https://shop.example.com/path",
            "https://shop.example.com:443",
            "https://",
            "ftp://a",
            "https://*",
            "https://a.*.com/",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
