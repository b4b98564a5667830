//! The text side of offers and answers: which sections of a session description the engine gets to see, and the
//! refusal of the others.
//!
//! The engine negotiates one audio and one video section, in one bundle; where a peer gives them transports of their own,
//! a second engine has the video. Everything else an offer holds (data channels, second sections
//! of a kind) is cut out before the engine sees it and put into the answer as a refused section: port 0, in its place,
//! never missing. A calling browser thus keeps its audio whatever else it asked for.

mod answer;

pub(crate) use answer::{AnsweredVideo, RemoteAnswer};
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
    /// The description with the sections the engine negotiates.
    pub(crate) text: String,
    /// The description with the video section alone, where that has a transport of its own.
    pub(crate) apart: Option<String>,
    /// DTLS certificate hash of the first of these, as written.
    pub(crate) fingerprint: String,
    /// `a=mid` of the audio section.
    pub(crate) audio: Option<String>,
    /// `a=mid` of the video section.
    pub(crate) video: Option<String>,
    sections: Vec<Section>,
    bundled: bool,
}

#[derive(Debug, PartialEq)]
enum Section {
    /// The engine answers it.
    Kept {
        mid: String,
    },
    /// The engine of the second transport answers it.
    Apart {
        mid: String,
    },
    /// The engine sees it, since it has answered it before; the peer has stopped it.
    Stopped {
        refusal: Refusal,
    },
    Refused(Refusal),
}

#[derive(Debug, PartialEq)]
struct Refusal {
    media: String,
    mid: Option<String>,
}

impl RemoteOffer {
    /// `known_video`: the `a=mid` of a video section the engine has negotiated before; `pictures`: whether video is taken.
    pub(crate) fn parse(
        text: &str,
        candidates: Candidates,
        known_video: Option<&str>,
        pictures: bool,
    ) -> Result<Self, MediaError> {
        let parts = Parts::split(text)?;
        let bundled = parts.has_bundle();
        let first = |kind: &str| parts.media.iter().position(|m| m.is_usable(kind));
        let audio = first("audio");
        let video = first("video").filter(|_| pictures);
        // Only one to whom peers come, at a known address, has a second transport.
        let may_part = candidates == Candidates::Drop && known_video.is_none();
        let apart = match (audio, video) {
            (Some(audio), Some(video)) if may_part => {
                parts.media[audio].is_apart_from(&parts.media[video])
            }
            _ => false,
        };
        // Without a bundle, a section that has no transport of its own cannot be reached.
        let video = video.filter(|_| bundled || apart || audio.is_none());
        let stopped = known_video.and_then(|known| {
            let is_it = |m: &Media<'_>| m.mid() == Some(known);
            parts.media.iter().position(is_it)
        });
        let stopped = stopped.filter(|_| video.is_none());
        if audio.is_none() && video.is_none() {
            return Err(refused("no audio or video section can be used"));
        }
        let together = video.filter(|_| !apart);
        let mut kept: Vec<usize> = [audio, together, stopped].into_iter().flatten().collect();
        kept.sort_unstable();
        let Reduced { text, fingerprint } = parts.reduced(&kept, stopped, candidates)?;
        let alone = video.filter(|_| apart);
        let apart = alone
            .map(|video| parts.reduced(&[video], None, candidates))
            .transpose()?
            .map(|reduced| reduced.text);
        let mid = |index: Option<usize>| {
            index
                .and_then(|index| parts.media[index].mid())
                .map(str::to_owned)
        };
        let sections = parts.media.iter().enumerate().map(|(i, m)| match m.mid() {
            _ if stopped == Some(i) => Section::Stopped {
                refusal: m.refusal(),
            },
            Some(mid) if kept.contains(&i) => Section::Kept {
                mid: mid.to_owned(),
            },
            Some(mid) if alone == Some(i) => Section::Apart {
                mid: mid.to_owned(),
            },
            _ => Section::Refused(m.refusal()),
        });
        Ok(RemoteOffer {
            text,
            apart,
            fingerprint,
            audio: mid(audio),
            video: mid(video),
            sections: sections.collect(),
            bundled,
        })
    }

