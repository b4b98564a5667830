//! JSON-RPC frames of the relay (wire-protocol.md 3.1 to 3.9).
//!
//! A text frame becomes a [`Frame`] once, at the edge: size and nesting are bounded before anything is
//! parsed, ids are strings, and the parameters stay as text until the method is known. What is wrong with a
//! frame is an [`RpcError`], ready to be answered.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{code, limits};

/// An error answer: `code` is always a number, as the official client needs (3.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    /// One of [`crate::code`].
    pub code: i64,
    /// For people; for refused invites one of [`code::refusal`].
    pub message: Cow<'static, str>,
    /// More for machines, for example `{"cause": …, "causeCode": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}

impl RpcError {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// `-32602`: the parameters are malformed, or name something that does not exist. Ends no call.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    /// `-32601`: no such method.
    pub fn unknown_method(method: &str) -> Self {
        Self::new(
            code::METHOD_NOT_FOUND,
            format!("unknown method {:?}", clip(method)),
        )
    }

    /// The same with data.
    pub fn with_data(mut self, data: serde_json::Value) -> Self {
        self.data = Some(data);
        self
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for RpcError {}

/// A frame that cannot be used, and the id to answer it under, when it had one.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameError {
    /// The id of the frame, if it could be read.
    pub id: Option<String>,
    /// What is wrong.
    pub error: RpcError,
}

/// One usable text frame of a client.
#[derive(Debug)]
pub enum Frame {
    /// Asks for something; answered exactly once.
    Request(Request),
    /// Answers one of our requests: an event's ack or a pong. What it says is never needed.
    Response {
        /// The id of our request.
        id: String,
    },
}

/// A request whose parameters have not been looked at yet.
#[derive(Debug)]
pub struct Request {
    /// Chosen by the client, echoed in the answer.
    pub id: String,
    /// One of [`crate::method`], or unknown.
    pub method: String,
    /// The text of `params`; `None` when absent.
    pub params: Option<Box<RawValue>>,
}

/// Longest id and method name, bytes. The official client's ids are UUIDs.
const NAME_BYTES: usize = 256;

#[derive(Deserialize)]
struct RawFrame<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(default)]
    params: Option<Box<RawValue>>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl Frame {
    /// Reads one text frame.
    pub fn parse(text: &str) -> Result<Frame, FrameError> {
        let refuse = |id: Option<String>, code, message: Cow<'static, str>| FrameError {
            id,
            error: RpcError::new(code, message),
        };
        if text.len() > limits::FRAME_BYTES {
            let message = format!(
                "the frame has {} bytes, at most {} are taken",
                text.len(),
                limits::FRAME_BYTES
            );
            return Err(refuse(None, code::INVALID_REQUEST, message.into()));
        }
        if nesting(text) > limits::JSON_DEPTH {
            let message = format!(
                "the frame is nested deeper than {} levels",
                limits::JSON_DEPTH
            );
            return Err(refuse(None, code::INVALID_REQUEST, message.into()));
        }
        let raw: RawFrame<'_> = match serde_json::from_str(text) {
            Ok(raw) => raw,
            // Well-formed JSON that is no object, or has a member twice, is an invalid request; the rest is no JSON.
            Err(e) if e.is_data() => {
                return Err(refuse(
                    None,
                    code::INVALID_REQUEST,
                    format!("not a JSON-RPC object: {e}").into(),
                ));
            }
            Err(e) => {
                return Err(refuse(
                    None,
                    code::PARSE_ERROR,
                    format!("not JSON: {e}").into(),
                ));
            }
        };
        let id = match raw.id.map(|id| serde_json::from_str::<String>(id.get())) {
            Some(Ok(id)) if !id.is_empty() && id.len() <= NAME_BYTES => id,
            Some(Ok(_)) => {
                let message = format!("`id` must have 1 to {NAME_BYTES} bytes");
                return Err(refuse(None, code::INVALID_REQUEST, message.into()));
            }
            Some(Err(_)) => {
                return Err(refuse(
                    None,
                    code::INVALID_REQUEST,
                    "`id` must be a string".into(),
                ));
            }
            None => {
                return Err(refuse(
                    None,
                    code::INVALID_REQUEST,
                    "`id` is missing".into(),
                ));
            }
        };
        if raw.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
            return Err(refuse(
                Some(id),
                code::INVALID_REQUEST,
                "`jsonrpc` must be \"2.0\"".into(),
            ));
        }
        match raw
            .method
            .map(|method| serde_json::from_str::<String>(method.get()))
        {
            Some(Ok(method)) if method.len() <= NAME_BYTES => Ok(Frame::Request(Request {
                id,
                method,
                params: raw.params,
            })),
            Some(_) => {
                let message = format!("`method` must be a string of at most {NAME_BYTES} bytes");
                Err(refuse(Some(id), code::INVALID_REQUEST, message.into()))
            }
            None if raw.result.is_some() || raw.error.is_some() => Ok(Frame::Response { id }),
            None => Err(refuse(
                Some(id),
                code::INVALID_REQUEST,
                "neither `method` nor `result` nor `error`".into(),
            )),
        }
    }
}

impl Request {
    /// Reads the parameters as those of a known method. Absent parameters count as `{}`.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, RpcError> {
        params(self.params.as_deref())
    }
}

/// Reads a `params` member as `T`; `-32602` says which member is missing or of the wrong type.
pub fn params<T: DeserializeOwned>(raw: Option<&RawValue>) -> Result<T, RpcError> {
    let text = raw.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|e| {
        // Positions count from the start of `params`, which is of no use to the sender.
        let message = e.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(what, _)| what);
        RpcError::invalid_params(format!("params: {}", clip(message)))
    })
}

