//! Text messages and the call log with one address: two views of one conversation (sdk-api reference, 11.2 and 11.3;
//! wire-protocol.md 8.4).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use miniserde::json::Value;
use offhook_core::json;
use tokio::sync::{OnceCell, watch};

use crate::client::{Client, WeakClient};
use crate::directory::next_page;
use crate::error::Error;
use crate::origin::escaped;
use crate::value;

/// Entries asked for at once.
const PAGE: u32 = 100;

/// A text message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextMessage {
    /// Message id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// When it was sent, epoch milliseconds.
    pub created_ms: u64,
    /// The address of whoever sent it; [`Directory::get`](crate::Directory::get) has it.
    pub from_address_id: Option<String>,
}

/// A call that was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressHistory {
    /// Entry id.
    pub id: String,
    /// What kind of call.
    pub kind: String,
    /// How it ended.
    pub status: String,
    /// When it began, epoch milliseconds.
    pub started_ms: u64,
    /// When it ended, epoch milliseconds.
    pub ended_ms: Option<u64>,
    /// The address of whoever called; [`Directory::get`](crate::Directory::get) has it.
    pub from_address_id: Option<String>,
}

pub(crate) mod entry {
    use miniserde::json::Value;

    /// What a conversation is made of.
    pub trait Entry: Clone + PartialEq + Send + Sync + 'static {
        /// How the wire tells the kinds apart.
        const SUBTYPE: &'static str;

        /// `None` when it has no id.
        fn parse(entry: &Value) -> Option<Self>;

        /// Where it belongs among the others: its time, then its id, so that the order does not depend on how it came.
        fn place(&self) -> (u64, &str);
    }
}
use entry::Entry;

impl Entry for TextMessage {
    const SUBTYPE: &'static str = "chat";

    fn parse(entry: &Value) -> Option<Self> {
        Some(Self {
            id: value::owned(entry, "id")?,
            text: value::owned(entry, "text").unwrap_or_default(),
            created_ms: millis(entry, "ts").unwrap_or(0),
            from_address_id: value::owned(entry, "from_fabric_address_id"),
        })
    }

    fn place(&self) -> (u64, &str) {
        (self.created_ms, &self.id)
    }
}

impl Entry for AddressHistory {
    const SUBTYPE: &'static str = "log";

    fn parse(entry: &Value) -> Option<Self> {
        let details = value::object_of(entry, "details");
        let started = millis(&details, "start_time").or_else(|| millis(entry, "ts"));
        Some(Self {
            id: value::owned(entry, "id")?,
            kind: value::owned(entry, "kind").unwrap_or_default(),
            status: value::owned(&details, "status").unwrap_or_default(),
            started_ms: started.unwrap_or(0),
            ended_ms: millis(&details, "end_time"),
            from_address_id: value::owned(entry, "from_fabric_address_id"),
        })
    }

    fn place(&self) -> (u64, &str) {
        (self.started_ms, &self.id)
    }
}

fn millis(value: &Value, key: &str) -> Option<u64> {
    value::integer(value, key).and_then(|ms| u64::try_from(ms).ok())
}

/// What was exchanged with one address.
pub(crate) struct Conversation {
    /// The id of the address.
    address: String,
    /// The group's id. The same addresses always give the same group.
    group: OnceCell<String>,
    texts: Arc<Entries<TextMessage>>,
    log: Arc<Entries<AddressHistory>>,
}

impl Conversation {
    pub(crate) fn new(address: String) -> Self {
        Self {
            address,
            group: OnceCell::new(),
            texts: Arc::default(),
            log: Arc::default(),
        }
    }

    pub(crate) fn texts(&self) -> &Arc<Entries<TextMessage>> {
        &self.texts
    }

    pub(crate) fn log(&self) -> &Arc<Entries<AddressHistory>> {
        &self.log
    }

    /// Takes a live entry, if it belongs here.
    pub(crate) fn take(&self, message: &Value) {
        let group = json::str_of(message, "group_id");
        if group.is_some() && group == self.group.get().map(String::as_str) {
            self.texts.hear(message);
            self.log.hear(message);
        }
    }

