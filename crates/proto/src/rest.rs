//! Bodies of the REST interface (wire-protocol.md 2.4 and 8), as the server writes them and clients read them.
//!
//! What callers send is not here: a request is read field by field, so that each fault is reported by the name
//! of its attribute.
mod address;
mod budget;
mod call_record;
mod calling;
mod error;
mod message;
mod page;
mod resource;
mod time;
mod token;
mod webhook;

pub use address::{Address, AddressType, Channels};
pub use budget::{Budget, BudgetUse, ButtonUsage, NotABudget, WorkChallenge, WorkNeeded};
pub use call_record::{CallEnd, CallOutcome, CallParty, CallRecord, CallRecordLeg, LegQuality};
pub use calling::CallCommandAnswer;
pub use error::{ErrorBody, ErrorItem, ErrorList, code};
pub use message::{Conversation, JoinAnswer, Message, MessageSubtype};
pub use page::{Links, Page};
pub use resource::{
    AttachmentBody, ClickToCallBody, ConferenceRoomBody, ConferenceRoomSettings, Quality,
    ResourceBody, ResourceType, ScriptType, SubscriberBody, SubscriberProfile, SwmlScriptBody,
};
pub use time::Timestamp;
pub use token::{
    AppSettings, Confirmation, DeviceTokenAnswer, EmbedTokenAnswer, GuestTokenAnswer,
    InviteTokenAnswer, SatClaimsBody, SignInAnswer, SubscriberInfo, SubscriberTokenAnswer,
};
pub use webhook::{
    DeadLetterBody, RedeliveryAnswer, WebhookBody, WebhookError, WebhookEvent, WebhookTestAnswer,
};
