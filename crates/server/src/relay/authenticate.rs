//! Who may speak for which session (wire-protocol.md 2.5, 3.7, 3.8, 4.2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use offhook_auth::dpop::{self, Proof};
use offhook_auth::{ProofError, ResumeState, SatClaims, SatKind, TokenError};
use offhook_proto::relay::RpcError;
use offhook_proto::relay_connect::{ConnectParams, ReauthenticateParams, Secret};
use offhook_proto::{code, limits, method};
use serde_json::json;
use tokio::sync::oneshot;

use super::Shared;
use super::handle::{Attach, SessionHandle, SessionMessage, SocketHandle, StateDigest};
use super::session;
use crate::clock::now_s;
use crate::http::network_of;
use crate::proofs::Exception;
use crate::store::StoreError;

/// Who is at the other end of a socket.
pub(super) struct Peer {
    pub(super) origin: Option<String>,
    pub(super) remote: SocketAddr,
}

/// Why a socket does not get a session.
pub(super) enum Refusal {
    /// Answer this and keep the socket for a while; `lingering`: longer each time.
    Refused { error: RpcError, lingering: bool },
    /// Not the client's fault: close the socket, so that it tries again.
    Unavailable,
}

/// What a connect request is good for.
struct Grant {
    claims: SatClaims,
    session: Target,
}

enum Target {
    /// A session of its own.
    New,
    /// A session this process does not know, because it was started since; under the same protocol.
    Rebuilt { protocol: String },
    /// A session that is waiting for its client.
    Live {
        session: SessionHandle,
        shown: StateDigest,
    },
}

/// Answers a connect request: on success the session has sent its result, and the socket speaks for the session.
pub(super) async fn admit(
    shared: &Arc<Shared>,
    peer: &Peer,
    request_id: &str,
    params: ConnectParams,
    acks: Vec<String>,
    socket: SocketHandle,
) -> Result<SessionHandle, Refusal> {
    let shown = Shown::verified(shared, params.dpop_token.as_ref(), method::CONNECT)?;
    let jwt = &params.authentication.jwt_token;
    let state = params
        .authorization_state
        .as_ref()
        .filter(|state| !state.is_empty());
    let grant = match state {
        None => fresh(shared, jwt, &shown)?,
        Some(sealed) => resume(shared, jwt, sealed, params.protocol.as_deref(), shown.jkt())?,
    };
    check_alive(shared, &grant.claims, peer.origin.as_deref()).await?;
    shown.spend(shared).await?;
    let (reply, attached) = oneshot::channel();
    let mut attach = Box::new(Attach {
        socket,
        request_id: request_id.to_owned(),
        claims: grant.claims,
        proven_jkt: shown.jkt().map(str::to_owned),
        event_acks: params.event_acks,
        acks,
        origin: peer.origin.clone(),
        network: network_of(peer.remote.ip()),
        shown_state: None,
        reply,
    });
    let (session, outcome) = match grant.session {
        Target::New => {
            let session = session::spawn(shared, None, attach);
            supersede_siblings(shared, &session);
            (session, "fresh")
        }
        Target::Rebuilt { protocol } => (session::spawn(shared, Some(protocol), attach), "rebuilt"),
        Target::Live { session, shown } => {
            attach.shown_state = Some(shown);
            // One that ends in this moment drops `reply`.
            session.send(SessionMessage::Attach(attach));
            (session, "resumed")
        }
    };
    match attached.await {
        Ok(Ok(())) => {
            let agent: String = params
                .agent
                .as_deref()
                .unwrap_or("unknown")
                .chars()
                .take(80)
                .collect();
            session.spoken_for_by(&agent);
            tracing::info!(
                session = session.protocol(),
                outcome,
                ?agent,
                "socket authenticated"
            );
            shared.counters.connect(outcome);
            Ok(session)
        }
        Ok(Err(error)) => Err(Refusal::Refused {
            error,
            lingering: false,
        }),
        Err(_) => Err(unknown_state("the session has just ended")),
    }
}

/// Sessions of the same person that have no socket are probably those of the same page, which could not resume: they must
/// not ring beside it (3.11). Those that come back register again. Only so many may wait.
fn supersede_siblings(shared: &Shared, session: &SessionHandle) {
    let mut waiting = shared.registry.siblings(session);
    waiting.retain(|sibling| !sibling.is_attached());
    // The newest first.
    waiting.sort_by_key(|sibling| std::cmp::Reverse(sibling.serial()));
    for (index, sibling) in waiting.iter().enumerate() {
        let over = index >= limits::WAITING_SESSIONS;
        sibling.send(SessionMessage::Superseded { over });
    }
}

