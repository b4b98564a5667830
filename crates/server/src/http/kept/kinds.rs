//! What each kind of kept resource, and each kind of thing that hangs on a resource, holds.

use http::StatusCode;
use offhook_proto::limits;
use offhook_proto::rest::ResourceType;
use serde_json::{Map, Value};

use super::super::attributes::{Attribute, What};
use super::super::fields::TEXT;

/// A kind of resource.
pub(in crate::http) struct KeptKind {
    pub(in crate::http) kind: ResourceType,
    /// Last part of the list's path.
    pub(in crate::http) path: &'static str,
    /// The path of its addresses, where that is spelled otherwise.
    pub(in crate::http) addresses: &'static str,
    /// The attribute that names one.
    pub(in crate::http) name: &'static str,
    /// Whether it has an address, `/public/<name>`.
    pub(in crate::http) addressed: bool,
    pub(in crate::http) attributes: &'static [Attribute],
}

/// A kind of thing that hangs on a resource.
pub(in crate::http) struct AttachedKind {
    /// As the store calls it.
    pub(in crate::http) kind: &'static str,
    /// What one is called in messages.
    pub(in crate::http) what: &'static str,
    /// The attributes that name one, together unique in the project.
    pub(in crate::http) name: &'static [&'static str],
    pub(in crate::http) attributes: &'static [Attribute],
    pub(in crate::http) place: Place,
    /// The status of the answer that made one.
    pub(in crate::http) created: StatusCode,
    /// Whether one is made of what its resource holds then, and stays as it is.
    pub(in crate::http) snapshot: bool,
}

