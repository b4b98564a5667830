//! A browser's side of video: sends pictures that say whose they are, counts what it is shown, asks and is asked for key
//! frames.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use offhook_media::endpoint::Endpoint;
use offhook_media::{LegKey, MediaServer, Pictures, RoomKey};
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};

/// Between two pictures.
const PICTURE: Duration = Duration::from_millis(40);

/// What happened so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// Pictures by the tag of their sender.
    pictures: Mutex<BTreeMap<u8, u64>>,
    /// The first payload shown of each sender was a key frame.
    began_well: Mutex<BTreeMap<u8, bool>>,
    /// Key frames we were asked for.
    pub(crate) asked: AtomicU64,
    /// Numbers or times that went back, or jumped.
    pub(crate) breaks: AtomicU64,
    stop: AtomicBool,
    sends: AtomicBool,
    want_key: AtomicBool,
    speaks: AtomicBool,
}

impl Seen {
    pub(crate) fn of(&self, tag: u8) -> u64 {
        self.pictures
            .lock()
            .unwrap()
            .get(&tag)
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn began_well(&self, tag: u8) -> bool {
        self.began_well.lock().unwrap().get(&tag) == Some(&true)
    }
}

/// See the module's documentation.
pub(crate) struct Camera {
    pub(crate) leg: LegKey,
    pub(crate) answer: String,
    pub(crate) seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Camera {
    /// Calls in and joins. `audio`: with an audio section, as a call has; without, as a shared screen is.
    pub(crate) async fn join(
        media: &MediaServer,
        room: RoomKey,
        tag: u8,
        audio: bool,
        direction: Direction,
    ) -> Camera {
        let (mut rtc, socket) = phone();
        let mut changes = rtc.sdp_api();
        let audio = audio
            .then(|| changes.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        let mid = changes.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = changes.apply().unwrap();
        let (leg, answer) = media
            .accept_offer(room, &offer.to_sdp_string())
            .await
            .unwrap();
        let parsed = SdpAnswer::from_sdp_string(&answer).unwrap();
        rtc.sdp_api().accept_answer(pending, parsed).unwrap();
        media.join(leg);
        Camera::begin(rtc, socket, leg, answer, (audio, mid), tag, direction)
    }

    /// Is called, takes whatever is offered, and joins; `answer` is then the offer.
    pub(crate) async fn called(media: &MediaServer, room: RoomKey, tag: u8) -> Camera {
        let (mut rtc, socket) = phone();
        let (leg, offer) = media.make_offer(room, Pictures::Bundled).await.unwrap();
        let mid = |kind: &str| {
            let section = offer.split("m=").find(|section| section.starts_with(kind));
            let line = section?
                .lines()
                .find_map(|line| line.strip_prefix("a=mid:"));
            line.map(Mid::from)
        };
        let (audio, video) = (mid("audio"), mid("video").expect("a section of video"));
        let parsed = SdpOffer::from_sdp_string(&offer).unwrap();
        let answer = rtc.sdp_api().accept_offer(parsed).unwrap();
        media
            .apply_answer(leg, &answer.to_sdp_string())
            .await
            .unwrap();
        media.join(leg);
        let both = Direction::SendRecv;
        Camera::begin(rtc, socket, leg, offer, (audio, video), tag, both)
    }

    fn begin(
        mut rtc: Rtc,
        socket: UdpSocket,
        leg: LegKey,
        answer: String,
        mids: (Option<Mid>, Mid),
        tag: u8,
        direction: Direction,
    ) -> Camera {
        let seen = Arc::new(Seen::default());
        seen.sends.store(direction.is_sending(), Ordering::Relaxed);
        let thread = std::thread::spawn({
            let seen = Arc::clone(&seen);
            move || run(&mut rtc, &socket, mids, tag, &seen)
        });
        Camera {
            leg,
            answer,
            seen,
            thread: Some(thread),
        }
    }

    /// Is called, and answers as a browser does that gives each section a transport of its own: the audio is `voice`'s.
    pub(crate) async fn called_beside(
        media: &MediaServer,
        room: RoomKey,
        tag: u8,
        voice: &Endpoint,
    ) -> Camera {
        let (mut rtc, socket) = phone();
        let (leg, offer) = media.make_offer(room, Pictures::Apart).await.unwrap();
        let [sound, picture] = halves(&offer);
        let sound = voice.accept_offer(&sound).await.unwrap();
        let parsed = SdpOffer::from_sdp_string(&picture).unwrap();
        let picture = rtc.sdp_api().accept_offer(parsed).unwrap().to_sdp_string();
        let (session, sound) = split(&sound);
        let session = session.lines().filter(|line| !line.contains("BUNDLE"));
        let session: String = session.map(|line| format!("{line}\r\n")).collect();
        let answer = format!("{session}{sound}{}", split(&picture).1);
        media.apply_answer(leg, &answer).await.unwrap();
        media.join(leg);
        let mid = picture
            .lines()
            .find_map(|line| line.strip_prefix("a=mid:"))
            .map(Mid::from);
        let mids = (None, mid.expect("a section of video"));
        Camera::begin(rtc, socket, leg, offer, mids, tag, Direction::SendRecv)
    }

    /// Calls in and joins as a browser does that gives each section a transport of its own: the audio is `voice`'s.
    pub(crate) async fn join_beside(
        media: &MediaServer,
        room: RoomKey,
        tag: u8,
        voice: &Endpoint,
    ) -> (Camera, Beside) {
        let (mut rtc, socket) = phone();
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Video, Direction::SendRecv, None, None, None);
        let (offer, pending) = changes.apply().unwrap();
        let (_, picture) = split(&offer.to_sdp_string());
        let beside = Beside { picture };
        let offer = beside.offer(&voice.create_offer(false).await.unwrap());
        let (leg, answer) = media.accept_offer(room, &offer).await.unwrap();
        let [sound, picture] = halves(&answer);
        voice.apply_answer(&sound).await.unwrap();
        let parsed = SdpAnswer::from_sdp_string(&picture).unwrap();
        rtc.sdp_api().accept_answer(pending, parsed).unwrap();
        media.join(leg);
        let both = Direction::SendRecv;
        let camera = Camera::begin(rtc, socket, leg, answer, (None, mid), tag, both);
        (camera, beside)
    }

    /// Begins or ceases to make a sound.
    pub(crate) fn speak(&self, speaks: bool) {
        self.seen.speaks.store(speaks, Ordering::Relaxed);
    }

    /// Asks for a key frame, as a decoder that has lost something does.
    pub(crate) fn want_key(&self) {
        self.seen.want_key.store(true, Ordering::Relaxed);
    }
}

/// A peer connection of its own.
fn phone() -> (Rtc, UdpSocket) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut rtc = Rtc::builder()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
        .enable_vp8(true)
        .build(Instant::now());
    let host = Candidate::host(socket.local_addr().unwrap(), "udp").unwrap();
    rtc.add_local_candidate(host);
    (rtc, socket)
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.seen.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A video section beside a voice, each with its own transport.
pub(crate) struct Beside {
    picture: String,
}

impl Beside {
    /// The voice's offer with the video section, in a bundle that the other side need not take.
    pub(crate) fn offer(&self, voice: &str) -> String {
        let mid = |text: &str| {
            let mut lines = text.lines();
            let mid = lines.find_map(|line| line.strip_prefix("a=mid:"));
            mid.unwrap().to_owned()
        };
        let (session, sound) = split(voice);
        let bundle = format!("a=group:BUNDLE {} {}", mid(&sound), mid(&self.picture));
        let lines = session.lines().map(|line| {
            if line.starts_with("a=group:BUNDLE") {
                format!("{bundle}\r\n")
            } else {
                format!("{line}\r\n")
            }
        });
        format!("{}{sound}{}", lines.collect::<String>(), self.picture)
    }
}

/// What of a description without a bundle is for the voice, and what for the camera.
pub(crate) fn halves(description: &str) -> [String; 2] {
    assert!(!description.contains("BUNDLE"), "{description}");
    let (session, sections) = split(description);
    let at = sections.find("m=video ").unwrap();
    let (sound, picture) = sections.split_at(at);
    [sound, picture].map(|section| {
        let mut lines = section.lines();
        let mid = lines.find_map(|line| line.strip_prefix("a=mid:"));
        format!("{session}a=group:BUNDLE {}\r\n{section}", mid.unwrap())
    })
}

/// The session's lines, and those of all sections.
fn split(description: &str) -> (String, String) {
    let (session, sections) = description.split_at(description.find("m=").unwrap());
    (session.to_owned(), sections.to_owned())
}

/// A second of a tone.
fn voice() -> Vec<Vec<u8>> {
    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    let sample = |i: usize| (i as f32 * 500.0 * std::f32::consts::TAU / 48_000.0).sin() * 0.2;
    let samples: Vec<f32> = (0..48_000).map(sample).collect();
    let frames = samples.chunks(960);
    frames
        .map(|frame| encoder.encode_vec_float(frame, 400).unwrap())
        .collect()
}

fn run(rtc: &mut Rtc, socket: &UdpSocket, (audio, mid): (Option<Mid>, Mid), tag: u8, seen: &Seen) {
    let local = socket.local_addr().unwrap();
    let mut buffer = vec![0; 2_000];
    let (mut connected, mut key, mut sequence, mut time) = (false, true, 100u64, 5_000u32);
    let mut next = Instant::now();
    let mut next_word = next;
    let mut last: Option<(u64, u32)> = None;
    let voice = voice();
    let mut spoken = 0u64;
    while !seen.stop.load(Ordering::Relaxed) {
        let due = loop {
            match rtc.poll_output() {
                Ok(Output::Timeout(at)) => break at,
                Ok(Output::Transmit(t)) => {
                    let _ = socket.send_to(&t.contents, t.destination);
                }
                Ok(Output::Event(Event::Connected)) => connected = true,
                Ok(Output::Event(Event::KeyframeRequest(_))) => {
                    seen.asked.fetch_add(1, Ordering::Relaxed);
                    key = true;
                }
                Ok(Output::Event(Event::RtpPacket(packet)))
                    if packet.payload.len() == 3 && packet.payload[0] == 0x10 =>
                {
                    let (number, at) = (*packet.seq_no, packet.header.timestamp);
                    if let Some((before, then)) = last
                        && (number != before + 1 || at.wrapping_sub(then) > 90_000 * 5)
                    {
                        seen.breaks.fetch_add(1, Ordering::Relaxed);
                    }
                    last = Some((number, at));
                    let from = packet.payload[2];
                    let is_key = packet.payload[1] & 1 == 0;
                    *seen.pictures.lock().unwrap().entry(from).or_default() += 1;
                    seen.began_well
                        .lock()
                        .unwrap()
                        .entry(from)
                        .or_insert(is_key);
                }
                Ok(Output::Event(_)) => {}
                Err(_) => return,
            }
        };
        let now = Instant::now();
        if connected
            && seen.want_key.swap(false, Ordering::Relaxed)
            && let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, None)
        {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        if connected && now >= next && seen.sends.load(Ordering::Relaxed) {
            next = now + PICTURE;
            let params = rtc.codec_config().params();
            let pt = params
                .iter()
                .find(|p| p.spec().codec == Codec::Vp8)
                .unwrap()
                .pt();
            // The first packet of a partition, a frame header that says key frame or not, and whose it is.
            let payload: [u8; 3] = [0x10, u8::from(!key), tag];
            key = false;
            if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
                let write = RtpWrite::new(pt, sequence.into(), time, now, &payload[..]);
                stream.write_rtp(write.marker(true));
            }
            sequence += 1;
            time = time.wrapping_add(3_600);
        }
        if connected && seen.speaks.load(Ordering::Relaxed) && now >= next_word {
            next_word = now + Duration::from_millis(20);
            let params = rtc.codec_config().params();
            let pt = params
                .iter()
                .find(|p| p.spec().codec == Codec::Opus)
                .unwrap()
                .pt();
            let audio = audio.expect("an audio section");
            if let Some(stream) = rtc.direct_api().stream_tx_by_mid(audio, None) {
                let payload = &voice[spoken as usize % voice.len()][..];
                let write =
                    RtpWrite::new(pt, (spoken + 10).into(), spoken as u32 * 960, now, payload);
                stream.write_rtp(write);
            }
            spoken += 1;
        }
        let wait = due.min(next.max(now)).saturating_duration_since(now);
        let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(5));
        socket.set_read_timeout(Some(wait)).unwrap();
        let input = match socket.recv_from(&mut buffer) {
            Ok((length, from)) => {
                let Ok(receive) = Receive::new(Protocol::Udp, from, local, &buffer[..length])
                else {
                    continue;
                };
                Input::Receive(Instant::now(), receive)
            }
            Err(_) => Input::Timeout(Instant::now()),
        };
        if rtc.handle_input(input).is_err() {
            return;
        }
    }
}
