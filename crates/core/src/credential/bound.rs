//! The client-bound way on the wire: `devices/token` and `devices/refresh` (wire-protocol.md 2.4.6, 2.4.7, 2.5).

use miniserde::json::Value;

use super::{Credentials, Run, Stage, Way};
use crate::context::Context;
use crate::input::{Failure, HttpResponse, RequestId};
use crate::json;
use crate::output::{EngineError, HttpRequest, Output};

/// Life asked for, seconds (wire-protocol.md 4.4), and what an answer that tells no life is taken for. Always the same:
/// asking for what was left of the last one, as the official client does, makes lives shorter and shorter.
const TTL_S: u64 = 900;
/// Time limit of one request.
const REQUEST_MS: u64 = 10_000;
/// Longest wait a server may impose.
const RETRY_AFTER_MAX_MS: u64 = 300_000;

pub(super) enum Answer {
    Token {
        token: String,
        /// Epoch milliseconds, by the server's clock.
        expiry: u64,
    },
    /// The proof must carry this (RFC 9449, section 8).
    Nonce(String),
    /// No, and another attempt would not change that.
    Refused(EngineError),
    /// The token that asks is dead.
    Dead(EngineError),
    /// Not now.
    Failed {
        error: EngineError,
        wait_ms: Option<u64>,
    },
}

impl Credentials {
    fn path(&self) -> &'static str {
        if self.bound {
            "/api/fabric/subscriber/devices/refresh"
        } else {
            "/api/fabric/subscriber/devices/token"
        }
    }

    pub(super) fn sign(&self, ctx: &mut Context, request: RequestId, nonce: Option<&str>) {
        let origin = if self.ours { self.api.as_str() } else { "" };
        let target = [origin, self.path()].concat();
        ctx.sign_http(request, "POST", &target, &self.token, nonce);
    }

    pub(super) fn post(&mut self, ctx: &mut Context, proof: &str, attempt: u32, nonced: bool) {
        let request = ctx.request_id();
        let mut headers = vec![
            ("authorization".into(), ["Bearer ", &self.token].concat()),
            ("accept".into(), "application/json".into()),
            ("content-type".into(), "application/json".into()),
        ];
        // A server of ours takes it where RFC 9449 has it, and may take it nowhere else.
        let in_body = (!self.ours).then_some(proof);
        if in_body.is_none() {
            headers.push(("dpop".into(), proof.into()));
        }
        let body = json::object([
            ("dpop_token", json::optional(in_body)),
            ("expire_in", json::number(TTL_S)),
        ]);
        let http = HttpRequest {
            method: "POST".into(),
            url: [&self.api, self.path()].concat(),
            headers,
            body: Some(json::write(&body)),
            timeout_ms: REQUEST_MS,
        };
        ctx.out.push_back(Output::Http { request, http });
        self.run = Some(Run {
            way: Way::ClientBound,
            attempt,
            stage: Stage::Http { request, nonced },
        });
    }
}

