//! The client side: one peer that calls a server (or any WebRTC peer) without a browser.
//!
//! An [`Endpoint`] has its own sockets and its own thread, which keeps the 20 ms pace of what it sends. It plays an
//! [`AudioSource`] into the call, receives through the same jitter buffer as the server, records what it hears, and
//! measures. It does full ICE: it gathers nothing, its host addresses are in every description at once.
//!
//! A call out: [`Endpoint::open`], [`create_offer`](Endpoint::create_offer), send the offer by whatever signalling, and
//! [`apply_answer`](Endpoint::apply_answer). A call in: [`accept_offer`](Endpoint::accept_offer). An ICE restart is
//! another `create_offer` with `ice_restart`.

mod engine;
mod live;
mod measure;
mod recorder;
mod resample;
mod source;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::error::MediaError;
use crate::keys::CloseReason;
use crate::tone::ToneBursts;
use crate::waker::Waker;

pub use live::LiveAudio;
pub use measure::{DelayProbe, EncodedLoop, Measurement, Probe};

/// What an endpoint says into the call.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum AudioSource {
    /// Encoded silence: packets flow, nothing is heard.
    #[default]
    Silence,
    /// A WAV file of any rate, channel count and integer or float format.
    Wav {
        /// The file.
        path: PathBuf,
        /// Begin again at its end; otherwise silence follows.
        repeat: bool,
    },
    /// Bursts of a tone, for measurements.
    Tone(ToneBursts),
    /// What a program writes as it comes.
    Live(LiveAudio),
    /// Packets made beforehand, for measurements with many endpoints.
    Encoded(EncodedLoop),
}

impl AudioSource {
    /// Opens the source and closes it again: says before a call what would be said in it.
    ///
    /// # Errors
    /// When the file cannot be read, or is no audio that can be played.
    pub fn check(&self) -> Result<(), MediaError> {
        source::Source::open(self).map(drop)
    }
}

/// How an endpoint is set up.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// The only local address to use; `None`: all of the machine's, loopback included.
    pub bind: Option<IpAddr>,
    /// Whether audio is offered to be sent.
    pub send: bool,
    /// Whether audio is offered to be received.
    pub receive: bool,
    /// What is sent first.
    pub source: AudioSource,
    /// Where to record what is heard from the connection on, see [`Endpoint::record_to`].
    pub record: Option<PathBuf>,
    /// Where to write what is heard as it comes, silence included.
    pub listen: Option<LiveAudio>,
    /// Its part in a measurement.
    pub measurement: Measurement,
}

impl Default for EndpointConfig {
    /// Sends silence, receives, records nothing, on all addresses.
    fn default() -> Self {
        EndpointConfig {
            bind: None,
            send: true,
            receive: true,
            source: AudioSource::Silence,
            record: None,
            listen: None,
            measurement: Measurement::default(),
        }
    }
}

/// What an endpoint reports by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointEvent {
    /// ICE and DTLS are up; comes again when a lost path is back.
    Connected,
    /// No path to the peer works any more; an ICE restart may help.
    Disconnected,
    /// The first audio packet has come.
    FirstPacket {
        /// Since the endpoint was opened.
        after: Duration,
    },
    /// The WAV source has reached its end and is not repeated.
    SourceEnded,
    /// The peer ended the connection, which an [offer anew](Endpoint::create_offer_anew) can replace, or the engine failed. Not sent after
    /// [`Endpoint::close`].
    Closed(CloseReason),
}

/// Measurements since the endpoint was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointStats {
    /// Whether ICE and DTLS are up.
    pub connected: bool,
    /// From opening to the connection.
    pub connected_after: Option<Duration>,
    /// When the first audio packet came.
    pub first_packet_at: Option<Instant>,
    /// From opening to the first audio packet.
    pub first_packet_after: Option<Duration>,
    /// Audio packets received.
    pub packets_received: u64,
    /// Packets that never came, by the sequence numbers.
    pub packets_lost: u64,
    /// Packets that came too late to be played, or twice.
    pub packets_discarded: u64,
    /// Audio packets sent.
    pub packets_sent: u64,
    /// Interarrival jitter (RFC 3550), milliseconds.
    pub jitter_ms: f64,
    /// Round trip by ICE or RTCP, milliseconds, when known.
    pub rtt_ms: Option<f64>,
    /// Depth the jitter buffer aims for, milliseconds.
    pub playout_delay_ms: f64,
    /// Level of all audio sent, pauses included, dBFS (RMS).
    pub level_sent_dbfs: Option<f64>,
    /// Level of all audio received, pauses included, dBFS (RMS).
    pub level_received_dbfs: Option<f64>,
}

