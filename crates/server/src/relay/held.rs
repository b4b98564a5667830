//! Frames that came before `signalwire.connect` (wire-protocol.md 3.6): the official client flushes what it queued
//! while it was offline before it authenticates.

use offhook_proto::limits;
use offhook_proto::relay::Request;

/// What waits for authentication, in order.
#[derive(Default)]
pub(crate) struct HeldFrames {
    frames: Vec<HeldFrame>,
    bytes: usize,
}

/// One of them.
pub(crate) enum HeldFrame {
    /// A request to be handled.
    Request(Request),
    /// An acknowledgement of an event.
    Ack(String),
}

impl HeldFrames {
    /// Keeps a frame of `bytes` bytes, or hands it back when there is no room.
    pub(crate) fn hold(&mut self, frame: HeldFrame, bytes: usize) -> Result<(), HeldFrame> {
        if self.frames.len() >= limits::HELD_FRAMES || self.bytes + bytes > limits::HELD_BYTES {
            return Err(frame);
        }
        self.bytes += bytes;
        self.frames.push(frame);
        Ok(())
    }

    /// Acknowledgements among them. They are worth knowing before anything is sent again.
    pub(crate) fn acks(&self) -> Vec<String> {
        let ack = |frame: &HeldFrame| match frame {
            HeldFrame::Ack(id) => Some(id.clone()),
            HeldFrame::Request(_) => None,
        };
        self.frames.iter().filter_map(ack).collect()
    }

    /// Everything, in order; nothing is left.
    pub(crate) fn take(&mut self) -> Vec<HeldFrame> {
        self.bytes = 0;
        std::mem::take(&mut self.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_and_bytes_are_bounded_and_order_is_kept() {
        let mut held = HeldFrames::default();
        for i in 0..limits::HELD_FRAMES {
            assert!(held.hold(HeldFrame::Ack(i.to_string()), 10).is_ok());
        }
        assert!(held.hold(HeldFrame::Ack("more".into()), 10).is_err());
        let ids: Vec<_> = held
            .take()
            .into_iter()
            .map(|f| match f {
                HeldFrame::Ack(id) => id,
                HeldFrame::Request(r) => r.id,
            })
            .collect();
        assert_eq!(
            ids,
            (0..limits::HELD_FRAMES)
                .map(|i| i.to_string())
                .collect::<Vec<_>>()
        );

        assert!(
            held.hold(HeldFrame::Ack("a".into()), limits::HELD_BYTES)
                .is_ok()
        );
        assert!(held.hold(HeldFrame::Ack("b".into()), 1).is_err());
    }
}
