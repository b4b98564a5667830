//! Every limit on size, rate and time, in one place. Times are milliseconds unless the name says otherwise.
//!
//! Each value is what the server enforces; where the official client depends on it, the section of
//! wire-protocol.md is named.

/// Longest text frame a client may send (an SDP of a few sections is 10 KB).
pub const FRAME_BYTES: usize = 256 * 1024;
/// Deepest JSON nesting accepted.
pub const JSON_DEPTH: usize = 32;
/// Largest REST body.
pub const BODY_BYTES: usize = 256 * 1024;
/// Longest SDP.
pub const SDP_BYTES: usize = 64 * 1024;
/// Frames a second a session may send on average …
pub const FRAMES_PER_SECOND: u32 = 50;
/// … and at once.
pub const FRAMES_BURST: u32 = 200;
/// Acks and pongs a second a socket may send on average: a big room sends many events …
pub const RESPONSES_PER_SECOND: u32 = 500;
/// … and at once.
pub const RESPONSES_BURST: u32 = 4_000;
/// A socket must have sent `signalwire.connect` by then (3.6).
pub const CONNECT_DEADLINE_MS: u64 = 10_000;
/// Frames held before authentication (3.6) …
pub const HELD_FRAMES: usize = 64;
/// … and their bytes.
pub const HELD_BYTES: usize = 256 * 1024;
/// A refused socket stays open that long, so that clients do not come back at once (3.6).
pub const REFUSED_LINGER_MS: u64 = 5_000;
/// Between pings (3.5).
pub const PING_INTERVAL_MS: u64 = 8_000;
/// A socket without any inbound frame for so long is closed (3.5).
pub const IDLE_MS: u64 = 15_000;
/// A session without a socket can be resumed for so long (3.10).
pub const RESUME_MS: u64 = 300_000;
/// Sessions of one person that wait for a socket at once.
pub const WAITING_SESSIONS: usize = 32;
/// Events kept for a session until they are acked (3.4).
pub const UNACKED_EVENTS: usize = 512;
/// Bytes of these.
pub const UNACKED_BYTES: usize = 1024 * 1024;
/// Frames queued to a slow socket before it is dropped.
pub const SEND_QUEUE: usize = 1024;
/// A write to a socket that takes longer means a reader that does not read.
pub const SEND_STALL_MS: u64 = 10_000;
/// A session whose token has expired keeps its socket that long (4.2).
pub const EXPIRY_GRACE_MS: u64 = 30_000;
/// A session whose token has expired is kept that long for the calls it has.
pub const CALL_GRACE_MS: u64 = 300_000;
/// So long before its token expires a session is told that it will end.
pub const EXPIRY_NOTICE_MS: u64 = 60_000;
/// A subscriber's devices ring that long (5.12).
pub const RING_MS: u64 = 60_000;
/// A leg must have connected its media by then (5.12).
pub const MEDIA_CONNECT_MS: u64 = 30_000;
/// A leg without session and without media is kept that long (5.12).
pub const ORPHAN_LEG_MS: u64 = 60_000;
/// A leg whose client closed its peer connection but said no `bye` is kept that long.
pub const SILENT_HANGUP_MS: u64 = 5_000;
/// A `verto.bye` to a client that rang is repeated after so long (5.10.3).
pub const REPEAT_BYE_MS: u64 = 5_000;
/// Between `verto.ping`s of a dialog (5.10.14).
pub const DIALOG_PING_MS: u64 = 30_000;
/// Ended dialog ids are remembered that long (5.10.3).
pub const ENDED_DIALOG_MS: u64 = 180_000;
/// A leg between two that was ended since its media was lost can be taken up again for so long, while the other side waits or
/// comes back too; one in a conference for as long as [`ENDED_DIALOG_MS`].
pub const SECOND_THOUGHTS_MS: u64 = 15_000;
/// Most ended legs that can be taken up again at once.
pub const SECOND_THOUGHTS: usize = 10_000;
/// Legs a session may have at once.
pub const LEGS_PER_SESSION: usize = 16;
/// Sessions of one subscriber that ring at once.
pub const RINGING_SESSIONS: usize = 16;
/// Longest id of a dialog; the official client's are UUIDs.
pub const CALL_ID_BYTES: usize = 128;
/// DTMF characters in one request.
pub const DTMF_CHARS: usize = 128;
/// Members of a room that sets no limit of its own.
pub const ROOM_MEMBERS: usize = 300;
/// Bytes of user variables of one call.
pub const USER_VARIABLES_BYTES: usize = 16 * 1024;
/// Bytes of what applications note about a call or a member (`meta`).
pub const META_BYTES: usize = 16 * 1024;
/// Access token life: 2 h (2.3).
pub const SAT_TTL_S: u64 = 7_200;
/// Refresh token life: 2 h 5 min (2.3).
pub const REFRESH_TOKEN_TTL_S: u64 = 7_500;
/// Longest life an API caller may ask for.
pub const SAT_TTL_MAX_S: u64 = 30 * 24 * 3_600;
/// An unbound token that may refresh itself lives that long at most (2.3).
pub const UNBOUND_REFRESH_TTL_S: u64 = 60;
/// Life of a client-bound token without a wish (4.4), and the longest that is granted.
pub const BOUND_TTL_S: u64 = 900;
/// Longest life of a client-bound token, unless the one it replaces lived longer.
pub const BOUND_TTL_MAX_S: u64 = 3_600;
/// TURN credentials live that long.
pub const TURN_TTL_S: u64 = 12 * 3_600;
/// Items on a page of a list.
pub const PAGE_SIZE: usize = 50;
/// Longest script, as compact JSON.
pub const SCRIPT_BYTES: usize = 48 * 1024;
/// Most items a caller may ask for on a page.
pub const PAGE_SIZE_MAX: usize = 1_000;
/// Longest access, refresh or resume token.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Longest proof of possession (an RSA 4096 key and signature are 2 KB).
pub const PROOF_BYTES: usize = 8 * 1024;
/// Longest id of a proof.
pub const PROOF_ID_BYTES: usize = 128;
/// A proof's time may differ by that much from ours, either way (2.5).
pub const PROOF_SKEW_S: u64 = 300;
/// TURN allocations at once: of one user (a browser makes several for each call) …
pub const TURN_ALLOCATIONS_PER_USER: usize = 64;
/// … from one IP address …
pub const TURN_ALLOCATIONS_PER_IP: usize = 512;
/// … and in all.
pub const TURN_ALLOCATIONS: usize = 4_096;
/// Life of a TURN allocation without and with a wish for more (RFC 8656, 3.2), seconds.
pub const TURN_LIFETIME_S: u32 = 600;
/// Longest life granted at once, seconds.
pub const TURN_LIFETIME_MAX_S: u32 = 3_600;
/// Life of a TURN permission (RFC 8656, 9), seconds.
pub const TURN_PERMISSION_S: u64 = 300;
/// Life of a TURN channel (RFC 8656, 12), seconds.
pub const TURN_CHANNEL_S: u64 = 600;
/// Bytes an allocation relays a second, both ways together: audio takes 10 KB, video 400 KB.
pub const TURN_BYTES_PER_SECOND: u64 = 1_000_000;
/// TCP connections to the TURN server at once.
pub const TURN_CONNECTIONS: usize = 4_096;
/// TCP connections to the TURN server at once from one IP address.
pub const TURN_CONNECTIONS_PER_IP: usize = 512;
/// A TURN TCP connection without an allocation is closed after so long.
pub const TURN_IDLE_MS: u64 = 30_000;
/// A TURN nonce is good for so long, seconds.
pub const TURN_NONCE_S: u64 = 3_600;

