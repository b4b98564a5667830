//! What proofs of possession say (wire-protocol.md 2.5, RFC 9449). The driver holds the key and signs.

use crate::context::Context;
use crate::input::{HttpResponse, RequestId};
use crate::json;
use crate::output::Output;

impl Context {
    /// Has the payload of a proof for a relay request signed.
    pub(crate) fn sign_rpc(&mut self, request: RequestId, method: &str) {
        let payload = json::object([
            ("jti", json::text(&self.random.uuid())),
            ("rpc", json::text("request")),
            ("mth", json::text(method)),
            ("iat", json::number(self.server_now() / 1000)),
        ]);
        self.out.push_back(Output::SignProof {
            request,
            payload: json::write(&payload),
            access_token: None,
        });
    }

    /// Has the payload of a proof for an HTTP request with this token signed.
    pub(crate) fn sign_http(
        &mut self,
        request: RequestId,
        method: &str,
        target: &str,
        token: &str,
        nonce: Option<&str>,
    ) {
        let payload = json::object([
            ("jti", json::text(&self.random.uuid())),
            ("htm", json::text(method)),
            ("htu", json::text(target)),
            ("iat", json::number(self.server_now() / 1000)),
            ("nonce", json::optional(nonce.or(self.nonce.as_deref()))),
        ]);
        self.out.push_back(Output::SignProof {
            request,
            payload: json::write(&payload),
            access_token: Some(token.to_owned()),
        });
    }
}

/// The server refused a proof and another will do: with the nonce (RFC 9449, section 8), or by the time, that its answer told.
pub(crate) fn wants_another(response: &HttpResponse) -> bool {
    let code = || {
        let body = json::parse(&response.body)?;
        Some(json::str_of(&body, "code")? == "proof_stale")
    };
    response.status == 401 && (nonce(response).is_some() || code().unwrap_or(false))
}

/// The nonce that the next proof must carry.
pub(crate) fn nonce(response: &HttpResponse) -> Option<&str> {
    let mut headers = response.headers.iter();
    let (_, nonce) = headers.find(|(name, _)| name == "dpop-nonce")?;
    Some(nonce.trim())
}
