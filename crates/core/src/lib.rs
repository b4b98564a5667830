//! The Offhook client engine, sans-IO.
//!
//! [`Engine`](engine::Engine) takes inputs with the current time and is polled for outputs. It knows no
//! socket, no clock, no thread and no browser: the drivers (`web/js` on browser APIs, `sdk` on tokio, the
//! simulation in the tests) own those and decide nothing.
//!
//! ```text
//!   driver ── Input (with Now) ──▶ Engine ── Output ──▶ driver
//!                                    │
//!                                    └─ deadline(): when the driver must send Input::Tick at the latest
//! ```
mod attach;
mod auxiliary;
pub mod clock;
mod context;
mod credential;
mod dialog;
pub mod engine;
mod error;
mod fetch;
mod http_date;
pub mod input;
pub mod json;
pub mod output;
mod proof;
mod random;
mod room;
mod rpc;
mod server_clock;
mod session;
mod startup;
mod token;
pub mod tuning;