    /// A failure is tried again by the next who asks.
    async fn join(&self, client: &Client) -> Result<&str, Error> {
        let joined = self.group.get_or_try_init(|| async {
            let own = own_address(client);
            let body = json::object([
                ("from_fabric_address_id", json::text(&own)),
                ("fabric_address_ids", json::texts(&[&self.address, &own])),
            ]);
            let joined = client
                .fetch("POST", "/api/fabric/conversations/join", Some(body))
                .await?;
            value::owned(&joined, "group_id").ok_or_else(|| Error::Other {
                class: "ConversationError".into(),
                message: "the server named no group".into(),
            })
        });
        joined.await.map(String::as_str)
    }

    pub(crate) async fn send(&self, client: &Client, text: &str) -> Result<(), Error> {
        let group = self.join(client).await?;
        // So that a request that has to be repeated does not say it twice.
        let id = format!("{:032x}", rand::random::<u128>());
        let body = json::object([
            ("id", json::text(&id)),
            ("group_id", json::text(group)),
            ("from_fabric_address_id", json::text(&own_address(client))),
            ("text", json::text(text)),
        ]);
        let sent = client.fetch("POST", "/api/fabric/messages", Some(body));
        sent.await.map(drop)
    }

    /// Joins, and loads the first page. New entries are heard from before that: none is missed between the two.
    pub(crate) async fn open<T: Entry>(
        &self,
        client: &Client,
        entries: &Entries<T>,
    ) -> Result<(), Error> {
        let group = self.join(client).await?;
        let opened = entries.opened.get_or_try_init(|| async {
            entries.listening.store(true, Ordering::Relaxed);
            let first = format!(
                "/api/fabric/conversations/{}/messages?page_size={PAGE}",
                escaped(group)
            );
            *entries.next.lock().await = Some(first);
            entries.load_more(client).await
        });
        opened.await.copied()
    }
}

fn own_address(client: &Client) -> String {
    let user = client.shared().user.borrow();
    let own = user.as_ref().and_then(|user| user.own_address());
    own.unwrap_or_default().to_owned()
}

/// The entries of one kind that are loaded.
pub(crate) struct Entries<T> {
    /// The oldest first.
    values: watch::Sender<Vec<T>>,
    loading: watch::Sender<bool>,
    has_more: watch::Sender<bool>,
    opened: OnceCell<()>,
    /// Whether new entries are wanted. Before the first page they would only leave a hole behind them.
    listening: AtomicBool,
    /// Where the next page is. Whoever loads it holds this.
    next: tokio::sync::Mutex<Option<String>>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self {
            values: watch::Sender::new(Vec::new()),
            loading: watch::Sender::default(),
            has_more: watch::Sender::new(true),
            opened: OnceCell::new(),
            listening: AtomicBool::default(),
            next: tokio::sync::Mutex::default(),
        }
    }
}

impl<T: Entry> Entries<T> {
    async fn load_more(&self, client: &Client) -> Result<(), Error> {
        let mut next = self.next.lock().await;
        let Some(target) = next.clone() else {
            return Ok(());
        };
        self.loading.send_replace(true);
        let page = client.fetch("GET", &target, None).await;
        self.loading.send_replace(false);
        let page = page?;
        *next = next_page(&page);
        self.add(json::array_of(&page, "data"));
        self.has_more.send_replace(next.is_some());
        Ok(())
    }

    fn hear(&self, entry: &Value) {
        if self.listening.load(Ordering::Relaxed) {
            self.add(std::slice::from_ref(entry));
        }
    }

    /// Entries may come twice: with a page, and live.
    fn add(&self, entries: &[Value]) {
        let mine = entries
            .iter()
            .filter(|entry| json::str_of(entry, "subtype") == Some(T::SUBTYPE));
        let mine: Vec<T> = mine.filter_map(T::parse).collect();
        self.values.send_if_modified(|values| {
            let mut changed = false;
            for entry in mine {
                let id = entry.place().1;
                match values.iter().position(|known| known.place().1 == id) {
                    Some(known) if values[known] == entry => continue,
                    Some(known) => values[known] = entry,
                    None => values.push(entry),
                }
                changed = true;
            }
            if changed {
                values.sort_by(|a, b| a.place().cmp(&b.place()));
            }
            changed
        });
    }
}

