//! The text side of offers and answers: which sections of a session description the engine gets to see, and the
//! refusal of the others.
//!
//! The engine negotiates one audio section. Everything else an offer holds (video, data channels, a second audio
//! section) is cut out before the engine sees it and put into the answer as a refused section: port 0, in its place,
//! never missing. A calling browser thus keeps its audio whatever else it asked for.

use offhook_proto::limits::SDP_BYTES;

use crate::error::MediaError;

/// Most sections a description may have.
const MAX_SECTIONS: usize = 32;
/// Transport attributes that a bundled section may leave to the bundle's first.
const TRANSPORT: [&str; 4] = ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:"];

/// What of a remote description is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// We are ICE-lite: peers come to us, their candidates are of no use.
    Drop,
    /// We check them.
    Keep,
}

/// An offer taken apart.
#[derive(Debug)]
pub(crate) struct RemoteOffer {
    /// The description with the audio section only.
    pub(crate) audio: String,
    /// DTLS certificate hash of the audio section, as written.
    pub(crate) fingerprint: String,
    /// The audio section's `a=mid`.
    pub(crate) mid: String,
    sections: Vec<Section>,
    bundled: bool,
}

#[derive(Debug, PartialEq)]
enum Section {
    Audio,
    Refused { media: String, mid: Option<String> },
}

impl RemoteOffer {
    pub(crate) fn parse(text: &str, candidates: Candidates) -> Result<Self, MediaError> {
        let parts = Parts::split(text)?;
        let chosen = parts
            .media
            .iter()
            .position(|m| m.is_usable_audio())
            .ok_or_else(|| refused("no audio section can be used"))?;
        let Only {
            text: audio,
            fingerprint,
            mid,
        } = parts.only(chosen, candidates)?;
        let sections = parts
            .media
            .iter()
            .enumerate()
            .map(|(i, m)| {
                if i == chosen {
                    Section::Audio
                } else {
                    m.refusal()
                }
            })
            .collect();
        Ok(RemoteOffer {
            audio,
            fingerprint,
            mid,
            sections,
            bundled: parts.has_bundle(),
        })
    }

    /// The answer with all sections of the offer, from the engine's answer to the audio section.
    pub(crate) fn complete(&self, answer: &str) -> Result<String, MediaError> {
        let engine = |what: &str| MediaError::Engine(format!("its answer has {what}"));
        let at = answer.find("m=").ok_or_else(|| engine("no section"))?;
        let (session, audio) = answer.split_at(at);
        if audio.starts_with("m=audio 0 ") {
            return Err(refused("no common audio codec: Opus is needed"));
        }
        if audio.matches("\nm=").count() > 0 {
            return Err(engine("too many sections"));
        }
        let mut out = String::with_capacity(answer.len() + 96 * self.sections.len());
        for line in session.lines() {
            if line.starts_with("o=") {
                push_line(&mut out, &origin(line));
            } else if !line.starts_with("a=group:BUNDLE") {
                push_line(&mut out, line);
            } else if self.bundled {
                // A group that was not offered may not be answered (RFC 9143 7.3).
                push_line(&mut out, &format!("a=group:BUNDLE {}", self.mid));
            }
        }
        for section in &self.sections {
            match section {
                Section::Audio => {
                    for line in audio.lines() {
                        if line.starts_with("a=mid:") {
                            push_line(&mut out, &format!("a=mid:{}", self.mid));
                        } else {
                            push_line(&mut out, line);
                        }
                    }
                }
                Section::Refused { media, mid } => {
                    push_line(&mut out, media);
                    push_line(&mut out, "c=IN IP4 0.0.0.0");
                    if let Some(mid) = mid {
                        push_line(&mut out, mid);
                    }
                    push_line(&mut out, "a=inactive");
                }
            }
        }
        Ok(out)
    }
}

/// An offer of the engine's as it is sent.
pub(crate) fn complete_offer(offer: &str) -> String {
    let mut out = String::with_capacity(offer.len());
    for line in offer.lines() {
        if line.starts_with("o=") {
            push_line(&mut out, &origin(line));
        } else {
            push_line(&mut out, line);
        }
    }
    out
}

/// An origin line without the engine's name and version, which are nobody's business.
fn origin(line: &str) -> String {
    match line.split_once(' ') {
        Some((_, rest)) => format!("o=- {rest}"),
        None => line.to_owned(),
    }
}

/// An answer to an offer of ours, which had one section.
pub(crate) fn parse_answer(text: &str, candidates: Candidates) -> Result<String, MediaError> {
    let parts = Parts::split(text)?;
    match parts.media.as_slice() {
        [one] if one.is_usable_audio() => Ok(parts.only(0, candidates)?.text),
        [one] if one.line().starts_with("m=audio ") => {
            Err(refused("the audio section was refused by the peer"))
        }
        _ => Err(refused("the answer's sections are not those of the offer")),
    }
}

