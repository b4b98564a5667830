//! What a member's volume, gate, deafness and hold do to what others really hear.

mod common;

use common::{Caller, Server, level, until};
use offhook_media::audio::rms_dbfs;
use offhook_media::{Chime, LegFlags, LegSound, RoomKind};

const TONE: f32 = 700.0;
/// Encoding and the window of the measurement cost less than that, decibels.
const TOLERANCE_DB: f32 = 1.5;

async fn two(server: &mut Server) -> (Caller, Caller, offhook_media::RoomKey) {
    let room = server.media.create_room(RoomKind::Conference);
    let speaker = Caller::join(server, room, TONE).await;
    let listener = Caller::call(server, room, None).await;
    server.media.join(listener.leg);
    (speaker, listener, room)
}

/// Waits until the tone is heard this much louder than `reference`.
async fn hears_gain(listener: &Caller, reference: f32, gain_db: f32) {
    let what = format!("{gain_db} dB from {reference}");
    listener
        .hears(&what, |audio| {
            (level(audio, TONE) - reference - gain_db).abs() < TOLERANCE_DB
        })
        .await;
}

#[tokio::test]
async fn volumes_change_the_level_by_as_much_as_they_say_both_ways() {
    let mut server = Server::start(1);
    let (speaker, listener, _) = two(&mut server).await;
    listener.hears_exactly(&[TONE], &[]).await;
    let heard = listener.heard_so_far();
    let reference = level(&heard[heard.len() - 24_000..], TONE);
    let quieter = LegSound {
        input_gain_db: -20.0,
        ..LegSound::default()
    };
    server.media.set_sound(speaker.leg, quieter);
    hears_gain(&listener, reference, -20.0).await;
    let louder = LegSound {
        output_gain_db: 10.0,
        ..LegSound::default()
    };
    server.media.set_sound(listener.leg, louder);
    hears_gain(&listener, reference, -10.0).await;
    let silent = LegSound {
        input_gain_db: f32::NEG_INFINITY,
        ..LegSound::default()
    };
    server.media.set_sound(speaker.leg, silent);
    listener.hears_exactly(&[], &[TONE]).await;
    server.media.set_sound(speaker.leg, LegSound::default());
    server.media.set_sound(listener.leg, LegSound::default());
    hears_gain(&listener, reference, 0.0).await;
}

#[tokio::test]
async fn a_gate_silences_what_is_below_it_alone() {
    let mut server = Server::start(1);
    let (speaker, listener, _) = two(&mut server).await;
    listener.hears_exactly(&[TONE], &[]).await;
    let closed = LegSound {
        gate_dbfs: Some(0.0),
        ..LegSound::default()
    };
    server.media.set_sound(speaker.leg, closed);
    listener.hears_exactly(&[], &[TONE]).await;
    let low = LegSound {
        gate_dbfs: Some(-60.0),
        ..LegSound::default()
    };
    server.media.set_sound(speaker.leg, low);
    listener.hears_exactly(&[TONE], &[]).await;
}

#[tokio::test]
async fn the_deaf_hear_nothing_and_are_heard_and_those_on_hold_hear_music() {
    let mut server = Server::start(1);
    let (speaker, listener, room) = two(&mut server).await;
    let third = Caller::join(&mut server, room, 1100.0).await;
    listener.hears_exactly(&[TONE, 1100.0], &[]).await;
    let deaf = LegFlags {
        deaf: true,
        ..LegFlags::default()
    };
    server.media.set_flags(third.leg, deaf);
    third.hears_exactly(&[], &[TONE]).await;
    listener.hears_exactly(&[1100.0], &[]).await;
    let music = LegSound {
        hold_music: true,
        ..LegSound::default()
    };
    server.media.set_sound(listener.leg, music);
    listener
        .hears("music alone", |audio| {
            rms_dbfs(audio) > -45.0 && level(audio, 1100.0) < -45.0
        })
        .await;
    drop(speaker);
}

#[tokio::test]
async fn a_chime_is_heard_by_all_and_passes() {
    let mut server = Server::start(1);
    let (speaker, listener, room) = two(&mut server).await;
    server.media.set_flags(
        speaker.leg,
        LegFlags {
            muted: true,
            ..LegFlags::default()
        },
    );
    let silent = |audio: &[f32]| rms_dbfs(audio) < -80.0;
    listener.hears("silence", silent).await;
    server.media.play_chime(room, Chime::Join);
    let before = listener.heard_so_far().len();
    // Long enough for the sound to be in the recording, and for silence after it.
    until("two seconds more", async || {
        listener.heard_so_far().len() > before + 96_000
    })
    .await;
    listener.hears("silence again", silent).await;
    for caller in [listener, speaker] {
        let heard = caller.finish().await;
        assert!(level(&heard, 440.0) > -40.0, "{}", level(&heard, 440.0));
    }
}
