//! The Offhook SDK for Rust programs: calls without a browser.
//!
//! A [`Client`] is one session with a server. It takes its tokens from a [`CredentialProvider`], keeps the session
//! alive through network loss, and places ([`Client::dial`]) and receives ([`Client::incoming`]) calls. What is played
//! into a call and where what is heard goes is told by [`AudioOptions`].
//!
//! Whole programs are in `examples`: `bot` answers and plays, `answering_machine` also records, `send_message` writes, and
//! `softphone` speaks with the machine's devices. [`Client`] and [`Incoming`] show the two ways of a call in short.
//!
//! What changes is a value that can be watched (a [`watch::Receiver`](tokio::sync::watch::Receiver)): of a [`Call`] its
//! [`status`](Call::status), its [`participants`](Call::participants), whether it is [`locked`](Call::locked); of a
//! [`Participant`] all that is known of them ([`Participant::state`]), or one aspect of it as a stream
//! ([`Participant::watch`]). The names are those of the JavaScript SDK, as Rust writes them.
//!
//! Everything that can be decided is decided in `offhook-core`, the same engine that the JavaScript SDK runs; this
//! crate drives it on tokio: sockets, HTTP, timers, and the media connection of `offhook-media`.
mod address;
mod backlog;
mod call;
mod capabilities;
mod changes;
mod client;
mod conversation;
mod directory;
mod driver;
mod error;
mod http;
mod key;
mod layout;
mod origin;
mod participant;
mod peer;
mod provider;
mod socket;
#[cfg(feature = "sound")]
pub mod sound;
mod tls;
#[cfg(test)]
mod untrusted;
mod user;
mod value;

pub use address::{Address, AddressRecord, Channels, ResourceType};
pub use call::{Call, CallEvent, Direction, Ended};
pub use capabilities::{MemberCapabilities, OnOffCapability, SelfCapabilities};
pub use client::{Client, ClientBuilder, CredentialStatus, DialOptions, Incoming, Warning};
pub use conversation::{AddressHistory, Collection, TextMessage};
pub use directory::Directory;
pub use error::Error;
pub use key::{ClientKey, KeyError};
pub use layout::{LayoutLayer, VideoPosition};
pub use miniserde::json::Value;
pub use offhook_core::json;
pub use offhook_core::output::CallStatus;
pub use offhook_media::MediaError;
pub use offhook_media::endpoint::{
    AudioSource, DelayProbe, EncodedLoop, EndpointStats, LiveAudio, Measurement, Probe,
};
pub use offhook_media::tone::ToneBursts;
pub use participant::{Member, Participant, SelfParticipant};
pub use peer::AudioOptions;
pub use provider::{
    AuthenticateContext, Credential, CredentialProvider, EmbedTokenCredentialProvider,
    ProviderError, ProviderFuture, StaticCredentialProvider,
};
pub use tls::{Trust, TrustError};
pub use user::User;
