//! Error codes and causes (wire-protocol.md 3.7, 5.4.5, 5.11, 7.2).

/// Not JSON at all.
pub const PARSE_ERROR: i64 = -32700;
/// JSON, but no JSON-RPC request.
pub const INVALID_REQUEST: i64 = -32600;
/// No such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Malformed parameters, or an unknown target. Does not end a call.
pub const INVALID_PARAMS: i64 = -32602;
/// Ends the call it answers, on purpose.
pub const CALL_FAILED: i64 = -32000;
/// A bad token, a bad or missing proof. Does not end a call.
pub const AUTHENTICATION_FAILED: i64 = -32002;
/// Unknown, corrupt or expired authorization state. Does not end a call.
pub const VALIDATION_FAILED: i64 = -32003;

/// Why an invite was refused: the `message` of its error.
pub mod refusal {
    /// Nothing has this address.
    pub const INVALID_DESTINATION: &str = "INVALID_DESTINATION";
    /// The token does not reach it.
    pub const NOT_PERMITTED: &str = "NOT_PERMITTED";
    /// The room takes nobody in.
    pub const ROOM_LOCKED: &str = "ROOM_LOCKED";
    /// The room's limit is reached.
    pub const ROOM_FULL: &str = "ROOM_FULL";
    /// Nobody of that subscriber's devices is online.
    pub const USER_NOT_REGISTERED: &str = "USER_NOT_REGISTERED";
    /// The session has as many calls as it may have.
    pub const TOO_MANY_CALLS: &str = "TOO_MANY_CALLS";
    /// Something of ours does not work right now.
    pub const TEMPORARY_FAILURE: &str = "TEMPORARY_FAILURE";
    /// A re-attach named a dialog that is gone.
    pub const INVALID_CALL_REFERENCE: &str = "INVALID_CALL_REFERENCE";
}

/// Why a dialog ended: Q.850 code and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 16: somebody hung up.
    NormalClearing,
    /// 17: rejected.
    UserBusy,
    /// 19: rang, nobody answered.
    NoAnswer,
    /// 487: the caller gave up, or another device answered.
    OriginatorCancel,
    /// 502: answered elsewhere.
    LoseRace,
    /// 804: no media for too long.
    MediaTimeout,
    /// 41: something broke on our side.
    TemporaryFailure,
}

impl Cause {
    /// The number sent as `causeCode`.
    pub const fn code(self) -> u16 {
        match self {
            Self::NormalClearing => 16,
            Self::UserBusy => 17,
            Self::NoAnswer => 19,
            Self::TemporaryFailure => 41,
            Self::OriginatorCancel => 487,
            Self::LoseRace => 502,
            Self::MediaTimeout => 804,
        }
    }

    /// The name sent as `cause`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NormalClearing => "NORMAL_CLEARING",
            Self::UserBusy => "USER_BUSY",
            Self::NoAnswer => "NO_ANSWER",
            Self::TemporaryFailure => "NORMAL_TEMPORARY_FAILURE",
            Self::OriginatorCancel => "ORIGINATOR_CANCEL",
            Self::LoseRace => "LOSE_RACE",
            Self::MediaTimeout => "MEDIA_TIMEOUT",
        }
    }
}
