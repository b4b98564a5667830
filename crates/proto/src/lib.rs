//! Every message and REST body on the wire: types, ids, codes, limits.
//!
//! With the feature `serde` (on in the server) the bodies are typed; without it only the names and codes
//! are here, which is all the browser module wants.
pub mod code;
#[cfg(feature = "serde")]
pub mod event;
pub mod limits;
pub mod method;
#[cfg(feature = "serde")]
pub mod relay;
#[cfg(feature = "serde")]
pub mod relay_connect;
#[cfg(feature = "serde")]
pub mod rest;
#[cfg(feature = "serde")]
pub mod room;
#[cfg(feature = "serde")]
pub mod room_action;
#[cfg(feature = "serde")]
pub mod room_capability;
#[cfg(feature = "serde")]
pub mod room_layout;
#[cfg(feature = "serde")]
pub mod verto;
#[cfg(feature = "serde")]
pub mod verto_reply;
