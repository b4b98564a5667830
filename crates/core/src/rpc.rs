//! Requests to the relay: ids, time limits, and the queue of those that must wait for authentication.

use std::collections::VecDeque;

use miniserde::json::Value;

use crate::context::Context;
use crate::input::{CommandId, LegId, SocketId};
use crate::json;
use crate::output::Output;

/// Time limit of a request (sdk-api.md 16.4).
pub(crate) const TIMEOUT_MS: u64 = 5_000;
/// Requests that may wait while the session is not authenticated.
const QUEUE: usize = 256;

/// What a request was for: who gets the answer.
#[derive(Debug)]
pub(crate) enum Purpose {
    Connect,
    Reauthenticate,
    Online {
        again: bool,
    },
    Offline {
        command: CommandId,
    },
    Invite {
        call: LegId,
    },
    /// The invite of a leg beside a call's own.
    Auxiliary {
        leg: LegId,
    },
    /// An offer during the life of such a leg.
    AuxiliaryReoffer {
        leg: LegId,
    },
    Answer {
        call: LegId,
        command: CommandId,
    },
    Reoffer {
        call: LegId,
        /// Which of the call's offers.
        offer: u32,
    },
    Layouts {
        call: LegId,
    },
    /// A dialog method whose success is all that matters.
    Verto {
        command: CommandId,
    },
    /// A `call.*` method, whose result has a code of its own.
    Method {
        command: CommandId,
    },
    /// A request of the application's.
    Raw {
        command: CommandId,
    },
    /// Nobody waits for the answer.
    Forgotten,
}

pub(crate) struct Pending {
    pub(crate) id: String,
    pub(crate) purpose: Purpose,
    pub(crate) timeout_ms: u64,
    due: u64,
}

#[derive(Default)]
pub(crate) struct Rpc {
    pending: Vec<Pending>,
    queue: VecDeque<(String, String)>,
    /// The socket that is authenticated.
    open: Option<SocketId>,
}

impl Rpc {
    /// Takes the request an answer belongs to.
    pub(crate) fn take(&mut self, id: &str) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.swap_remove(at))
    }

    /// Takes a request whose time is up; what is still queued of it is not sent any more.
    pub(crate) fn take_expired(&mut self, mono_ms: u64) -> Option<Pending> {
        let at = self
            .pending
            .iter()
            .position(|pending| pending.due <= mono_ms)?;
        let pending = self.pending.swap_remove(at);
        self.queue.retain(|(id, _)| *id != pending.id);
        Some(pending)
    }

    /// Forgets the handshake of a socket that is gone.
    pub(crate) fn drop_handshake(&mut self) {
        self.pending
            .retain(|pending| !matches!(pending.purpose, Purpose::Connect));
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.pending.iter().map(|pending| pending.due).min()
    }

    pub(crate) fn close(&mut self) {
        self.open = None;
    }
}

impl Context {
    /// Sends a request, or queues it until the session is authenticated.
    pub(crate) fn request(&mut self, method: &str, params: Value, purpose: Purpose) {
        self.request_within(method, params, purpose, TIMEOUT_MS);
    }

    pub(crate) fn request_within(
        &mut self,
        method: &str,
        params: Value,
        purpose: Purpose,
        timeout_ms: u64,
    ) {
        let (id, text) = self.compose(method, params);
        match self.rpc.open {
            Some(socket) => self.out.push_back(Output::Send { socket, text }),
            None if self.rpc.queue.len() < QUEUE => self.rpc.queue.push_back((id.clone(), text)),
            // Not sent at all: the time limit, which is up at once, tells whoever waits.
            None => return self.expect(id, purpose, 0),
        }
        self.expect(id, purpose, timeout_ms);
    }

    /// Sends a request of the handshake on a socket that is not authenticated yet.
    pub(crate) fn request_on(
        &mut self,
        socket: SocketId,
        method: &str,
        params: Value,
        purpose: Purpose,
    ) {
        let (id, text) = self.compose(method, params);
        self.out.push_back(Output::Send { socket, text });
        self.expect(id, purpose, TIMEOUT_MS);
    }

    /// A dialog method in its envelope.
    pub(crate) fn verto(
        &mut self,
        dialog: Envelope<'_>,
        method: &str,
        params: Value,
        purpose: Purpose,
    ) {
        self.verto_within(dialog, method, params, purpose, TIMEOUT_MS);
    }

    pub(crate) fn verto_within(
        &mut self,
        dialog: Envelope<'_>,
        method: &str,
        params: Value,
        purpose: Purpose,
        timeout_ms: u64,
    ) {
        let message = json::object([
            ("jsonrpc", json::text("2.0")),
            ("id", Value::String(self.random.uuid())),
            ("method", json::text(method)),
            ("params", params),
        ]);
        let params = json::object([
            ("callID", json::text(dialog.call)),
            ("node_id", json::text(dialog.node_id)),
            ("message", message),
            (
                "subscribe",
                dialog.subscribe.map_or(Value::Null, json::texts),
            ),
        ]);
        self.request_within(offhook_proto::method::VERTO, params, purpose, timeout_ms);
    }

    /// The session is authenticated on this socket: what waited is sent.
    pub(crate) fn open_gate(&mut self, socket: SocketId) {
        self.rpc.open = Some(socket);
        while let Some((_, text)) = self.rpc.queue.pop_front() {
            self.out.push_back(Output::Send { socket, text });
        }
    }

    /// The answer to a request or event of the server's.
    pub(crate) fn respond(&mut self, socket: SocketId, id: &str, result: Value) {
        let response = json::object([
            ("jsonrpc", json::text("2.0")),
            ("id", json::text(id)),
            ("result", result),
        ]);
        let text = json::write(&response);
        self.out.push_back(Output::Send { socket, text });
    }

    fn compose(&mut self, method: &str, params: Value) -> (String, String) {
        let id = self.random.uuid();
        let request = json::object([
            ("jsonrpc", json::text("2.0")),
            ("id", json::text(&id)),
            ("method", json::text(method)),
            ("params", params),
        ]);
        (id, json::write(&request))
    }

    fn expect(&mut self, id: String, purpose: Purpose, timeout_ms: u64) {
        let due = self.now.mono_ms + timeout_ms;
        self.rpc.pending.push(Pending {
            id,
            purpose,
            timeout_ms,
            due,
        });
    }
}

/// The outer members of a dialog method (wire-protocol.md 5.2).
pub(crate) struct Envelope<'a> {
    pub(crate) call: &'a str,
    pub(crate) node_id: &'a str,
    pub(crate) subscribe: Option<&'a [&'a str]>,
}