/// A description as lines: of the session, then of each section.
struct Parts<'a> {
    session: Vec<&'a str>,
    media: Vec<Media<'a>>,
}

struct Media<'a>(Vec<&'a str>);

/// A description reduced to one section.
struct Only {
    text: String,
    fingerprint: String,
    mid: String,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, MediaError> {
        if text.len() > SDP_BYTES {
            return Err(refused(&format!(
                "{} bytes, {SDP_BYTES} are allowed",
                text.len()
            )));
        }
        let mut lines = text
            .split('\n')
            .map(|l| l.strip_suffix('\r').unwrap_or(l))
            .filter(|l| !l.is_empty());
        if lines.next() != Some("v=0") {
            return Err(refused("it does not begin with v=0"));
        }
        let mut session = vec!["v=0"];
        let mut media: Vec<Media<'a>> = Vec::new();
        for line in lines {
            if line.contains('\r') || line.as_bytes().get(1) != Some(&b'=') {
                return Err(refused("a line is not of the form x=…"));
            }
            if line.starts_with("m=") {
                if media.len() == MAX_SECTIONS {
                    return Err(refused("it has too many sections"));
                }
                media.push(Media(vec![line]));
            } else {
                match media.last_mut() {
                    Some(section) => section.0.push(line),
                    None => session.push(line),
                }
            }
        }
        if media.is_empty() {
            return Err(refused("it has no media section"));
        }
        Ok(Parts { session, media })
    }

    fn has_bundle(&self) -> bool {
        self.session.iter().any(|l| l.starts_with("a=group:BUNDLE"))
    }

    fn only(&self, chosen: usize, candidates: Candidates) -> Result<Only, MediaError> {
        let section = &self.media[chosen];
        let mid = section
            .attribute("a=mid:")
            .map(|line| line["a=mid:".len()..].to_owned())
            .ok_or_else(|| refused("the audio has no a=mid"))?;
        let mut out = String::new();
        for line in &self.session {
            if line.starts_with("a=group:BUNDLE") {
                push_line(&mut out, &format!("a=group:BUNDLE {mid}"));
            } else if !line.starts_with("a=msid-semantic") {
                push_line(&mut out, line);
            }
        }
        let mut fields = section.line().splitn(3, ' ');
        let (kind, _port, rest) = (fields.next(), fields.next(), fields.next());
        let (Some(kind), Some(rest)) = (kind, rest) else {
            return Err(refused("an m= line is incomplete"));
        };
        push_line(&mut out, &format!("{kind} 9 {rest}"));
        for line in &section.0[1..] {
            let candidate =
                line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates");
            // The engine would take the peer's stream id for its own.
            let msid = line.starts_with("a=msid:") || line.starts_with("a=bundle-only");
            if !(msid || candidate && candidates == Candidates::Drop) {
                push_line(&mut out, line);
            }
        }
        let mut fingerprint = String::new();
        for attribute in TRANSPORT {
            let found = self.transport(section, attribute);
            if let Some((line, borrowed)) = found {
                if borrowed {
                    push_line(&mut out, line);
                }
                if attribute == "a=fingerprint:" {
                    fingerprint = line.to_ascii_lowercase();
                }
            }
        }
        Ok(Only {
            text: out,
            fingerprint,
            mid,
        })
    }

    /// A transport attribute of the section, of the session or, when bundled, of another section; and whether it must
    /// be copied into the section.
    fn transport(&self, section: &Media<'a>, name: &str) -> Option<(&'a str, bool)> {
        let of_session = || self.session.iter().copied().find(|l| l.starts_with(name));
        let of_others = || {
            let others = self.media.iter().filter(|_| self.has_bundle());
            others.filter_map(|m| m.attribute(name)).next()
        };
        section
            .attribute(name)
            .or_else(of_session)
            .map(|line| (line, false))
            .or_else(|| of_others().map(|line| (line, true)))
    }
}

impl<'a> Media<'a> {
    fn line(&self) -> &'a str {
        self.0[0]
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.0.iter().copied().find(|l| l.starts_with(name))
    }

    fn is_usable_audio(&self) -> bool {
        let Some(rest) = self.line().strip_prefix("m=audio ") else {
            return false;
        };
        let refused = rest.split(' ').next() == Some("0");
        (!refused || self.attribute("a=bundle-only").is_some()) && rest.contains("/SAVPF ")
    }

    fn refusal(&self) -> Section {
        let mut fields = self.line().split(' ');
        let kind = fields.next().unwrap_or("m=video");
        let protocol = fields.nth(1).unwrap_or("UDP/TLS/RTP/SAVPF");
        let format = fields.next().unwrap_or("0");
        Section::Refused {
            media: format!("{kind} 0 {protocol} {format}"),
            mid: self.attribute("a=mid:").map(str::to_owned),
        }
    }
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push_str("\r\n");
}

