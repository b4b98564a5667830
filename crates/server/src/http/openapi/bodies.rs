//! What requests hold whose handlers read attribute by attribute. A test sends each attribute something wrong and looks whether it is
//! refused by its name, so a table that says more than its handler reads fails.

use offhook_proto::limits;

use super::super::attributes::{Attribute, What};
use super::super::fields::TEXT;

const fn text(name: &'static str, about: &'static str) -> Attribute {
    Attribute::new(name, What::Text(TEXT), about)
}

const fn name(name: &'static str, about: &'static str) -> Attribute {
    Attribute::required(name, What::Name(TEXT), about)
}

const fn flag(name: &'static str, about: &'static str) -> Attribute {
    Attribute::new(name, What::Flag, about)
}

const fn number(name: &'static str, least: u64, most: u64, about: &'static str) -> Attribute {
    Attribute::new(name, What::Integer(least, most), about)
}

const EXPIRE_AT: Attribute = number(
    "expire_at",
    0,
    u64::MAX,
    "When the token ends, seconds since 1970; in two hours.",
);
const FIRST_NAME: Attribute = text("first_name", "Given name.");
const LAST_NAME: Attribute = text("last_name", "Family name.");
const DISPLAY_NAME: Attribute = text("display_name", "For people.");
const JOB_TITLE: Attribute = text("job_title", "Role.");
const COUNTRY: Attribute = text("country", "Country code.");
const COMPANY: Attribute = text("company_name", "Employer.");
const PASSWORD: Attribute = Attribute::new("password", What::Password(8, 72), "For sign-in.");

pub(super) const SUBSCRIBER_TOKEN: &[Attribute] = &[
    name("reference", "Who it is; made if unknown."),
    EXPIRE_AT,
    PASSWORD,
    text(
        "fingerprint",
        "Thumbprint of the key the token is bound to.",
    ),
    Attribute::new(
        "scope",
        What::TextOrTexts(8),
        "What the token may do beyond calls: sat:refresh.",
    ),
    text("application_id", "Taken and not used."),
    text("region", "Taken and not used."),
    text("email", "For sign-in."),
    FIRST_NAME,
    LAST_NAME,
    DISPLAY_NAME,
    JOB_TITLE,
    text("time_zone", "Such as Europe/Paris."),
    COUNTRY,
    COMPANY,
];

pub(super) const REFRESH: &[Attribute] = &[Attribute::required(
    "refresh_token",
    What::Name(limits::TOKEN_BYTES),
    "As it was given.",
)];

pub(super) const GUEST_TOKEN: &[Attribute] = &[
    Attribute::required(
        "allowed_addresses",
        What::Texts(10),
        "Ids of the addresses that may be called.",
    ),
    EXPIRE_AT,
    text("ch", "Host of the relay, written into the token."),
    text("region", "Taken and not used."),
    text("display_name", "What others see."),
];

pub(super) const EXCHANGE: &[Attribute] = &[
    name("token", "The public token."),
    text("display_name", "What others see."),
    Attribute::new(
        "proof_of_work",
        What::Object(limits::META_BYTES),
        "The answer to a challenge (docs/public-tokens.md).",
    ),
];

pub(super) const DEVICE: &[Attribute] = &[
    Attribute::new(
        "dpop_token",
        What::Text(limits::PROOF_BYTES),
        "Proof of possession.",
    ),
    number("expire_in", 1, u64::MAX, "Wished life in seconds."),
];

pub(super) const INVITE: &[Attribute] = &[
    name("address_id", "The address that may be called."),
    number(
        "expires_at",
        0,
        u64::MAX,
        "When the token ends, seconds since 1970.",
    ),
];

pub(super) const JOIN: &[Attribute] = &[
    text("from_fabric_address_id", "The own address."),
    Attribute::required(
        "fabric_address_ids",
        What::Texts(limits::CONVERSATION_MEMBERS),
        "The others.",
    ),
];

pub(super) const MESSAGE: &[Attribute] = &[
    name("group_id", "The conversation."),
    text("from_fabric_address_id", "The own address."),
    Attribute::required("text", What::Name(limits::MESSAGE_CHARS), "What is said."),
    text(
        "id",
        "The client's own name for it: sent again, it is said once.",
    ),
];

pub(super) const SUBSCRIBER: &[Attribute] = &[
    name("email", "For sign-in; the reference, unless one is given."),
    text("reference", "What the backend calls them."),
    PASSWORD,
    FIRST_NAME,
    LAST_NAME,
    DISPLAY_NAME,
    JOB_TITLE,
    text("timezone", "Such as Europe/Paris."),
    COUNTRY,
    COMPANY,
];

pub(super) const SUBSCRIBER_CHANGE: &[Attribute] = &[
    text("email", "For sign-in."),
    PASSWORD,
    FIRST_NAME,
    LAST_NAME,
    DISPLAY_NAME,
    JOB_TITLE,
    text("timezone", "Such as Europe/Paris."),
    COUNTRY,
    COMPANY,
];

