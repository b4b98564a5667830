//! Things that hang on a resource: SIP endpoints of a subscriber, SIP addresses, routes, versions of call flows.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use offhook_proto::rest::{AttachmentBody, Page, code};

use super::super::App;
use super::super::attributes::read;
use super::super::auth::Backend;
use super::super::error::ApiError;
use super::super::fields::Fields;
use super::super::origin::Caller;
use super::super::paging::ListQuery;
use super::super::resources::NONE;
use super::{AttachedKind, Place};
use crate::clock::now_s;
use crate::store::{Resource, ResourceDetails};

const NOTHING: ApiError = ApiError::NotFound("there is no such thing in this project");

/// The attribute that names the resource of a thing in a list of its own; shown beside what the thing holds.
const RESOURCE_ID: &str = "resource_id";

/// The names in a path: `id` is the resource's, `item_id` the thing's.
type Names = Path<HashMap<String, String>>;

/// `GET` and `POST` on the list of the kind.
pub(in crate::http) fn list_route(kind: &'static AttachedKind) -> MethodRouter<Arc<App>> {
    get(move |app, backend, names, caller, query| list(kind, app, backend, names, caller, query))
        .post(move |app, backend, names, fields| create(kind, app, backend, names, fields))
}

/// `GET`, `PATCH`, `PUT` and `DELETE` on one of the kind; a snapshot is only shown.
pub(in crate::http) fn item_route(kind: &'static AttachedKind) -> MethodRouter<Arc<App>> {
    let shown = get(move |app, backend, names| show(kind, app, backend, names));
    if kind.snapshot {
        return shown;
    }
    let update = move |app, backend, names, fields| update(kind, app, backend, names, fields);
    shown
        .patch(update)
        .put(update)
        .delete(move |app, backend, names| delete(kind, app, backend, names))
}

async fn list(
    kind: &'static AttachedKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    names: Names,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<AttachmentBody>>, ApiError> {
    let parent = parent(kind, &app, &project.id, &names).await?;
    let parent = parent.as_ref().map(|parent| parent.id.as_str());
    let slice = app
        .mint
        .store
        .attachments(&project.id, kind.kind, parent, &query.page)
        .await?;
    Ok(Json(query.answer(&caller, slice)))
}

async fn create(
    kind: &'static AttachedKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    names: Names,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let store = &app.mint.store;
    let parent = parent(kind, &app, &project.id, &names).await?;
    let mut values = read(kind.attributes, &mut fields, None);
    let parent = match parent {
        Some(parent) => Some(parent),
        None => named_parent(&app, &project.id, &mut fields, &values).await?,
    };
    fields.finish()?;
    values.remove(RESOURCE_ID);
    let parent = parent.ok_or(NONE)?;
    if kind.snapshot {
        if let ResourceDetails::Kept(_, now) = &parent.details {
            values.clone_from(now);
        }
        let made = store
            .attach_version(&project.id, kind.kind, &parent.id, values, now_s())
            .await?;
        return Ok((kind.created, Json(made)).into_response());
    }
    let name = kind.name_in(&values);
    let made = store
        .attach(
            &project.id,
            kind.kind,
            &parent.id,
            (kind.name[0], &name),
            values,
            now_s(),
        )
        .await?;
    Ok((kind.created, Json(made)).into_response())
}

async fn show(
    kind: &'static AttachedKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    names: Names,
) -> Result<Json<AttachmentBody>, ApiError> {
    Ok(Json(find(kind, &app, &project.id, &names).await?))
}

/// Changes what is named.
async fn update(
    kind: &'static AttachedKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    names: Names,
    mut fields: Fields,
) -> Result<Json<AttachmentBody>, ApiError> {
    let old = find(kind, &app, &project.id, &names).await?;
    let mut values = read(kind.attributes, &mut fields, Some(&old.details));
    let moved = match kind.place {
        Place::OfItsOwn(_) => named_parent(&app, &project.id, &mut fields, &values).await?,
        Place::Below(..) => None,
    };
    fields.finish()?;
    values.remove(RESOURCE_ID);
    let parent_id = moved.map_or(old.resource_id, |parent| parent.id);
    let name = kind.name_in(&values);
    let changed = app
        .mint
        .store
        .update_attachment(
            &project.id,
            &old.id,
            &parent_id,
            (kind.name[0], &name),
            values,
            now_s(),
        )
        .await?;
    Ok(Json(changed.ok_or(NOTHING)?))
}

async fn delete(
    kind: &'static AttachedKind,
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    names: Names,
) -> Result<StatusCode, ApiError> {
    let old = find(kind, &app, &project.id, &names).await?;
    let store = &app.mint.store;
    match store.delete_attachment(&project.id, &old.id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(NOTHING),
    }
}

/// The resource that the path names.
async fn parent(
    kind: &AttachedKind,
    app: &App,
    project_id: &str,
    names: &Names,
) -> Result<Option<Resource>, ApiError> {
    let Place::Below(parent, _) = kind.place else {
        return Ok(None);
    };
    let id = name_in(names, "id");
    let found = app.mint.store.resource(project_id, parent, id).await?;
    Ok(Some(found.ok_or(NONE)?))
}

/// The resource that the attribute `resource_id` names.
async fn named_parent(
    app: &App,
    project_id: &str,
    fields: &mut Fields,
    values: &serde_json::Map<String, serde_json::Value>,
) -> Result<Option<Resource>, ApiError> {
    let Some(id) = values.get(RESOURCE_ID).and_then(serde_json::Value::as_str) else {
        return Ok(None);
    };
    let found = app.mint.store.resource(project_id, None, id).await?;
    if found.is_none() {
        let message = "resource_id is not a resource of this project";
        fields.refuse(RESOURCE_ID, code::FOREIGN, message);
    }
    Ok(found)
}

async fn find(
    kind: &AttachedKind,
    app: &App,
    project_id: &str,
    names: &Names,
) -> Result<AttachmentBody, ApiError> {
    let parent = parent(kind, app, project_id, names).await?;
    let id = name_in(names, "item_id");
    let found = app.mint.store.attachment(project_id, kind.kind, id).await?;
    found
        .filter(|found| parent.is_none_or(|parent| parent.id == found.resource_id))
        .ok_or(NOTHING)
}

fn name_in<'a>(names: &'a Names, name: &str) -> &'a str {
    names.get(name).map_or("", String::as_str)
}
