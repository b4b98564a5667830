//! Who is asking: a project's backend (Basic) or the holder of an access token (Bearer).

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use offhook_auth::dpop::{self, Rules};
use offhook_auth::{ProofError, SatClaims, Secret};

use super::App;
use super::error::ApiError;
use super::origin::Caller;
use crate::clock::now_s;
use crate::proofs::Exception;
use crate::store::Project;

/// A backend, by its project id and API token.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Project);

/// The holder of a living access token.
///
/// A token bound to a key is taken without a proof here, unless the server is strict: the official client sends none on
/// ordinary calls (wire-protocol.md 2.5). Each such request is counted. A proof that comes is looked at.
#[derive(Debug)]
pub(crate) struct Holder(pub(crate) SatClaims);

impl FromRequestParts<Arc<App>> for Backend {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let (project_id, token) = basic(&parts.headers).ok_or_else(|| {
            ApiError::no_project("send Authorization: Basic with the project id and an API token")
        })?;
        let project = app
            .mint
            .store
            .project_by_token(&project_id, token.expose())
            .await?;
        project
            .map(Self)
            .ok_or_else(|| ApiError::no_project("the project id or the API token is wrong"))
    }
}

impl FromRequestParts<Arc<App>> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(caller) = Caller::from_request_parts(parts, app).await;
        let parts = &*parts;
        let token = bearer(&parts.headers)?;
        let now = now_s();
        let claims = app.mint.keys.open_sat(token, now)?;
        match (&claims.cnf_jkt, proof_header(&parts.headers)?) {
            (None, _) => {}
            (Some(bound), Some(proof)) => {
                let verified = verify(app, parts, &caller, proof, now)?;
                if verified.jkt != *bound {
                    return Err(ApiError::proof(&app.proofs, &ProofError::OtherKey, now));
                }
                let spent = app.proofs.spend(&verified, now).await?;
                spent.map_err(|error| ApiError::proof(&app.proofs, &error, now))?;
            }
            (Some(_), None) if app.proofs.policy.strict => {
                return Err(ApiError::proof(&app.proofs, &ProofError::Missing, now));
            }
            (Some(_), None) => {
                app.counters.unproven_bound_tokens.increment();
                app.proofs.count(Exception::NoProof);
            }
        }
        if !app.mint.store.token_is_live(&claims).await? {
            return Err(ApiError::no_token(
                "token_revoked",
                "the token has been revoked, or what it stands for deleted or disabled",
            ));
        }
        Ok(Self(claims))
    }
}

fn verify(
    app: &App,
    parts: &Parts,
    caller: &Caller,
    proof: &str,
    now: u64,
) -> Result<dpop::Proof, ApiError> {
    let nonces = (app.proofs.policy.nonce).then(|| app.proofs.nonces(now));
    let origins = proof_origins(app, caller);
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let request = dpop::HttpRequest {
        method: parts.method.as_str(),
        origins: &origins,
        path: asked_path(parts),
        access_token: bearer(&parts.headers)?,
        rules: Rules {
            nonces: nonces.as_ref().map(<[String; 2]>::as_slice),
            ..Rules::default()
        },
    };
    dpop::verify_http(proof, &request, now)
        .map(|verified| verified.proof)
        .map_err(|error| ApiError::proof(&app.proofs, &error, now))
}

/// The path as the client wrote it: inside a nested router the request's own has lost its beginning.
fn asked_path(parts: &Parts) -> &str {
    let original = parts.extensions.get::<OriginalUri>();
    original.map_or(parts.uri.path(), |original| original.0.path())
}

/// The access token of a request, by either scheme (RFC 9449, 7.1).
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    credentials(headers, "bearer")
        .or_else(|| credentials(headers, "dpop"))
        .ok_or_else(|| {
            ApiError::no_token(
                "token_missing",
                "send Authorization: Bearer with an access token",
            )
        })
}

/// The proof in the request's header. More than one is refused (RFC 9449, 4.3).
pub(super) fn proof_header(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut all = headers.get_all("dpop").iter();
    let first = all.next();
    if all.next().is_some() {
        return Err(ApiError::BadRequest(
            "the request carries more than one DPoP header".to_owned(),
        ));
    }
    // What is not ASCII is no proof, and is refused as one.
    Ok(first.map(|proof| proof.to_str().unwrap_or("?")))
}

/// Where this server is, as proofs may name it: its public origin, the API host of the official client, and this machine's own names.
/// Not whatever the request says it was sent to: that is the sender's to invent.
pub(super) fn proof_origins(app: &App, caller: &Caller) -> Vec<String> {
    let mut origins = vec![app.public_url.clone()];
    let relay = app.mint.issuer.ch.as_deref();
    if let Some((_, domain)) = relay.and_then(|host| host.split_once('.')) {
        origins.push(format!("https://fabric.{domain}"));
    }
    let host = caller.base.split_once("://").map_or("", |(_, host)| host);
    let port = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    let host = port.map_or(host, |at| &host[..at]);
    let local = host == "localhost" || host.ends_with(".localhost");
    let loopback = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if local || loopback.is_ok_and(|ip| ip.is_loopback()) {
        origins.push(caller.base.clone());
    }
    origins
}

/// What follows the scheme, if the header is of that scheme (in any case).
fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let decoded = STANDARD.decode(credentials(headers, "basic")?).ok()?;
    let decoded = Secret::new(String::from_utf8(decoded).ok()?);
    let (user, password) = decoded.expose().split_once(':')?;
    Some((user.to_owned(), password.into()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    proptest::proptest! {
        #[test]
        fn credentials_are_read_from_any_header(
            raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60),
            scheme in "[Bb]asic|[Bb]earer|DPoP|[A-Za-z]{0,8}",
            user in "[^:\\PC]{0,12}",
            password in "\\PC{0,12}",
        ) {
            let read = |value: &[u8]| {
                let mut headers = HeaderMap::new();
                headers.extend(HeaderValue::from_bytes(value).ok().map(|value| (AUTHORIZATION, value)));
                let basic = basic(&headers).map(|(user, password)| (user, password.expose().to_owned()));
                (basic, bearer(&headers).map(str::to_owned).ok())
            };
            let _ = read(&raw);
            let encoded = STANDARD.encode(format!("{user}:{password}"));
            let (basic, bearer) = read(format!("{scheme} {encoded}").as_bytes());
            let is = |known: &str| scheme.eq_ignore_ascii_case(known);
            proptest::prop_assert_eq!(basic, is("basic").then_some((user, password)));
            proptest::prop_assert_eq!(bearer, (is("bearer") || is("dpop")).then_some(encoded));
        }
    }
}
