//! Client-bound tokens: a client binds its token to its key, and renews it with the key (wire-protocol.md 2.4.6, 2.4.7).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use offhook_auth::dpop::{self, Rules};
use offhook_auth::{ProofError, SatClaims, TokenError, sat};
use offhook_proto::limits;
use offhook_proto::rest::DeviceTokenAnswer;

use super::App;
use super::auth::{bearer, proof_header, proof_origins};
use super::error::ApiError;
use super::fields::Fields;
use super::origin::Caller;
use super::rate::network_of;
use crate::clock::now_s;
use crate::proofs::Exception;

/// The same request again gets the same answer for so long: the official client repeats requests whose answer was lost,
/// with the proof they had.
const REPEAT: Duration = Duration::from_secs(60);
/// Answers remembered for that; the oldest go first.
const ANSWERS: usize = 8_192;

/// Which of the two is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `devices/token`: binds a token to the proof's key.
    Token,
    /// `devices/refresh`: a bound token for its successor.
    Refresh,
}

impl Endpoint {
    const fn path(self) -> &'static str {
        match self {
            Self::Token => "/api/fabric/subscriber/devices/token",
            Self::Refresh => "/api/fabric/subscriber/devices/refresh",
        }
    }
}

/// `POST /api/fabric/subscriber/devices/token` and `…/refresh`. The rate limit comes before anything that costs.
pub(super) async fn issue(
    endpoint: Endpoint,
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Result<Fields, ApiError>,
) -> Result<Json<DeviceTokenAnswer>, ApiError> {
    app.devices.admit(network_of(caller.ip), Instant::now())?;
    let mut fields = fields?;
    let in_body = fields
        .text("dpop_token", limits::PROOF_BYTES)
        .filter(|proof| !proof.is_empty());
    let wished = fields.integer("expire_in", 1..=u64::MAX);
    fields.finish()?;
    let token = bearer(&headers)?;
    app.devices.admit(token, Instant::now())?;
    let now = now_s();
    let proof = one_proof(&app, &headers, in_body)?;

    let repeat = digest::digest(
        &digest::SHA256,
        format!("{token}.{}.{wished:?}", proof.text).as_bytes(),
    );
    let mut key = Repeat::default();
    key.copy_from_slice(repeat.as_ref());
    if let Some(answer) = app.device_answers.get(&key) {
        return Ok(Json(answer));
    }

    let claims = open(&app, endpoint, token, now)?;
    if !claims.has_scope(sat::SCOPE_REFRESH) {
        return Err(ApiError::Forbidden {
            code: "scope_missing",
            message: format!(
                "the token was made without the scope {}",
                sat::SCOPE_REFRESH
            ),
        });
    }
    let verified = verify(&app, endpoint, &caller, token, &proof, now)?;
    if claims
        .cnf_jkt
        .as_ref()
        .is_some_and(|bound| *bound != verified.jkt)
    {
        return Err(ApiError::proof(&app.proofs, &ProofError::OtherKey, now));
    }
    if endpoint == Endpoint::Refresh && claims.cnf_jkt.is_none() {
        return Err(ApiError::no_token(
            "token_unbound",
            "the token is not bound to a key: bind it at devices/token first",
        ));
    }
    if !app.mint.store.token_is_live(&claims).await? {
        return Err(ApiError::no_token(
            "token_revoked",
            "the token has been revoked, or what it stands for deleted or disabled",
        ));
    }
    let spent = app.proofs.spend(&verified, now).await?;
    spent.map_err(|error| ApiError::proof(&app.proofs, &error, now))?;
    if claims.cnf_jkt.is_none() {
        // Whoever comes first has the token: it is of no use to a thief who comes second.
        let until = claims.expires_at + limits::PROOF_SKEW_S;
        let bound = app
            .mint
            .store
            .bind_token(&claims.jti, &verified.jkt, until, now)
            .await?;
        if bound != verified.jkt {
            return Err(ApiError::proof(&app.proofs, &ProofError::OtherKey, now));
        }
    }

    let (token, claims) = app.mint.bound(
        &claims,
        &verified.jkt,
        wished,
        app.config.bound_token_s,
        now,
    );
    app.counters.tokens(claims.kind).increment();
    let answer = DeviceTokenAnswer {
        token,
        expires_at: claims.expires_at,
        expires_in: claims.expires_at - now,
    };
    app.device_answers.keep(key, answer.clone());
    Ok(Json(answer))
}

