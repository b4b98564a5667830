//! The time of day in the units of the wire.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, with a fraction: timestamps of events and pings.
pub(crate) fn now_seconds() -> f64 {
    // A clock set before 1970 shows as 1970.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Milliseconds since 1970: start and answer times of calls.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
