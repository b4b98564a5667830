//! What the server plays by itself: music for those who wait, and the sounds of somebody's coming and going. Made from
//! sines, so that nothing has to be licensed, shipped or decoded.

use std::f32::consts::TAU;

use crate::audio::{Frame, SAMPLE_RATE, amplitude};

/// Level of a note's beginning, dBFS.
const NOTE_DBFS: f32 = -21.0;
/// Samples of one note.
const NOTE: usize = SAMPLE_RATE as usize / 4;
/// A note has fallen to 1/e after so many samples.
const FADE: f32 = SAMPLE_RATE as f32 * 0.35;
/// Samples over which a note begins, so that it does not click.
const ATTACK: f32 = SAMPLE_RATE as f32 * 0.008;
/// Notes as semitones above 220 Hz: four chords, each played up and down.
const TUNE: [i32; 32] = [
    3, 7, 10, 15, 19, 15, 10, 7, 0, 3, 7, 12, 15, 12, 7, 3, -4, 3, 8, 12, 15, 12, 8, 3, -2, 5, 10,
    14, 17, 14, 10, 5,
];
/// Notes that sound at once: the newest and those that fade.
const VOICES: usize = 4;

/// A tune without end.
#[derive(Debug, Default)]
pub(crate) struct HoldMusic {
    /// Samples played.
    position: usize,
}

impl HoldMusic {
    /// The next 20 ms.
    pub(crate) fn fill(&mut self, frame: &mut Frame) {
        for sample in frame.iter_mut() {
            let newest = self.position / NOTE;
            *sample = (0..VOICES.min(newest + 1))
                .map(|age| {
                    let note = newest - age;
                    let since = self.position - note * NOTE;
                    tone(frequency(TUNE[note % TUNE.len()]), since)
                })
                .sum();
            self.position += 1;
        }
    }
}

/// A short sound for everybody in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chime {
    /// Somebody has come: upwards.
    Join,
    /// Somebody has gone: downwards.
    Leave,
}

impl Chime {
    /// Its samples.
    pub(crate) fn samples(self) -> Vec<f32> {
        let notes = match self {
            Chime::Join => [12, 19],
            Chime::Leave => [19, 12],
        };
        let second = NOTE / 2;
        let length = second + NOTE;
        (0..length)
            .map(|at| {
                let first = tone(frequency(notes[0]), at);
                let next = at
                    .checked_sub(second)
                    .map_or(0.0, |since| tone(frequency(notes[1]), since));
                // The end is faded out.
                let rest = (length - at) as f32 / (NOTE as f32 / 4.0);
                (first + next) * rest.min(1.0)
            })
            .collect()
    }
}

/// A plucked note, so many samples after its beginning.
fn tone(frequency: f32, since: usize) -> f32 {
    let since = since as f32;
    let envelope = (since / ATTACK).min(1.0) * (-since / FADE).exp();
    amplitude(NOTE_DBFS) * envelope * (TAU * frequency * since / SAMPLE_RATE as f32).sin()
}

fn frequency(semitones: i32) -> f32 {
    220.0 * 2f32.powf(semitones as f32 / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{SILENCE, rms_dbfs};

    #[test]
    fn the_tune_goes_on_without_pause_or_clipping() {
        let mut music = HoldMusic::default();
        let mut frame = SILENCE;
        let mut previous = 0.0f32;
        for i in 0..1_000 {
            music.fill(&mut frame);
            if i > 0 {
                let level = rms_dbfs(&frame);
                assert!((-45.0..-12.0).contains(&level), "frame {i}: {level}");
            }
            for sample in frame {
                assert!((sample - previous).abs() < 0.05, "a click in frame {i}");
                previous = sample;
            }
        }
    }

    #[test]
    fn coming_and_going_sound_different_and_end_softly() {
        let (join, leave) = (Chime::Join.samples(), Chime::Leave.samples());
        assert_ne!(join, leave);
        for sound in [join, leave] {
            assert!(rms_dbfs(&sound) > -40.0 && sound.iter().all(|s| s.abs() < 0.5));
            assert!(sound.last().expect("a sound").abs() < 1e-3);
        }
    }
}
