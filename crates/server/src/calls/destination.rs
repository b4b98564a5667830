//! Where an invite goes, and whether the caller may go there (wire-protocol.md 2.2, 5.11).

use std::sync::Arc;

use offhook_auth::{SatClaims, SatKind};
use offhook_proto::code::{self, refusal};
use offhook_proto::relay::RpcError;
use serde_json::json;

use crate::budget::Exhausted;
use crate::clock::{now_ms, now_s};
use crate::records::Target;
use crate::relay::Owner;
use crate::store::{Address, AddressKind, ConferenceRoom, Store, StoreError};

/// What is behind the dialled address.
pub(super) enum Destination {
    /// A conference room that takes people in.
    Conference(Box<ConferenceRoom>, Address),
    /// Sends back what it hears.
    Echo(Address),
    /// Somebody with devices.
    Subscriber(Callee),
}

/// Somebody who is to be called.
#[derive(Clone)]
pub(super) struct Callee {
    pub(super) owner: Arc<Owner>,
    pub(super) address: Address,
}

/// Who is at one end of a call, as the other end is told.
#[derive(Clone, Default)]
pub(super) struct Party {
    pub(super) name: String,
    /// The address, such as `/private/alice`.
    pub(super) number: String,
    pub(super) address_id: String,
}

impl Destination {
    /// What was dialled.
    fn address(&self) -> &Address {
        match self {
            Self::Conference(_, address) | Self::Echo(address) => address,
            Self::Subscriber(callee) => &callee.address,
        }
    }

    /// As the record of the call names it.
    pub(super) fn target(&self) -> Target {
        let address = self.address();
        Target {
            address_id: address.id.clone(),
            number: address.name.clone(),
            name: address.display_name.clone(),
            owner_id: address.resource_id.clone(),
            person: matches!(self, Self::Subscriber(_)),
            since_ms: now_ms(),
            answered_ms: None,
        }
    }

    /// Looks the dialled string up. For a page's visitor there is only one destination, which may also be left out.
    pub(super) async fn resolve(
        store: &Store,
        claims: &SatClaims,
        dialled: &str,
    ) -> Result<Self, RpcError> {
        let name = dialled.split('?').next().unwrap_or_default().trim();
        let address = if claims.kind == SatKind::Embed {
            Self::pinned(store, claims, name).await?
        } else {
            let address = lookup(store, claims, name).await?;
            if !claims.reaches(&address.id) {
                return Err(refuse(refusal::NOT_PERMITTED));
            }
            address
        };
        Self::behind(store, address).await
    }

    /// What a project's backend means: everything of the project is within its reach.
    pub(super) async fn for_backend(
        store: &Store,
        project_id: &str,
        dialled: &str,
    ) -> Result<Self, RpcError> {
        let name = dialled.split('?').next().unwrap_or_default().trim();
        let address = find(store, project_id, name).await?;
        Self::behind(store, address).await
    }

    async fn behind(store: &Store, address: Address) -> Result<Self, RpcError> {
        if address.locked {
            return Err(refuse(refusal::ROOM_LOCKED));
        }
        match &address.kind {
            AddressKind::Echo => Ok(Self::Echo(address)),
            // Nothing runs scripts yet.
            AddressKind::Script => Err(refuse(refusal::INVALID_DESTINATION)),
            AddressKind::Subscriber { subscriber_id } => {
                let owner = Owner {
                    project_id: address.project_id.clone(),
                    subscriber_id: subscriber_id.clone(),
                    kind: SatKind::Subscriber,
                };
                Ok(Self::Subscriber(Callee {
                    owner: Arc::new(owner),
                    address,
                }))
            }
            AddressKind::Room { resource_id } => {
                let room = store
                    .conference_room(&address.project_id, resource_id)
                    .await
                    .map_err(unavailable)?
                    .ok_or_else(|| refuse(refusal::INVALID_DESTINATION))?;
                if !room.is_open(now_s()) {
                    return Err(refuse(refusal::ROOM_LOCKED));
                }
                Ok(Self::Conference(Box::new(room), address))
            }
        }
    }

