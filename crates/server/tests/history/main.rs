//! Who can be reached, and what is kept of what people say and of their calls: a real server, real HTTP and real WebSockets.
#[path = "../relay_support/mod.rs"]
mod relay_support;
#[allow(dead_code, reason = "the other tests use the rest of it")]
#[path = "../rest/support.rs"]
mod support;

mod calls;
mod conversations;
mod directory;
mod people;
mod records;
mod repeats;
