//! Errors for the application, by the classes of the SDK reference (sdk-api.md 16).

use miniserde::json::Value;

use crate::input::Failure;
use crate::json;
use crate::output::EngineError;

impl EngineError {
    /// An error of this class.
    pub fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            code: None,
            details: json::empty(),
            cause: None,
        }
    }

    /// The same with a class-specific field.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        json::set(&mut self.details, name, value);
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, cause: EngineError) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The error member of a JSON-RPC response.
    pub(crate) fn of_response(error: &Value, request: &str) -> Self {
        let message = json::str_of(error, "message").unwrap_or("the server gave no reason");
        let mut made = Self::new("JSONRPCError", message).with("requestId", json::text(request));
        made.code = json::int_of(error, "code");
        if let Some(data) = json::get(error, "data") {
            made = made.with("data", data.clone());
        }
        made
    }

    /// No response in time.
    pub(crate) fn timed_out(request: &str, timeout_ms: u64) -> Self {
        Self::new("RPCTimeoutError", "the server did not answer in time")
            .with("requestId", json::text(request))
            .with("timeoutMs", json::number(timeout_ms))
    }

    /// A call set-up that failed.
    pub(crate) fn call_create(message: &str, direction: &str, cause: EngineError) -> Self {
        Self::new("CallCreateError", message)
            .with("direction", json::text(direction))
            .because(cause)
    }

    /// Codes that never end a call (wire-protocol.md 5.11).
    pub(crate) fn is_safe(&self) -> bool {
        self.class == "RPCTimeoutError" || matches!(self.code, Some(-32002 | -32003 | -32602))
    }

    /// `kind` of a `CallError` (sdk-api.md 16.2).
    pub(crate) fn kind(&self) -> &'static str {
        match self.class {
            "RPCTimeoutError" => "timeout",
            "JSONRPCError" => "signaling",
            "MediaAccessError" | "MediaTrackError" => "media",
            "NetworkError" => "network",
            _ => "internal",
        }
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        let Failure { name, message } = failure;
        Self::new("Error", message).with("name", Value::String(name))
    }
}
