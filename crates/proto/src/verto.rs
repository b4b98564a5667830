//! The dialog layer as clients speak it: `webrtc.verto` requests (wire-protocol.md 5.2, 5.4, 5.7).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::relay::{RpcError, params};
use crate::{limits, method};

/// The envelope: parameters of a `webrtc.verto` request (5.2).
#[derive(Debug, Deserialize)]
pub struct VertoParams {
    /// Id of the leg, except in `verto.bye` (5.4).
    #[serde(rename = "callID", default)]
    pub call_id: Option<String>,
    /// A hint; dialogs are found by id (5.3).
    #[serde(default)]
    pub node_id: Option<String>,
    /// The inner request.
    pub message: VertoMessage,
    /// Names of events the client thinks it needs; a hint (5.2).
    #[serde(default)]
    pub subscribe: Option<Vec<String>>,
}

/// The inner JSON-RPC request.
#[derive(Debug, Deserialize)]
pub struct VertoMessage {
    /// Must be `2.0`.
    pub jsonrpc: String,
    /// A number or a string; echoed.
    pub id: InnerId,
    /// One of [`method::verto`].
    pub method: String,
    /// Still unread.
    #[serde(default)]
    pub params: Option<Box<RawValue>>,
}

/// Inner ids may be numbers (5.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InnerId {
    /// As browsers send it.
    Text(String),
    /// As older Verto clients do.
    Number(serde_json::Number),
}

/// What a client says about a dialog in most requests (5.7). Caller identity fields are not read: the token decides.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DialogParams {
    /// Id of the leg.
    #[serde(rename = "callID")]
    pub call_id: String,
    /// The dialled URI with its query string.
    #[serde(rename = "destination_number")]
    pub destination_number: Option<String>,
    /// First invite of a re-attached leg.
    pub attach: bool,
    /// The same.
    pub reattaching: bool,
    /// A screen share leg.
    pub screen_share: bool,
    /// A further camera or microphone.
    pub additional_device: bool,
    /// `memberCallId`, `memberId`, query parameters and what the application added.
    pub user_variables: Map<String, Value>,
}

/// One inner request, understood.
#[derive(Debug)]
pub enum VertoRequest {
    /// `verto.invite`: a new leg, a replaced offer, or a re-attach.
    Invite(Described),
    /// `verto.answer` to an invite of ours.
    Answer(Described),
    /// `verto.modify` with `updateMedia`: a new offer.
    UpdateMedia(Described),
    /// `verto.modify` with `hold` (`true`) or `unhold`.
    Hold {
        /// Id of the leg.
        call_id: String,
        /// Whether to hold.
        held: bool,
    },
    /// `verto.modify` with `transfer`.
    Transfer {
        /// Id of the leg.
        call_id: String,
        /// Where to.
        destination: String,
    },
    /// `verto.info` with DTMF.
    Dtmf {
        /// Id of the leg.
        call_id: String,
        /// What to play, not yet checked.
        digits: String,
    },
    /// `verto.bye`.
    Bye {
        /// Id of the leg that ends: the inner one (5.4).
        call_id: String,
        /// `USER_BUSY` for a rejected call.
        cause: Option<String>,
    },
    /// `verto.pong`.
    Pong {
        /// Id of the leg.
        call_id: String,
    },
    /// `verto.subscribe`; every type is accepted.
    Subscribe {
        /// Id of the leg.
        call_id: String,
    },
}

/// A request that carries a session description.
#[derive(Debug)]
pub struct Described {
    /// Which leg, and how.
    pub dialog: DialogParams,
    /// The description.
    pub sdp: String,
}

#[derive(Deserialize)]
struct DescribedParams {
    #[serde(rename = "dialogParams")]
    dialog: DialogParams,
    sdp: String,
}

#[derive(Deserialize)]
struct ModifyParams {
    action: String,
    #[serde(rename = "dialogParams")]
    dialog: DialogParams,
    #[serde(default)]
    sdp: Option<String>,
    #[serde(default)]
    destination: Option<String>,
}

#[derive(Deserialize)]
struct InfoParams {
    #[serde(rename = "dialogParams")]
    dialog: DialogParams,
    #[serde(default)]
    dtmf: Option<String>,
}

#[derive(Deserialize)]
struct ByeParams {
    #[serde(rename = "dialogParams")]
    dialog: DialogParams,
    #[serde(default)]
    cause: Option<String>,
}

#[derive(Deserialize)]
struct LooseParams {
    #[serde(rename = "callID", default)]
    call_id: Option<String>,
    #[serde(default)]
    sessid: Option<String>,
    #[serde(rename = "dialogParams", default)]
    dialog: Option<DialogParams>,
}

