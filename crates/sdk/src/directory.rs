//! The addresses a user can reach, loaded page by page (sdk-api reference, section 11).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, stream};
use miniserde::json::Value;
use offhook_core::json;
use tokio::sync::watch;

use crate::address::{Address, AddressRecord};
use crate::client::{Client, WeakClient};
use crate::error::Error;
use crate::origin::escaped;

const FIRST_PAGE: &str = "/api/fabric/addresses?sort_by=name&sort_order=asc";

/// What of the directory has been loaded.
pub(crate) struct Loaded {
    addresses: watch::Sender<Vec<Address>>,
    loading: watch::Sender<bool>,
    /// Whether there are more pages; so far nobody knows otherwise.
    has_more: watch::Sender<bool>,
    /// The other ends of what addresses watch, by id.
    records: Mutex<HashMap<String, watch::Sender<AddressRecord>>>,
    /// Where the next page is. Whoever loads it holds this.
    next: tokio::sync::Mutex<Option<String>>,
}

impl Default for Loaded {
    fn default() -> Self {
        Self {
            addresses: watch::Sender::default(),
            loading: watch::Sender::default(),
            has_more: watch::Sender::new(true),
            records: Mutex::default(),
            next: tokio::sync::Mutex::new(Some(FIRST_PAGE.into())),
        }
    }
}

impl Loaded {
    /// The address that a dial string leads to, if it is loaded.
    pub(crate) fn at(&self, destination: &str) -> Option<Address> {
        let addresses = self.addresses.borrow();
        let at = |address: &&Address| address.record().borrow().is_at(destination);
        addresses.iter().find(at).cloned()
    }

    /// A new message or log entry goes to the conversations that are open.
    pub(crate) fn take_message(&self, message: &Value) {
        for address in self.addresses.borrow().iter() {
            address.conversation().take(message);
        }
    }

    fn get(&self, id: &str) -> Option<Address> {
        let addresses = self.addresses.borrow();
        addresses.iter().find(|known| known.id() == id).cloned()
    }

    fn add(&self, records: &[Value], client: &WeakClient) {
        let mut fresh = Vec::new();
        {
            let mut known = self.records();
            for record in records.iter().filter_map(AddressRecord::parse) {
                if let Some(known) = known.get(&record.id) {
                    known.send_if_modified(|now| {
                        let changed = *now != record;
                        *now = record;
                        changed
                    });
                } else {
                    let id = record.id.clone();
                    let sender = watch::Sender::new(record);
                    fresh.push(Address::new(sender.subscribe(), client.clone()));
                    known.insert(id, sender);
                }
            }
        }
        if !fresh.is_empty() {
            self.addresses
                .send_modify(|addresses| addresses.append(&mut fresh));
        }
    }

    /// A panic elsewhere cannot leave this map half-written: every change to it is one step.
    fn records(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<AddressRecord>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The addresses the user can reach, from [`Client::directory`]. Keeps the session alive.
#[derive(Clone)]
pub struct Directory {
    client: Client,
}

impl Directory {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    fn loaded(&self) -> &Loaded {
        &self.client.shared().directory
    }

    /// Those that have been loaded, in the order of their names where they were loaded page by page.
    pub fn addresses(&self) -> watch::Receiver<Vec<Address>> {
        self.loaded().addresses.subscribe()
    }

    /// Whether a page is being loaded.
    pub fn loading(&self) -> watch::Receiver<bool> {
        self.loaded().loading.subscribe()
    }

    /// Whether there is more to load.
    pub fn has_more(&self) -> watch::Receiver<bool> {
        self.loaded().has_more.subscribe()
    }

    /// Loads the next page, if there is one.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached; the page can be asked for again.
    pub async fn load_more(&self) -> Result<(), Error> {
        let loaded = self.loaded();
        let mut next = loaded.next.lock().await;
        let Some(target) = next.clone() else {
            return Ok(());
        };
        loaded.loading.send_replace(true);
        let page = self.client.fetch("GET", &target, None).await;
        loaded.loading.send_replace(false);
        let page = page?;
        *next = next_page(&page);
        loaded.add(json::array_of(&page, "data"), &self.client.downgrade());
        loaded.has_more.send_replace(next.is_some());
        Ok(())
    }

    /// Every address, loaded as far as the stream is read.
    pub fn all(&self) -> impl Stream<Item = Result<Address, Error>> + Send + use<> {
        let begin = (self.clone(), 0);
        stream::try_unfold(begin, |(directory, index)| async move {
            loop {
                let loaded = directory.loaded().addresses.borrow().get(index).cloned();
                if let Some(address) = loaded {
                    return Ok(Some((address, (directory, index + 1))));
                }
                if !*directory.loaded().has_more.borrow() {
                    return Ok(None);
                }
                directory.load_more().await?;
            }
        })
    }

    /// The address of that id, fetched if it is not loaded. `None` if there is none, or it is out of reach.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn get(&self, id: &str) -> Result<Option<Address>, Error> {
        if let Some(known) = self.loaded().get(id) {
            return Ok(Some(known));
        }
        let target = format!("/api/fabric/addresses/{}", escaped(id));
        match self.client.fetch("GET", &target, None).await {
            Ok(record) => {
                let records = std::slice::from_ref(&record);
                self.loaded().add(records, &self.client.downgrade());
                Ok(self.loaded().get(id))
            }
            Err(Error::Refused {
                code: 403 | 404, ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The id of the address of that name, such as `/public/lobby`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn find_address_id_by_uri(&self, uri: &str) -> Result<Option<String>, Error> {
        let address = self.find_by_uri(uri).await?;
        Ok(address.map(|address| address.id().to_owned()))
    }

    /// The address of that name, such as `/public/lobby`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn find_by_uri(&self, uri: &str) -> Result<Option<Address>, Error> {
        let known = {
            let addresses = self.loaded().addresses.borrow();
            let named = |address: &&Address| address.record().borrow().name == uri;
            addresses.iter().find(named).cloned()
        };
        if known.is_some() {
            return Ok(known);
        }
        let target = format!("/api/fabric/addresses?name={}", escaped(uri));
        let page = self.client.fetch("GET", &target, None).await?;
        let found = json::array_of(&page, "data");
        self.loaded().add(found, &self.client.downgrade());
        let id = found.first().and_then(|record| json::str_of(record, "id"));
        Ok(id.and_then(|id| self.loaded().get(id)))
    }
}

/// Where the page after this one is.
pub(crate) fn next_page(page: &Value) -> Option<String> {
    let next = json::at(page, &["links", "next"]).and_then(json::as_str);
    next.filter(|next| !next.is_empty()).map(str::to_owned)
}
