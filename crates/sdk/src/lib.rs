//! The Offhook SDK for Rust programs.
