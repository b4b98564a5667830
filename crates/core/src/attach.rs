//! Calls that a page which is loaded again takes up: what is kept of them while they go on (wire-protocol.md 1.6 and 5.10.11).
//!
//! The records have the form in which the official client keeps them, and under the same key, so that either takes up what
//! the other left. What we know beyond that stands in a member of its own.

use miniserde::json::{Object, Value};

use crate::context::Context;
use crate::input::LegId;
use crate::json;
use crate::output::{Output, Scope};

/// Attempts to take a call up before it is given up, and the pauses between them.
pub(crate) const PAUSES_MS: [u64; 2] = [2_000, 3_000];

/// What is kept of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachment {
    pub(crate) node_id: String,
    pub(crate) destination: String,
    /// Of audio and of video.
    pub(crate) directions: [Direction; 2],
    /// What the user has muted: audio, video.
    pub(crate) muted: [bool; 2],
    /// It had come in.
    pub(crate) inbound: bool,
    /// It rings here: the offer that waits for an answer.
    pub(crate) ringing: Option<String>,
    pub(crate) caller: [Option<String>; 2],
    pub(crate) callee: [Option<String>; 2],
    pub(crate) variables: Value,
    /// When the server was last known to hold it, epoch milliseconds.
    pub(crate) attached_at: u64,
}

/// Whether a kind of media goes out, and whether it comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Direction {
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

impl Direction {
    fn name(self) -> &'static str {
        match (self.sends, self.receives) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }

    /// Anything else is no media.
    fn from_name(name: &str) -> Self {
        Self {
            sends: matches!(name, "sendrecv" | "sendonly"),
            receives: matches!(name, "sendrecv" | "recvonly"),
        }
    }
}

/// What a local description says of the first section of each kind.
pub(crate) fn directions_of(sdp: &str) -> [Direction; 2] {
    let mut found = [None; 2];
    let mut kind = None;
    for line in sdp.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let at = match media.split(' ').next() {
                Some("audio") => Some(0),
                Some("video") => Some(1),
                _ => None,
            };
            kind = at.filter(|at| found[*at].is_none());
            if let Some(at) = kind {
                // Without a word about it, both ways (RFC 8866, 6.7).
                found[at] = Some(Direction::from_name("sendrecv"));
            }
        } else if let (Some(at), Some(name)) = (kind, line.strip_prefix("a="))
            && matches!(name, "sendrecv" | "sendonly" | "recvonly" | "inactive")
        {
            found[at] = Some(Direction::from_name(name));
        }
    }
    found.map(Option::unwrap_or_default)
}

