//! What an application may set of the engine's patience (sdk-api.md, section 6).

/// Times and counts; the defaults are those of the SDK reference.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// A socket that has not opened by then is given up, in milliseconds.
    pub open_ms: u64,
    /// The first pause before another socket, in milliseconds; it doubles.
    pub delay_min_ms: u64,
    /// The longest pause, in milliseconds.
    pub delay_max_ms: u64,
    /// A media connection that lost contact gets that long to come back by itself, in milliseconds.
    pub grace_ms: u64,
    /// An ICE restart must have brought the connection back by then, in milliseconds.
    pub restart_ms: u64,
    /// Restarts without success before the call is given up.
    pub restarts: u32,
    /// Every second restart goes through relays only.
    pub relay_fallback: bool,
    /// The server must answer an offer made during the call by then, in milliseconds.
    pub reoffer_ms: u64,
    /// Offers made during the call that may fail in a row before that is told.
    pub reoffers: u32,
    /// Calls of an earlier page that are older are not taken up, and a call whose media is lost for longer is given up, in
    /// milliseconds.
    pub reattach_ms: u64,
    /// A call that the server ended because its media was lost is offered once more before it is given up.
    pub question_hangup: bool,
    /// A page that becomes visible looks at its connection at once.
    pub check_on_visible: bool,
    /// Going offline and online is looked at.
    pub watch_network: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            open_ms: 10_000,
            delay_min_ms: 100,
            delay_max_ms: 3_000,
            grace_ms: 3_000,
            restart_ms: 5_000,
            restarts: 3,
            relay_fallback: true,
            reoffer_ms: 5_000,
            reoffers: 3,
            reattach_ms: 300_000,
            question_hangup: true,
            check_on_visible: true,
            watch_network: true,
        }
    }
}
