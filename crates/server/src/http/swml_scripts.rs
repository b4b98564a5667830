//! Keeping scripts (wire-protocol.md 8.6). Nothing runs them yet: their addresses cannot be called.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use offhook_proto::limits;
use offhook_proto::rest::{ResourceBody, ResourceType, ScriptType, code};
use serde_json::{Map, Value};
use url::Url;

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use super::resources::NONE;
use crate::clock::now_s;
use crate::store::{ResourceDetails, SwmlScriptSettings};

const URL_CHARS: usize = 2_000;

/// `POST /api/fabric/resources/swml_scripts` (answers 200, as the specification has it).
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let name = fields.required_text("name", TEXT);
    let script_type = script_type(&mut fields).unwrap_or_default();
    let contents = contents(&mut fields);
    if contents.is_none() {
        fields.missing_unless_refused("contents");
    }
    let status_callback_url = callback(&mut fields);
    fields.finish()?;
    let settings = SwmlScriptSettings {
        script_type,
        contents: contents.unwrap_or_default(),
        status_callback_url,
    };
    let resource = app
        .mint
        .store
        .create_swml_script(&project.id, &name, settings, now_s())
        .await?;
    Ok(Json(resource.into_body(&app.public_url)))
}

/// `PUT /api/fabric/resources/swml_scripts/{id}`: changes what is named. The address stays.
pub(super) async fn update(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let mut resource = app
        .mint
        .store
        .resource(&project.id, Some(ResourceType::SwmlScript), &id)
        .await?
        .ok_or(NONE)?;
    let ResourceDetails::SwmlScript(old) = &resource.details else {
        return Err(NONE);
    };
    let settings = SwmlScriptSettings {
        script_type: script_type(&mut fields).unwrap_or(old.script_type),
        contents: contents(&mut fields).unwrap_or_else(|| old.contents.clone()),
        status_callback_url: callback(&mut fields).or_else(|| old.status_callback_url.clone()),
    };
    if let Some(display_name) = fields.text("display_name", TEXT) {
        resource.display_name = display_name;
    }
    fields.finish()?;
    let resource = app
        .mint
        .store
        .update_swml_script(resource, settings, now_s())
        .await?;
    Ok(Json(resource.into_body(&app.public_url)))
}

fn script_type(fields: &mut Fields) -> Option<ScriptType> {
    match fields.text("script_type", TEXT)?.as_str() {
        "calling" => Some(ScriptType::Calling),
        "messaging" => Some(ScriptType::Messaging),
        _ => {
            let message = "script_type must be calling or messaging";
            fields.refuse("script_type", code::INVALID_VALUE, message);
            None
        }
    }
}

/// The document, as an object or as its text.
fn contents(fields: &mut Fields) -> Option<Map<String, Value>> {
    const NAME: &str = "contents";
    let document = match fields.any(NAME)? {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::Null),
        other => other,
    };
    match document {
        Value::Object(document) if is_swml(&document) => {
            let bytes = serde_json::to_string(&document).map_or(usize::MAX, |text| text.len());
            if bytes > limits::SCRIPT_BYTES {
                let message = format!("contents may have {} bytes", limits::SCRIPT_BYTES);
                fields.refuse(NAME, code::INVALID_VALUE, message);
                return None;
            }
            Some(document)
        }
        _ => {
            let message = "contents must be valid SWML JSON";
            fields.refuse(NAME, code::INVALID_VALUE, message);
            None
        }
    }
}

/// A document has sections, and begins in the one called `main`.
fn is_swml(document: &Map<String, Value>) -> bool {
    let sections = document.get("sections").and_then(Value::as_object);
    sections.is_some_and(|sections| {
        sections.values().all(Value::is_array) && sections.contains_key("main")
    })
}

fn callback(fields: &mut Fields) -> Option<String> {
    const NAME: &str = "status_callback_url";
    let text = fields.text(NAME, URL_CHARS)?;
    if Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Some(text);
    }
    let message = "status_callback_url must be an http or https URL";
    fields.refuse(NAME, code::INVALID_VALUE, message);
    None
}