fn refused(why: &str) -> MediaError {
    MediaError::Sdp(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
        a=msid-semantic: WMS x\r\n\
        m=video 50000 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:vvvv\r\n\
        a=ice-pwd:pppppppppppppppppppppppp\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n\
        a=candidate:1 1 udp 1 10.0.0.1 50000 typ host\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=msid:x y\r\n\
        a=candidate:1 1 udp 1 10.0.0.1 50001 typ host\r\na=sendrecv\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    #[test]
    fn only_the_audio_is_kept_and_what_it_lacks_is_borrowed_from_the_bundle() {
        let offer = RemoteOffer::parse(OFFER, Candidates::Drop).expect("a good offer");
        assert_eq!(offer.audio.matches("m=").count(), 1);
        assert!(offer.audio.contains("a=group:BUNDLE 1\r\n"));
        assert!(offer.audio.contains("a=ice-ufrag:vvvv"));
        assert!(!offer.audio.contains("a=candidate"));
        assert!(!offer.audio.contains("a=msid"));
        assert_eq!(offer.fingerprint, "a=fingerprint:sha-256 aa:bb");
        let kept = RemoteOffer::parse(OFFER, Candidates::Keep).expect("a good offer");
        assert!(kept.audio.contains("50001 typ host") && !kept.audio.contains("50000 typ"));
    }

    #[test]
    fn the_answer_has_every_section_in_its_place() {
        let offer = RemoteOffer::parse(OFFER, Candidates::Drop).expect("a good offer");
        let engine =
            "v=0\r\ns=-\r\na=group:BUNDLE 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n";
        let answer = offer.complete(engine).expect("an answer");
        let media: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
        assert_eq!(
            media,
            [
                "m=video 0 UDP/TLS/RTP/SAVPF 96",
                "m=audio 9 UDP/TLS/RTP/SAVPF 111",
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
            ]
        );
        for mid in ["a=mid:0", "a=mid:1", "a=mid:2"] {
            assert_eq!(answer.matches(mid).count(), 1);
        }
        assert!(answer.contains("a=group:BUNDLE 1\r\n"));
    }

    #[test]
    fn the_engine_is_not_named() {
        let engine = "v=0\r\no=engine-1.2 77 2 IN IP4 0.0.0.0\r\nm=audio 9 x 1\r\na=mid:1\r\n";
        let offer = RemoteOffer::parse(OFFER, Candidates::Drop).expect("a good offer");
        let answer = offer.complete(engine).expect("an answer");
        for sdp in [answer, complete_offer(engine)] {
            assert!(sdp.contains("\r\no=- 77 2 IN IP4 0.0.0.0\r\n"), "{sdp}");
        }
    }

    #[test]
    fn an_unoffered_bundle_is_not_answered() {
        let offer = OFFER.replace("a=group:BUNDLE 0 1 2\r\n", "");
        let offer = RemoteOffer::parse(&offer, Candidates::Drop).expect("a good offer");
        let answer = offer
            .complete("v=0\r\na=group:BUNDLE 1\r\nm=audio 9 x 1\r\n")
            .expect("an answer");
        assert!(!answer.contains("BUNDLE"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_reason() {
        let video_only = OFFER.replace("m=audio", "m=text");
        let long = format!("{OFFER}{}", "a=x\r\n".repeat(SDP_BYTES));
        let many = format!(
            "v=0\r\n{}",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(100)
        );
        for bad in [
            "",
            "hello",
            "v=0\r\n",
            "v=0\r\nnonsense\r\n",
            "v=0\r\nm=audio\r\n",
        ] {
            assert!(matches!(
                RemoteOffer::parse(bad, Candidates::Drop),
                Err(MediaError::Sdp(_))
            ));
        }
        for bad in [&video_only, &long, &many] {
            assert!(matches!(
                RemoteOffer::parse(bad, Candidates::Drop),
                Err(MediaError::Sdp(_))
            ));
        }
        let disabled = "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n";
        assert!(matches!(
            parse_answer(disabled, Candidates::Drop),
            Err(MediaError::Sdp(_))
        ));
        let offer = RemoteOffer::parse(OFFER, Candidates::Drop).expect("a good offer");
        assert!(
            offer
                .complete("v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\n")
                .is_err()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "(v=0\r\n)?([a-z]=[ -~]{0,40}\r?\n|m=audio [ -~]{0,30}\n|a=mid:.\n|.{0,20}\n){0,30}") {
            if let Ok(offer) = RemoteOffer::parse(&text, Candidates::Keep) {
                proptest::prop_assert!(offer.audio.starts_with("v=0\r\n"));
                let _ = offer.complete("v=0\r\nm=audio 9 x 1\r\n");
            }
            let _ = parse_answer(&text, Candidates::Drop);
        }
    }
}
