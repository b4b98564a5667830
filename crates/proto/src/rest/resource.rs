//! What a project owns (wire-protocol.md 8.6).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Budget, Timestamp};

/// Kinds of resource this server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResourceType {
    /// Somebody who can sign in and be called.
    Subscriber,
    /// A conference room.
    VideoRoom,
    /// A call button on a web page. Ours: the hosted platform has no interface for it.
    ClickToCall,
    /// A program for calls or messages, kept here; nothing runs it yet.
    SwmlScript,
    /// A program that is fetched from elsewhere. Kept; nothing runs it yet.
    SwmlWebhook,
    /// A program made in an editor. Kept; nothing runs it yet.
    CallFlow,
    /// An agent that is a machine. Kept; nothing runs it yet.
    AiAgent,
    /// A program in cXML. Kept; nothing runs it yet.
    CxmlApplication,
    /// A document in cXML. Kept; nothing runs it yet.
    CxmlScript,
    /// A document in cXML that is fetched from elsewhere. Kept; nothing runs it yet.
    CxmlWebhook,
    /// An agent of Dialogflow. Kept; nothing runs it yet.
    DialogflowAgent,
    /// A FreeSWITCH. Kept; nothing runs it yet.
    FreeswitchConnector,
    /// A program that listens on the relay. Kept; nothing runs it yet.
    RelayApplication,
    /// A device that speaks SIP. Kept; nothing runs it yet.
    SipEndpoint,
    /// Another system that speaks SIP. Kept; nothing runs it yet.
    SipGateway,
    /// Sends back what it hears, for testing. Ours.
    Echo,
}

impl ResourceType {
    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::VideoRoom => "video_room",
            Self::ClickToCall => "click_to_call",
            Self::SwmlScript => "swml_script",
            Self::Echo => "echo",
            Self::SwmlWebhook => "swml_webhook",
            Self::CallFlow => "call_flow",
            Self::AiAgent => "ai_agent",
            Self::CxmlApplication => "cxml_application",
            Self::CxmlScript => "cxml_script",
            Self::CxmlWebhook => "cxml_webhook",
            Self::DialogflowAgent => "dialogflow_agent",
            Self::FreeswitchConnector => "freeswitch_connector",
            Self::RelayApplication => "relay_application",
            Self::SipEndpoint => "sip_endpoint",
            Self::SipGateway => "sip_gateway",
        }
    }

    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Subscriber,
        Self::VideoRoom,
        Self::ClickToCall,
        Self::SwmlScript,
        Self::SwmlWebhook,
        Self::CallFlow,
        Self::AiAgent,
        Self::CxmlApplication,
        Self::CxmlScript,
        Self::CxmlWebhook,
        Self::DialogflowAgent,
        Self::FreeswitchConnector,
        Self::RelayApplication,
        Self::SipEndpoint,
        Self::SipGateway,
        Self::Echo,
    ];

    /// The other way round.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A resource with its envelope; the type-specific object stands under its own key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ResourceBody {
    /// Names it for ever.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// For people.
    pub display_name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ResourceType,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Present when `kind` is `subscriber`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriber: Option<SubscriberBody>,
    /// Present when `kind` is `video_room`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conference_room: Option<ConferenceRoomBody>,
    /// Present when `kind` is `click_to_call`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_to_call: Option<ClickToCallBody>,
    /// Present when `kind` is `swml_script`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swml_script: Option<SwmlScriptBody>,
    /// Of every other kind: its object, under the kind's name.
    #[serde(flatten)]
    pub kept: Map<String, Value>,
}

/// A thing that hangs on a resource: what it holds, and where it hangs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttachmentBody {
    /// Names it for ever.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// What it hangs on.
    pub resource_id: String,
    /// What it holds.
    #[serde(flatten)]
    pub details: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What is known of a subscriber beyond the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriberProfile {
    /// Given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Role.
    #[serde(default)]
    pub job_title: Option<String>,
    /// Such as `Europe/Paris`.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Country code.
    #[serde(default)]
    pub country: Option<String>,
    /// State or province.
    #[serde(default)]
    pub region: Option<String>,
    /// Employer.
    #[serde(default)]
    pub company_name: Option<String>,
}

