//! The clients of a load: they connect, call, count and leave.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use offhook::{
    AudioOptions, AudioSource, Call, CallStatus, Client, DelayProbe, DialOptions, EncodedLoop,
    Measurement, Probe, StaticCredentialProvider, ToneBursts,
};

/// Longest wait for a session, or for a call to be up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Frames of what is said over and over: a second.
const LOOP_FRAMES: usize = 50;

/// A client to be.
pub(super) struct Seat {
    pub(super) token: String,
    /// Address, number of the room, number of the member in it; `None` for one that only stays connected.
    pub(super) place: Option<(String, u32, u32)>,
}

/// How long each took that succeeded, how many did not, and how long all took together.
#[derive(Debug, Default)]
pub(super) struct Took {
    pub(super) each: Vec<Duration>,
    pub(super) failed: usize,
    pub(super) together: Duration,
    /// The first failure, in words.
    pub(super) why: Option<String>,
}

impl Took {
    async fn all<T>(
        at_once: u32,
        tasks: impl Iterator<Item = impl Future<Output = Result<T, String>>>,
    ) -> (Self, Vec<T>) {
        let begin = Instant::now();
        let timed = tasks.map(|task| async {
            let begin = Instant::now();
            let done = tokio::time::timeout(PATIENCE, task).await;
            let done = done.unwrap_or_else(|_| Err("not in time".into()));
            done.map(|done| (begin.elapsed(), done))
        });
        let done: Vec<_> = stream::iter(timed)
            .buffer_unordered(at_once as usize)
            .collect()
            .await;
        let mut took = Self {
            together: begin.elapsed(),
            ..Self::default()
        };
        let mut made = Vec::new();
        for done in done {
            match done {
                Ok((each, one)) => {
                    took.each.push(each);
                    made.push(one);
                }
                Err(why) => {
                    took.failed += 1;
                    took.why.get_or_insert(why);
                }
            }
        }
        (took, made)
    }
}

struct Guest {
    client: Client,
    place: Option<(String, u32, u32)>,
}

/// Everybody.
pub(super) struct Crowd {
    guests: Vec<Guest>,
    calls: Vec<Call>,
    probes: Vec<DelayProbe>,
}

impl Crowd {
    pub(super) async fn connect(seats: Vec<Seat>, at_once: u32) -> (Self, Took) {
        let tasks = seats.into_iter().map(|Seat { token, place }| async {
            let builder = Client::builder(StaticCredentialProvider::new(token));
            let client = builder.start().await.map_err(|error| error.to_string())?;
            Ok(Guest { client, place })
        });
        let (took, guests) = Took::all(at_once, tasks).await;
        let crowd = Self {
            guests,
            calls: Vec::new(),
            probes: Vec::new(),
        };
        (crowd, took)
    }

    /// All who have a room enter it.
    pub(super) async fn call(&mut self, at_once: u32) -> Took {
        let rooms = self.guests.iter().filter_map(|guest| guest.place.as_ref());
        let rooms = rooms.map(|(_, room, _)| *room as usize + 1).max();
        self.probes
            .resize_with(rooms.unwrap_or(0), DelayProbe::default);
        let said = match Said::new() {
            Ok(said) => Arc::new(said),
            Err(why) => {
                return Took {
                    failed: self.guests.len(),
                    why: Some(why),
                    ..Took::default()
                };
            }
        };
        let tasks = self.guests.iter().filter_map(|guest| {
            let (to, room, member) = guest.place.as_ref()?;
            let audio = said.audio(*member, &self.probes[*room as usize]);
            Some(enter(&guest.client, to, audio))
        });
        let (took, calls) = Took::all(at_once, tasks).await;
        self.calls = calls;
        took
    }

    /// Begins to count what comes.
    pub(super) async fn count(&self) -> Counted {
        for probe in &self.probes {
            probe.take();
        }
        let mut counted = Counted::default();
        for call in &self.calls {
            let packets = call
                .stats()
                .await
                .map(|stats| (stats.packets_received, stats.packets_lost));
            counted
                .begin
                .push((Instant::now(), packets.unwrap_or_default()));
        }
        counted
    }

    pub(super) async fn leave(self, at_once: u32) {
        let leaving = self.guests.into_iter().map(|guest| async move {
            guest.client.destroy().await;
        });
        stream::iter(leaving)
            .buffer_unordered(at_once as usize)
            .collect::<()>()
            .await;
    }
}

async fn enter(client: &Client, to: &str, audio: AudioOptions) -> Result<Call, String> {
    let call = client.dial(to, DialOptions::with_audio(audio)).await;
    let call = call.map_err(|error| error.to_string())?;
    match call
        .wait_for(|status| status == CallStatus::Connected)
        .await
    {
        Some(_) => Ok(call),
        None => {
            let cause = call.ended().and_then(|ended| ended.cause);
            Err(cause.unwrap_or_else(|| "the call ended".into()))
        }
    }
}

/// What the members say, encoded once.
struct Said {
    burst: EncodedLoop,
    tones: Vec<EncodedLoop>,
}

impl Said {
    fn new() -> Result<Self, String> {
        let burst = ToneBursts {
            frequency: 1_000.0,
            level_dbfs: -8.0,
            on: Duration::from_millis(100),
            off: Duration::from_millis(900),
        };
        let tone = |number: u8| ToneBursts {
            level_dbfs: -45.0,
            ..ToneBursts::steady(300.0 + 25.0 * f32::from(number))
        };
        let encoded = |tone| EncodedLoop::new(tone, LOOP_FRAMES).map_err(|error| error.to_string());
        Ok(Self {
            burst: encoded(burst)?,
            tones: (0..8)
                .map(|number| encoded(tone(number)))
                .collect::<Result<_, _>>()?,
        })
    }

    fn audio(&self, member: u32, probe: &DelayProbe) -> AudioOptions {
        let (source, probe) = match member {
            0 => (&self.burst, Some(Probe::Speaker(probe.clone()))),
            1 => (&self.tones[1], Some(Probe::Listener(probe.clone()))),
            _ => (&self.tones[member as usize % self.tones.len()], None),
        };
        AudioOptions {
            source: AudioSource::Encoded(source.clone()),
            measurement: Measurement {
                decode: false,
                probe,
            },
            ..AudioOptions::default()
        }
    }
}

/// What came in while it was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) begin: Vec<(Instant, (u64, u64))>,
    /// Packets that should have come: one each 20 ms and leg.
    pub(super) expected: u64,
    pub(super) received: u64,
    /// By their sequence numbers: sent, and lost on the way.
    pub(super) lost: u64,
    /// Of each leg, ms.
    pub(super) jitter_ms: Vec<f64>,
    /// Of each burst.
    pub(super) delays: Vec<Duration>,
    pub(super) legs: usize,
}

impl Counted {
    pub(super) async fn finish(&mut self, crowd: &Crowd) {
        for (call, (began, (received, lost))) in crowd.calls.iter().zip(&self.begin) {
            let Some(stats) = call.stats().await else {
                continue;
            };
            let frames = began.elapsed().as_secs_f64() * 50.0;
            self.legs += 1;
            self.expected += frames.round() as u64;
            self.received += stats.packets_received.saturating_sub(*received);
            self.lost += stats.packets_lost.saturating_sub(*lost);
            self.jitter_ms.push(stats.jitter_ms);
        }
        for probe in &crowd.probes {
            self.delays.append(&mut probe.take());
        }
    }
}
