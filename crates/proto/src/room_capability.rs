//! What a member may do: the strings of `call.joined` and what they allow (wire-protocol.md 6.10).
//!
//! A string allows itself and everything below it: `self` allows `self.mute.audio.on`, `member.mute` allows
//! `member.mute.video.off`.

/// Strings sent to a member, and judged by when it asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(&'static [&'static str]);

impl Capabilities {
    /// Somebody in a conference.
    pub const MEMBER: Self = Self(&["self", "digit", "screenshare", "device"]);
    /// The same, with free choice of the layout: subscribers.
    pub const SUBSCRIBER: Self = Self(&["self", "digit", "screenshare", "device", "layout"]);
    /// Everything there is.
    pub const MODERATOR: Self = Self(&[
        "self",
        "member",
        "vmuted",
        "layout",
        "digit",
        "screenshare",
        "device",
        "lock",
        "end",
    ]);
    /// One side of a call between two, or with oneself.
    pub const TWO_PARTY: Self = Self(&["self", "digit", "device", "screenshare", "end"]);

    /// As `call.joined` carries them.
    pub const fn names(self) -> &'static [&'static str] {
        self.0
    }

    /// Whether a capability, such as `member.mute.audio.on`, is among them or below one of them.
    pub fn allow(self, wanted: &str) -> bool {
        self.0.iter().any(|held| {
            wanted
                .strip_prefix(held)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_allows_what_is_below_it() {
        let member = Capabilities::MEMBER;
        assert!(member.allow("self.mute.audio.on") && member.allow("digit.send"));
        assert!(!member.allow("member.mute.audio.on") && !member.allow("layout.set"));
        assert!(!member.allow("selfish") && !member.allow("end"));
        assert!(Capabilities::SUBSCRIBER.allow("layout.set"));
        let moderator = Capabilities::MODERATOR;
        for wanted in ["member.remove", "lock.on", "vmuted.hide.off", "end"] {
            assert!(moderator.allow(wanted), "{wanted}");
        }
        let narrow = Capabilities(&["self.mute.audio.on"]);
        assert!(narrow.allow("self.mute.audio.on"));
        assert!(!narrow.allow("self.mute.audio.off") && !narrow.allow("self.mute.audio"));
    }
}
