//! Sound that a program makes or takes as it comes.

use std::collections::VecDeque;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::audio::FRAME_SAMPLES;

/// Sound kept for a reader that is late, six frames. More would only be heard later.
const KEPT: usize = 6 * FRAME_SAMPLES;
/// What is gathered before the first frame is given out, so that a writer whose steps are not those of the reader does
/// not leave gaps.
const GATHERED: usize = 2 * FRAME_SAMPLES;

/// A short queue of samples between a program and an endpoint: mono, 48 kHz, −1 to 1. Clones are the same queue.
///
/// As [`AudioSource::Live`](super::AudioSource::Live), the program writes what the endpoint says. As
/// [`EndpointConfig::listen`](super::EndpointConfig::listen), the endpoint writes what it hears, 20 ms at a time. Nobody
/// waits: a reader that is too early gets silence, and of what a reader does not fetch in time the oldest is lost.
#[derive(Clone, Default)]
pub struct LiveAudio {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    samples: VecDeque<f32>,
    flowing: bool,
}

impl LiveAudio {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds samples.
    pub fn write(&self, samples: &[f32]) {
        let mut queue = self.queue();
        queue.samples.extend(samples);
        let late = queue.samples.len().saturating_sub(KEPT);
        queue.samples.drain(..late);
    }

    /// Takes the next samples. What is missing is silence, and true says that nothing was.
    pub fn read(&self, samples: &mut [f32]) -> bool {
        let mut queue = self.queue();
        let wanted = if queue.flowing {
            samples.len()
        } else {
            samples.len().max(GATHERED)
        };
        queue.flowing = queue.samples.len() >= wanted;
        if !queue.flowing {
            samples.fill(0.0);
            return false;
        }
        let count = samples.len();
        for (sample, next) in samples.iter_mut().zip(queue.samples.drain(..count)) {
            *sample = next;
        }
        true
    }

    /// A panic elsewhere leaves some samples more or less.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for LiveAudio {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue)
    }
}

impl Debug for LiveAudio {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveAudio").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_starts_with_two_frames_and_then_gets_what_was_written() {
        let audio = LiveAudio::new();
        let mut frame = [1.0; FRAME_SAMPLES];
        audio.write(&[0.25; FRAME_SAMPLES]);
        assert!(!audio.read(&mut frame));
        assert!(frame.iter().all(|sample| *sample == 0.0));
        audio.clone().write(&[0.5; FRAME_SAMPLES]);
        assert!(audio.read(&mut frame) && frame.iter().all(|sample| *sample == 0.25));
        assert!(audio.read(&mut frame) && frame.iter().all(|sample| *sample == 0.5));
        // It has run dry, and gathers again.
        assert!(!audio.read(&mut frame));
        audio.write(&[0.25; FRAME_SAMPLES]);
        assert!(!audio.read(&mut frame));
    }

    #[test]
    fn what_nobody_fetches_is_lost_from_its_beginning() {
        let audio = LiveAudio::new();
        audio.write(&[0.25; KEPT]);
        audio.write(&[0.5; FRAME_SAMPLES]);
        let mut all = [0.0; KEPT];
        assert!(audio.read(&mut all));
        assert_eq!((all[0], all[KEPT - 1]), (0.25, 0.5));
        let kept = all.iter().filter(|sample| **sample == 0.25).count();
        assert_eq!(kept, KEPT - FRAME_SAMPLES);
    }
}
