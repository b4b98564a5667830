//! The media server as its users call it: a handle that speaks to worker threads.

mod agenda;
mod command;
mod counters;
mod demux;
mod leg;
mod room;
mod sockets;
mod watch;
mod worker;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use tokio::sync::{mpsc, oneshot};

use crate::error::MediaError;
use crate::keys::{LegFlags, LegKey, LegSound, LegStats, MediaEvent, Pictures, RoomKey, RoomKind};
use crate::music::Chime;
use crate::peer::Certificate;
use command::{Command, WorkerHandle};
pub use counters::MediaCounters;

/// How a media server is set up.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Where the workers listen. Port 0 lets the system choose; another port is the first worker's, the next
    /// workers take the following ones.
    pub listen: SocketAddr,
    /// Addresses put into the SDP. Empty: the listen address or, when that is unspecified, those of the interfaces.
    pub advertise: Vec<IpAddr>,
    /// Worker threads, at least 1. A room lives on one of them.
    pub workers: usize,
}

/// A running media server. Clones are handles to the same one; when the last is dropped the workers end.
#[derive(Clone)]
pub struct MediaServer {
    shared: Arc<Shared>,
}

/// All workers, as each of them knows the others; set when all have started.
type Neighbours = Arc<OnceLock<Vec<Weak<WorkerHandle>>>>;

struct Shared {
    workers: Vec<Arc<WorkerHandle>>,
    rooms: AtomicU64,
    legs: AtomicU64,
}

impl MediaServer {
    /// Opens the sockets, makes the DTLS certificate and starts the workers. Needs no tokio runtime.
    pub fn start(
        config: MediaConfig,
    ) -> Result<(MediaServer, mpsc::UnboundedReceiver<MediaEvent>), MediaError> {
        if config.workers == 0 || config.workers > 1024 {
            return Err(MediaError::Config(format!(
                "{} workers: from 1 to 1024 are possible",
                config.workers
            )));
        }
        let (events, events_rx) = mpsc::unbounded_channel();
        let certificate = Certificate::generate()?;
        let mut workers = Vec::with_capacity(config.workers);
        let neighbours = Neighbours::default();
        for index in 0..config.workers {
            workers.push(Arc::new(worker::spawn(
                index,
                &config,
                certificate.clone(),
                events.clone(),
                Arc::clone(&neighbours),
            )?));
        }
        // Weakly: a worker ends when the last handle is dropped, not when its neighbours do.
        let _ = neighbours.set(workers.iter().map(Arc::downgrade).collect());
        let shared = Shared {
            workers,
            rooms: AtomicU64::new(1),
            legs: AtomicU64::new(1),
        };
        Ok((
            MediaServer {
                shared: Arc::new(shared),
            },
            events_rx,
        ))
    }

