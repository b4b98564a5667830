//! HTTP API, relay, directory, calls, rooms, store, TURN.
//!
//! [`serve::Server`] is the whole of it, started from a [`config::Config`]. Inside:
//!
//! - `http`: the REST interface and the web pages; [`mint`] makes the tokens it gives out.
//! - [`relay`]: WebSockets and sessions; [`calls`]: legs and rooms; media is the `offhook-media` crate's.
//! - `messages`: conversations, and who is told of what is said in them; `records`: calls that have ended.
//! - [`budget`]: how much the visitors of pages may do with a public token.
//! - [`proofs`]: what is asked of proofs of possession, over both.
//! - [`turn`]: the way to the media ports for clients that need one.
//! - [`webhooks`]: tells projects' backends what happens.
//! - [`store`]: what outlives a restart.
mod assets;
pub mod budget;
pub mod calls;
pub mod clock;
pub mod config;
mod http;
mod messages;
pub mod metrics;
pub mod mint;
pub mod proofs;
mod records;
pub mod relay;
pub mod serve;
pub mod store;
mod tls;
pub mod turn;
pub mod webhooks;

pub use assets::PAGE_CSP;
pub use tls::TlsError;