/// Where it is found.
pub(in crate::http) enum Place {
    /// Below a resource of that kind (any kind when `None`): the path of the list, with `{id}` for the resource.
    Below(Option<ResourceType>, &'static str),
    /// In a list of its own; the resource is named by `resource_id`.
    OfItsOwn(&'static str),
}

impl KeptKind {
    /// What one with these values is called.
    pub(in crate::http) fn name_in(&self, values: &Map<String, Value>) -> String {
        let name = values.get(self.name).and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    }
}

impl AttachedKind {
    /// What one with these values is called in the project.
    pub(in crate::http) fn name_in(&self, values: &Map<String, Value>) -> String {
        let parts = self.name.iter().map(|name| match values.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

const METHODS: What = What::OneOf(&["GET", "POST"]);
const ENCRYPTION: What = What::OneOf(&["required", "optional", "default"]);
const DOCUMENT: What = What::Document(limits::SCRIPT_BYTES);
/// Most codecs and ciphers.
const MANY: usize = 32;

const NAME: Attribute =
    Attribute::required("name", What::Name(TEXT), "Unique among those of its kind.");
const STATUS_URL: Attribute = Attribute::new(
    "status_callback_url",
    What::Url,
    "Who wants to hear what becomes of its calls.",
);
const STATUS_METHOD: Attribute =
    Attribute::new("status_callback_method", METHODS, "How they are told.");
const PRIMARY_URL: Attribute = Attribute::required(
    "primary_request_url",
    What::Url,
    "Where instructions are fetched.",
);
const PRIMARY_METHOD: Attribute =
    Attribute::new("primary_request_method", METHODS, "How they are fetched.").or("POST");
const FALLBACK_URL: Attribute = Attribute::new(
    "fallback_request_url",
    What::Url,
    "Where they are fetched when that fails.",
);
const FALLBACK_METHOD: Attribute = Attribute::new(
    "fallback_request_method",
    METHODS,
    "How they are fetched then.",
);
const USED_FOR: Attribute = Attribute::new(
    "used_for",
    What::OneOf(&["calling", "messaging"]),
    "What it answers.",
)
.or("calling");
const CALLER_ID: Attribute = Attribute::new("caller_id", What::Text(TEXT), "What callees see.");
const SEND_AS: Attribute = Attribute::new(
    "send_as",
    What::Text(TEXT),
    "The number calls are made with.",
);
const CIPHERS: Attribute =
    Attribute::new("ciphers", What::Texts(MANY), "Accepted ciphers of SRTP.");
const CODECS: Attribute =
    Attribute::new("codecs", What::Texts(MANY), "Accepted codecs, best first.");
const ENCRYPTED: Attribute =
    Attribute::new("encryption", ENCRYPTION, "Whether media is encrypted.").or("default");

const WEBHOOK: &[Attribute] = &[
    NAME,
    USED_FOR,
    PRIMARY_URL,
    PRIMARY_METHOD,
    FALLBACK_URL,
    FALLBACK_METHOD,
    STATUS_URL,
    STATUS_METHOD,
];

const SIP_USER: Attribute = Attribute::required(
    "username",
    What::Name(TEXT),
    "Its user name; unique in the project.",
);
const SIP_PASSWORD: Attribute = Attribute::new(
    "password",
    What::Password(8, 72),
    "Looked at and not kept: nothing signs in by SIP here.",
);
const SIP_ENDPOINT: &[Attribute] = &[
    SIP_USER,
    SIP_PASSWORD,
    CALLER_ID,
    SEND_AS,
    CIPHERS,
    CODECS,
    ENCRYPTED,
];

/// Every kind of kept resource.
pub(in crate::http) const KEPT: &[KeptKind] = &[
    KeptKind {
        kind: ResourceType::SwmlWebhook,
        path: "swml_webhooks",
        addresses: "swml_webhooks",
        name: "name",
        addressed: true,
        attributes: WEBHOOK,
    },
    KeptKind {
        kind: ResourceType::CallFlow,
        path: "call_flows",
        addresses: "call_flow",
        name: "title",
        addressed: true,
        attributes: &[
            Attribute::required("title", What::Name(TEXT), "Unique among call flows."),
            Attribute::new("flow_data", DOCUMENT, "As the editor of flows keeps it."),
            Attribute::new("relayml", DOCUMENT, "As it would be run."),
        ],
    },
    KeptKind {
        kind: ResourceType::AiAgent,
        path: "ai_agents",
        addresses: "ai_agents",
        name: "name",
        addressed: true,
        attributes: &[
            NAME,
            Attribute::new("prompt", DOCUMENT, "What it is told to do."),
            Attribute::new(
                "post_prompt",
                DOCUMENT,
                "What it is told to do after a call.",
            ),
            Attribute::new("params", DOCUMENT, "How it behaves."),
            Attribute::new("SWAIG", DOCUMENT, "What it may call."),
        ],
    },
    KeptKind {
        kind: ResourceType::CxmlApplication,
        path: "cxml_applications",
        addresses: "cxml_applications",
        name: "display_name",
        addressed: true,
        attributes: &[
            Attribute::required("display_name", What::Name(TEXT), "Unique among its kind."),
            Attribute::new(
                "voice_url",
                What::Url,
                "Where instructions for calls are fetched.",
            ),
            Attribute::new("voice_method", METHODS, "How they are fetched.").or("POST"),
            Attribute::new(
                "voice_fallback_url",
                What::Url,
                "Where they are fetched when that fails.",
            ),
            Attribute::new(
                "voice_fallback_method",
                METHODS,
                "How they are fetched then.",
            ),
            Attribute::new(
                "message_url",
                What::Url,
                "Where instructions for messages are fetched.",
            ),
            Attribute::new("message_method", METHODS, "How they are fetched.").or("POST"),
            Attribute::new(
                "status_callback",
                What::Url,
                "Who wants to hear what becomes of its calls.",
            ),
            STATUS_METHOD,
        ],
    },
    KeptKind {
        kind: ResourceType::CxmlScript,
        path: "cxml_scripts",
        addresses: "cxml_scripts",
        name: "display_name",
        addressed: true,
        attributes: &[
            Attribute::required("display_name", What::Name(TEXT), "Unique among its kind."),
            Attribute::required(
                "contents",
                What::Name(limits::SCRIPT_BYTES),
                "The document, as XML.",
            ),
            STATUS_URL,
            STATUS_METHOD,
        ],
    },
    KeptKind {
        kind: ResourceType::CxmlWebhook,
        path: "cxml_webhooks",
        addresses: "cxml_webhooks",
        name: "name",
        addressed: true,
        attributes: WEBHOOK,
    },
    KeptKind {
        kind: ResourceType::DialogflowAgent,
        path: "dialogflow_agents",
        addresses: "dialogflow_agents",
        name: "name",
        addressed: true,
        attributes: &[
            NAME,
            Attribute::new(
                "dialogflow_reference_id",
                What::Text(TEXT),
                "What the agent is called there.",
            ),
            Attribute::new("say_enabled", What::Flag, "Whether it greets."),
            Attribute::new("say", What::Text(1_000), "Its greeting."),
            Attribute::new("voice", What::Text(TEXT), "Its voice."),
        ],
    },
    KeptKind {
        kind: ResourceType::FreeswitchConnector,
        path: "freeswitch_connectors",
        addresses: "freeswitch_connectors",
        name: "name",
        addressed: true,
        attributes: &[NAME, CALLER_ID, SEND_AS],
    },
    KeptKind {
        kind: ResourceType::RelayApplication,
        path: "relay_applications",
        addresses: "relay_applications",
        name: "name",
        addressed: true,
        attributes: &[
            NAME,
            Attribute::required("topic", What::Name(TEXT), "Where its programs listen."),
            STATUS_URL,
        ],
    },
    KeptKind {
        kind: ResourceType::SipEndpoint,
        path: "sip_endpoints",
        addresses: "sip_endpoints",
        name: "username",
        addressed: false,
        attributes: SIP_ENDPOINT,
    },
    KeptKind {
        kind: ResourceType::SipGateway,
        path: "sip_gateways",
        addresses: "sip_gateways",
        name: "name",
        addressed: false,
        attributes: &[
            NAME,
            Attribute::required(
                "uri",
                What::Name(limits::URL_CHARS),
                "Where it is, such as sip.example.com:5061.",
            ),
            ENCRYPTED,
            CIPHERS,
            CODECS,
        ],
    },
];

/// Every kind of thing that hangs on a resource.
pub(in crate::http) const ATTACHED: &[AttachedKind] = &[
    AttachedKind {
        kind: "subscriber_sip_endpoint",
        what: "SIP endpoint",
        name: &["username"],
        attributes: SIP_ENDPOINT,
        place: Place::Below(
            Some(ResourceType::Subscriber),
            "/resources/subscribers/{id}/sip_endpoints",
        ),
        created: StatusCode::CREATED,
        snapshot: false,
    },
    AttachedKind {
        kind: "sip_address",
        what: "SIP address",
        name: &["name"],
        attributes: &[
            Attribute::required(
                "name",
                What::Name(TEXT),
                "The user part; unique in the project.",
            ),
            Attribute::required(
                "resource_id",
                What::Name(TEXT),
                "What answers it: a resource of the project.",
            ),
            CODECS,
            CIPHERS,
            ENCRYPTED,
        ],
        place: Place::OfItsOwn("/sip_addresses"),
        created: StatusCode::CREATED,
        snapshot: false,
    },
    AttachedKind {
        kind: "phone_route",
        what: "phone route",
        name: &["phone_route_id", "handler"],
        attributes: &[
            Attribute::required("phone_route_id", What::Name(TEXT), "The number's route."),
            Attribute::required(
                "handler",
                What::OneOf(&["calling", "messaging"]),
                "What of it comes here.",
            ),
        ],
        place: Place::Below(None, "/resources/{id}/phone_routes"),
        created: StatusCode::OK,
        snapshot: false,
    },
    AttachedKind {
        kind: "domain_application",
        what: "domain application",
        name: &["domain_application_id"],
        attributes: &[Attribute::required(
            "domain_application_id",
            What::Name(TEXT),
            "The domain's application.",
        )],
        place: Place::Below(None, "/resources/{id}/domain_applications"),
        created: StatusCode::OK,
        snapshot: false,
    },
    AttachedKind {
        kind: "call_flow_version",
        what: "version",
        name: &["document_version"],
        attributes: &[],
        place: Place::Below(
            Some(ResourceType::CallFlow),
            "/resources/call_flow/{id}/versions",
        ),
        created: StatusCode::CREATED,
        snapshot: true,
    },
];