    /// The advertised UDP addresses, one per worker and address: the only ones peers send to.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.shared
            .workers
            .iter()
            .flat_map(|w| w.addresses.iter().copied())
            .collect()
    }

    /// What all workers have counted.
    pub fn counters(&self) -> MediaCounters {
        let mut sum = MediaCounters::default();
        for worker in &self.shared.workers {
            worker.counters.add_to(&mut sum);
        }
        sum
    }

    /// Makes an empty room on the worker with the fewest legs, taking turns among equals.
    pub fn create_room(&self, kind: RoomKind) -> RoomKey {
        let workers = &self.shared.workers;
        let serial = self.shared.rooms.fetch_add(1, Ordering::Relaxed);
        let first = serial as usize % workers.len();
        let worker = (first..workers.len())
            .chain(0..first)
            .min_by_key(|&worker| workers[worker].counters.legs.read())
            .unwrap_or(first);
        let room = RoomKey::new(worker, serial);
        self.send(worker, Command::CreateRoom { room, kind });
        room
    }

    /// Makes an empty room on the worker of another: legs that are moved between the two need no other thread's help.
    pub fn create_room_near(&self, kind: RoomKind, near: RoomKey) -> RoomKey {
        let serial = self.shared.rooms.fetch_add(1, Ordering::Relaxed);
        let room = RoomKey::new(near.worker(), serial);
        self.send(near.worker(), Command::CreateRoom { room, kind });
        room
    }

    /// Moves a leg, with its connection, to another room. It is not joined there. When there is no such room, nothing happens, or,
    /// if it was on another worker, the leg is closed.
    pub fn move_leg(&self, leg: LegKey, room: RoomKey) {
        self.send(leg.worker(), Command::MoveLeg { leg, room });
    }

    /// Closes a room and its legs; each leg reports [`MediaEvent::Closed`].
    pub fn close_room(&self, room: RoomKey) {
        self.send(room.worker(), Command::CloseRoom { room });
    }

    /// Makes a leg that answers a browser's offer: its first audio and, in the same bundle, its first video section. Its audio is not heard, and it hears nothing, until [`join`](Self::join).
    pub async fn accept_offer(
        &self,
        room: RoomKey,
        offer: &str,
    ) -> Result<(LegKey, String), MediaError> {
        self.answering_leg(room, offer, false).await
    }

    /// As [`accept_offer`](Self::accept_offer), for a peer connection that had a leg here before: the new leg has a certificate of its own, by
    /// which the peer knows that DTLS begins anew.
    pub async fn accept_offer_anew(
        &self,
        room: RoomKey,
        offer: &str,
    ) -> Result<(LegKey, String), MediaError> {
        self.answering_leg(room, offer, true).await
    }

    async fn answering_leg(
        &self,
        room: RoomKey,
        offer: &str,
        anew: bool,
    ) -> Result<(LegKey, String), MediaError> {
        let leg = self.new_leg(room);
        let offer = offer.to_owned();
        let answer = self
            .ask(room.worker(), |reply| Command::AcceptOffer {
                room,
                leg,
                offer,
                anew,
                reply,
            })
            .await??;
        Ok((leg, answer))
    }

    /// Makes a leg that offers one `sendrecv` audio section and, if `pictures` are taken and somebody in the room has one, one of video.
    /// [`apply_answer`](Self::apply_answer) completes it.
    pub async fn make_offer(
        &self,
        room: RoomKey,
        pictures: Pictures,
    ) -> Result<(LegKey, String), MediaError> {
        let leg = self.new_leg(room);
        let offer = self
            .ask(room.worker(), |reply| Command::MakeOffer {
                room,
                leg,
                pictures,
                reply,
            })
            .await??;
        Ok((leg, offer))
    }

    /// Takes the answer to the offer of [`make_offer`](Self::make_offer).
    pub async fn apply_answer(&self, leg: LegKey, answer: &str) -> Result<(), MediaError> {
        let answer = answer.to_owned();
        self.ask(leg.worker(), |reply| Command::ApplyAnswer {
            leg,
            answer,
            reply,
        })
        .await?
    }

    /// Answers a renegotiation, including an ICE restart; the DTLS association is kept while the fingerprint is the same.
    pub async fn reoffer(&self, leg: LegKey, offer: &str) -> Result<String, MediaError> {
        let offer = offer.to_owned();
        self.ask(leg.worker(), |reply| Command::Reoffer { leg, offer, reply })
            .await?
    }

    /// Lets the leg take part in its room.
    pub fn join(&self, leg: LegKey) {
        self.send(leg.worker(), Command::Join { leg });
    }

    /// Takes the leg out of its room; its connection stays.
    pub fn leave(&self, leg: LegKey) {
        self.send(leg.worker(), Command::Leave { leg });
    }

    /// Closes the leg. Reports nothing.
    pub fn close_leg(&self, leg: LegKey) {
        self.send(leg.worker(), Command::CloseLeg { leg });
    }

    /// Closes the leg, and gives what was measured of it until then. It is closed whether or not the answer is waited for.
    pub fn close_leg_measured(
        &self,
        leg: LegKey,
    ) -> impl Future<Output = Option<LegStats>> + Send + Sync + 'static {
        let (reply, answer) = oneshot::channel();
        self.send(leg.worker(), Command::Stats { leg, reply });
        self.close_leg(leg);
        async move { answer.await.ok().flatten() }
    }

    /// Sets how the leg takes part, from now on; kept while it is not joined.
    pub fn set_flags(&self, leg: LegKey, flags: LegFlags) {
        self.send(leg.worker(), Command::SetFlags { leg, flags });
    }

    /// Sets how the leg's audio is changed, from now on; kept while it is not joined.
    pub fn set_sound(&self, leg: LegKey, sound: LegSound) {
        self.send(leg.worker(), Command::SetSound { leg, sound });
    }

    /// Says that a leg is a shared screen or a further device of another: the owner does not hear or see it, and a screen is
    /// shown to the others before anybody else.
    pub fn set_owner(&self, leg: LegKey, owner: LegKey, screen: bool) {
        self.send(leg.worker(), Command::SetOwner { leg, owner, screen });
    }

    /// Plays a short sound to everybody in a conference.
    pub fn play_chime(&self, room: RoomKey, chime: Chime) {
        self.send(room.worker(), Command::PlayChime { room, chime });
    }

    /// Plays tones into the room as if the leg had made them: the others hear them. `0`-`9`, `*`, `#`, `A`-`D`
    /// sound; `w` and `,` pause for half a second, `W` for one; other characters are skipped. Nothing is played in an
    /// echo room, nor while the leg is not connected, not joined, or on hold.
    pub fn play_dtmf(&self, leg: LegKey, digits: &str) {
        let digits = digits.to_owned();
        self.send(leg.worker(), Command::PlayDtmf { leg, digits });
    }

    /// Measurements of the leg, `None` when it is gone.
    pub async fn stats(&self, leg: LegKey) -> Option<LegStats> {
        self.ask(leg.worker(), |reply| Command::Stats { leg, reply })
            .await
            .ok()
            .flatten()
    }

    /// Closes all legs (peers see a DTLS close), ends the workers and waits for them.
    pub async fn shutdown(&self) {
        for worker in 0..self.shared.workers.len() {
            // A worker that is gone already needs no asking.
            let _ = self.ask(worker, |reply| Command::Shutdown { reply }).await;
        }
    }

    fn new_leg(&self, room: RoomKey) -> LegKey {
        LegKey::new(
            room.worker(),
            self.shared.legs.fetch_add(1, Ordering::Relaxed),
        )
    }

    fn send(&self, worker: usize, command: Command) {
        if let Some(worker) = self.shared.workers.get(worker) {
            worker.send(command);
        }
    }

    async fn ask<T>(
        &self,
        worker: usize,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, MediaError> {
        let (reply, answer) = oneshot::channel();
        self.send(worker, command(reply));
        answer.await.map_err(|_| MediaError::Shutdown)
    }
}
