//! What can go wrong for a caller of the SDK.

use offhook_core::output::EngineError;
use thiserror::Error;

use crate::tls::TrustError;

/// A failed action of a [`Client`](crate::Client) or a [`Call`](crate::Call).
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider gave no credential, or the server does not take the one it gave.
    #[error("not authenticated: {0}")]
    Credentials(String),
    /// The call could not be set up; says why (`USER_NOT_REGISTERED`, `INVALID_DESTINATION`, …).
    #[error("the call could not be set up: {0}")]
    CallSetup(String),
    /// The server refused the request.
    #[error("the server refused: {message} ({code})")]
    Refused {
        /// JSON-RPC or HTTP code.
        code: i64,
        /// What the server said.
        message: String,
    },
    /// No answer in time; another try may help.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// Something was asked for that makes no sense, such as digits outside the alphabet.
    #[error("{0}")]
    Invalid(String),
    /// Anything else, with the class of the JavaScript SDK's reference.
    #[error("{class}: {message}")]
    Other {
        /// Error class (sdk-api reference, section 16).
        class: String,
        /// What happened.
        message: String,
    },
    /// The client has been destroyed.
    #[error("the client has been destroyed")]
    Closed,
    /// Trusted certificates could not be read.
    #[error("{0}")]
    Trust(String),
}

impl From<TrustError> for Error {
    fn from(error: TrustError) -> Self {
        Self::Trust(error.to_string())
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Self {
        let message = whole_message(&error);
        match (error.class, error.code) {
            ("InvalidCredentialsError" | "TokenRefreshError", _) => Self::Credentials(message),
            ("CallCreateError", _) => Self::CallSetup(message),
            ("RPCTimeoutError" | "RequestTimeoutError", _) => Self::TimedOut(message),
            ("InvalidParams", _) => Self::Invalid(message),
            ("JSONRPCError", Some(code)) => Self::Refused { code, message },
            (class, _) => Self::Other {
                class: class.into(),
                message,
            },
        }
    }
}

/// The message with those of its causes: "call creation failed" helps nobody.
fn whole_message(error: &EngineError) -> String {
    let mut message = error.message.clone();
    let mut cause = error.cause.as_deref();
    while let Some(error) = cause {
        if !message.contains(&error.message) {
            message.push_str(": ");
            message.push_str(&error.message);
        }
        cause = error.cause.as_deref();
    }
    message
}