pub(super) fn read(result: &Result<HttpResponse, Failure>, server_now: u64) -> Answer {
    let response = match result {
        Ok(response) => response,
        Err(failure) => {
            return Answer::Failed {
                error: failure.clone().into(),
                wait_ms: None,
            };
        }
    };
    let header = |name: &str| {
        let found = response.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim())
    };
    let body = json::parse(&response.body).unwrap_or_default();
    let status = response.status;
    if matches!(status, 400 | 401)
        && let Some(nonce) = header("dpop-nonce")
    {
        return Answer::Nonce(nonce.to_owned());
    }
    if (200..=299).contains(&status) {
        let positive =
            |name| json::int_of(&body, name).and_then(|number| u64::try_from(number).ok());
        let Some(token) = json::str_of(&body, "token") else {
            let error = EngineError::new("RequestError", "the server's answer carries no token");
            return Answer::Failed {
                error,
                wait_ms: None,
            };
        };
        let (told_at, told_in) = (positive("expires_at"), positive("expires_in"));
        let expiry = match (told_at, told_in) {
            (Some(at), _) => at.saturating_mul(1000),
            (None, Some(seconds)) => server_now.saturating_add(seconds.saturating_mul(1000)),
            (None, None) => server_now + TTL_S * 1000,
        };
        return Answer::Token {
            token: token.to_owned(),
            expiry,
        };
    }
    let mut error = EngineError::new("RequestError", "the server refused to renew the token");
    error.code = Some(i64::from(status));
    let said = json::str_of(&body, "error").map(str::to_owned);
    error.details = said.map_or(Value::Null, Value::String);
    let code = json::str_of(&body, "code").unwrap_or_default();
    if status == 401 && matches!(code, "proof_stale" | "proof_replayed") {
        // The next proof is another, made by the time that this answer told.
        return Answer::Failed {
            error,
            wait_ms: None,
        };
    }
    if status == 401 && !response.body.contains("proof") {
        return Answer::Dead(error);
    }
    if status == 429 || status >= 500 {
        let seconds = header("retry-after").and_then(|value| value.parse::<u64>().ok());
        let wait_ms = seconds.map(|seconds| seconds.saturating_mul(1000).min(RETRY_AFTER_MAX_MS));
        return Answer::Failed { error, wait_ms };
    }
    Answer::Refused(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).into(), (*value).into()));
        let response = HttpResponse {
            status,
            headers: headers.collect(),
            body: body.into(),
        };
        read(&Ok(response), 1_000_000)
    }

    #[test]
    fn expiry_is_what_the_server_says_or_what_was_asked_for() {
        for (body, expected) in [
            (
                r#"{"token":"t","expires_at":1300,"expires_in":9}"#,
                1_300_000,
            ),
            (r#"{"token":"t","expires_in":200}"#, 1_200_000),
            (r#"{"token":"t"}"#, 1_900_000),
        ] {
            let Answer::Token { expiry, .. } = answer(200, &[], body) else {
                panic!("{body}");
            };
            assert_eq!(expiry, expected, "{body}");
        }
    }

    #[test]
    fn refusals_for_good_are_told_from_those_for_now() {
        assert!(matches!(answer(403, &[], "{}"), Answer::Refused(_)));
        assert!(matches!(answer(401, &[], "?"), Answer::Dead(_)));
        let bad_proof = r#"{"error":"invalid_dpop_proof"}"#;
        assert!(matches!(answer(401, &[], bad_proof), Answer::Refused(_)));
        // Another proof may do.
        for code in ["proof_stale", "proof_replayed"] {
            let body = format!(r#"{{"error":"Unauthorized","code":"{code}"}}"#);
            assert!(matches!(answer(401, &[], &body), Answer::Failed { .. }));
        }
        assert!(matches!(answer(200, &[], "{}"), Answer::Failed { .. }));
        assert!(matches!(
            answer(503, &[], ""),
            Answer::Failed { wait_ms: None, .. }
        ));
        assert!(matches!(
            answer(429, &[("retry-after", "7")], "{}"),
            Answer::Failed {
                wait_ms: Some(7_000),
                ..
            }
        ));
        assert!(matches!(
            answer(401, &[("dpop-nonce", "n")], "{}"),
            Answer::Nonce(nonce) if nonce == "n"
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(
            status: u16,
            header in "\\PC{0,30}",
            body in "\\PC{0,80}|[{]\"(token|error)\":\"[a-z]{0,9}\",\"expires_(at|in)\":(-?[0-9]{1,25}|null|\"x\")[}]",
            now in 0u64..(1 << 53),
        ) {
            let headers = [("retry-after", &header[..]), ("dpop-nonce", &header[..])];
            let response = HttpResponse {
                status,
                headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
                body,
            };
            if let Answer::Failed { wait_ms: Some(wait), .. } = read(&Ok(response), now) {
                proptest::prop_assert!(wait <= RETRY_AFTER_MAX_MS);
            }
        }
    }
}
