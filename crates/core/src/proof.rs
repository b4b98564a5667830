//! What proofs of possession say (wire-protocol.md 2.5, RFC 9449). The driver holds the key and signs.

use crate::context::Context;
use crate::input::RequestId;
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
            ("nonce", json::optional(nonce)),
        ]);
        self.out.push_back(Output::SignProof {
            request,
            payload: json::write(&payload),
            access_token: Some(token.to_owned()),
        });
    }
}
