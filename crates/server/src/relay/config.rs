//! What an owner may set, and the times the relay works by.

use std::time::Duration;

use offhook_proto::limits;

/// Settings of the relay.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Origins of web pages that may open a socket, such as `https://shop.example`. Empty: every page may, since
    /// a socket can do nothing before it has shown a token. Click-to-call tokens have a list of their own.
    pub allowed_origins: Vec<String>,
    /// The server's own origin. Its pages may always open a socket, and use every click-to-call token: the frame of a button
    /// is shown by the pages of that button only.
    pub own_origin: Option<String>,
    /// Whether a click-to-call token is refused when its holder sends no `Origin`, as programs do.
    pub require_origin: bool,
    /// Names this server in `node_id`.
    pub node_id: String,
    /// Whether those whom the other side of a call has put on hold hear music; silence otherwise.
    pub hold_music: bool,
    /// Records of calls are kept for so long; `None` is for ever.
    pub call_records_for: Option<Duration>,
    /// How long things may take.
    pub timing: Timing,
}

impl Default for RelayConfig {
    /// Every origin or none, a random node id, the times of [`limits`].
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            own_origin: None,
            require_origin: false,
            node_id: uuid::Uuid::new_v4().to_string(),
            hold_music: true,
            call_records_for: Some(Duration::from_secs(limits::CALL_RECORDS_DAYS * 86_400)),
            timing: Timing::default(),
        }
    }
}

impl RelayConfig {
    /// Whether that is our own origin.
    pub(crate) fn is_own(&self, origin: &str) -> bool {
        self.own_origin
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(origin))
    }
}

/// Every time the relay and the calls work by. The defaults are those of [`limits`]; owners change
/// [`ring`](Self::ring), [`call_grace`](Self::call_grace) and [`orphan`](Self::orphan), tests the others.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// A socket must have sent `signalwire.connect` by then.
    pub connect_deadline: Duration,
    /// Between pings.
    pub ping_interval: Duration,
    /// A socket without any inbound frame for so long is closed.
    pub idle: Duration,
    /// A socket whose authentication was refused stays open for so long; doubles for those who come again.
    pub refused_linger: Duration,
    /// A write that takes longer means a reader that does not read.
    pub send_stall: Duration,
    /// A session without a socket can be resumed for so long.
    pub resume: Duration,
    /// After its token has expired a session keeps its socket for so long.
    pub expiry_grace: Duration,
    /// In place of that, if it has calls.
    pub call_grace: Duration,
    /// So long before its token expires a session is told.
    pub expiry_notice: Duration,
    /// A subscriber's devices ring that long.
    pub ring: Duration,
    /// A leg must have connected its media by then.
    pub media_connect: Duration,
    /// A leg that has lost its client or its media is kept that long.
    pub orphan: Duration,
    /// A leg whose client has closed the peer connection without a word is kept that long.
    pub silent_hangup: Duration,
    /// Between `verto.ping`s of a dialog.
    pub dialog_ping: Duration,
    /// A `verto.bye` that may have come too early for a ringing client is repeated after so long.
    pub repeat_bye: Duration,
    /// Ended dialog ids are remembered that long.
    pub ended_dialog: Duration,
    /// A leg between two whose media was lost can be taken up again for so long after its end.
    pub second_thoughts: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            connect_deadline: ms(limits::CONNECT_DEADLINE_MS),
            ping_interval: ms(limits::PING_INTERVAL_MS),
            idle: ms(limits::IDLE_MS),
            refused_linger: ms(limits::REFUSED_LINGER_MS),
            send_stall: ms(limits::SEND_STALL_MS),
            resume: ms(limits::RESUME_MS),
            expiry_grace: ms(limits::EXPIRY_GRACE_MS),
            call_grace: ms(limits::CALL_GRACE_MS),
            expiry_notice: ms(limits::EXPIRY_NOTICE_MS),
            ring: ms(limits::RING_MS),
            media_connect: ms(limits::MEDIA_CONNECT_MS),
            orphan: ms(limits::ORPHAN_LEG_MS),
            silent_hangup: ms(limits::SILENT_HANGUP_MS),
            dialog_ping: ms(limits::DIALOG_PING_MS),
            repeat_bye: ms(limits::REPEAT_BYE_MS),
            ended_dialog: ms(limits::ENDED_DIALOG_MS),
            second_thoughts: ms(limits::SECOND_THOUGHTS_MS),
        }
    }
}
