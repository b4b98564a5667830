//! Proofs that come with HTTP requests (RFC 9449, section 4), strict or as the official client makes them
//! (wire-protocol.md 2.5).

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::target::{self, Form};
use super::{Jws, Proof, check_age, check_id};
use crate::encoding::base64url;
use crate::error::ProofError;

/// The request that a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'a> {
    /// In capitals.
    pub method: &'a str,
    /// Origins at which the server is reached, such as `https://calls.example.com`.
    pub origins: &'a [&'a str],
    /// The path as it was asked for, percent-encoded, without its query.
    pub path: &'a str,
    /// The access token that the request shows.
    pub access_token: &'a str,
    /// What is asked of a proof beyond what RFC 9449 always asks.
    pub rules: Rules<'a>,
}

/// Where servers differ.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// A path alone will do as `htu`.
    pub relative_target: bool,
    /// A proof without `ath` will do.
    pub optional_hash: bool,
    /// One of these nonces must be in the proof; `None`: none is asked for.
    pub nonces: Option<&'a [String]>,
}

/// A proof for an HTTP request that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpProof {
    /// Who made it, and which one it is.
    pub proof: Proof,
    /// Its `htu` was a path alone.
    pub relative: bool,
    /// It names the access token.
    pub hashed: bool,
}

#[derive(Deserialize)]
struct HttpClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Checks a proof that came with an HTTP request.
///
/// # Errors
/// Each refusal of the security checklist is a variant of [`ProofError`]. The signature, which is what costs, is
/// looked at last.
pub fn verify_http(
    proof: &str,
    request: &HttpRequest<'_>,
    now_s: u64,
) -> Result<HttpProof, ProofError> {
    let jws = Jws::parse(proof)?;
    let claims: HttpClaims = serde_json::from_slice(&jws.payload)
        .map_err(|_| ProofError::Malformed("the payload lacks jti, htm, htu or iat"))?;
    if claims.htm != request.method {
        return Err(ProofError::Mismatch("htm"));
    }
    let form = target::matches(&claims.htu, request.origins, request.path)
        .ok_or(ProofError::Mismatch("htu"))?;
    let relative = form == Form::Path;
    if relative && !request.rules.relative_target {
        return Err(ProofError::Mismatch("htu"));
    }
    match &claims.ath {
        Some(hash) => {
            let expected = base64url(digest(&SHA256, request.access_token.as_bytes()).as_ref());
            if !bool::from(hash.as_bytes().ct_eq(expected.as_bytes())) {
                return Err(ProofError::Mismatch("ath"));
            }
        }
        None if request.rules.optional_hash => {}
        None => return Err(ProofError::Malformed("the payload lacks ath")),
    }
    check_id(&claims.jti)?;
    let iat = check_age(claims.iat, now_s)?;
    if let Some(nonces) = request.rules.nonces {
        let shown = claims.nonce.as_deref().unwrap_or_default().as_bytes();
        let mut known = false;
        for nonce in nonces {
            known |= bool::from(nonce.as_bytes().ct_eq(shown));
        }
        if !known {
            return Err(ProofError::Nonce);
        }
    }
    jws.check_signature()?;
    Ok(HttpProof {
        proof: Proof {
            jkt: jws.key.thumbprint(),
            jti: claims.jti,
            iat,
        },
        relative,
        hashed: claims.ath.is_some(),
    })
}
