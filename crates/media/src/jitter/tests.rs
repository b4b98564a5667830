use proptest::prelude::*;

use super::*;
use crate::audio::{FRAME_DURATION, samples_to_duration};

/// A packet on its way: when it arrives, and which of the stream it is.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: Duration,
    index: u64,
}

/// What was heard in one frame time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Heard {
    Packet(u64),
    Lost { redundancy: bool },
    Stretch,
    Pause,
    Idle,
}

fn payload(index: u64) -> Arc<[u8]> {
    index.to_be_bytes().to_vec().into()
}

fn index_of(payload: &[u8]) -> u64 {
    u64::from_be_bytes(payload.try_into().expect("made by `payload`"))
}

/// A stream of 20 ms packets with the given network delays; `None` is a lost one.
fn stream(delays_ms: impl IntoIterator<Item = Option<u64>>) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = delays_ms
        .into_iter()
        .enumerate()
        .filter_map(|(i, delay)| {
            let at = FRAME_DURATION * i as u32 + Duration::from_millis(delay?);
            Some(Arrival {
                at,
                index: i as u64,
            })
        })
        .collect();
    arrivals.sort_by_key(|a| a.at);
    arrivals
}

const FIRST_SEQUENCE: u64 = 65_500;
const FIRST_TIMESTAMP: u64 = u32::MAX as u64 - 20_000;

fn insert(buffer: &mut JitterBuffer, start: Instant, arrival: Arrival) -> Inserted {
    let sequence = (FIRST_SEQUENCE + arrival.index) as u16;
    let timestamp = (FIRST_TIMESTAMP + 960 * arrival.index) as u32;
    buffer.insert(
        start + arrival.at,
        sequence,
        timestamp,
        960,
        payload(arrival.index),
    )
}

/// Plays a trace by the clock of a receiver that asks every 20 ms, 3 ms after the sender's frames.
fn play(buffer: &mut JitterBuffer, arrivals: &[Arrival], frames: u64) -> Vec<Heard> {
    let start = Instant::now();
    let mut arrivals = arrivals.iter().peekable();
    let mut heard = Vec::new();
    for tick in 0..frames {
        let now = samples_to_duration(960 * tick) + Duration::from_millis(3);
        while let Some(&&arrival) = arrivals.peek()
            && arrival.at <= now
        {
            insert(buffer, start, arrival);
            arrivals.next();
        }
        heard.push(match buffer.next(start + now) {
            Next::Frame { payload, .. } => Heard::Packet(index_of(&payload)),
            Next::Lost {
                samples,
                redundancy,
            } => {
                assert_eq!(samples, 960);
                Heard::Lost {
                    redundancy: redundancy.is_some(),
                }
            }
            Next::Pause { .. } => Heard::Pause,
            Next::Stretch => Heard::Stretch,
            Next::Idle => Heard::Idle,
        });
    }
    heard
}

fn packets(heard: &[Heard]) -> Vec<u64> {
    heard
        .iter()
        .filter_map(|h| {
            if let Heard::Packet(i) = h {
                Some(*i)
            } else {
                None
            }
        })
        .collect()
}

fn count(heard: &[Heard], what: impl Fn(&Heard) -> bool) -> usize {
    heard.iter().filter(|h| what(h)).count()
}

#[test]
fn a_smooth_stream_passes_whole_and_in_order_over_the_wrap() {
    let mut buffer = JitterBuffer::new();
    let heard = play(&mut buffer, &stream(vec![Some(1); 400]), 400);
    let played = packets(&heard);
    assert!(
        played.windows(2).all(|w| w[1] == w[0] + 1),
        "in order, none missing"
    );
    assert!(played.len() >= 396, "{}", played.len());
    assert_eq!(count(&heard, |h| *h == Heard::Stretch), 0);
    assert_eq!(buffer.counters().lost, 0);
    assert_eq!(buffer.target(), MIN_DELAY);
}

#[test]
fn reordered_packets_are_put_in_order() {
    let delays = (0..300).map(|i| Some(if i % 5 == 0 { 35 } else { 5 }));
    let mut buffer = JitterBuffer::new();
    let heard = play(&mut buffer, &stream(delays), 300);
    let played = packets(&heard);
    assert!(played.windows(2).all(|w| w[1] > w[0]));
    // While it learns a few may be lost; afterwards none.
    assert!(played.iter().filter(|&&i| i >= 100).count() >= 190);
    let late = count(&heard[120..], |h| {
        matches!(h, Heard::Lost { .. } | Heard::Stretch)
    });
    assert_eq!(late, 0, "{heard:?}");
}

#[test]
fn a_lost_packet_is_concealed_with_the_redundancy_of_the_next() {
    let delays = (0..200).map(|i| if i == 100 { None } else { Some(2) });
    let mut buffer = JitterBuffer::new();
    let heard = play(&mut buffer, &stream(delays), 200);
    assert_eq!(count(&heard, |h| *h == Heard::Lost { redundancy: true }), 1);
    assert_eq!(buffer.counters().lost, 1);
    let at = heard
        .iter()
        .position(|h| matches!(h, Heard::Lost { .. }))
        .expect("one is lost");
    assert_eq!(heard[at - 1], Heard::Packet(99));
    assert_eq!(heard[at + 1], Heard::Packet(101));
}

#[test]
fn of_a_burst_of_losses_only_the_beginning_is_concealed() {
    let delays = (0..300).map(|i| {
        if (100..130).contains(&i) {
            None
        } else {
            Some(2)
        }
    });
    let mut buffer = JitterBuffer::new();
    let heard = play(&mut buffer, &stream(delays), 300);
    let played = packets(&heard);
    assert!(played.contains(&99) && played.contains(&131) && played.contains(&290));
    assert!(count(&heard, |h| matches!(h, Heard::Lost { .. })) <= MAX_CONCEALED as usize);
}

