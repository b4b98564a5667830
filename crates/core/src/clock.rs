//! Time as the engine sees it.

/// The time at which an input arrives, read by the driver.
///
/// Two clocks, because each lies in its own way: the monotonic one stops while a device sleeps, the wall
/// clock jumps. Waiting is measured on the first, expiry on the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Milliseconds since an arbitrary start; never goes back.
    pub mono_ms: u64,
    /// Milliseconds since the Unix epoch, by the device's clock.
    pub wall_ms: u64,
}
