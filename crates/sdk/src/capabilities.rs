//! What the own member may do, from the strings of the join event (sdk-api reference, section 10).

/// Whether something may be switched on, and off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnOffCapability {
    /// May be switched on.
    pub on: bool,
    /// May be switched off.
    pub off: bool,
}

/// What may be done to oneself, or to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberCapabilities {
    /// Muting the sound.
    pub mute_audio: OnOffCapability,
    /// Muting the picture.
    pub mute_video: OnOffCapability,
    /// Hearing nobody.
    pub deaf: OnOffCapability,
    /// Raising the hand.
    pub raisehand: OnOffCapability,
    /// How loud they are.
    pub microphone_volume: bool,
    /// From which level on they are heard.
    pub microphone_sensitivity: bool,
    /// How loud they hear.
    pub speaker_volume: bool,
    /// Their place in the picture.
    pub position: bool,
    /// What is noted of them.
    pub meta: bool,
    /// Sending them out of the call.
    pub remove: bool,
    /// Echo cancellation, gain control and noise suppression.
    pub audio_flags: bool,
    /// Noise removal on the server.
    pub denoise: bool,
    /// A lower bit rate for what they receive.
    pub lowbitrate: bool,
}

/// What the own member may do. The server enforces it; this is to show no control that would be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelfCapabilities {
    /// To oneself.
    pub own: MemberCapabilities,
    /// To the others.
    pub member: MemberCapabilities,
    /// Ending the call for a member.
    pub end: bool,
    /// Choosing a layout.
    pub set_layout: bool,
    /// Sending digits.
    pub send_digit: bool,
    /// Hiding members that send no picture.
    pub vmuted_hide: OnOffCapability,
    /// Locking the room.
    pub lock: OnOffCapability,
    /// Bringing another device.
    pub device: bool,
    /// Sharing a screen.
    pub screenshare: bool,
}

impl SelfCapabilities {
    /// The state that a list of capability strings stands for.
    pub fn evaluate<T: AsRef<str>>(capabilities: &[T]) -> Self {
        let raw: Vec<&str> = capabilities.iter().map(AsRef::as_ref).collect();
        let any = |prefix: &str| raw.iter().any(|flag| flag.starts_with(prefix));
        let exact = |name: &str| raw.contains(&name);
        let switched =
            |prefix: &str| pair(raw.iter().copied().filter(|flag| flag.starts_with(prefix)));
        Self {
            own: member(&raw, "self"),
            member: member(&raw, "member"),
            end: exact("end"),
            set_layout: any("layout"),
            send_digit: any("digit"),
            vmuted_hide: switched("vmuted"),
            lock: switched("lock"),
            device: exact("device"),
            screenshare: exact("screenshare"),
        }
    }
}

fn pair<'a>(mut flags: impl Iterator<Item = &'a str> + Clone) -> OnOffCapability {
    OnOffCapability {
        on: flags.clone().any(|flag| !flag.ends_with(".off")),
        off: flags.any(|flag| !flag.ends_with(".on")),
    }
}

fn member(raw: &[&str], who: &str) -> MemberCapabilities {
    // A capability counts when it is given itself, a part of it is, or what it is a part of.
    let counts = |flag: &str, name: &str, parent: Option<&str>| {
        if flag == who {
            return true;
        }
        let below = flag
            .strip_prefix(who)
            .and_then(|rest| rest.strip_prefix('.'));
        below.is_some_and(|below| {
            Some(below) == parent
                || below
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let switched = |name: &str, parent: Option<&str>| {
        pair(
            raw.iter()
                .copied()
                .filter(|flag| counts(flag, name, parent)),
        )
    };
    let given =
        |name: &str, parent: Option<&str>| raw.iter().any(|flag| counts(flag, name, parent));
    MemberCapabilities {
        mute_audio: switched("mute.audio", Some("mute")),
        mute_video: switched("mute.video", Some("mute")),
        deaf: switched("deaf", None),
        raisehand: switched("raisehand", None),
        microphone_volume: given("microphone.volume", Some("microphone")),
        microphone_sensitivity: given("microphone.sensitivity", Some("microphone")),
        speaker_volume: given("speaker.volume", Some("speaker")),
        position: given("position", None),
        meta: given("meta", None),
        remove: given("remove", None),
        audio_flags: given("audioflags", None),
        denoise: given("denoise", None),
        lowbitrate: given("lowbitrate", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: OnOffCapability = OnOffCapability {
        on: true,
        off: true,
    };
    const ON: OnOffCapability = OnOffCapability {
        on: true,
        off: false,
    };

    #[test]
    fn nothing_given_is_nothing_allowed() {
        assert_eq!(
            SelfCapabilities::evaluate::<&str>(&[]),
            SelfCapabilities::default()
        );
    }

    #[test]
    fn a_whole_is_all_its_parts() {
        let state = SelfCapabilities::evaluate(&["self", "digit", "lock.on", "member.microphone"]);
        assert_eq!((state.own.mute_audio, state.own.deaf), (BOTH, BOTH));
        assert!(state.own.remove && state.send_digit && !state.end);
        assert_eq!(state.lock, ON);
        assert!(state.member.microphone_volume && state.member.microphone_sensitivity);
        assert!(!state.member.speaker_volume);
        assert_eq!(state.member.mute_audio, OnOffCapability::default());
    }

    #[test]
    fn a_part_is_not_the_whole() {
        let state = SelfCapabilities::evaluate(&["member.mute.audio.on", "self.mute", "selfish"]);
        assert_eq!(state.member.mute_audio, ON);
        assert_eq!(state.member.mute_video, OnOffCapability::default());
        assert_eq!((state.own.mute_audio, state.own.mute_video), (BOTH, BOTH));
        assert!(!state.own.position);
    }
}
