//! What a project's backend manages: every kind of resource, listed, shown, deleted, and its addresses
//! (wire-protocol.md 8.6). Making and changing is in the module of each kind.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use offhook_proto::rest::{Address, Page, ResourceBody, ResourceType};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::origin::Caller;
use super::paging::ListQuery;
use crate::relay::Which;
use crate::store::{AddressFilter, Revoked};

pub(super) const NONE: ApiError = ApiError::NotFound("there is no such resource in this project");

/// `GET /api/fabric/resources/<kind>`; `None` is every kind.
pub(super) async fn list(
    kind: Option<ResourceType>,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<ResourceBody>>, ApiError> {
    let slice = app
        .mint
        .store
        .resources(&project.id, kind, &query.page)
        .await?;
    Ok(Json(query.answer(
        &caller,
        slice.map(|resource| resource.into_body(&app.public_url)),
    )))
}

/// `GET /api/fabric/resources/<kind>/{id}`.
pub(super) async fn show(
    kind: Option<ResourceType>,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<Json<ResourceBody>, ApiError> {
    let resource = app
        .mint
        .store
        .resource(&project.id, kind, &id)
        .await?
        .ok_or(NONE)?;
    Ok(Json(resource.into_body(&app.public_url)))
}

/// `DELETE /api/fabric/resources/<kind>/{id}`.
pub(super) async fn delete(
    kind: Option<ResourceType>,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    if app
        .mint
        .store
        .delete_resource(&project.id, kind, &id)
        .await?
    {
        // Whoever was here by its grace goes with it.
        for revoked in [Revoked::Subscriber(id.clone()), Revoked::Button(id)] {
            let up_to = u64::MAX;
            let which = Which::Revoked { revoked, up_to };
            app.relay.end(which, "deleted").await;
        }
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(NONE)
    }
}

/// `GET /api/fabric/resources/<kind>/{id}/addresses`.
pub(super) async fn addresses(
    kind: Option<ResourceType>,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    Path(id): Path<String>,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<Address>>, ApiError> {
    app.mint
        .store
        .resource(&project.id, kind, &id)
        .await?
        .ok_or(NONE)?;
    let filter = AddressFilter {
        resource_id: Some(id),
        ..AddressFilter::default()
    };
    let slice = app
        .mint
        .store
        .addresses(&project.id, &filter, &query.page)
        .await?;
    Ok(Json(query.answer(
        &caller,
        slice.map(|address| app.relay.shown(address)),
    )))
}