/// The text of a successful answer.
pub fn success(id: &str, result: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Success<'a, T> {
        jsonrpc: &'static str,
        id: &'a str,
        result: &'a T,
    }
    to_text(&Success {
        jsonrpc: "2.0",
        id,
        result,
    })
}

/// The text of an error answer. Without an id it is `null`, as JSON-RPC asks; the official client drops those.
pub fn failure(id: Option<&str>, error: &RpcError) -> String {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'static str,
        id: Option<&'a str>,
        error: &'a RpcError,
    }
    to_text(&Failure {
        jsonrpc: "2.0",
        id,
        error,
    })
}

/// The text of a request of ours.
pub fn request(id: &str, method: &str, params: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Outgoing<'a, T> {
        jsonrpc: &'static str,
        id: &'a str,
        method: &'a str,
        params: &'a T,
    }
    to_text(&Outgoing {
        jsonrpc: "2.0",
        id,
        method,
        params,
    })
}

/// JSON text of one of our own types.
pub fn to_text(value: &impl Serialize) -> String {
    // Our types have string keys and no failing serializers, the only two ways this can go wrong.
    serde_json::to_string(value).expect("our own types serialize")
}

/// The same as raw JSON, to be embedded in several frames.
pub fn to_raw(value: &impl Serialize) -> Box<RawValue> {
    // As above.
    serde_json::value::to_raw_value(value).expect("our own types serialize")
}

/// Deepest nesting of arrays and objects in a text that may or may not be JSON.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// At most 200 bytes of a client's text, for an error message.
fn clip(text: &str) -> &str {
    let mut end = text.len().min(200);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> (Option<String>, i64) {
        match Frame::parse(text) {
            Err(e) => (e.id, e.error.code),
            Ok(frame) => panic!("taken: {frame:?}"),
        }
    }

    #[test]
    fn a_request_keeps_its_params_as_text() {
        let text = r#"{"jsonrpc":"2.0","id":"a","method":"call.mute","params":{"x":[1, 2]}}"#;
        let Ok(Frame::Request(request)) = Frame::parse(text) else {
            panic!("no request")
        };
        assert_eq!(
            (request.id.as_str(), request.method.as_str()),
            ("a", "call.mute")
        );
        assert_eq!(
            request.params.as_deref().map(RawValue::get),
            Some(r#"{"x":[1, 2]}"#)
        );
    }

    #[test]
    fn answers_are_recognised_by_result_or_error() {
        for text in [
            r#"{"jsonrpc":"2.0","id":"e1","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":"e1","error":{"code":1}}"#,
        ] {
            assert!(matches!(Frame::parse(text), Ok(Frame::Response { id }) if id == "e1"));
        }
    }

    #[test]
    fn each_defect_has_its_code_and_keeps_the_id_when_there_is_one() {
        let cases = [
            ("", None, code::PARSE_ERROR),
            ("{", None, code::PARSE_ERROR),
            ("{\"id\":\"a\",}", None, code::PARSE_ERROR),
            ("[]", None, code::INVALID_REQUEST),
            ("17", None, code::INVALID_REQUEST),
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"x"}"#,
                None,
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#,
                None,
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","id":"","method":"x"}"#,
                None,
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","method":"x"}"#,
                None,
                code::INVALID_REQUEST,
            ),
            (
                r#"{"id":"a","method":"x"}"#,
                Some("a"),
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":2,"id":"a","method":"x"}"#,
                Some("a"),
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","id":"a","method":5}"#,
                Some("a"),
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","id":"a"}"#,
                Some("a"),
                code::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc":"2.0","id":"a","id":"b","method":"x"}"#,
                None,
                code::INVALID_REQUEST,
            ),
        ];
        for (text, id, code) in cases {
            assert_eq!(refused(text), (id.map(str::to_owned), code), "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded_before_parsing() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"x","params":{}{}}}"#,
            "[".repeat(40),
            "]".repeat(40)
        );
        assert_eq!(refused(&deep).1, code::INVALID_REQUEST);
        let strings = format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"x","params":["{}\""]}}"#,
            "[".repeat(99)
        );
        assert!(
            Frame::parse(&strings).is_ok(),
            "brackets in strings do not nest"
        );
        let long = format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"x","params":"{}"}}"#,
            "y".repeat(limits::FRAME_BYTES)
        );
        assert_eq!(refused(&long).1, code::INVALID_REQUEST);
    }

    #[test]
    fn missing_members_are_named() {
        #[derive(Debug, Deserialize)]
        struct Wanted {
            #[allow(dead_code)]
            channels: Vec<String>,
        }
        let error = params::<Wanted>(None).unwrap_err();
        assert_eq!(error.code, code::INVALID_PARAMS);
        assert_eq!(error.message, "params: missing field `channels`");
    }

    proptest! {
        #[test]
        fn parsing_any_text_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Frame::parse(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn parsing_json_like_text_never_panics(text in r#"[\{\}\[\]":,a-z0-9\\ .u-]{0,300}"#) {
            let _ = Frame::parse(&text);
        }

        #[test]
        fn a_request_survives_any_id_and_method(id in "[^\u{0}]{1,60}", method in ".{0,60}") {
            let text = request(&id, &method, &serde_json::json!({}));
            match Frame::parse(&text) {
                Ok(Frame::Request(parsed)) => {
                    prop_assert_eq!(parsed.id, id);
                    prop_assert_eq!(parsed.method, method);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