/// Checks the token and proof of a reauthenticate request for a session in which `current` is in force. Gives the new
/// claims and the key that was proved.
pub(super) async fn renew(
    shared: &Shared,
    current: &SatClaims,
    origin: Option<&str>,
    params: &ReauthenticateParams,
) -> Result<(SatClaims, Option<String>), RpcError> {
    let unavailable = |refusal| match refusal {
        Refusal::Refused { error, .. } => error,
        Refusal::Unavailable => {
            RpcError::new(code::AUTHENTICATION_FAILED, "not possible right now")
        }
    };
    let shown = Shown::verified(shared, params.dpop_token.as_ref(), method::REAUTHENTICATE)
        .map_err(unavailable)?;
    let jwt = params.authentication.jwt_token.expose();
    let claims = shared
        .keys
        .open_sat(jwt, now_s())
        .map_err(bad_token)
        .map_err(unavailable)?;
    shown.check_binding(&claims).map_err(unavailable)?;
    if !same_holder(current, &claims) {
        return Err(RpcError::new(
            code::AUTHENTICATION_FAILED,
            "the token is somebody else's",
        ));
    }
    check_alive(shared, &claims, origin)
        .await
        .map_err(unavailable)?;
    shown.spend(shared).await.map_err(unavailable)?;
    Ok((claims, shown.jkt().map(str::to_owned)))
}

fn fresh(shared: &Shared, jwt: &Secret, shown: &Shown) -> Result<Grant, Refusal> {
    let claims = shared
        .keys
        .open_sat(jwt.expose(), now_s())
        .map_err(bad_token)?;
    shown.check_binding(&claims)?;
    Ok(Grant {
        claims,
        session: Target::New,
    })
}

fn resume(
    shared: &Shared,
    jwt: &Secret,
    sealed: &Secret,
    protocol: Option<&str>,
    proven_jkt: Option<&str>,
) -> Result<Grant, Refusal> {
    let now = now_s();
    let state = shared
        .keys
        .open_resume(sealed.expose(), now)
        .map_err(|error| unknown_state(error.code()))?;
    if protocol.is_some_and(|protocol| protocol != state.protocol) {
        return Err(unknown_state("the state is another protocol's"));
    }
    let claims = claims_for_resume(shared, jwt, &state, proven_jkt, now)?;
    let session = match shared
        .registry
        .by_protocol(&state.protocol)
        .filter(|session| !session.is_over())
    {
        Some(session) => Target::Live {
            session,
            shown: digest_of(sealed.expose()),
        },
        // Written before this process began: the session went with the process before.
        None if state.issued_at <= shared.started_at_s => Target::Rebuilt {
            protocol: state.protocol,
        },
        None => return Err(unknown_state("the session has expired")),
    };
    Ok(Grant { claims, session })
}

/// The claims a resumed session goes on with: the state vouches for its own, also when they have expired; a newer token
/// of the same holder takes their place (4.2). Without a proof the session goes on unbound (2.5).
fn claims_for_resume(
    shared: &Shared,
    jwt: &Secret,
    state: &ResumeState,
    proven_jkt: Option<&str>,
    now: u64,
) -> Result<SatClaims, Refusal> {
    // A client that was given nothing but a state has no token to show: the state vouches for itself.
    let shown = match jwt.expose() {
        "" => state.claims.clone(),
        token => shared
            .keys
            .open_sat_whatever_its_age(token)
            .map_err(bad_token)?,
    };
    if !same_holder(&state.claims, &shown) {
        return Err(unknown_state("the token is another holder's"));
    }
    let newer = shown.expires_at > state.claims.expires_at && shown.check_life(now).is_ok();
    let mut claims = match newer {
        true if shown.check_binding(proven_jkt).is_ok() => shown,
        _ => state.claims.clone(),
    };
    if let (Some(bound), Some(proven)) = (&claims.cnf_jkt, proven_jkt)
        && bound != proven
    {
        return Err(bad_proof(ProofError::OtherKey));
    }
    let grace = shared.config.timing.resume.as_secs();
    if claims.expires_at.saturating_add(grace) <= now {
        return Err(bad_token(TokenError::Expired {
            expired_at: claims.expires_at,
        }));
    }
    // Whatever the token of the first connect was called, the session stays its owner's.
    claims.subscriber_id.clone_from(&state.claims.subscriber_id);
    Ok(claims)
}