/// Call buttons, origins, networks and destinations whose use is counted, of each so many at once.
pub const BUDGET_ACCOUNTS: usize = 16_384;
/// A challenge for proof of work is good for so long, seconds. Proofs of possession can be shown for longer, and both are remembered
/// alike.
pub const WORK_TTL_S: u64 = 120;
/// Hardest work an owner may ask for: some 20 s on one core.
pub const WORK_BITS_MAX: u8 = 24;
/// Longest text on a call button in a frame, characters; more is cut.
pub const BUTTON_LABEL_CHARS: usize = 80;

/// Characters of a text message.
pub const MESSAGE_CHARS: usize = 8_000;
/// Addresses of one conversation.
pub const CONVERSATION_MEMBERS: usize = 32;
/// Conversations of one person.
pub const CONVERSATIONS: u64 = 10_000;
/// Messages that wait to be written at once.
pub const MESSAGES_WAITING: usize = 1_024;
/// A message whose answer never left is known again for so long when it is sent once more (8.4).
pub const MESSAGE_REPEAT_MS: u64 = 60_000;
/// Messages whose answers never left that are remembered.
pub const MESSAGE_REPEATS: usize = 4_096;

/// Records of calls are kept for so many days.
pub const CALL_RECORDS_DAYS: u64 = 90;
/// Calls a minute of one person to people who are offline that are recorded.
pub const UNREACHABLE_PER_MINUTE: u32 = 10;

/// Webhooks of one project.
pub const WEBHOOKS: u64 = 32;
/// Filters of one webhook.
pub const WEBHOOK_FILTERS: usize = 32;
/// Longest URL of a receiver, in characters.
pub const URL_CHARS: usize = 2_000;
/// Deliveries of one webhook that wait; what comes when there are so many is given up at once.
pub const WEBHOOK_WAITING: u64 = 10_000;
/// Deliveries of one webhook that were given up and are kept; the oldest go first.
pub const WEBHOOK_DEAD_LETTERS: u64 = 1_000;
/// Deliveries that were given up are kept for so many days.
pub const WEBHOOK_DEAD_LETTER_DAYS: u64 = 30;
/// Events that wait to be written to the store …
pub const WEBHOOK_EVENTS_UNWRITTEN: usize = 8_192;
/// … and their bytes. What comes when there is no room is lost, and counted.
pub const WEBHOOK_BYTES_UNWRITTEN: usize = 16 * 1024 * 1024;
/// Attempts to deliver that go on at once.
pub const WEBHOOK_ATTEMPTS_AT_ONCE: usize = 64;
/// A receiver must have answered by then, seconds.
pub const WEBHOOK_TIMEOUT_S: u64 = 10;
/// Bytes of a receiver's answer that are read, so that the connection can be used again.
pub const WEBHOOK_ANSWER_BYTES: usize = 16 * 1024;
/// A delivery is tried again for so long, seconds.
pub const WEBHOOK_RETRY_S: u64 = 24 * 3_600;
/// A delivery that its receiver refuses (an answer of 3xx or 4xx), or whose target is not allowed, is tried so often.
pub const WEBHOOK_REFUSALS: u32 = 5;
/// Between the first attempt to deliver and the second; doubled with each …
pub const WEBHOOK_BACKOFF_MS: u64 = 1_000;
/// … up to this.
pub const WEBHOOK_BACKOFF_MAX_MS: u64 = 15 * 60 * 1_000;
/// After a change of its secret a webhook's deliveries are signed by the old one too for so long, seconds.
pub const WEBHOOK_SECRET_OVERLAP_S: u64 = 24 * 3_600;
/// Longest such time a caller may ask for, seconds.
pub const WEBHOOK_SECRET_OVERLAP_MAX_S: u64 = 7 * 24 * 3_600;
