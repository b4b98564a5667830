//! What a handle asks of a worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::oneshot;

use super::counters::Counters;
use crate::error::MediaError;
use crate::keys::{LegFlags, LegKey, LegSound, LegStats, RoomKey, RoomKind};
use crate::music::Chime;
use crate::waker::Waker;

/// A reply that carries an SDP.
pub(super) type SdpReply = oneshot::Sender<Result<String, MediaError>>;

pub(super) enum Command {
    CreateRoom {
        room: RoomKey,
        kind: RoomKind,
    },
    CloseRoom {
        room: RoomKey,
    },
    AcceptOffer {
        room: RoomKey,
        leg: LegKey,
        offer: String,
        reply: SdpReply,
    },
    MakeOffer {
        room: RoomKey,
        leg: LegKey,
        reply: SdpReply,
    },
    ApplyAnswer {
        leg: LegKey,
        answer: String,
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
    Reoffer {
        leg: LegKey,
        offer: String,
        reply: SdpReply,
    },
    Join {
        leg: LegKey,
    },
    Leave {
        leg: LegKey,
    },
    MoveLeg {
        leg: LegKey,
        room: RoomKey,
    },
    CloseLeg {
        leg: LegKey,
    },
    SetFlags {
        leg: LegKey,
        flags: LegFlags,
    },
    SetOwner {
        leg: LegKey,
        owner: LegKey,
        screen: bool,
    },
    SetSound {
        leg: LegKey,
        sound: LegSound,
    },
    PlayChime {
        room: RoomKey,
        chime: Chime,
    },
    PlayDtmf {
        leg: LegKey,
        digits: String,
    },
    Stats {
        leg: LegKey,
        reply: oneshot::Sender<Option<LegStats>>,
    },
    Shutdown {
        reply: oneshot::Sender<()>,
    },
}

/// A worker as the handle holds it. Dropping it ends the worker: the channel closes and the waker rings.
pub(super) struct WorkerHandle {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) counters: Arc<Counters>,
    commands: Option<Sender<Command>>,
    waker: Waker,
}

impl WorkerHandle {
    pub(super) fn new(
        addresses: Vec<SocketAddr>,
        counters: Arc<Counters>,
        commands: Sender<Command>,
        waker: Waker,
    ) -> Self {
        WorkerHandle {
            addresses,
            counters,
            commands: Some(commands),
            waker,
        }
    }

    /// A command to a worker that has ended is dropped, and with it its reply channel.
    pub(super) fn send(&self, command: Command) {
        if self
            .commands
            .as_ref()
            .is_some_and(|c| c.send(command).is_ok())
        {
            self.waker.wake();
        }
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.commands = None;
        self.waker.wake();
    }
}
