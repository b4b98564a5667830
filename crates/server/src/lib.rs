//! HTTP API, relay, directory, calls, rooms, store, TURN.
pub mod clock;
pub mod metrics;
pub mod store;
