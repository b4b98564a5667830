//! Cores: which one is measured, how much of it was used, and a process beside it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const MEASURED: usize = 0;
const ASKING: usize = 1;
const PART: &str = "OFFHOOK_BENCH_ASK";

/// In the process that asks: what for.
pub(crate) fn asked_to_ask() -> Option<String> {
    let part = std::env::var(PART).ok()?;
    hold(ASKING);
    Some(part)
}

/// This program again, to ask: over its standard input and output it is told what and tells what it saw.
pub(crate) fn asker(part: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .env(PART, part)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Holds this thread, and all that it will start, on a core; false where that cannot be.
#[cfg(target_os = "linux")]
pub(crate) fn hold(core: usize) -> bool {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        return false;
    }
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn hold(_: usize) -> bool {
    false
}

/// Processor time of this process, all its threads and the kernel's work for them. What else the machine does is not in it.
pub(crate) fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