impl VertoParams {
    /// Reads the inner request.
    pub fn request(&self) -> Result<VertoRequest, RpcError> {
        if self.message.jsonrpc != "2.0" {
            return Err(RpcError::invalid_params("message.jsonrpc must be \"2.0\""));
        }
        let raw = self.message.params.as_deref();
        match self.message.method.as_str() {
            method::verto::INVITE => Ok(VertoRequest::Invite(described(raw)?)),
            method::verto::ANSWER => Ok(VertoRequest::Answer(described(raw)?)),
            method::verto::MODIFY => self.modify(raw),
            method::verto::INFO => {
                let info: InfoParams = params(raw)?;
                let digits = info.dtmf.ok_or_else(|| {
                    RpcError::invalid_params("params: only `dtmf` is understood, and it is missing")
                })?;
                Ok(VertoRequest::Dtmf {
                    call_id: self.inner(&info.dialog)?,
                    digits,
                })
            }
            method::verto::BYE => {
                let bye: ByeParams = params(raw)?;
                Ok(VertoRequest::Bye {
                    call_id: self.inner(&bye.dialog)?,
                    cause: bye.cause,
                })
            }
            method::verto::PONG => Ok(VertoRequest::Pong {
                call_id: self.loose(raw)?,
            }),
            method::verto::SUBSCRIBE => Ok(VertoRequest::Subscribe {
                call_id: self.loose(raw)?,
            }),
            other => Err(RpcError::unknown_method(other)),
        }
    }

    fn modify(&self, raw: Option<&RawValue>) -> Result<VertoRequest, RpcError> {
        let modify: ModifyParams = params(raw)?;
        let call_id = self.inner(&modify.dialog)?;
        match modify.action.as_str() {
            "updateMedia" => {
                let sdp = modify
                    .sdp
                    .ok_or_else(|| RpcError::invalid_params("params: missing field `sdp`"))?;
                check_described(&modify.dialog, &sdp)?;
                Ok(VertoRequest::UpdateMedia(Described {
                    dialog: modify.dialog,
                    sdp,
                }))
            }
            "hold" => Ok(VertoRequest::Hold {
                call_id,
                held: true,
            }),
            "unhold" => Ok(VertoRequest::Hold {
                call_id,
                held: false,
            }),
            "transfer" => {
                let destination = modify.destination.ok_or_else(|| {
                    RpcError::invalid_params("params: missing field `destination`")
                })?;
                Ok(VertoRequest::Transfer {
                    call_id,
                    destination,
                })
            }
            other => {
                let other: String = other.chars().take(40).collect();
                Err(RpcError::invalid_params(format!(
                    "params: unknown action {other:?}"
                )))
            }
        }
    }

    /// The inner call id, or the envelope's where the client left the inner one out.
    fn inner(&self, dialog: &DialogParams) -> Result<String, RpcError> {
        let id = if dialog.call_id.is_empty() {
            self.call_id.as_deref().unwrap_or("")
        } else {
            &dialog.call_id
        };
        check_call_id(id)?;
        Ok(id.to_owned())
    }

    /// The call id of requests whose parameters are free.
    fn loose(&self, raw: Option<&RawValue>) -> Result<String, RpcError> {
        let loose: LooseParams = params(raw)?;
        let id = loose
            .dialog
            .map(|dialog| dialog.call_id)
            .filter(|id| !id.is_empty())
            .or(loose.call_id)
            .or(loose.sessid)
            .or_else(|| self.call_id.clone())
            .unwrap_or_default();
        check_call_id(&id)?;
        Ok(id)
    }
}

fn described(raw: Option<&RawValue>) -> Result<Described, RpcError> {
    let DescribedParams { dialog, sdp } = params(raw)?;
    check_described(&dialog, &sdp)?;
    Ok(Described { dialog, sdp })
}

fn check_described(dialog: &DialogParams, sdp: &str) -> Result<(), RpcError> {
    check_call_id(&dialog.call_id)?;
    if sdp.is_empty() || sdp.len() > limits::SDP_BYTES {
        return Err(RpcError::invalid_params(format!(
            "params: `sdp` must have 1 to {} bytes",
            limits::SDP_BYTES
        )));
    }
    let variables = crate::relay::to_text(&dialog.user_variables);
    if variables.len() > limits::USER_VARIABLES_BYTES {
        return Err(RpcError::invalid_params(format!(
            "params: `userVariables` may have {} bytes as JSON",
            limits::USER_VARIABLES_BYTES
        )));
    }
    Ok(())
}

/// Ids of legs are chosen by clients: UUIDs, or any short printable text without spaces.
fn check_call_id(id: &str) -> Result<(), RpcError> {
    if id.is_empty()
        || id.len() > limits::CALL_ID_BYTES
        || !id.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err(RpcError::invalid_params(format!(
            "params: `callID` must have 1 to {} printable ASCII characters without spaces",
            limits::CALL_ID_BYTES
        )));
    }
    Ok(())
}