/// A subscriber, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriberBody {
    /// Names the subscriber in tokens and calls.
    pub id: String,
    /// What the owner's backend calls the subscriber.
    pub reference: String,
    /// For sign-in.
    pub email: Option<String>,
    /// For people.
    pub display_name: String,
    /// The rest.
    #[serde(flatten)]
    pub profile: SubscriberProfile,
}

/// A conference room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConferenceRoomBody {
    /// Names the room.
    pub id: String,
    /// The last part of its address.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// The rest.
    #[serde(flatten)]
    pub settings: ConferenceRoomSettings,
}

/// Lines of the composed picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Quality {
    /// 1280 × 720.
    #[default]
    #[serde(rename = "720p")]
    P720,
    /// 1920 × 1080.
    #[serde(rename = "1080p")]
    P1080,
}

/// How a conference room behaves. The defaults are those of a room about which nothing was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ConferenceRoomSettings {
    /// For people; at most 3000 characters.
    pub description: Option<String>,
    /// Nobody joins before.
    pub join_from: Option<Timestamp>,
    /// Nobody joins after.
    pub join_until: Option<Timestamp>,
    /// Everybody is removed then.
    pub remove_at: Option<Timestamp>,
    /// Each member is removed after that many seconds; 0 to 200000.
    pub remove_after_seconds_elapsed: Option<u32>,
    /// Most members at once; 0 to 300, 0 is no limit of its own.
    pub max_members: Option<u32>,
    /// Of the composed picture.
    pub quality: Quality,
    /// Frames a second of the composed picture: 20 or 30.
    pub fps: u32,
    /// Name of the layout a session starts with.
    pub layout: String,
    /// Whether each session is recorded.
    pub record_on_start: bool,
    /// Whether a small moving picture of the room is made.
    pub enable_room_previews: bool,
    /// The owner's.
    pub meta: Map<String, Value>,
    /// Whether sound waits for the picture.
    pub sync_audio_video: bool,
    /// Whether members hear who comes and goes.
    pub tone_on_entry_and_exit: bool,
    /// Whether the room starts without pictures.
    pub room_join_video_off: bool,
    /// Whether each member starts without one.
    pub user_join_video_off: bool,
    /// Whether raised hands come first in the layout.
    pub prioritize_handraise: bool,
}

impl Default for ConferenceRoomSettings {
    fn default() -> Self {
        Self {
            description: None,
            join_from: None,
            join_until: None,
            remove_at: None,
            remove_after_seconds_elapsed: None,
            max_members: None,
            quality: Quality::P720,
            fps: 20,
            layout: "grid-responsive".to_owned(),
            record_on_start: false,
            enable_room_previews: false,
            meta: Map::new(),
            sync_audio_video: false,
            tone_on_entry_and_exit: false,
            room_join_video_off: false,
            user_join_video_off: false,
            prioritize_handraise: false,
        }
    }
}

/// A call button on a web page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClickToCallBody {
    /// Names it.
    pub id: String,
    /// For the owner.
    pub name: String,
    /// Whether it works. While it is off its tokens are refused.
    pub enabled: bool,
    /// Where every call made with its token goes, whatever the page says.
    pub destination: String,
    /// Pages that may use it: `*`, or origins such as `https://shop.example.com` and `https://*.example.com`.
    pub allowed_origins: Vec<String>,
    /// Life in seconds of the access tokens given for it; absent is the default life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// Limits of its own, in place of the server's.
    #[serde(default)]
    pub budget: Budget,
    /// Zero bits of the work that goes before an exchange; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_of_work: Option<u8>,
    /// The public token. Only in the answer that made it: the server keeps a hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What a script is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScriptType {
    /// Answers calls.
    #[default]
    Calling,
    /// Answers messages.
    Messaging,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SwmlScriptBody {
    /// Names it.
    pub id: String,
    /// For people.
    pub display_name: String,
    /// What it is for.
    pub script_type: ScriptType,
    /// Where its contents can be fetched.
    pub request_url: String,
    /// The document.
    pub contents: Map<String, Value>,
    /// Who wants to hear what becomes of its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_callback_url: Option<String>,
    /// `POST` where there is a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_callback_method: Option<String>,
}
