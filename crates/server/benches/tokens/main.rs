//! What tokens and sessions cost: proofs verified, tokens issued, and whole `devices/refresh` requests on one core, each beside
//! the raw cost of its cryptographic operations in the same run; and the memory of an idle session. `cargo xtask bench tokens`.
//!
//! The process that is measured is held on one core with all its threads; whoever asks is a process of its own, on another. What
//! is counted is the processor's time of the measured process, the kernel's work for it included, so that a machine with other
//! things to do measures the same; waits are those of a clock, and grow on such a machine.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has failed")]

mod asker;
mod core;
mod key;
mod raw;
mod refreshes;
mod sessions;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if let Some(part) = core::asked_to_ask() {
        return match part.as_str() {
            "refreshes" => asker::refreshes(),
            _ => sessions::ask(),
        };
    }
    let alone = core::hold(core::MEASURED);
    if !alone {
        println!("this machine has one core, or none can be chosen: asker and server share it");
    }
    // One part alone: `cargo xtask bench tokens sessions`.
    if std::env::args().any(|argument| argument == "sessions") {
        return sessions::measure();
    }
    let raw = raw::Raw::new();
    raw.report();
    for shared in [false, true] {
        refreshes::measure(&raw, shared);
    }
    sessions::measure();
}

fn report(what: &str, ours: f64, beside: &str, raw: f64) {
    println!(
        "{what:<28} {ours:>9.0} /s   {beside:<26} {raw:>9.0} /s   ratio {:.2}",
        ours / raw
    );
}
