//! An address: who or what can be called and written to (sdk-api reference, section 11).

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, future, stream};
use miniserde::json::Value;
use tokio::sync::watch;

use crate::call::Call;
use crate::client::WeakClient;
use crate::conversation::{AddressHistory, Collection, Conversation, TextMessage};
use crate::error::Error;
use crate::{changes, value};

/// What an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceType {
    /// An application.
    App,
    /// A call.
    Call,
    /// A room.
    Room,
    /// Somebody.
    Subscriber,
    /// Anything else, by the server's name for it.
    Other(String),
}

impl From<&str> for ResourceType {
    fn from(name: &str) -> Self {
        match name {
            "app" => Self::App,
            "call" => Self::Call,
            "room" => Self::Room,
            "subscriber" => Self::Subscriber,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What to dial for each kind of contact; `None` where there is no such contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Channels {
    /// For a call with sound.
    pub audio: Option<String>,
    /// For a call with sound and picture.
    pub video: Option<String>,
    /// For messages.
    pub messaging: Option<String>,
}

/// What is known of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressRecord {
    /// Address id.
    pub id: String,
    /// What it is called in a dial string, such as `/public/lobby`.
    pub name: String,
    /// Shown name.
    pub display_name: Option<String>,
    /// What it belongs to. The wire's `type`.
    pub kind: ResourceType,
    /// The id of that.
    pub resource_id: Option<String>,
    /// A small picture of it.
    pub preview_url: Option<String>,
    /// A large picture of it.
    pub cover_url: Option<String>,
    /// Whether calls to it are refused.
    pub locked: bool,
    /// Since when there is such an address, RFC 3339.
    pub created_at: Option<String>,
    /// How it can be reached.
    pub channels: Channels,
}

impl AddressRecord {
    pub(crate) fn parse(record: &Value) -> Option<Self> {
        let text = |key| value::owned(record, key);
        let channels = value::object_of(record, "channels");
        Some(Self {
            id: text("id")?,
            name: text("name").unwrap_or_default(),
            display_name: text("display_name"),
            kind: value::text(record, "type").unwrap_or_default().into(),
            resource_id: text("resource_id"),
            preview_url: text("preview_url"),
            cover_url: text("cover_url"),
            locked: value::flag(record, "locked").unwrap_or(false),
            created_at: text("created_at"),
            channels: Channels {
                audio: value::owned(&channels, "audio"),
                video: value::owned(&channels, "video"),
                messaging: value::owned(&channels, "messaging"),
            },
        })
    }

    /// Where a call to this address goes.
    pub fn default_channel(&self) -> Option<&str> {
        match self.kind {
            ResourceType::Room => self.channels.video.as_deref(),
            _ => self.channels.audio.as_deref(),
        }
    }

    /// Whether a dial string leads here.
    pub(crate) fn is_at(&self, destination: &str) -> bool {
        let channels = &self.channels;
        [&channels.audio, &channels.video, &channels.messaging]
            .into_iter()
            .flatten()
            .any(|channel| path(channel) == path(destination))
    }
}

/// A dial string without what follows the name.
fn path(destination: &str) -> &str {
    let end = destination.find('?').unwrap_or(destination.len());
    &destination[..end]
}

/// An address of the directory. Cheap to clone; does not keep the session alive.
#[derive(Clone)]
pub struct Address {
    id: String,
    record: watch::Receiver<AddressRecord>,
    conversation: Arc<Conversation>,
    client: WeakClient,
}

impl Address {
    pub(crate) fn new(record: watch::Receiver<AddressRecord>, client: WeakClient) -> Self {
        let id = record.borrow().id.clone();
        Self {
            conversation: Arc::new(Conversation::new(id.clone())),
            id,
            record,
            client,
        }
    }

    /// Address id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is known of it, as a value that can be watched.
    pub fn record(&self) -> watch::Receiver<AddressRecord> {
        self.record.clone()
    }

    /// What is known of it now.
    pub fn now(&self) -> AddressRecord {
        self.record.borrow().clone()
    }

    /// One aspect of what is known of it: as it is now, and whenever it changes.
    pub fn watch<T, F>(&self, aspect: F) -> impl Stream<Item = T> + Send + use<T, F>
    where
        T: PartialEq + Clone + Send,
        F: Fn(&AddressRecord) -> T + Send,
    {
        changes::of(self.record(), aspect)
    }

    /// Sends a message. Returns when the server has taken it; it then comes to every device of both sides, this one
    /// included.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn send_text(&self, text: &str) -> Result<(), Error> {
        let client = self.client.upgrade().ok_or(Error::Closed)?;
        self.conversation.send(&client, text).await
    }

    /// The messages with this address: the latest are loaded, new ones come by themselves.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn text_messages(&self) -> Result<Collection<TextMessage>, Error> {
        let client = self.client.upgrade().ok_or(Error::Closed)?;
        let texts = Arc::clone(self.conversation.texts());
        self.conversation.open(&client, &texts).await?;
        Ok(Collection::new(texts, self.client.clone()))
    }

