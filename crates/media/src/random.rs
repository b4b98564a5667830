//! A little randomness for stream numbers: uniqueness is wanted, not secrecy.

use std::hash::{BuildHasher, RandomState};

/// A number that differs from call to call and from process to process.
pub(crate) fn random_u64() -> u64 {
    // Each `RandomState` has keys of its own, the first of a thread from the system's generator.
    RandomState::new().hash_one("offhook")
}
