//! What a handle asks of a worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use tokio::sync::oneshot;

use super::counters::Counters;
use super::demux::Source;
use super::leg::Leg;
use crate::error::MediaError;
use crate::keys::{LegFlags, LegKey, LegSound, LegStats, Pictures, RoomKey, RoomKind};
use crate::music::Chime;
use crate::waker::Waker;

/// Datagrams of one leg that may be between two workers at once.
const UNDER_WAY: usize = 512;

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
        /// With a certificate of its own.
        anew: bool,
        reply: SdpReply,
    },
    MakeOffer {
        room: RoomKey,
        leg: LegKey,
        pictures: Pictures,
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
    /// A leg comes from another worker, to a room here or, through its home, elsewhere.
    Lodge {
        leg: Box<Leg>,
        room: RoomKey,
    },
    /// To a leg's home: what came for it was good; its name has changed; it sends; it is gone. The key is that of the transport
    /// concerned.
    Home {
        leg: LegKey,
        errand: Errand,
    },
    /// To where a leg lodges: what came at home for this transport of it.
    Datagram {
        transport: LegKey,
        arrived: Arrived,
    },
    Shutdown {
        reply: oneshot::Sender<()>,
    },
}

/// What a worker does for a leg of its own that lodges with another.
pub(super) enum Errand {
    /// A binding request from there has valid integrity.
    Validated(Source),
    /// It goes by another ICE user fragment; `anew`: with another peer, whose sources are not those of the one before.
    Named { ufrag: String, anew: bool },
    Send {
        from: SocketAddr,
        to: SocketAddr,
        /// Where its media comes from, for media.
        target: Option<Source>,
        datagram: Vec<u8>,
    },
    /// The transport is no more.
    Nameless,
    /// The leg is no more.
    Gone,
}

/// A datagram for a leg that lodges elsewhere.
pub(super) struct Arrived {
    pub(super) source: Source,
    /// The local address it came to.
    pub(super) to: SocketAddr,
    pub(super) is_request: bool,
    pub(super) datagram: Vec<u8>,
    /// Counts as under way until it is taken.
    pub(super) under_way: UnderWay,
}

/// One of the datagrams of a leg that are between two workers.
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    /// Counts one more, unless there are too many: whoever floods a leg fills no memory.
    pub(super) fn one_more(count: &Arc<AtomicUsize>) -> Option<Self> {
        if count.load(Ordering::Relaxed) >= UNDER_WAY {
            return None;
        }
        count.fetch_add(1, Ordering::Relaxed);
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Command {
    /// The leg it is about, unless that is about to be made, or known to be there.
    pub(super) fn leg(&self) -> Option<LegKey> {
        match self {
            Self::ApplyAnswer { leg, .. }
            | Self::Reoffer { leg, .. }
            | Self::Join { leg }
            | Self::Leave { leg }
            | Self::MoveLeg { leg, .. }
            | Self::CloseLeg { leg }
            | Self::SetFlags { leg, .. }
            | Self::SetOwner { leg, .. }
            | Self::SetSound { leg, .. }
            | Self::PlayDtmf { leg, .. }
            | Self::Stats { leg, .. } => Some(*leg),
            _ => None,
        }
    }
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
