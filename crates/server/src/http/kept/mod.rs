//! Resources that are kept for other parts of a telephone system, and things that hang on resources (wire-protocol.md 8.6): stored, listed,
//! shown, changed and deleted like their siblings. Nothing runs them yet: their addresses cannot be called.
//!
//! What each kind holds is a table (`kinds`); the handlers are the same for all.

mod attached;
mod kinds;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, post};
use http::StatusCode;
use offhook_proto::rest::ResourceBody;

pub(super) use attached::{item_route, list_route};
pub(super) use kinds::{ATTACHED, AttachedKind, KEPT, KeptKind, Place};

use super::App;
use super::attributes::read;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::Fields;
use super::resources::NONE;
use crate::clock::now_s;
use crate::store::ResourceDetails;

/// `POST` on the list of the kind.
pub(super) fn create_route(kind: &'static KeptKind) -> MethodRouter<Arc<App>> {
    post(move |app, backend, fields| create(kind, app, backend, fields))
}

/// `PUT` and `PATCH` on one of the kind.
pub(super) fn update_route(kind: &'static KeptKind) -> MethodRouter<Arc<App>> {
    let update = move |app, backend, id, fields| update(kind, app, backend, id, fields);
    axum::routing::put(update).patch(update)
}

async fn create(
    kind: &'static KeptKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let values = read(kind.attributes, &mut fields, None);
    fields.finish()?;
    let name = kind.name_in(&values);
    let resource = app
        .mint
        .store
        .create_kept(
            &project.id,
            kind.kind,
            (kind.name, &name),
            kind.addressed,
            values,
            now_s(),
        )
        .await?;
    let body = Json(resource.into_body(&app.public_url));
    Ok((StatusCode::CREATED, body).into_response())
}

/// Changes what is named. The address stays.
async fn update(
    kind: &'static KeptKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ResourceBody>, ApiError> {
    let store = &app.mint.store;
    let resource = store.resource(&project.id, Some(kind.kind), &id).await?;
    let mut resource = resource.ok_or(NONE)?;
    let ResourceDetails::Kept(_, old) = &resource.details else {
        return Err(NONE);
    };
    let values = read(kind.attributes, &mut fields, Some(old));
    fields.finish()?;
    let name = kind.name_in(&values);
    resource.display_name.clone_from(&name);
    resource.name = name;
    let resource = store
        .update_kept(resource, kind.name, values, now_s())
        .await?;
    Ok(Json(resource.into_body(&app.public_url)))
}