pub(super) const ROOM_NAME: &[Attribute] = &[Attribute::required(
    "name",
    What::Name(100),
    "Last part of its address.",
)];

pub(super) const ROOM: &[Attribute] = &[
    DISPLAY_NAME,
    Attribute::new("description", What::Text(3_000), "For people."),
    Attribute::new("join_from", What::Time, "Nobody joins before."),
    Attribute::new("join_until", What::Time, "Nobody joins after."),
    Attribute::new("remove_at", What::Time, "Everybody is removed then."),
    number(
        "remove_after_seconds_elapsed",
        0,
        200_000,
        "Each member is removed after that.",
    ),
    number(
        "max_members",
        0,
        limits::ROOM_MEMBERS as u64,
        "Most members at once; 0 is the server's limit.",
    ),
    Attribute::new(
        "quality",
        What::OneOf(&["720p", "1080p"]),
        "Of the composed picture.",
    ),
    number("fps", 20, 30, "20 or 30."),
    text("layout", "Name of the first layout."),
    flag("record_on_start", "Whether each session is recorded."),
    flag(
        "enable_room_previews",
        "Whether a small picture of it is made.",
    ),
    Attribute::new("meta", What::Object(limits::META_BYTES), "The owner's."),
    flag("sync_audio_video", "Whether sound waits for the picture."),
    flag(
        "tone_on_entry_and_exit",
        "Whether members hear who comes and goes.",
    ),
    flag("room_join_video_off", "Whether it starts without pictures."),
    flag(
        "user_join_video_off",
        "Whether each member starts without one.",
    ),
    flag("prioritize_handraise", "Whether raised hands come first."),
];

pub(super) const BUTTON: &[Attribute] = &[
    name("name", "For the owner; unique among buttons."),
    name(
        "destination",
        "Where every call goes, such as /private/agent?channel=audio.",
    ),
    Attribute::new(
        "allowed_origins",
        What::Texts(100),
        "Pages that may have it.",
    ),
    number(
        "expires_in",
        10,
        limits::SAT_TTL_MAX_S,
        "Life of the access tokens in seconds.",
    ),
    Attribute::new(
        "budget",
        What::Object(limits::META_BYTES),
        "Limits of its own (docs/public-tokens.md).",
    ),
    flag("enabled", "The kill switch."),
    number(
        "proof_of_work",
        0,
        limits::WORK_BITS_MAX as u64,
        "Zero bits of the work before an exchange; 0, in a change, is none.",
    ),
];

pub(super) const SCRIPT_NAME: &[Attribute] = &[name("name", "Last part of its address.")];
pub(super) const SCRIPT_DISPLAY_NAME: &[Attribute] = &[DISPLAY_NAME];
pub(super) const SCRIPT: &[Attribute] = &[
    Attribute::required(
        "contents",
        What::Document(limits::SCRIPT_BYTES),
        "The SWML document.",
    ),
    Attribute::new(
        "script_type",
        What::OneOf(&["calling", "messaging"]),
        "What it answers.",
    ),
    Attribute::new(
        "status_callback_url",
        What::Url,
        "Who wants to hear what becomes of its calls.",
    ),
];

pub(super) const SIGN_IN: &[Attribute] = &[
    name("email", "The subscriber's."),
    name("password", "The subscriber's."),
    text("project_id", "Where several projects know the email."),
];

pub(super) const REVOCATION: &[Attribute] = &[
    Attribute::new(
        "token",
        What::Text(limits::TOKEN_BYTES),
        "This access token.",
    ),
    text("subscriber_id", "All of a subscriber's."),
    text("embed_token", "All that were exchanged for this."),
    text(
        "resource_id",
        "All that were exchanged for this button's token.",
    ),
    flag("project", "All of the project's."),
];

pub(super) const WEBHOOK: &[Attribute] = &[
    name("name", "For the owner; unique in the project."),
    Attribute::required("url", What::Url, "Where events are sent."),
    Attribute::new(
        "events",
        What::Texts(limits::WEBHOOK_FILTERS),
        "*, families such as call.*, and names such as room.started; all.",
    ),
    flag("enabled", "Whether they are."),
];

pub(super) const ROTATE: &[Attribute] = &[number(
    "overlap_seconds",
    0,
    limits::WEBHOOK_SECRET_OVERLAP_MAX_S,
    "For so long deliveries are signed by the old secret too.",
)];

pub(super) const COMMAND: &[Attribute] = &[
    Attribute::required(
        "command",
        What::OneOf(&super::super::calling::COMMANDS),
        "What is to be done.",
    ),
    text("id", "The call, but for dial."),
    Attribute::new(
        "params",
        What::Object(limits::BODY_BYTES),
        "dial: from, to, swml, caller_id?, timeout?, custom_variables?; update: status; calling.end: reason?; calling.transfer: dest; calling.user_event: event.",
    ),
];