/// Whether two tokens are the same person's. A page's visitor gets a new name with each exchange of the embed token.
fn same_holder(a: &SatClaims, b: &SatClaims) -> bool {
    a.project_id == b.project_id
        && a.kind == b.kind
        && (a.subscriber_id == b.subscriber_id
            || (a.kind == SatKind::Embed
                && a.resource_id.is_some()
                && a.resource_id == b.resource_id))
}

/// What a client shows of its key.
struct Shown {
    proof: Option<Proof>,
    /// A proof came by a clock that is wrong: it proves nothing. The official client sends one with every token and never
    /// corrects its clock (wire-protocol.md 2.5), so what needs no proof goes on without.
    stale: Option<ProofError>,
}

impl Shown {
    /// Verifies a proof, if there is one.
    fn verified(shared: &Shared, proof: Option<&Secret>, method: &str) -> Result<Self, Refusal> {
        let mut shown = Self {
            proof: None,
            stale: None,
        };
        let Some(proof) = proof.filter(|proof| !proof.is_empty()) else {
            return Ok(shown);
        };
        match dpop::verify_rpc(proof.expose(), method, now_s()) {
            Ok(proof) => shown.proof = Some(proof),
            Err(error @ ProofError::Stale { .. }) if !shared.proofs.policy.strict => {
                shared.proofs.count(Exception::Stale);
                shown.stale = Some(error);
            }
            Err(error) => {
                shared.proofs.count_refusal(error.code());
                return Err(bad_proof(error));
            }
        }
        Ok(shown)
    }

    fn jkt(&self) -> Option<&str> {
        self.proof.as_ref().map(|proof| proof.jkt.as_str())
    }

    /// Whether it is enough for the token.
    fn check_binding(&self, claims: &SatClaims) -> Result<(), Refusal> {
        claims
            .check_binding(self.jkt())
            .map_err(|error| bad_proof(self.stale.clone().unwrap_or(error)))
    }

    /// A proof is good once. Spent last, so that a refusal for another reason costs none.
    async fn spend(&self, shared: &Shared) -> Result<(), Refusal> {
        let Some(proof) = &self.proof else {
            return Ok(());
        };
        let spent = shared.proofs.spend(proof, now_s()).await;
        spent.map_err(unavailable)?.map_err(|error| {
            shared.proofs.count_refusal(error.code());
            bad_proof(error)
        })
    }
}

/// Whether whoever stands behind the token still exists, and may use it from that page.
async fn check_alive(
    shared: &Shared,
    claims: &SatClaims,
    origin: Option<&str>,
) -> Result<(), Refusal> {
    if !shared
        .store
        .token_is_live(claims)
        .await
        .map_err(unavailable)?
    {
        return Err(refused("the token's owner is gone", "token_revoked"));
    }
    if let (SatKind::Embed, Some(id)) = (claims.kind, &claims.resource_id) {
        let button = shared
            .store
            .click_to_call(&claims.project_id, id)
            .await
            .map_err(unavailable)?;
        if let Some(button) = &button {
            shared.budgets.recall(button, Instant::now());
        }
        let allowed = match origin {
            Some(origin) => {
                let own = shared.config.is_own(origin);
                button.is_some_and(|button| own || button.allows_origin(origin))
            }
            None => !shared.config.require_origin,
        };
        if !allowed {
            return Err(refused(
                "this page may not use the token",
                "origin_not_allowed",
            ));
        }
    }
    Ok(())
}

pub(super) fn digest_of(state: &str) -> StateDigest {
    let mut out = StateDigest::default();
    // SHA-256 has as many bytes as the digest.
    out.copy_from_slice(digest::digest(&digest::SHA256, state.as_bytes()).as_ref());
    out
}

fn bad_token(error: TokenError) -> Refusal {
    refused(error.to_string(), error.code())
}

fn bad_proof(error: ProofError) -> Refusal {
    refused(error.to_string(), error.code())
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>, reason: &'static str) -> Refusal {
    let error =
        RpcError::new(code::AUTHENTICATION_FAILED, message).with_data(json!({ "reason": reason }));
    Refusal::Refused {
        error,
        lingering: true,
    }
}

fn unknown_state(reason: &'static str) -> Refusal {
    let error = RpcError::new(code::VALIDATION_FAILED, "Requester validation failed")
        .with_data(json!({ "reason": reason }));
    Refusal::Refused {
        error,
        lingering: false,
    }
}

fn unavailable(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store does not answer");
    Refusal::Unavailable
}