/// A handle to a running endpoint; clones are handles to the same one, and the last one dropped closes it.
#[derive(Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

struct Inner {
    commands: Option<Sender<Command>>,
    waker: Waker,
}

pub(crate) enum Command {
    Offer {
        ice_restart: bool,
        reply: oneshot::Sender<Result<String, MediaError>>,
    },
    OfferAnew {
        reply: oneshot::Sender<Result<String, MediaError>>,
    },
    ApplyAnswer {
        answer: String,
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
    AcceptOffer {
        offer: String,
        reply: oneshot::Sender<Result<String, MediaError>>,
    },
    SetSource {
        source: AudioSource,
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
    Record {
        path: Option<PathBuf>,
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
    SetMuted(bool),
    SetDirection {
        send: bool,
        receive: bool,
    },
    Stats {
        reply: oneshot::Sender<EndpointStats>,
    },
    Close {
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
}

impl Endpoint {
    /// Opens the sockets and the files and starts the thread. Needs no tokio runtime; events that nobody receives are
    /// lost without harm.
    pub fn open(
        config: EndpointConfig,
        events: UnboundedSender<EndpointEvent>,
    ) -> Result<Endpoint, MediaError> {
        let (commands, waker) = engine::spawn(config, events)?;
        Ok(Endpoint {
            inner: Arc::new(Inner {
                commands: Some(commands),
                waker,
            }),
        })
    }

    /// Makes an offer of one audio section; with `ice_restart` after the first, one with new ICE credentials.
    pub async fn create_offer(&self, ice_restart: bool) -> Result<String, MediaError> {
        self.ask(|reply| Command::Offer { ice_restart, reply })
            .await?
    }

    /// Makes an offer of a connection of its own, which takes the place of the present one when its answer is applied: for a server that may have
    /// lost its side of that. The source goes on where it is.
    pub async fn create_offer_anew(&self) -> Result<String, MediaError> {
        self.ask(|reply| Command::OfferAnew { reply }).await?
    }

    /// Takes the answer to the last offer; connecting begins.
    pub async fn apply_answer(&self, answer: &str) -> Result<(), MediaError> {
        let answer = answer.to_owned();
        self.ask(|reply| Command::ApplyAnswer { answer, reply })
            .await?
    }

    /// Answers an offer (the first or a renegotiation): its audio is taken, other sections are refused.
    pub async fn accept_offer(&self, offer: &str) -> Result<String, MediaError> {
        let offer = offer.to_owned();
        self.ask(|reply| Command::AcceptOffer { offer, reply })
            .await?
    }

    /// Plays something else from now on, from its beginning.
    pub async fn set_source(&self, source: AudioSource) -> Result<(), MediaError> {
        self.ask(|reply| Command::SetSource { source, reply })
            .await?
    }

    /// Records what is heard into a new WAV file (48 kHz, mono, 16 bit), from now or from the connection on, in real
    /// time with the silences. The file is complete after [`close`](Self::close) or
    /// [`stop_recording`](Self::stop_recording), and valid up to its last second at any time.
    pub async fn record_to(&self, path: &Path) -> Result<(), MediaError> {
        let path = Some(path.to_owned());
        self.ask(|reply| Command::Record { path, reply }).await?
    }

    /// Completes the recording.
    pub async fn stop_recording(&self) -> Result<(), MediaError> {
        self.ask(|reply| Command::Record { path: None, reply })
            .await?
    }

    /// Sends silence instead of the source, which goes on unheard.
    pub fn set_muted(&self, muted: bool) {
        self.send(Command::SetMuted(muted));
    }

    /// What the next offer says of sending and receiving.
    pub fn set_direction(&self, send: bool, receive: bool) {
        self.send(Command::SetDirection { send, receive });
    }

    /// Measurements up to now; `None` when the endpoint is closed.
    pub async fn stats(&self) -> Option<EndpointStats> {
        self.ask(|reply| Command::Stats { reply }).await.ok()
    }

    /// Ends the connection, completes the recording, ends the thread.
    pub async fn close(&self) -> Result<(), MediaError> {
        match self.ask(|reply| Command::Close { reply }).await {
            Ok(result) => result,
            // It has ended before.
            Err(_) => Ok(()),
        }
    }

    fn send(&self, command: Command) {
        if self
            .inner
            .commands
            .as_ref()
            .is_some_and(|c| c.send(command).is_ok())
        {
            self.inner.waker.wake();
        }
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, MediaError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply));
        answer.await.map_err(|_| MediaError::Shutdown)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.commands = None;
        self.waker.wake();
    }
}