#[test]
fn jitter_makes_it_deeper_and_calm_makes_it_shallow_again() {
    let jittery = (0..500).map(|i| Some([0, 70, 10, 90, 30][i % 5]));
    let calm = (0..1500).map(|_| Some(0));
    let mut buffer = JitterBuffer::new();
    let heard = play(&mut buffer, &stream(jittery.chain(calm)), 2000);
    let disturbed = count(&heard[200..500], |h| !matches!(h, Heard::Packet(_)));
    assert_eq!(disturbed, 0, "after learning, jitter is absorbed");
    assert_eq!(buffer.target(), MIN_DELAY);
    assert!(buffer.counters().hurried > 0, "the depth was reduced");
    let last = *packets(&heard).last().expect("packets were played");
    assert!(1999 - last <= 5, "little delay is left: {last}");
}

#[test]
fn duplicates_and_late_ones_are_refused() {
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    let arrival = |index| Arrival {
        at: Duration::ZERO,
        index,
    };
    assert_eq!(insert(&mut buffer, start, arrival(0)), Inserted::Queued);
    assert_eq!(insert(&mut buffer, start, arrival(0)), Inserted::Duplicate);
    for index in 1..4 {
        assert_eq!(insert(&mut buffer, start, arrival(index)), Inserted::Queued);
    }
    assert!(matches!(buffer.next(start), Next::Frame { .. }));
    assert!(matches!(buffer.next(start), Next::Frame { .. }));
    assert_eq!(insert(&mut buffer, start, arrival(0)), Inserted::Late);
    assert_eq!(buffer.counters().late, 1);
    assert_eq!(buffer.counters().duplicate, 1);
}

#[test]
fn a_pause_of_the_sender_is_silence_then_speech_again() {
    // Discontinuous transmission: sequence numbers go on, time jumps by 800 ms.
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    let mut heard = Vec::new();
    for tick in 0..150u64 {
        let now = start + FRAME_DURATION * tick as u32;
        let (sequence, talks) = match tick {
            0..50 => (tick, true),
            50..90 => (0, false),
            _ => (tick - 40, true),
        };
        if talks {
            buffer.insert(
                now,
                sequence as u16,
                (tick * 960) as u32,
                960,
                payload(sequence),
            );
        }
        heard.push(buffer.next(now + Duration::from_millis(1)));
    }
    let played = heard
        .iter()
        .filter(|n| matches!(n, Next::Frame { .. }))
        .count();
    assert!(played >= 107, "all but what is still held: {played}");
    assert_eq!(buffer.counters().lost, 0, "a pause is no loss");
    let stretched = heard.iter().filter(|n| matches!(n, Next::Stretch)).count();
    assert!(stretched <= MAX_STRETCH_FRAMES as usize);
}

#[test]
fn a_new_stream_takes_over_at_once() {
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    play(&mut buffer, &stream(vec![Some(1); 50]), 50);
    let now = start + Duration::from_secs(2);
    assert_eq!(
        buffer.insert(now, 9, 123_456_789, 960, payload(7)),
        Inserted::Restarted
    );
    let later = now + Duration::from_millis(50);
    assert!(matches!(buffer.next(later), Next::Frame { payload, .. } if index_of(&payload) == 7));
}

#[test]
fn drained_packets_come_in_order() {
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    for index in [3, 1, 2] {
        insert(
            &mut buffer,
            start,
            Arrival {
                at: Duration::ZERO,
                index,
            },
        );
    }
    let drained: Vec<u64> = buffer.drain().iter().map(|(_, _, p)| index_of(p)).collect();
    assert_eq!(drained, [1, 2, 3]);
    assert_eq!(buffer.next(start), Next::Idle);
}

#[test]
fn what_is_held_is_bounded() {
    let start = Instant::now();
    let mut buffer = JitterBuffer::new();
    for index in 0..5_000u64 {
        insert(
            &mut buffer,
            start,
            Arrival {
                at: Duration::ZERO,
                index,
            },
        );
        assert!(buffer.held.len() as u64 * 20 <= MAX_HELD.as_millis() as u64 + 20);
    }
    assert!(buffer.counters().overflow > 4_000);
}

proptest! {
    /// Whatever comes, in whatever order: no panic, frames leave in rising order, and the memory is bounded.
    #[test]
    fn any_traffic_is_survived(
        packets in prop::collection::vec(
            (any::<u16>(), any::<u32>(), 0u32..6_000, 0u64..60), 1..300),
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut buffer = JitterBuffer::new();
        for (sequence, timestamp, samples, wait_ms) in packets {
            now += Duration::from_millis(wait_ms);
            buffer.insert(now, sequence, timestamp, samples, payload(0));
            prop_assert!(buffer.held.len() <= 256);
            if let Next::Lost { samples, .. } = buffer.next(now) {
                prop_assert!(samples > 0 && samples % 120 == 0 && samples <= 5760);
            }
        }
    }

    /// On any plausible network what is played is in order, each packet once, and nearly all that arrived is played.
    #[test]
    fn a_plausible_network_is_smoothed(
        delays in prop::collection::vec(prop::option::weighted(0.97, 0u64..60), 300..600),
    ) {
        let mut buffer = JitterBuffer::new();
        let arrivals = stream(delays.iter().copied());
        let heard = play(&mut buffer, &arrivals, delays.len() as u64 + 30);
        let played = packets(&heard);
        prop_assert!(played.windows(2).all(|w| w[0] < w[1]));
        let share = played.len() as f64 / arrivals.len() as f64;
        prop_assert!(share > 0.93, "played {share}");
    }
}