    async fn pinned(store: &Store, claims: &SatClaims, name: &str) -> Result<Address, RpcError> {
        let button = match &claims.resource_id {
            Some(id) => store
                .click_to_call(&claims.project_id, id)
                .await
                .map_err(unavailable)?,
            None => None,
        };
        // The owner has switched the button off, or deleted it, since the token was made.
        let button = button
            .filter(|b| b.settings.enabled)
            .ok_or_else(|| refuse(refusal::NOT_PERMITTED))?;
        let pinned = lookup(store, claims, button.destination_name()).await?;
        if !name.is_empty() && name != pinned.name {
            let dialled = lookup(store, claims, name).await;
            // What is not the pinned destination is not to be told apart from what does not exist.
            if dialled.is_ok_and(|dialled| dialled.id == pinned.id) {
                return Ok(pinned);
            }
            return Err(refuse(refusal::NOT_PERMITTED));
        }
        Ok(pinned)
    }
}

impl Party {
    /// The caller, by the token and the store; what the client says of itself does not count (5.7).
    pub(super) async fn caller(store: &Store, claims: &SatClaims) -> Result<Self, RpcError> {
        let (project, id) = (&claims.project_id, &claims.subscriber_id);
        if claims.kind == SatKind::Subscriber {
            let subscriber = store.subscriber(project, id).await.map_err(unavailable)?;
            let addresses = store
                .addresses_of_subscriber(project, id)
                .await
                .map_err(unavailable)?;
            let name = subscriber.map(|s| s.display_name).unwrap_or_default();
            let (number, address_id) = addresses
                .into_iter()
                .next()
                .map_or_else(Default::default, |a| (a.name, a.id));
            return Ok(Self {
                name,
                number,
                address_id,
            });
        }
        let name = claims
            .display_name
            .clone()
            .unwrap_or_else(|| "Guest".to_owned());
        Ok(Self {
            name,
            number: "guest".to_owned(),
            address_id: String::new(),
        })
    }
}

async fn lookup(store: &Store, claims: &SatClaims, name: &str) -> Result<Address, RpcError> {
    find(store, &claims.project_id, name).await
}

async fn find(store: &Store, project_id: &str, name: &str) -> Result<Address, RpcError> {
    if name.is_empty() {
        return Err(refuse(refusal::INVALID_DESTINATION));
    }
    let found = store
        .resolve_address(project_id, name)
        .await
        .map_err(unavailable)?;
    found.ok_or_else(|| refuse(refusal::INVALID_DESTINATION))
}

/// An invite's error: `cause` is one of [`refusal`], and the codes are those of telephone networks (Q.850, and FreeSWITCH's
/// 606).
pub(super) fn refuse(cause: &'static str) -> RpcError {
    let cause_code = match cause {
        refusal::INVALID_DESTINATION => "1",
        refusal::ROOM_FULL => "42",
        refusal::USER_NOT_REGISTERED => "606",
        refusal::INVALID_CALL_REFERENCE => "81",
        refusal::TEMPORARY_FAILURE => "41",
        // NOT_PERMITTED, ROOM_LOCKED, TOO_MANY_CALLS: "call rejected".
        _ => "21",
    };
    RpcError::new(code::CALL_FAILED, cause)
        .with_data(json!({ "cause": cause, "causeCode": cause_code }))
}

/// An invite's error when a budget of public tokens is used up.
pub(super) fn over_budget(exhausted: Exhausted) -> RpcError {
    let cause = refusal::TOO_MANY_CALLS;
    RpcError::new(code::CALL_FAILED, cause).with_data(json!({
        "cause": cause,
        "causeCode": "21",
        "budget": exhausted.scope.as_str(),
        "limit": exhausted.item.as_str(),
        "retry_after_s": exhausted.wait_s(),
    }))
}

fn unavailable(error: StoreError) -> RpcError {
    tracing::error!(%error, "the store does not answer");
    refuse(refusal::TEMPORARY_FAILURE)
}