    /// The calls with this address so far: the latest are loaded, new ones come by themselves.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn history(&self) -> Result<Collection<AddressHistory>, Error> {
        let client = self.client.upgrade().ok_or(Error::Closed)?;
        let log = Arc::clone(self.conversation.log());
        self.conversation.open(&client, &log).await?;
        Ok(Collection::new(log, self.client.clone()))
    }

    /// The calls with this address that are up now.
    pub fn activity(&self) -> Vec<Call> {
        let calls = self.client.upgrade().map(|client| client.calls());
        self.mine(calls.unwrap_or_default())
    }

    /// The same as a stream. Keeps the session alive.
    pub fn watch_activity(&self) -> impl Stream<Item = Vec<Call>> + Send + use<> {
        let address = self.clone();
        stream::iter(self.client.upgrade())
            .flat_map(|client| client.watch_calls().boxed())
            .map(move |calls| address.mine(calls))
            .scan(None, |last: &mut Option<Vec<String>>, calls| {
                let ids = calls.iter().map(|call| call.id().to_owned()).collect();
                let changed = last.as_ref() != Some(&ids);
                *last = Some(ids);
                future::ready(Some(changed.then_some(calls)))
            })
            .filter_map(future::ready)
    }

    fn mine(&self, mut calls: Vec<Call>) -> Vec<Call> {
        let record = self.record.borrow();
        calls.retain(|call| call.to().is_some_and(|to| record.is_at(to)));
        calls
    }

    pub(crate) fn conversation(&self) -> &Conversation {
        &self.conversation
    }
}

#[cfg(test)]
mod tests {
    use offhook_core::json;

    use super::*;

    fn record(kind: &str) -> AddressRecord {
        let text = r#"{"id":"a","name":"/public/lobby","type":"KIND","channels":{"audio":"/public/lobby?channel=audio",
            "video":"/public/lobby?channel=video"}}"#;
        let record = json::parse(&text.replace("KIND", kind)).unwrap_or_default();
        AddressRecord::parse(&record).expect("an address")
    }

    #[test]
    fn a_room_is_called_with_a_picture_and_others_are_not() {
        let room = record("room");
        assert_eq!(room.default_channel(), Some("/public/lobby?channel=video"));
        let subscriber = record("subscriber");
        assert_eq!(
            subscriber.default_channel(),
            Some("/public/lobby?channel=audio")
        );
        assert_eq!(record("desk").kind, ResourceType::Other("desk".into()));
    }

    #[test]
    fn what_follows_the_name_does_not_make_another_address() {
        let room = record("room");
        assert!(room.is_at("/public/lobby") && room.is_at("/public/lobby?x=1"));
        assert!(!room.is_at("/public/lobby2") && !room.is_at(""));
    }
}