/// A token that is alive; at `devices/token` also one that has just died, bound to a key whose holder has been asleep or
/// away (4.6).
fn open(app: &App, endpoint: Endpoint, token: &str, now: u64) -> Result<SatClaims, ApiError> {
    let claims = match app.mint.keys.open_sat(token, now) {
        Err(TokenError::Expired { expired_at })
            if endpoint == Endpoint::Token
                && now < expired_at.saturating_add(limits::RESUME_MS / 1000) =>
        {
            let claims = app.mint.keys.open_sat_whatever_its_age(token)?;
            if claims.cnf_jkt.is_none() {
                return Err(TokenError::Expired { expired_at }.into());
            }
            claims
        }
        opened => opened?,
    };
    Ok(claims)
}

struct Shown {
    text: String,
    in_body: bool,
}

fn one_proof(app: &App, headers: &HeaderMap, in_body: Option<String>) -> Result<Shown, ApiError> {
    let in_header = proof_header(headers)?;
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(ApiError::BadRequest(
            "the request carries two proofs: one in the DPoP header, one in the body".to_owned(),
        )),
        (Some(text), None) => Ok(Shown {
            text: text.to_owned(),
            in_body: false,
        }),
        (None, Some(text)) if !app.proofs.policy.strict => Ok(Shown {
            text,
            in_body: true,
        }),
        (None, in_body) => {
            let missing = ApiError::proof(&app.proofs, &ProofError::Missing, now_s());
            Err(match in_body {
                Some(_) => missing.saying(
                    "the proof is in the body: this server takes it in the DPoP header only (strict_proofs)",
                ),
                None => missing,
            })
        }
    }
}

fn verify(
    app: &App,
    endpoint: Endpoint,
    caller: &Caller,
    token: &str,
    shown: &Shown,
    now: u64,
) -> Result<dpop::Proof, ApiError> {
    let proofs = &app.proofs;
    // The official client knows no nonce; a proof in the body is one of its.
    let ask_nonce = proofs.policy.nonce && !shown.in_body;
    let nonces = ask_nonce.then(|| proofs.nonces(now));
    let origins = proof_origins(app, caller);
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let request = dpop::HttpRequest {
        method: "POST",
        origins: &origins,
        path: endpoint.path(),
        access_token: token,
        rules: Rules {
            relative_target: !proofs.policy.strict,
            optional_hash: endpoint == Endpoint::Token && !proofs.policy.strict,
            nonces: nonces.as_ref().map(<[String; 2]>::as_slice),
        },
    };
    let verified = dpop::verify_http(&shown.text, &request, now)
        .map_err(|error| ApiError::proof(proofs, &error, now))?;
    for (made, exception) in [
        (shown.in_body, Exception::InBody),
        (verified.relative, Exception::RelativeTarget),
        (!verified.hashed, Exception::NoHash),
        (proofs.policy.nonce && !ask_nonce, Exception::NoNonce),
    ] {
        if made {
            proofs.count(exception);
        }
    }
    Ok(verified.proof)
}

type Repeat = [u8; 32];

/// Answers given a moment ago, the oldest first.
#[derive(Default)]
pub(crate) struct DeviceAnswers {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<Repeat, DeviceTokenAnswer>,
    order: VecDeque<(Instant, Repeat)>,
}

impl DeviceAnswers {
    fn get(&self, key: &Repeat) -> Option<DeviceTokenAnswer> {
        // Nothing that can panic runs under this lock or the next.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(Instant::now(), ANSWERS);
        kept.answers.get(key).cloned()
    }

    fn keep(&self, key: Repeat, answer: DeviceTokenAnswer) {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(now, ANSWERS - 1);
        if kept.answers.insert(key, answer).is_none() {
            kept.order.push_back((now, key));
        }
    }
}

impl Kept {
    /// What is too old, and what is too much.
    fn forget(&mut self, now: Instant, most: usize) {
        while let Some((at, key)) = self.order.front()
            && (now.duration_since(*at) >= REPEAT || self.order.len() > most)
        {
            self.answers.remove(key);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(token: usize) -> DeviceTokenAnswer {
        DeviceTokenAnswer {
            token: token.to_string(),
            expires_at: 0,
            expires_in: 0,
        }
    }

    fn key(number: usize) -> Repeat {
        let mut key = Repeat::default();
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn answers_are_kept_for_a_minute_and_the_oldest_go_first() {
        let answers = DeviceAnswers::default();
        for number in 0..ANSWERS + 10 {
            answers.keep(key(number), answer(number));
        }
        assert!(answers.get(&key(9)).is_none());
        assert_eq!(answers.get(&key(10)).unwrap().token, "10");
        let mut kept = answers.kept.lock().unwrap();
        assert_eq!((kept.answers.len(), kept.order.len()), (ANSWERS, ANSWERS));
        kept.forget(Instant::now() + REPEAT, ANSWERS);
        assert_eq!((kept.answers.len(), kept.order.len()), (0, 0));
    }
}