/// The messages or the log of an address, as far as loaded, from [`Address::text_messages`](crate::Address::text_messages)
/// and [`Address::history`](crate::Address::history).
#[derive(Clone)]
pub struct Collection<T> {
    entries: Arc<Entries<T>>,
    client: WeakClient,
}

impl<T: Entry> Collection<T> {
    pub(crate) fn new(entries: Arc<Entries<T>>, client: WeakClient) -> Self {
        Self { entries, client }
    }

    /// The entries that are loaded, the oldest first, as a value that can be watched: new ones come by themselves.
    pub fn values(&self) -> watch::Receiver<Vec<T>> {
        self.entries.values.subscribe()
    }

    /// Whether a page is being loaded.
    pub fn loading(&self) -> watch::Receiver<bool> {
        self.entries.loading.subscribe()
    }

    /// Whether there are older ones to load.
    pub fn has_more(&self) -> watch::Receiver<bool> {
        self.entries.has_more.subscribe()
    }

    /// Loads the next page of older entries, if there is one.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached; the page can be asked for again.
    pub async fn load_more(&self) -> Result<(), Error> {
        let client = self.client.upgrade().ok_or(Error::Closed)?;
        self.entries.load_more(&client).await
    }

    /// An entry that is loaded.
    pub fn get(&self, id: &str) -> Option<T> {
        self.look(|entry| entry.place().1 == id)
    }

    /// The oldest entry that is `wanted`; pages are loaded until there is one.
    ///
    /// # Errors
    /// As [`load_more`](Self::load_more).
    pub async fn find(&self, wanted: impl Fn(&T) -> bool) -> Result<Option<T>, Error> {
        loop {
            if let Some(found) = self.look(&wanted) {
                return Ok(Some(found));
            }
            if !*self.entries.has_more.borrow() {
                return Ok(None);
            }
            self.load_more().await?;
        }
    }

    fn look(&self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let values = self.entries.values.borrow();
        values.iter().find(|entry| wanted(entry)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, ts: u64, text: &str) -> Value {
        let written = format!(r#"{{"id":"{id}","subtype":"chat","ts":{ts},"text":"{text}"}}"#);
        json::parse(&written).unwrap_or_default()
    }

    fn told(entries: &Entries<TextMessage>) -> Vec<String> {
        let values = entries.values.borrow();
        values.iter().map(|message| message.text.clone()).collect()
    }

    #[test]
    fn messages_are_in_order_and_once_however_they_came() {
        let entries = Entries::<TextMessage>::default();
        entries.add(&[message("c", 30, "three")]);
        entries.add(&[
            message("b", 20, "two"),
            message("a", 10, "one"),
            message("c", 30, "three"),
        ]);
        assert_eq!(told(&entries), ["one", "two", "three"]);
        let mut seen = entries.values.subscribe();
        entries.add(&[message("b", 20, "two")]);
        assert!(!seen.has_changed().unwrap_or(true));
        entries.add(&[message("b", 20, "2")]);
        assert_eq!(told(&entries), ["one", "2", "three"]);
        assert!(seen.borrow_and_update().len() == 3);
    }

    #[test]
    fn the_log_holds_no_messages_and_reads_its_details() {
        let log = Entries::<AddressHistory>::default();
        let call = r#"{"id":"l","subtype":"log","kind":"call","ts":50,
            "details":{"status":"answered","start_time":40,"end_time":50}}"#;
        log.add(&[
            message("a", 10, "one"),
            json::parse(call).unwrap_or_default(),
        ]);
        let values = log.values.borrow();
        assert_eq!(values.len(), 1);
        assert_eq!((values[0].started_ms, values[0].ended_ms), (40, Some(50)));
        assert_eq!((&*values[0].kind, &*values[0].status), ("call", "answered"));
    }
}