    /// The answer with all sections of the offer, from the engine's answer to those it was given, and that of the second
    /// transport's engine where there is one.
    pub(crate) fn complete(&self, answer: &str, apart: Option<&str>) -> Result<String, MediaError> {
        let engine = |what: &str| MediaError::Engine(format!("its answer has {what}"));
        let mut blocks = blocks(answer);
        let session = blocks.remove(0);
        let alone = apart.map(blocks_of_sections).unwrap_or_default();
        let alone = match (alone.as_slice(), &self.apart) {
            ([one], Some(_)) => Some(one),
            ([], None) => None,
            _ => return Err(engine("other transports")),
        };
        let seen =
            |section: &&Section| !matches!(section, Section::Refused(_) | Section::Apart { .. });
        if blocks.len() != self.sections.iter().filter(seen).count() {
            return Err(engine("other sections"));
        }
        let is_taken = |block: &[&str]| {
            block
                .first()
                .is_none_or(|m| m.split(' ').nth(1) != Some("0"))
        };
        let mut taken: Vec<&str> = Vec::new();
        let mut rest = blocks.iter();
        for section in self.sections.iter().filter(seen) {
            if let (Section::Kept { mid }, Some(block)) = (section, rest.next())
                && is_taken(block)
            {
                taken.push(mid);
            }
        }
        if self
            .audio
            .as_deref()
            .is_some_and(|mid| !taken.contains(&mid))
            || taken.is_empty()
        {
            return Err(refused("no common codec: Opus is needed, or VP8 or H.264"));
        }
        let mut out = String::with_capacity(answer.len() + 96 * self.sections.len());
        for line in session {
            if line.starts_with("o=") {
                push_line(&mut out, &origin(line));
            } else if !line.starts_with("a=group:BUNDLE") {
                push_line(&mut out, line);
            } else if self.bundled && self.apart.is_none() {
                // A group that was not offered may not be answered (RFC 9143 7.3).
                push_line(&mut out, &format!("a=group:BUNDLE {}", taken.join(" ")));
            }
        }
        // Browsers put the tracks of one stream together; the engine gives each section a stream of its own.
        let stream = blocks
            .iter()
            .flatten()
            .find_map(|line| line.strip_prefix("a=msid:")?.split(' ').next());
        let mut blocks = blocks.iter();
        for section in &self.sections {
            match section {
                Section::Apart { mid } => {
                    for line in alone.into_iter().flatten() {
                        if line.starts_with("a=mid:") {
                            push_line(&mut out, &format!("a=mid:{mid}"));
                        } else {
                            push_line(&mut out, &in_stream(line, stream));
                        }
                    }
                }
                Section::Kept { mid } => {
                    for line in blocks.next().into_iter().flatten() {
                        if line.starts_with("a=mid:") {
                            push_line(&mut out, &format!("a=mid:{mid}"));
                        } else {
                            push_line(&mut out, &in_stream(line, stream));
                        }
                    }
                }
                Section::Stopped { refusal } => {
                    blocks.next();
                    refusal.push(&mut out);
                }
                Section::Refused(refusal) => refusal.push(&mut out),
            }
        }
        Ok(out)
    }
}

