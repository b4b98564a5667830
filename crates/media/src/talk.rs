//! Whether somebody talks, from the level of their audio.

use std::time::{Duration, Instant};

/// At this level talking begins …
const BEGIN_DBFS: f32 = -45.0;
/// … and it goes on while the level stays above this.
const HOLD_DBFS: f32 = -50.0;
/// So much loud audio in a row makes talking: a click is none.
const ONSET: Duration = Duration::from_millis(40);
/// Talking ends after so long a quiet.
pub(crate) const HOLD_OFF: Duration = Duration::from_millis(300);

/// Watches one leg.
#[derive(Debug, Default)]
pub(crate) struct TalkDetector {
    loud: Duration,
    talking_until: Option<Instant>,
}

impl TalkDetector {
    /// Takes the level of the next `length` of audio; tells a change.
    pub(crate) fn hear(&mut self, now: Instant, level_dbfs: f32, length: Duration) -> Option<bool> {
        let ended = self.poll(now);
        let threshold = if self.is_talking() {
            HOLD_DBFS
        } else {
            BEGIN_DBFS
        };
        if level_dbfs < threshold {
            self.loud = Duration::ZERO;
            return ended;
        }
        self.loud += length;
        if self.is_talking() {
            self.talking_until = Some(now + HOLD_OFF);
            return None;
        }
        if self.loud < ONSET {
            return ended;
        }
        self.talking_until = Some(now + HOLD_OFF);
        Some(true)
    }

    /// Ends the talking when its time has come, audio or not; tells a change.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<bool> {
        if now < self.talking_until? {
            return None;
        }
        self.silence()
    }

    /// Ends the talking now (the leg was muted); tells a change.
    pub(crate) fn silence(&mut self) -> Option<bool> {
        self.loud = Duration::ZERO;
        self.talking_until.take().map(|_| false)
    }

    pub(crate) fn is_talking(&self) -> bool {
        self.talking_until.is_some()
    }

    /// When [`poll`](Self::poll) is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.talking_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    #[test]
    fn talking_begins_after_the_onset_and_ends_after_the_hold_off() {
        let start = Instant::now();
        let mut detector = TalkDetector::default();
        assert_eq!(detector.hear(start, -20.0, FRAME), None);
        assert_eq!(detector.hear(start + FRAME, -20.0, FRAME), Some(true));
        assert_eq!(detector.hear(start + FRAME * 2, -60.0, FRAME), None);
        // A short pause between words.
        assert_eq!(detector.hear(start + FRAME * 10, -30.0, FRAME), None);
        let end = start + FRAME * 10 + HOLD_OFF;
        assert_eq!(detector.poll(end - Duration::from_millis(1)), None);
        assert_eq!(detector.deadline(), Some(end));
        assert_eq!(detector.poll(end), Some(false));
        assert_eq!(detector.poll(end), None);
    }

    #[test]
    fn a_click_and_noise_are_no_talk() {
        let start = Instant::now();
        let mut detector = TalkDetector::default();
        for i in 0..100 {
            let level = if i % 3 == 0 { -10.0 } else { -55.0 };
            assert_eq!(detector.hear(start + FRAME * i, level, FRAME), None);
        }
    }

    #[test]
    fn muting_ends_it_at_once() {
        let start = Instant::now();
        let mut detector = TalkDetector::default();
        detector.hear(start, -20.0, FRAME * 2);
        assert!(detector.is_talking());
        assert_eq!(detector.silence(), Some(false));
        assert_eq!(detector.silence(), None);
    }
}
