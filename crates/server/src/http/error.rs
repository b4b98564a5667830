//! Refusals, and how they look on the wire (wire-protocol.md 2.4).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use offhook_auth::{ProofError, TokenError};
use offhook_proto::rest::{ErrorBody, ErrorItem, ErrorList, WorkChallenge, WorkNeeded, code};

use crate::proofs::Proofs;
use crate::store::StoreError;

/// Why a request was not done. All but [`Internal`](Self::Internal) and [`Unavailable`](Self::Unavailable) are the
/// caller's to mend.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// 400: not even readable.
    BadRequest(String),
    /// 401: nobody known. `scheme` is what would be accepted.
    Unauthorized {
        scheme: &'static str,
        code: &'static str,
        message: String,
    },
    /// 401: no good proof of possession. `nonce` is what the next one must carry.
    Proof {
        code: &'static str,
        message: String,
        nonce: Option<String>,
        server_time: u64,
    },
    /// 403: known, and not allowed.
    Forbidden { code: &'static str, message: String },
    /// 428: work comes first.
    Work {
        code: &'static str,
        message: String,
        challenge: Box<WorkChallenge>,
    },
    /// 404.
    NotFound(&'static str),
    /// 405.
    MethodNotAllowed,
    /// 413.
    TooLarge,
    /// 422: readable, and wrong in these places.
    Invalid(Vec<ErrorItem>),
    /// 429: later.
    TooMany { retry_after_s: u64 },
    /// 503: the server could not answer in time.
    Unavailable,
    /// 500: logged where it happened.
    Internal,
}

impl ApiError {
    /// No or no good Basic credentials.
    pub(crate) fn no_project(message: &str) -> Self {
        Self::Unauthorized {
            scheme: "Basic realm=\"offhook\"",
            code: "project_credentials",
            message: message.to_owned(),
        }
    }

    /// No or no good access token.
    pub(crate) fn no_token(code: &'static str, message: impl Into<String>) -> Self {
        Self::Unauthorized {
            scheme: "Bearer",
            code,
            message: message.into(),
        }
    }

    /// A refused proof, counted.
    pub(crate) fn proof(proofs: &Proofs, error: &ProofError, now_s: u64) -> Self {
        proofs.count_refusal(error.code());
        let nonce = proofs.policy.nonce.then(|| {
            let [current, _] = proofs.nonces(now_s);
            current
        });
        Self::Proof {
            code: error.code(),
            message: error.to_string(),
            nonce,
            server_time: now_s,
        }
    }

    /// The same in words that fit the case better; the code stays.
    pub(crate) fn saying(mut self, words: &str) -> Self {
        if let Self::Proof { message, .. } = &mut self {
            words.clone_into(message);
        }
        self
    }

    /// One wrong attribute.
    pub(crate) fn invalid(attribute: &str, code: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![ErrorItem::new(attribute, code, message)])
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized { .. } | Self::Proof { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Work { .. } => StatusCode::PRECONDITION_REQUIRED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = match self {
            Self::TooMany { retry_after_s } => Some(retry_after_s),
            Self::Unavailable => Some(1),
            _ => None,
        };
        let challenge = match &self {
            Self::Unauthorized { scheme, .. } => Some(*scheme),
            Self::Proof {
                code: "proof_nonce",
                ..
            } => Some("DPoP error=\"use_dpop_nonce\", algs=\"ES256 RS256 EdDSA\""),
            Self::Proof { .. } => {
                Some("DPoP error=\"invalid_dpop_proof\", algs=\"ES256 RS256 EdDSA\"")
            }
            _ => None,
        };
        let (nonce, server_time) = match &self {
            Self::Proof {
                nonce, server_time, ..
            } => (nonce.clone(), Some(*server_time)),
            _ => (None, None),
        };
        let (code, message) = match self {
            Self::Invalid(errors) => return (status, Json(ErrorList { errors })).into_response(),
            Self::Work {
                code,
                message,
                challenge,
            } => {
                let body = WorkNeeded {
                    error: status.canonical_reason().unwrap_or_default().to_owned(),
                    message,
                    code: code.to_owned(),
                    proof_of_work: *challenge,
                };
                return (status, Json(body)).into_response();
            }
            Self::BadRequest(message) => (Some("bad_request"), Some(message)),
            Self::Unauthorized { code, message, .. }
            | Self::Proof { code, message, .. }
            | Self::Forbidden { code, message } => (Some(code), Some(message)),
            Self::NotFound(message) => (Some("not_found"), Some(message.to_owned())),
            Self::TooLarge => {
                let limit = offhook_proto::limits::BODY_BYTES;
                (
                    Some("body_too_large"),
                    Some(format!("the body may have {limit} bytes")),
                )
            }
            Self::TooMany { retry_after_s } => (
                Some("rate_limited"),
                Some(format!("try again in {retry_after_s} s")),
            ),
            Self::MethodNotAllowed | Self::Unavailable | Self::Internal => (None, None),
        };
        let error = status.canonical_reason().unwrap_or_default().to_owned();
        let mut response = (
            status,
            Json(ErrorBody {
                error,
                message,
                code: code.map(str::to_owned),
                server_time,
            }),
        )
            .into_response();
        if let Some(challenge) = challenge {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            response.headers_mut().insert("dpop-nonce", nonce);
        }
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken { attribute } => Self::invalid(
                attribute,
                code::TAKEN,
                format!("{attribute} is taken by another of your resources"),
            ),
            StoreError::Full { what, most } => Self::invalid(
                what,
                code::INVALID_VALUE,
                format!("there may be {most} {what} in a project"),
            ),
            // The project was there when its credentials were looked at.
            StoreError::NoSuchProject => Self::NotFound("the project has been deleted"),
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::Internal
            }
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::no_token(error.code(), error.to_string())
    }
}