/// The lines of a description: of the session, then of each section.
fn blocks(description: &str) -> Vec<Vec<&str>> {
    let mut blocks = vec![Vec::new()];
    for line in description.lines() {
        if line.starts_with("m=") {
            blocks.push(Vec::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

fn blocks_of_sections(description: &str) -> Vec<Vec<&str>> {
    let mut blocks = blocks(description);
    blocks.remove(0);
    blocks
}

impl Refusal {
    fn push(&self, out: &mut String) {
        push_line(out, &self.media);
        push_line(out, "c=IN IP4 0.0.0.0");
        if let Some(mid) = &self.mid {
            push_line(out, mid);
        }
        push_line(out, "a=inactive");
    }
}

/// A line with the stream it names replaced.
fn in_stream<'a>(line: &'a str, stream: Option<&str>) -> std::borrow::Cow<'a, str> {
    let Some(stream) = stream else {
        return line.into();
    };
    let start = if line.starts_with("a=msid:") {
        "a=msid:".len()
    } else if line.starts_with("a=ssrc:") {
        match line.find(" msid:") {
            Some(at) => at + " msid:".len(),
            None => return line.into(),
        }
    } else {
        return line.into();
    };
    let (head, tail) = line.split_at(start);
    let track = tail.split_once(' ').map_or("", |(_, track)| track);
    format!("{head}{stream} {track}").into()
}

/// An offer of the engine's as it is sent.
pub(crate) fn complete_offer(offer: &str) -> String {
    let mut out = String::with_capacity(offer.len());
    let stream = offer
        .lines()
        .find_map(|line| line.strip_prefix("a=msid:")?.split(' ').next());
    for line in offer.lines() {
        if line.starts_with("o=") {
            push_line(&mut out, &origin(line));
        } else {
            // One stream, as in answers.
            push_line(&mut out, &in_stream(line, stream));
        }
    }
    out
}

/// An offer of two engines' as it is sent: the sections of each, in no bundle, each with its own transport.
pub(crate) fn side_by_side(sound: &str, picture: &str) -> String {
    let mut out: String = complete_offer(sound)
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("a=group:BUNDLE"))
        .collect();
    let stream = sound
        .lines()
        .find_map(|line| line.strip_prefix("a=msid:")?.split(' ').next());
    for line in blocks_of_sections(picture).iter().flatten() {
        push_line(&mut out, &in_stream(line, stream));
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

/// A description as lines: of the session, then of each section.
struct Parts<'a> {
    session: Vec<&'a str>,
    media: Vec<Media<'a>>,
}

struct Media<'a>(Vec<&'a str>);

/// A description reduced to some sections.
struct Reduced {
    text: String,
    fingerprint: String,
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

    fn reduced(
        &self,
        kept: &[usize],
        stopped: Option<usize>,
        candidates: Candidates,
    ) -> Result<Reduced, MediaError> {
        let mids: Option<Vec<&str>> = kept.iter().map(|index| self.media[*index].mid()).collect();
        let mids = mids
            .ok_or_else(|| refused("a section has no a=mid"))?
            .join(" ");
        let mut out = String::new();
        for line in &self.session {
            if !line.starts_with("a=group:BUNDLE") && !line.starts_with("a=msid-semantic") {
                push_line(&mut out, line);
            }
        }
        // The engine wants a group, be it of one.
        push_line(&mut out, &format!("a=group:BUNDLE {mids}"));
        let mut fingerprint = String::new();
        for index in kept {
            let section = &self.media[*index];
            let mut fields = section.line().splitn(3, ' ');
            let (kind, _port, rest) = (fields.next(), fields.next(), fields.next());
            let (Some(kind), Some(rest)) = (kind, rest) else {
                return Err(refused("an m= line is incomplete"));
            };
            push_line(&mut out, &format!("{kind} 9 {rest}"));
            let is_stopped = stopped == Some(*index);
            for line in &section.0[1..] {
                if !(is_dropped(line, candidates) || is_stopped && is_direction(line)) {
                    push_line(&mut out, line);
                }
            }
            if is_stopped {
                push_line(&mut out, "a=inactive");
            }
            for attribute in TRANSPORT {
                if let Some((line, borrowed)) = self.transport(section, attribute) {
                    if borrowed {
                        push_line(&mut out, line);
                    }
                    if attribute == "a=fingerprint:" && fingerprint.is_empty() {
                        fingerprint = line.to_ascii_lowercase();
                    }
                }
            }
        }
        Ok(Reduced {
            text: out,
            fingerprint,
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

    fn mid(&self) -> Option<&'a str> {
        self.attribute("a=mid:").map(|line| &line["a=mid:".len()..])
    }

    /// Whether the two have transports of their own: peers that are ready for both ways give each section ICE credentials
    /// of its own in an offer that also has a bundle.
    fn is_apart_from(&self, other: &Media<'_>) -> bool {
        let [own, others] = [self, other].map(|section| section.attribute("a=ice-ufrag:"));
        own.is_some() && others.is_some() && own != others
    }

    fn is_usable(&self, kind: &str) -> bool {
        let Some(rest) = self
            .line()
            .strip_prefix("m=")
            .and_then(|line| line.strip_prefix(kind))
            .and_then(|line| line.strip_prefix(' '))
        else {
            return false;
        };
        let refused = rest.split(' ').next() == Some("0");
        (!refused || self.attribute("a=bundle-only").is_some()) && rest.contains("/SAVPF ")
    }

    fn refusal(&self) -> Refusal {
        let mut fields = self.line().split(' ');
        let kind = fields.next().unwrap_or("m=video");
        let protocol = fields.nth(1).unwrap_or("UDP/TLS/RTP/SAVPF");
        let format = fields.next().unwrap_or("0");
        Refusal {
            media: format!("{kind} 0 {protocol} {format}"),
            mid: self.attribute("a=mid:").map(str::to_owned),
        }
    }
}

/// Lines the engine must not see: candidates where we are not to check them, the peer's stream ids, which it would take for
/// its own, and several encodings of one picture, of which we want one.
fn is_dropped(line: &str, candidates: Candidates) -> bool {
    let candidate = line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates");
    let unwanted = ["a=msid:", "a=bundle-only", "a=simulcast:", "a=rid:"];
    unwanted.iter().any(|start| line.starts_with(start))
        || candidate && candidates == Candidates::Drop
}

fn is_direction(line: &str) -> bool {
    matches!(
        line,
        "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive"
    )
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push_str("\r\n");
}

fn refused(why: &str) -> MediaError {
    MediaError::Sdp(why.to_owned())
}

#[cfg(test)]
mod tests;