impl Attachment {
    /// Without a place to go to it is no record.
    fn read(record: &Value) -> Option<Self> {
        let text = |of: &Value, name| {
            json::str_of(of, name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let direction = |kind| {
            let name = json::at(record, &["mediaDirections", kind]).and_then(json::as_str);
            Direction::from_name(name.unwrap_or_default())
        };
        let ours = json::get(record, "offhook").cloned().unwrap_or_default();
        let muted = |kind| {
            let muted = json::get(&ours, "muted").and_then(|muted| json::bool_of(muted, kind));
            muted.unwrap_or(false)
        };
        let destination = text(record, "destination")?;
        Some(Self {
            node_id: text(record, "nodeId").unwrap_or_default(),
            directions: [direction("audio"), direction("video")],
            muted: [muted("audio"), muted("video")],
            inbound: json::bool_of(&ours, "inbound").unwrap_or(false),
            ringing: text(&ours, "ringing"),
            caller: [text(&ours, "from"), text(&ours, "fromName")],
            callee: [
                text(&ours, "to").or_else(|| Some(destination.clone())),
                text(&ours, "toName"),
            ],
            variables: json::get(&ours, "userVariables")
                .filter(|variables| matches!(variables, Value::Object(_)))
                .cloned()
                .unwrap_or_else(json::empty),
            attached_at: json::get(record, "attachedAt")
                .and_then(json::whole)
                .unwrap_or(0),
            destination,
        })
    }

    fn write(&self) -> Value {
        let party = |text: &Option<String>| json::optional(text.as_deref());
        let kinds = |of: [Value; 2]| {
            let [audio, video] = of;
            json::object([("audio", audio), ("video", video)])
        };
        json::whole_object([
            ("nodeId", json::text(&self.node_id)),
            ("destination", json::text(&self.destination)),
            (
                "mediaDirections",
                kinds(self.directions.map(|way| json::text(way.name()))),
            ),
            ("audioInputDevice", Value::Null),
            ("videoInputDevice", Value::Null),
            ("attachedAt", json::number(self.attached_at)),
            (
                "offhook",
                json::object([
                    ("muted", kinds(self.muted.map(Value::Bool))),
                    ("inbound", Value::Bool(self.inbound)),
                    ("ringing", json::optional(self.ringing.as_deref())),
                    ("from", party(&self.caller[0])),
                    ("fromName", party(&self.caller[1])),
                    ("to", party(&self.callee[0])),
                    ("toName", party(&self.callee[1])),
                    ("userVariables", self.variables.clone()),
                ]),
            ),
        ])
    }
}

/// The records of one client.
#[derive(Default)]
pub(crate) struct Attachments {
    /// Calls are to be taken up.
    wanted: bool,
    /// Key of the store; empty until the user is known.
    key: String,
    /// Left by an earlier page, not taken up yet.
    left: Vec<(LegId, Attachment)>,
    /// What the store holds now.
    kept: Option<String>,
}

impl Attachments {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// The user is known: reads what an earlier page left, or forgets it if calls are not to be taken up.
    pub(crate) fn begin(
        &mut self,
        ctx: &mut Context,
        subscriber: &str,
        stored: &[(String, String)],
    ) {
        let key = ["sw:", subscriber, ":att"].concat();
        if subscriber.is_empty() || self.key == key {
            return;
        }
        self.key = key;
        let Some((_, text)) = stored.iter().find(|(name, _)| *name == self.key) else {
            return;
        };
        self.kept = Some(text.clone());
        if !self.wanted {
            return self.keep(ctx, std::iter::empty());
        }
        let records = match json::parse(text) {
            Some(Value::Object(records)) => records,
            _ => Object::new(),
        };
        let now = ctx.now.wall_ms;
        let young =
            |record: &Attachment| now.saturating_sub(record.attached_at) <= ctx.tuning.reattach_ms;
        let read = |(id, record): (&String, &Value)| {
            Some((id.clone(), Attachment::read(record).filter(young)?))
        };
        self.left = records.iter().filter_map(read).collect();
    }

    /// The calls to take up; each is given once.
    pub(crate) fn take(&mut self) -> Vec<(LegId, Attachment)> {
        std::mem::take(&mut self.left)
    }

    /// Keeps what is going on now, in place of what was kept.
    pub(crate) fn keep(
        &mut self,
        ctx: &mut Context,
        calls: impl Iterator<Item = (LegId, Attachment)>,
    ) {
        if self.key.is_empty() {
            return;
        }
        let mut records = Object::new();
        let calls = calls.filter(|_| self.wanted);
        for (id, record) in self.left.iter().cloned().chain(calls) {
            records.insert(id, record.write());
        }
        let text = (!records.is_empty()).then(|| json::write(&Value::Object(records)));
        if text != self.kept {
            self.kept.clone_from(&text);
            ctx.out.push_back(Output::Store {
                scope: Scope::Session,
                key: self.key.clone(),
                value: text,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_first_section_of_a_kind() {
        let sdp = "v=0\r\nm=video 9 X 96\r\na=recvonly\r\nm=audio 9 X 111\r\na=mid:1\r\nm=video 9 X 96\r\na=sendonly\r\n";
        let [audio, video] = directions_of(sdp);
        assert_eq!((audio.name(), video.name()), ("sendrecv", "recvonly"));
        assert_eq!(
            directions_of("v=0\r\na=sendonly\r\n").map(Direction::name),
            ["inactive", "inactive"]
        );
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Attachment {
            node_id: "N".into(),
            destination: "/private/me".into(),
            directions: [
                Direction::from_name("sendrecv"),
                Direction::from_name("recvonly"),
            ],
            muted: [true, false],
            inbound: true,
            ringing: None,
            caller: [Some("/private/them".into()), Some("Them".into())],
            callee: [Some("/private/me".into()), None],
            variables: json::object([("order", json::text("7"))]),
            attached_at: 5,
        };
        let written = record.write();
        let read = Attachment::read(&written).unwrap();
        assert_eq!(json::write(&read.write()), json::write(&written));
        assert_eq!(read.caller, record.caller);
        assert_eq!((read.muted, read.inbound), ([true, false], true));
    }

    #[test]
    fn a_record_of_the_official_client_is_understood() {
        let text = r#"{"nodeId":"N","destination":"/public/r?channel=video","mediaDirections":{"audio":"sendrecv","video":"inactive"},"audioInputDevice":null,"videoInputDevice":null,"attachedAt":7}"#;
        let read = Attachment::read(&json::parse(text).unwrap()).unwrap();
        assert_eq!(
            (read.destination.as_str(), read.attached_at, read.inbound),
            ("/public/r?channel=video", 7, false)
        );
        assert_eq!(read.directions[1], Direction::default());
        assert!(Attachment::read(&json::parse(r#"{"nodeId":"N"}"#).unwrap()).is_none());
    }
}
