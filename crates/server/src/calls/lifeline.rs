//! How long a leg is kept when its client or its media has gone (wire-protocol.md 5.12, 10.6).
//!
//! A leg hangs on two threads: the session that speaks for it, and the media path. Either may break and come back.

use std::time::Instant;

use offhook_proto::code::Cause;

use crate::relay::Timing;

/// What a session is to its legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signalling {
    /// A socket speaks for it.
    Attached,
    /// No socket, but it can be resumed.
    Detached,
    /// It is over; another session of the same owner may take its legs.
    Ended,
    /// It was ended from outside, and its legs with it.
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// Not to be expected yet: it rings.
    Idle,
    Connecting(Instant),
    Up,
    Lost(Instant),
    Closed {
        at: Instant,
        hopeless: bool,
    },
}

/// The state of both threads of one leg.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifeline {
    signalling: Signalling,
    signalling_since: Instant,
    media: Media,
}

impl Lifeline {
    /// A leg that rings, or waits for somebody who rings.
    pub(super) fn new(now: Instant, signalling: Signalling) -> Self {
        Self {
            signalling,
            signalling_since: now,
            media: Media::Idle,
        }
    }

    pub(super) fn signalling(&mut self, now: Instant, signalling: Signalling) {
        if self.signalling != signalling {
            self.signalling = signalling;
            self.signalling_since = now;
        }
    }

    /// Both descriptions are there: media has to connect.
    pub(super) fn media_expected(&mut self, now: Instant) {
        self.media = Media::Connecting(now);
    }

    pub(super) fn media_up(&mut self) {
        self.media = Media::Up;
    }

    pub(super) fn media_lost(&mut self, now: Instant) {
        if self.media == Media::Up {
            self.media = Media::Lost(now);
        }
    }

    /// The media leg is gone; `hopeless`: by the client's own doing, so that only a re-attach could bring it back.
    pub(super) fn media_closed(&mut self, now: Instant, hopeless: bool) {
        self.media = Media::Closed { at: now, hopeless };
    }

    /// When the leg must end if nothing happens, and for what cause.
    pub(super) fn end(&self, timing: &Timing) -> Option<(Instant, Cause)> {
        let since = self.signalling_since;
        match (self.signalling, self.media) {
            (Signalling::Cut, _) => Some((since, Cause::NormalClearing)),
            (Signalling::Attached | Signalling::Detached, Media::Idle | Media::Up) => None,
            (Signalling::Ended, Media::Idle | Media::Up) => {
                Some((since + timing.orphan, Cause::NormalClearing))
            }
            (_, Media::Connecting(at)) => Some((at + timing.media_connect, Cause::MediaTimeout)),
            (
                Signalling::Attached,
                Media::Lost(at)
                | Media::Closed {
                    at,
                    hopeless: false,
                },
            ) => Some((at + timing.orphan, Cause::MediaTimeout)),
            (Signalling::Attached, Media::Closed { at, hopeless: true }) => {
                Some((at + timing.silent_hangup, Cause::NormalClearing))
            }
            (
                Signalling::Detached | Signalling::Ended,
                Media::Lost(at) | Media::Closed { at, .. },
            ) => Some((at.max(since) + timing.orphan, Cause::MediaTimeout)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const S: Duration = Duration::from_secs(1);

    fn end_after(life: &Lifeline, start: Instant) -> Option<u64> {
        life.end(&Timing::default())
            .map(|(at, _)| at.duration_since(start).as_secs())
    }

    fn up(start: Instant) -> Lifeline {
        let mut life = Lifeline::new(start, Signalling::Attached);
        life.media_expected(start);
        life.media_up();
        life
    }

    #[test]
    fn a_leg_that_never_connects_is_released_after_half_a_minute() {
        let start = Instant::now();
        let mut life = Lifeline::new(start, Signalling::Attached);
        assert_eq!(
            end_after(&life, start),
            None,
            "ringing has a limit of its own"
        );
        life.media_expected(start + S * 10);
        assert_eq!(end_after(&life, start), Some(40));
        life.media_lost(start + S * 20);
        assert_eq!(
            end_after(&life, start),
            Some(40),
            "it cannot lose what it never had"
        );
        life.media_up();
        assert_eq!(end_after(&life, start), None);
    }

    #[test]
    fn a_lost_socket_alone_ends_nothing() {
        let start = Instant::now();
        let mut life = up(start);
        life.signalling(start + S, Signalling::Detached);
        assert_eq!(end_after(&life, start), None);
        life.signalling(start + S * 300, Signalling::Ended);
        assert_eq!(end_after(&life, start), Some(360));
        life.signalling(start + S * 310, Signalling::Attached);
        assert_eq!(end_after(&life, start), None);
    }

    #[test]
    fn a_session_that_is_cut_takes_its_leg_with_it_whatever_its_media_does() {
        let start = Instant::now();
        for media in [Media::Idle, Media::Connecting(start), Media::Up] {
            let mut life = Lifeline::new(start, Signalling::Attached);
            life.media = media;
            life.signalling(start + S * 3, Signalling::Cut);
            assert_eq!(end_after(&life, start), Some(3), "{media:?}");
        }
    }

    #[test]
    fn socket_and_media_lost_is_a_minute_from_the_later() {
        let start = Instant::now();
        let mut life = up(start);
        life.media_lost(start + S * 5);
        assert_eq!(end_after(&life, start), Some(65));
        life.signalling(start + S * 10, Signalling::Detached);
        assert_eq!(end_after(&life, start), Some(70));
        life.media_closed(start + S * 35, false);
        assert_eq!(end_after(&life, start), Some(95));
        life.media_expected(start + S * 40);
        assert_eq!(end_after(&life, start), Some(70));
    }

    #[test]
    fn a_closed_peer_connection_without_a_word_is_a_hang_up_unless_the_page_reloads() {
        let start = Instant::now();
        let mut life = up(start);
        life.media_closed(start, true);
        assert_eq!(
            life.end(&Timing::default()),
            Some((start + S * 5, Cause::NormalClearing))
        );
        life.signalling(start + S, Signalling::Detached);
        assert_eq!(end_after(&life, start), Some(61));
    }

    #[test]
    fn repeating_a_state_does_not_prolong_it() {
        let start = Instant::now();
        let mut life = up(start);
        life.signalling(start, Signalling::Ended);
        life.signalling(start + S * 30, Signalling::Ended);
        assert_eq!(end_after(&life, start), Some(60));
    }
}
