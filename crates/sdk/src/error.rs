//! What can go wrong for a caller of the SDK.

use offhook_core::output::EngineError;
use thiserror::Error;

use crate::key::KeyError;
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
    /// No key could be made for the client.
    #[error("{0}")]
    Key(KeyError),
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
        match (error.class, error.code) {
            ("InvalidCredentialsError" | "TokenRefreshError", _) => {
                Self::Credentials(whole_message(&error))
            }
            // The variant says what failed; the cause says why.
            ("CallCreateError", _) => Self::CallSetup(match &error.cause {
                Some(cause) => whole_message(cause),
                None => error.message,
            }),
            ("RPCTimeoutError" | "RequestTimeoutError", _) => Self::TimedOut(whole_message(&error)),
            ("InvalidParams", _) => Self::Invalid(whole_message(&error)),
            ("JSONRPCError", Some(code)) => {
                let message = whole_message(&error);
                Self::Refused { code, message }
            }
            (class, _) => Self::Other {
                class: class.into(),
                message: whole_message(&error),
            },
        }
    }
}

/// The message with those of its causes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_each_thing_once_down_to_the_cause() {
        let cause = EngineError::new("JSONRPCError", "USER_NOT_REGISTERED");
        let error = EngineError::new("CallCreateError", "the call could not be set up");
        assert_eq!(
            Error::from(error.because(cause)).to_string(),
            "the call could not be set up: USER_NOT_REGISTERED"
        );
        let cause = EngineError::new("ProviderError", "the token was refused");
        let error = EngineError::new("InvalidCredentialsError", "the provider gave no credential");
        assert_eq!(
            Error::from(error.because(cause)).to_string(),
            "not authenticated: the provider gave no credential: the token was refused"
        );
    }
}