/// Characters of a DTMF string (5.4.4): `0`-`9`, `*`, `#`, `A`-`D` sound, `w`, `W` and `,` pause.
pub fn check_digits(digits: &str) -> Result<(), RpcError> {
    if digits.is_empty() || digits.len() > limits::DTMF_CHARS {
        return Err(RpcError::invalid_params(format!(
            "params: `dtmf` must have 1 to {} characters",
            limits::DTMF_CHARS
        )));
    }
    match digits
        .chars()
        .find(|c| !matches!(c, '0'..='9' | '*' | '#' | 'A'..='D' | 'w' | 'W' | ','))
    {
        None => Ok(()),
        Some(wrong) => Err(RpcError::invalid_params(format!(
            "params: `dtmf` has {wrong:?}; 0-9, *, #, A-D, w, W and , are possible"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(envelope: Value) -> Result<VertoRequest, RpcError> {
        let text = envelope.to_string();
        params::<VertoParams>(Some(
            &serde_json::value::RawValue::from_string(text).unwrap(),
        ))?
        .request()
    }

    fn message(method: &str, inner: Value) -> Value {
        json!({"callID": "ENVELOPE", "node_id": "", "message":
            {"jsonrpc": "2.0", "id": 3, "method": method, "params": inner}})
    }

    #[test]
    fn an_official_invite_is_understood() {
        let envelope = message(
            "verto.invite",
            json!({"dialogParams": {"callID": "CALL",
            "destination_number": "/public/my-room?channel=video", "remote_caller_id_number": "x",
            "userVariables": {"memberCallId": "CALL", "channel": "video"}, "screenShare": false,
            "additionalDevice": false, "pingSupported": true, "version": 1000}, "sdp": "v=0\r\n"}),
        );
        let Ok(VertoRequest::Invite(invite)) = read(envelope) else {
            panic!("no invite")
        };
        assert_eq!(invite.dialog.call_id, "CALL");
        assert_eq!(
            invite.dialog.destination_number.as_deref(),
            Some("/public/my-room?channel=video")
        );
        assert!(!invite.dialog.attach);
        assert_eq!(invite.dialog.user_variables["channel"], "video");
    }

    #[test]
    fn a_bye_ends_the_leg_the_inner_id_names() {
        let Ok(VertoRequest::Bye { call_id, cause }) = read(message(
            "verto.bye",
            json!({"cause": "USER_BUSY", "causeCode": "17", "dialogParams": {"callID": "LEG"}}),
        )) else {
            panic!("no bye")
        };
        assert_eq!(
            (call_id.as_str(), cause.as_deref()),
            ("LEG", Some("USER_BUSY"))
        );
    }

    #[test]
    fn the_actions_of_modify_are_told_apart() {
        let hold = read(message(
            "verto.modify",
            json!({"sessid": "C", "dialogParams": {"callID": "C"}, "action": "hold"}),
        ));
        assert!(matches!(hold, Ok(VertoRequest::Hold { held: true, .. })));
        let missing = read(message(
            "verto.modify",
            json!({"dialogParams": {"callID": "C"}, "action": "updateMedia"}),
        ));
        assert_eq!(missing.unwrap_err().code, code::INVALID_PARAMS);
        let unknown = read(message(
            "verto.modify",
            json!({"dialogParams": {"callID": "C"}, "action": "fly"}),
        ));
        assert_eq!(unknown.unwrap_err().code, code::INVALID_PARAMS);
    }

    #[test]
    fn hostile_fields_are_refused() {
        let call = |call_id: &str, sdp: &str| {
            read(message(
                "verto.invite",
                json!({"dialogParams": {"callID": call_id}, "sdp": sdp}),
            ))
        };
        for (call_id, sdp) in [("", "v=0"), ("a b", "v=0"), ("\u{7f}", "v=0"), ("C", "")] {
            assert_eq!(
                call(call_id, sdp).unwrap_err().code,
                code::INVALID_PARAMS,
                "{call_id:?} {sdp:?}"
            );
        }
        assert!(call(&"x".repeat(limits::CALL_ID_BYTES + 1), "v=0").is_err());
        assert!(call("C", &"x".repeat(limits::SDP_BYTES + 1)).is_err());
        let variables = json!({"dialogParams": {"callID": "C", "userVariables":
            {"x": "y".repeat(limits::USER_VARIABLES_BYTES)}}, "sdp": "v=0"});
        assert!(read(message("verto.invite", variables)).is_err());
        assert_eq!(
            read(message("verto.attach", json!({}))).unwrap_err().code,
            code::METHOD_NOT_FOUND
        );
    }

    #[test]
    fn digits_are_checked() {
        assert!(check_digits("0123456789*#ABCDwW,").is_ok());
        for wrong in ["", "12a", "1 2", "é"] {
            assert!(check_digits(wrong).is_err(), "{wrong}");
        }
        assert!(check_digits(&"1".repeat(limits::DTMF_CHARS + 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_inner_parameters_are_read_or_refused(method in prop::sample::select(vec!["verto.invite", "verto.answer",
            "verto.modify", "verto.info", "verto.bye", "verto.pong", "verto.subscribe", "x"]),
            key in prop::sample::select(vec!["dialogParams", "sdp", "action", "dtmf", "callID"]),
            text in ".{0,40}", number in any::<i64>()) {
            let _ = read(message(method, json!({key: text})));
            let _ = read(message(method, json!({key: number, "dialogParams": {"callID": text}})));
        }
    }
}
