//! The clients of a load: they connect, call, count and leave.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use offhook::{
    AudioOptions, AudioSource, Call, CallStatus, Client, DelayProbe, DialOptions, EncodedLoop,
    EndpointStats, Measurement, Probe, StaticCredentialProvider, ToneBursts,
};
use offhook_media::endpoint::{Endpoint, EndpointConfig};

use super::janus::Handle;
use super::seats::{Place, Seat};

/// Longest wait for a session, or for a call to be up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Frames of what is said over and over: half a second.
const LOOP_FRAMES: usize = 25;
/// Different tones, and how loud each is: even those of some hundred members together are no burst, and each is still loud
/// enough to be mixed.
const TONES: u8 = 32;
const TONE_DBFS: f32 = -60.0;
/// So many members of a room measure how late they hear the first.
const LISTENERS: u32 = 6;

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

/// A client that has connected.
enum Guest {
    Ours(Client, Option<Place>),
    Janus(Handle, u64, Place),
}

impl Guest {
    fn place(&self) -> Option<&Place> {
        match self {
            Self::Ours(_, place) => place.as_ref(),
            Self::Janus(_, _, place) => Some(place),
        }
    }
}

/// One in a room.
enum InCall {
    Ours(Call),
    Janus(Endpoint),
}

impl InCall {
    async fn stats(&self) -> Option<EndpointStats> {
        match self {
            Self::Ours(call) => call.stats().await,
            Self::Janus(endpoint) => endpoint.stats().await,
        }
    }
}

/// Everybody.
pub(super) struct Crowd {
    said: Said,
    guests: Vec<Guest>,
    /// So many of them have been let into their rooms.
    let_in: usize,
    calls: Vec<InCall>,
    /// One a room.
    probes: Vec<DelayProbe>,
}

impl Crowd {
    /// Nobody yet.
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            said: Said::new()?,
            guests: Vec::new(),
            let_in: 0,
            calls: Vec::new(),
            probes: Vec::new(),
        })
    }

    /// More connect.
    pub(super) async fn connect(&mut self, seats: Vec<Seat>, at_once: u32) -> Took {
        let tasks = seats.into_iter().map(|seat| async {
            match seat {
                Seat::Ours { token, place } => {
                    let builder = Client::builder(StaticCredentialProvider::new(token));
                    let client = builder.start().await.map_err(|error| error.to_string())?;
                    Ok(Guest::Ours(client, place))
                }
                Seat::Janus { janus, room, place } => {
                    Ok(Guest::Janus(janus.attach().await?, room, place))
                }
            }
        });
        let (took, guests) = Took::all(at_once, tasks).await;
        self.guests.extend(guests);
        took
    }

    /// All who have a room and are not in it enter it.
    pub(super) async fn call(&mut self, at_once: u32) -> Took {
        let arriving = &self.guests[self.let_in..];
        let rooms = arriving.iter().filter_map(Guest::place);
        let rooms = rooms.map(|place| place.room as usize + 1).max();
        let rooms = rooms.unwrap_or(0).max(self.probes.len());
        self.probes.resize_with(rooms, DelayProbe::default);
        let tasks = arriving.iter().filter_map(|guest| {
            let place = guest.place()?;
            let audio = self.said.audio(place, &self.probes[place.room as usize]);
            Some(enter(guest, audio))
        });
        let (took, calls) = Took::all(at_once, tasks).await;
        self.let_in = self.guests.len();
        self.calls.extend(calls);
        took
    }

    /// Counts what comes for so long.
    pub(super) async fn count(&self, time: Duration) -> Counted {
        for probe in &self.probes {
            probe.take();
        }
        let mut begin = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            let stats = call.stats().await.unwrap_or_default();
            begin.push((Instant::now(), stats));
        }
        tokio::time::sleep(time).await;
        let mut counted = Counted::default();
        for (call, (began, before)) in self.calls.iter().zip(begin) {
            let stats = call.stats().await;
            let frames = began.elapsed().as_secs_f64() * 50.0;
            counted.legs += 1;
            counted.expected += frames.round() as u64;
            // One that has closed was sent nothing any more.
            let stats = stats.unwrap_or_else(|| before.clone());
            counted.received += stats
                .packets_received
                .saturating_sub(before.packets_received);
            counted.lost += stats.packets_lost.saturating_sub(before.packets_lost);
            counted.jitter_ms.push(stats.jitter_ms);
        }
        for probe in &self.probes {
            counted.delays.append(&mut probe.take());
        }
        counted
    }

    pub(super) async fn leave(self, at_once: u32) {
        for call in &self.calls {
            if let InCall::Janus(endpoint) = call {
                // It records nothing that could be incomplete.
                let _ = endpoint.close().await;
            }
        }
        let leaving = self.guests.into_iter().map(|guest| async move {
            if let Guest::Ours(client, _) = guest {
                client.destroy().await;
            }
        });
        stream::iter(leaving)
            .buffer_unordered(at_once as usize)
            .collect::<()>()
            .await;
    }
}

