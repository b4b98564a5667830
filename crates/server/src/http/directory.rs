//! What the holder of an access token sees: itself, and what it can dial (wire-protocol.md 8.1, 8.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use offhook_auth::{SatClaims, SatKind};
use offhook_proto::rest::{
    Address, AppSettings, Confirmation, Page, SatClaimsBody, SubscriberInfo, code,
};

use super::App;
use super::auth::Holder;
use super::error::ApiError;
use super::origin::Caller;
use super::paging::ListQuery;
use crate::store::{self, AddressFilter, AddressSort};

/// `GET /api/fabric/subscriber/info`. Without a 2xx from here the official client opens no socket.
pub(super) async fn info(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
) -> Result<Json<SubscriberInfo>, ApiError> {
    let mut info = SubscriberInfo {
        id: claims.subscriber_id.clone(),
        email: None,
        first_name: None,
        last_name: None,
        display_name: claims
            .display_name
            .clone()
            .unwrap_or_else(|| "Guest".to_owned()),
        job_title: None,
        time_zone: None,
        country: None,
        region: None,
        company_name: None,
        push_notification_key: None,
        app_settings: AppSettings::default(),
        fabric_addresses: Vec::new(),
        sat_claims: sat_claims(&claims),
    };
    if claims.kind == SatKind::Subscriber {
        let id = &claims.subscriber_id;
        let gone = ApiError::no_token("token_revoked", "the subscriber has been deleted");
        let subscriber = app
            .mint
            .store
            .subscriber(&claims.project_id, id)
            .await?
            .ok_or(gone)?;
        let store::Subscriber {
            email,
            display_name,
            profile,
            ..
        } = subscriber;
        let addresses = app
            .mint
            .store
            .addresses_of_subscriber(&claims.project_id, id)
            .await?;
        info.fabric_addresses = addresses
            .into_iter()
            .map(store::Address::into_body)
            .collect();
        info.email = email;
        info.display_name = display_name;
        info.first_name = profile.first_name;
        info.last_name = profile.last_name;
        info.job_title = profile.job_title;
        info.country = profile.country;
        info.region = profile.region;
        info.company_name = profile.company_name;
    }
    Ok(Json(info))
}

fn sat_claims(claims: &SatClaims) -> SatClaimsBody {
    SatClaimsBody {
        scope: claims.scope.clone(),
        cnf: claims.cnf_jkt.clone().map(|jkt| Confirmation { jkt }),
        expires_at: claims.expires_at,
    }
}

/// `GET /api/fabric/addresses`: those the holder reaches; by `name` the one that is about to be dialled.
pub(super) async fn addresses(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    caller: Caller,
    query: ListQuery,
) -> Result<Json<Page<Address>>, ApiError> {
    let sort = match query.value("sort_by") {
        None | Some("name") => AddressSort::Name,
        Some("display_name") => AddressSort::DisplayName,
        Some(_) => {
            return Err(ApiError::invalid(
                "sort_by",
                code::INVALID_VALUE,
                "sort_by must be name or display_name",
            ));
        }
    };
    // A dial string may come with its channel.
    let name = query
        .value("name")
        .map(|name| name.split('?').next().unwrap_or_default().to_owned());
    let filter = AddressFilter {
        ids: claims.allowed,
        name,
        resource_id: None,
        sort,
    };
    let slice = app
        .mint
        .store
        .addresses(&claims.project_id, &filter, &query.page)
        .await?;
    Ok(Json(query.answer(
        &caller,
        slice.map(|address| app.relay.shown(address)),
    )))
}

/// `GET /api/fabric/addresses/{id}`.
pub(super) async fn address(
    State(app): State<Arc<App>>,
    Holder(claims): Holder,
    Path(id): Path<String>,
) -> Result<Json<Address>, ApiError> {
    const NONE: ApiError =
        ApiError::NotFound("there is no such address within reach of this token");
    if !claims.reaches(&id) {
        return Err(NONE);
    }
    let address = app
        .mint
        .store
        .address(&claims.project_id, &id)
        .await?
        .ok_or(NONE)?;
    Ok(Json(app.relay.shown(address)))
}
