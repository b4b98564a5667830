//! What every part of the engine works with: the time, the outputs, chance, and the requests under way.

use std::collections::VecDeque;

use miniserde::json::Value;

use crate::clock::Now;
use crate::input::{CommandId, RequestId};
use crate::output::{CallEvent, EngineError, Event, Output};
use crate::random::Random;
use crate::rpc::Rpc;
use crate::server_clock::ServerClock;
use crate::tuning::Tuning;

pub(crate) struct Context {
    pub(crate) now: Now,
    pub(crate) out: VecDeque<Output>,
    pub(crate) random: Random,
    pub(crate) rpc: Rpc,
    pub(crate) clock: ServerClock,
    pub(crate) tuning: Tuning,
    /// What proofs over HTTP must carry, as the server said last.
    pub(crate) nonce: Option<String>,
    requests: RequestId,
    /// The last request before the clocks jumped.
    before_jump: RequestId,
    jumps: u64,
}

impl Context {
    pub(crate) fn new(seed: [u8; 32], now: Now, tuning: Tuning) -> Self {
        Self {
            now,
            out: VecDeque::new(),
            random: Random::new(seed),
            rpc: Rpc::default(),
            clock: ServerClock::new(now),
            tuning,
            nonce: None,
            requests: 0,
            before_jump: 0,
            jumps: 0,
        }
    }

    /// Takes the time of an input.
    pub(crate) fn arrive(&mut self, now: Now) {
        self.now = Now {
            // A clock that goes back would make waits endless.
            mono_ms: now.mono_ms.max(self.now.mono_ms),
            wall_ms: now.wall_ms,
        };
        if self.clock.observe(self.now) {
            self.before_jump = self.requests;
            self.jumps += 1;
        }
    }

    /// How often the clocks have jumped.
    pub(crate) fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Whether a request was made since the clocks last jumped: what its answer says of the time is true.
    pub(crate) fn is_fresh(&self, request: RequestId) -> bool {
        request > self.before_jump
    }

    /// The server's time, epoch milliseconds.
    pub(crate) fn server_now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn request_id(&mut self) -> RequestId {
        self.requests += 1;
        self.requests
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(crate) fn call_event(&mut self, call: &str, event: CallEvent) {
        let call = call.to_owned();
        self.event(Event::Call { call, event });
    }

    pub(crate) fn done(&mut self, id: CommandId, result: Result<Value, EngineError>) {
        self.out.push_back(Output::Done { id, result });
    }

    pub(crate) fn error(&mut self, error: EngineError) {
        self.event(Event::Error(error));
    }
}