async fn enter(guest: &Guest, audio: AudioOptions) -> Result<InCall, String> {
    let (client, to) = match guest {
        Guest::Ours(client, Some(place)) => (client, &place.to),
        Guest::Ours(_, None) => return Err("it has no room to enter".into()),
        Guest::Janus(handle, room, _) => {
            let config = EndpointConfig {
                source: audio.source,
                measurement: audio.measurement,
                ..EndpointConfig::default()
            };
            return handle.join(*room, config).await.map(InCall::Janus);
        }
    };
    let call = client.dial(to, DialOptions::with_audio(audio)).await;
    let call = call.map_err(|error| error.to_string())?;
    match call
        .wait_for(|status| status == CallStatus::Connected)
        .await
    {
        Some(_) => Ok(InCall::Ours(call)),
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
    silence: EncodedLoop,
}

impl Said {
    fn new() -> Result<Self, String> {
        let burst = ToneBursts {
            frequency: 1_000.0,
            level_dbfs: -8.0,
            on: Duration::from_millis(100),
            off: Duration::from_millis(400),
        };
        let tone = |number: u8| ToneBursts {
            level_dbfs: TONE_DBFS,
            ..ToneBursts::steady(300.0 + 75.0 * f32::from(number))
        };
        let encoded = |tone| EncodedLoop::new(tone, LOOP_FRAMES).map_err(|error| error.to_string());
        let silence = ToneBursts {
            level_dbfs: f32::NEG_INFINITY,
            ..ToneBursts::steady(300.0)
        };
        Ok(Self {
            burst: encoded(burst)?,
            silence: encoded(silence)?,
            tones: (0..TONES)
                .map(|number| encoded(tone(number)))
                .collect::<Result<_, _>>()?,
        })
    }

    fn audio(&self, place: &Place, probe: &DelayProbe) -> AudioOptions {
        let member = place.member;
        let source = match member {
            0 => &self.burst,
            _ if !place.speaks => &self.silence,
            _ => &self.tones[member as usize % self.tones.len()],
        };
        let probe = match member {
            0 => Some(Probe::Speaker(probe.clone())),
            1..=LISTENERS => Some(Probe::Listener(probe.clone())),
            _ => None,
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
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
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
    /// Packets that were neither received nor sent: ticks of the server's clock that it missed.
    pub(super) fn missing(&self) -> u64 {
        self.expected.saturating_sub(self.received + self.lost)
    }

    /// Ticks missed and packets lost, as a share of all.
    pub(super) fn missed(&self) -> f64 {
        (self.missing() + self.lost) as f64 / self.expected.max(1) as f64
    }

    /// A percentile of the delays.
    pub(super) fn delay(&self, percentile: usize) -> Option<Duration> {
        let mut sorted = self.delays.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percentile).div_ceil(100);
        sorted.get(index.saturating_sub(1)).copied()
    }
}
