//! WebRTC peers on str0m, audio codecs, mixer, jitter buffer, player and recorder.
//!
//! This crate knows no signalling. It has two faces:
//!
//! - [`MediaServer`]: rooms with legs, each leg a WebRTC peer that is answered or offered by SDP. Runs on its own
//!   threads with one UDP port each; commands and events pass by channels.
//! - [`endpoint::Endpoint`]: one peer that calls, for programs and tests.
//!
//! What a server's user does, in order:
//!
//! 1. [`MediaServer::start`], then [`MediaServer::create_room`].
//! 2. [`MediaServer::accept_offer`] for a browser that calls, or [`MediaServer::make_offer`] and
//!    [`MediaServer::apply_answer`] for one that is called. The peer connects from then on.
//! 3. [`MediaServer::join`] when the leg is to hear and be heard. [`MediaServer::set_flags`] mutes it, deafens it,
//!    puts it on hold; [`MediaServer::play_dtmf`] plays tones for the others.
//! 4. [`MediaServer::reoffer`] whenever the browser renegotiates or restarts ICE.
//! 5. [`MediaServer::close_leg`], [`MediaServer::close_room`]. A leg that dies by itself reports
//!    [`MediaEvent::Closed`].
//!
//! Inside, from the outside in: `server` (threads, rooms, legs) and `endpoint` carry datagrams and time to `peer`, the
//! only module that knows str0m; `playout` turns packets into audio by `jitter` (pure) and `codec`; `mixer` sums;
//! `outbound` makes one continuous stream of what is sent. `sdp` and `datagram` judge what strangers send.

pub mod audio;
mod codec;
mod datagram;
pub mod dtmf;
pub mod endpoint;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod jitter;
mod keys;
mod mixer;
mod music;
mod net;
mod outbound;
mod peer;
mod playout;
mod random;
mod reception;
mod sdp;
mod server;
mod talk;
pub mod tone;
mod video;
mod waker;

pub use codec::{VOICE_BITRATE, VOICE_COMPLEXITY};
pub use error::MediaError;
pub use keys::{
    CloseReason, LegFlags, LegKey, LegSound, LegStats, MediaEvent, Pictures, RoomKey, RoomKind,
};
pub use music::Chime;
pub use server::{MediaConfig, MediaCounters, MediaServer};
