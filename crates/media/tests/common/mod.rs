//! What call tests share: a server, callers with a tone each, conditions waited for.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use offhook_media::endpoint::{AudioSource, Endpoint, EndpointConfig, EndpointEvent};
use offhook_media::tone::{ToneBursts, longest_tone_gap, loudest_tone_dbfs};
use offhook_media::{LegKey, MediaConfig, MediaEvent, MediaServer, RoomKey};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) const LOCALHOST: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// Nothing that is waited for takes longer on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// A tone of a caller, heard through a call, is above this; what should not be heard is below.
pub(crate) const HEARD_DBFS: f32 = -40.0;
pub(crate) const UNHEARD_DBFS: f32 = -55.0;

/// A server whose events are kept.
pub(crate) struct Server {
    pub(crate) media: MediaServer,
    events: UnboundedReceiver<MediaEvent>,
    seen: Vec<MediaEvent>,
}

impl Server {
    pub(crate) fn start(workers: usize) -> Server {
        let config = MediaConfig {
            listen: (LOCALHOST, 0).into(),
            advertise: vec![],
            workers,
        };
        let (media, events) = MediaServer::start(config).expect("a media server");
        Server {
            media,
            events,
            seen: Vec::new(),
        }
    }

    /// Waits for an event, also among those that came before.
    pub(crate) async fn event(&mut self, wanted: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
        if let Some(at) = self.seen.iter().position(&wanted) {
            return self.seen.remove(at);
        }
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("the server runs");
                if wanted(&event) {
                    return event;
                }
                self.seen.push(event);
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(event) => event,
            Err(_) => panic!("the event did not come; others: {:?}", self.seen),
        }
    }

    /// All events up to now.
    pub(crate) fn events_so_far(&mut self) -> &mut Vec<MediaEvent> {
        while let Ok(event) = self.events.try_recv() {
            self.seen.push(event);
        }
        &mut self.seen
    }
}

/// Calls in; returns when the server is connected.
pub(crate) async fn connect(
    server: &mut Server,
    room: RoomKey,
    config: EndpointConfig,
) -> (Endpoint, LegKey, UnboundedReceiver<EndpointEvent>) {
    let (events_tx, events) = unbounded_channel();
    let endpoint = Endpoint::open(config, events_tx).expect("an endpoint");
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let (leg, answer) = server
        .media
        .accept_offer(room, &offer)
        .await
        .expect("an answer");
    endpoint.apply_answer(&answer).await.expect("a good answer");
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    (endpoint, leg, events)
}

/// One who calls into a room.
pub(crate) struct Caller {
    pub(crate) endpoint: Endpoint,
    pub(crate) events: UnboundedReceiver<EndpointEvent>,
    pub(crate) leg: LegKey,
    pub(crate) frequency: f32,
    record: PathBuf,
    _dir: tempfile::TempDir,
}

impl Caller {
    /// Calls in, with a steady tone, and joins; returns when connected.
    pub(crate) async fn join(server: &mut Server, room: RoomKey, frequency: f32) -> Caller {
        let caller = Caller::call(server, room, Some(frequency)).await;
        server.media.join(caller.leg);
        caller
    }

    /// Calls in without joining; returns when both sides are connected.
    pub(crate) async fn call(server: &mut Server, room: RoomKey, frequency: Option<f32>) -> Caller {
        let dir = tempfile::tempdir().expect("a directory");
        let record = dir.path().join("heard.wav");
        let source = match frequency {
            Some(frequency) => AudioSource::Tone(ToneBursts::steady(frequency)),
            None => AudioSource::Silence,
        };
        let config = EndpointConfig {
            bind: Some(LOCALHOST),
            source,
            record: Some(record.clone()),
            ..EndpointConfig::default()
        };
        let (endpoint, leg, events) = connect(server, room, config).await;
        let frequency = frequency.unwrap_or_default();
        let mut caller = Caller {
            endpoint,
            events,
            leg,
            frequency,
            record,
            _dir: dir,
        };
        caller.event(|e| *e == EndpointEvent::Connected).await;
        caller
    }

    pub(crate) async fn event(&mut self, wanted: impl Fn(&EndpointEvent) -> bool) -> EndpointEvent {
        let wait = async {
            loop {
                let event = self.events.recv().await.expect("the endpoint runs");
                if wanted(&event) {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("the event comes")
    }

    /// What was heard from the connection up to now, without ending the call: the file is valid up to its last second.
    pub(crate) fn heard_so_far(&self) -> Vec<f32> {
        read_wav(&self.record)
    }

    /// Waits until the recording's last second satisfies the condition.
    pub(crate) async fn hears(&self, what: &str, condition: impl Fn(&[f32]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let first = self.heard_so_far().len();
        loop {
            let heard = self.heard_so_far();
            // Only what was recorded after the wait began.
            let fresh = &heard[first.min(heard.len())..];
            let last = &fresh[fresh.len().saturating_sub(24_000)..];
            if last.len() == 24_000 && condition(last) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{what}; last levels {:?}",
                levels(last)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the tones are heard, and the others are not.
    pub(crate) async fn hears_exactly(&self, heard: &[f32], unheard: &[f32]) {
        let what = format!("hears {heard:?} and not {unheard:?}");
        self.hears(&what, |audio| {
            heard.iter().all(|&f| level(audio, f) > HEARD_DBFS)
                && unheard.iter().all(|&f| level(audio, f) < UNHEARD_DBFS)
        })
        .await;
    }

    /// Hangs up and gives all that was heard.
    pub(crate) async fn finish(self) -> Vec<f32> {
        self.endpoint.close().await.expect("a clean end");
        read_wav(&self.record)
    }
}

pub(crate) fn level(audio: &[f32], frequency: f32) -> f32 {
    loudest_tone_dbfs(audio, 48_000, frequency, Duration::from_millis(200))
}

/// The tones that are in the audio, of those callers use.
fn levels(audio: &[f32]) -> Vec<(u32, i32)> {
    (1..=30)
        .map(|i| (i * 100, level(audio, i as f32 * 100.0) as i32))
        .filter(|(_, level)| *level > -60)
        .collect()
}

pub(crate) fn gap(audio: &[f32], frequency: f32) -> Option<Duration> {
    longest_tone_gap(
        audio,
        48_000,
        frequency,
        Duration::from_millis(20),
        HEARD_DBFS,
    )
}

pub(crate) fn read_wav(path: &Path) -> Vec<f32> {
    let Ok(mut reader) = hound::WavReader::open(path) else {
        return Vec::new();
    };
    assert_eq!(reader.spec().sample_rate, 48_000);
    assert_eq!(reader.spec().channels, 1);
    reader
        .samples::<i16>()
        .map_while(Result::ok)
        .map(|s| f32::from(s) / 32768.0)
        .collect()
}

/// Waits for a condition of the server.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
