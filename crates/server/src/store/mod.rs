//! What outlives a restart: projects, what they own, and the chains of refresh tokens.
//!
//! SQL with one set of queries: SQLite today, embedded, in a file of the data directory; the queries keep to what
//! PostgreSQL understands too, and the three aliases below are where the choice is made. Several processes may
//! have the file open at once, so the command line can write while the server runs.
//!
//! A resource deleted is gone for the next request: what is remembered of tokens (`liveness.rs`) is checked against the database
//! each time.
mod address;
mod attachment;
mod call_record;
mod changes;
mod click_to_call;
mod conversation;
mod embed;
mod kept;
mod live_call;
mod liveness;
mod message;
mod migrate;
mod page;
mod project;
mod refresh;
mod resource;
mod revocation;
mod room;
mod settings;
mod subscriber;
mod swml_script;
mod together;
mod used_proof;
mod webhook;
mod webhook_delivery;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use thiserror::Error;

use liveness::Liveness;
use together::Together;
use used_proof::{UsedProof, UsedProofs};

pub use address::{Address, AddressFilter, AddressKind, AddressSort};
pub use call_record::{CallFilter, ListedCall};
pub use changes::DirectoryChange;
pub(crate) use click_to_call::matches_origin;
pub use click_to_call::{ClickToCall, ClickToCallChange, ClickToCallSettings};
pub use conversation::{Conversation, ConversationMember, conversation_id};
pub use live_call::{AbandonedCall, LiveCallKey};
pub use message::{NewMessage, Said};
pub use page::{Cursor, Order, PageRequest, Position, Slice};
pub use project::Project;
pub use refresh::Rotation;
pub use resource::{Resource, ResourceDetails, SubscriberDetails};
pub use revocation::{Revocation, Revoked};
pub use room::ConferenceRoom;
pub use subscriber::{Subscriber, SubscriberChange, hash_password};
pub use swml_script::SwmlScriptSettings;
pub use webhook::{Subscription, WebhookChange, WebhookSettings};
pub use webhook_delivery::{FailedAttempt, NewDelivery, NextDelivery, Work};

pub(crate) type Db = sqlx::Sqlite;
pub(crate) type Row = sqlx::sqlite::SqliteRow;
type Pool = sqlx::SqlitePool;

/// How long a writer waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const MOST_READERS: u32 = 4;
/// Between two attempts to open a file that another process is opening.
const BUSY_RETRY: Duration = Duration::from_millis(20);

/// Whether SQLite says that somebody else is at it: `SQLITE_BUSY` or `SQLITE_LOCKED`, extended codes included.
fn is_busy(error: &dyn sqlx::error::DatabaseError) -> bool {
    error
        .code()
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// The database. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
    /// One connection: SQLite has one writer at a time, and here they queue in order instead of trying again and again.
    writer: Pool,
    changes: tokio::sync::broadcast::Sender<DirectoryChange>,
    liveness: Liveness,
    used_proofs: Together<UsedProof, bool>,
}

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused, or cannot be reached. A retry may help.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Another thing of the project has that value. The caller's to mend.
    #[error("{attribute} is taken")]
    Taken {
        /// The attribute, as the REST interface spells it.
        attribute: &'static str,
    },
    /// There are as many of these as there may be. The caller's to mend.
    #[error("there may be {most} {what}")]
    Full {
        /// What they are.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// The named project does not exist. The caller's to mend.
    #[error("there is no such project")]
    NoSuchProject,
    /// A row that this version cannot read. The operator's to mend.
    #[error("{what} {id} cannot be read: {reason}")]
    Unreadable {
        /// What the row is.
        what: &'static str,
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The question was asked together with others, and this is why none was answered. A retry may help.
    #[error("{0}")]
    Together(Arc<StoreError>),
    /// The store has been closed: the server is going down.
    #[error("the store is closed")]
    Closed,
    /// The database was written by a later version. The operator's to mend.
    #[error(
        "the database has schema {found}, this program knows {known}: use the newer program, or restore a backup"
    )]
    TooNew {
        /// Schema of the file.
        found: i64,
        /// Newest schema known here.
        known: i64,
    },
}

impl StoreError {
    /// Turns a violated uniqueness into [`StoreError::Taken`].
    fn taken(attribute: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => {
                Self::Taken { attribute }
            }
            sqlx::Error::Database(inner) if inner.is_foreign_key_violation() => Self::NoSuchProject,
            _ => Self::Database(error),
        }
    }
}

impl Store {
    /// Opens the file, makes it when there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or written, or is newer than this program.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With a write-ahead log this loses nothing when the program dies, and the last moments when the machine does.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = Self::connections(&options, 1).await?;
        let pool = Self::connections(&options, MOST_READERS).await?;
        Self::with_schema(pool, writer).await
    }

    /// A pool with its first connection open. SQLite answers whoever opens a file while another process turns its
    /// write-ahead log on with "busy" at once, whatever the busy time-out, so the waiting is done here.
    async fn connections(options: &SqliteConnectOptions, most: u32) -> Result<Pool, StoreError> {
        let end = tokio::time::Instant::now() + BUSY_TIMEOUT;
        loop {
            let opened = SqlitePoolOptions::new()
                .max_connections(most)
                // A file does not go away as a server does: asking a connection whether it is there is half of a short query.
                .test_before_acquire(false)
                .connect_with(options.clone())
                .await;
            match opened {
                Err(sqlx::Error::Database(error))
                    if is_busy(error.as_ref()) && tokio::time::Instant::now() < end =>
                {
                    tokio::time::sleep(BUSY_RETRY).await;
                }
                other => return Ok(other?),
            }
        }
    }

    /// A database that ends with the value. For tests.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .foreign_keys(true);
        // Each connection would have a memory of its own, and an idle one would be forgotten with it.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        let writer = pool.clone();
        Self::with_schema(pool, writer).await
    }

    async fn with_schema(pool: Pool, writer: Pool) -> Result<Self, StoreError> {
        let store = Self {
            liveness: Liveness::start(pool.clone()),
            used_proofs: Together::spawn(UsedProofs::new(writer.clone())),
            changes: changes::channel(),
            pool,
            writer,
        };
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Finishes what is being written and lets go of the file.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writer.close().await;
    }

    /// A transaction that holds the right to write from its beginning, so that it never fails half way because
    /// somebody else wrote in between.
    async fn write(&self) -> Result<sqlx::Transaction<'static, Db>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// A new id.
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// SQL has signed numbers only; times and counts here are far from either end.
fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
