//! The dialog layer as servers speak it: results of `webrtc.verto` requests, and the messages that travel in
//! `webrtc.message` events (wire-protocol.md 5.2, 5.5).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::verto::InnerId;

/// The three-level result of a `webrtc.verto` request (5.2).
#[derive(Debug, Serialize)]
pub struct VertoResult<T> {
    code: &'static str,
    message: &'static str,
    node_id: String,
    result: InnerResult<T>,
}

#[derive(Debug, Serialize)]
struct InnerResult<T> {
    jsonrpc: &'static str,
    id: InnerId,
    result: T,
}

impl<T: Serialize> VertoResult<T> {
    /// Success by the node `node_id` for the inner request `id`.
    pub fn new(node_id: &str, id: &InnerId, result: T) -> Self {
        Self {
            code: "200",
            message: "OK",
            node_id: node_id.to_owned(),
            result: InnerResult {
                jsonrpc: "2.0",
                id: id.clone(),
                result,
            },
        }
    }
}

/// Innermost result of an invite.
#[derive(Debug, Serialize)]
pub struct InviteResult<'a> {
    /// Echoed.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// The own member.
    #[serde(rename = "memberID")]
    pub member_id: &'a str,
    /// Exactly `CALL CREATED`.
    pub message: &'static str,
}

impl<'a> InviteResult<'a> {
    /// The only text the official client accepts goes with it.
    pub fn new(call_id: &'a str, member_id: &'a str) -> Self {
        Self {
            call_id,
            member_id,
            message: "CALL CREATED",
        }
    }
}

/// Innermost result of a modify.
#[derive(Debug, Serialize)]
pub struct ModifyResult<'a> {
    /// Echoed.
    pub action: &'a str,
    /// Echoed.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// `held` or `active`.
    #[serde(rename = "holdState")]
    pub hold_state: &'static str,
    /// The node.
    pub node_id: &'a str,
    /// The answer to a re-offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp: Option<&'a str>,
}

/// Innermost result of a transfer.
#[derive(Debug, Serialize)]
pub struct TransferResult<'a> {
    /// Echoed.
    pub action: &'static str,
    /// The leg of the one who transfers.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
}

/// Innermost result of a bye.
#[derive(Debug, Serialize)]
pub struct ByeResult<'a> {
    /// Echoed.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// `CALL ENDED`.
    pub message: &'static str,
    /// Number of the cause.
    #[serde(rename = "causeCode")]
    pub cause_code: u16,
    /// Name of the cause.
    pub cause: &'static str,
}

/// Innermost result of everything else.
#[derive(Debug, Serialize)]
pub struct Empty {}

/// A message of the dialog layer to a client: the payload of a `webrtc.message` event (5.5).
#[derive(Debug, Serialize)]
pub struct ServerMessage<T> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: T,
}

impl<T: Serialize> ServerMessage<T> {
    /// A message with an inner id of our choice.
    pub fn new(id: u64, method: &'static str, params: T) -> Self {
        Self {
            jsonrpc: "2.0",
            id,
            method,
            params,
        }
    }
}

/// Parameters of the `verto.invite` a server sends.
#[derive(Debug, Serialize)]
pub struct IncomingInvite<'a> {
    /// The callee's leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// The offer.
    pub sdp: &'a str,
    /// Name of the caller; may be empty.
    pub caller_id_name: &'a str,
    /// Address of the caller.
    pub caller_id_number: &'a str,
    /// Name of the callee.
    pub callee_id_name: &'a str,
    /// Address of the callee; never empty (5.5).
    pub callee_id_number: &'a str,
    /// Always `inbound`.
    pub display_direction: &'static str,
    /// What the caller's application wants the callee's to know.
    #[serde(rename = "userVariables")]
    pub user_variables: &'a Map<String, Value>,
}

/// Parameters of the `verto.answer` a server sends.
#[derive(Debug, Serialize)]
pub struct OutgoingAnswer<'a> {
    /// The leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// The answer; once per offer (5.6).
    pub sdp: &'a str,
}

/// Parameters of the `verto.bye` a server sends.
#[derive(Debug, Serialize)]
pub struct OutgoingBye<'a> {
    /// The leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// Name of the cause.
    pub cause: &'static str,
    /// Its number.
    #[serde(rename = "causeCode")]
    pub cause_code: u16,
}

/// Parameters of a `verto.mediaParams` (9.8).
#[derive(Debug, Serialize)]
pub struct OutgoingMediaParams<'a> {
    /// The leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// What its capture shall be like.
    #[serde(rename = "mediaParams")]
    pub media_params: MediaParams,
}

/// Constraints by kind.
#[derive(Debug, Serialize)]
pub struct MediaParams {
    /// Of the microphone.
    pub audio: AudioConstraints,
}

/// Constraints every browser can satisfy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioConstraints {
    /// Gain control.
    pub auto_gain_control: bool,
    /// Echo canceller.
    pub echo_cancellation: bool,
    /// Noise suppression.
    pub noise_suppression: bool,
}

/// Parameters of a `verto.ping`.
#[derive(Debug, Serialize)]
pub struct DialogPing<'a> {
    /// The leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
    /// Echoed by the pong.
    #[serde(rename = "dialogParams")]
    pub dialog_params: DialogPingParams<'a>,
}

/// The part of a ping that names the dialog once more.
#[derive(Debug, Serialize)]
pub struct DialogPingParams<'a> {
    /// The leg.
    #[serde(rename = "callID")]
    pub call_id: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn results_have_three_levels() {
        let id = InnerId::Text("inner".into());
        let result = serde_json::to_value(VertoResult::new(
            "NODE",
            &id,
            InviteResult::new("CALL", "MEM"),
        ))
        .unwrap();
        assert_eq!(
            result,
            json!({"code": "200", "message": "OK", "node_id": "NODE", "result": {"jsonrpc": "2.0", "id": "inner",
                "result": {"callID": "CALL", "memberID": "MEM", "message": "CALL CREATED"}}})
        );
    }
}
