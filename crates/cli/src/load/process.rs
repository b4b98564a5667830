//! What a process uses, from `/proc`.

use std::time::{Duration, Instant};

/// Clock ticks a second in `/proc`: 100 on every Linux this runs on.
const TICKS: u64 = 100;

/// A process, by its id.
pub(super) struct Process {
    id: u32,
}

/// What it has used so far, and holds now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) at: Instant,
    pub(super) processor: Duration,
    pub(super) resident_kib: u64,
}

impl Process {
    pub(super) fn new(id: u32) -> Self {
        Self { id }
    }

    /// `None` when there is no such process, or no `/proc`.
    pub(super) fn usage(&self) -> Option<Usage> {
        let file = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.id)).ok();
        Some(Usage {
            at: Instant::now(),
            processor: processor(&file("stat")?)?,
            resident_kib: resident_kib(&file("status")?)?,
        })
    }
}

/// Processor time that everything on the machine has used so far; `None` without `/proc`.
pub(super) fn machine() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let fields = stat.lines().next()?.split_whitespace().skip(1);
    let mut ticks = Vec::new();
    for field in fields.take(8) {
        ticks.push(field.parse::<u64>().ok()?);
    }
    // The fourth and fifth are time that nothing was done in.
    let idle = ticks.get(3)? + ticks.get(4)?;
    let used = ticks.iter().sum::<u64>().checked_sub(idle)?;
    Some(Duration::from_millis(used * (1_000 / TICKS)))
}

/// User and system time. The name of the program, in brackets, may hold anything.
fn processor(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let sum = ticks()?.checked_add(ticks()?)?;
    Some(Duration::from_millis(sum.checked_mul(1_000 / TICKS)?))
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_from_its_files() {
        let stat = "42 (of) f) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 8 0 100 1 2 3";
        assert_eq!(processor(stat), Some(Duration::from_secs(2)));
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2_048));
        assert_eq!((processor("42 (x) S"), resident_kib("")), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_process_uses_something() {
        let usage = Process::new(std::process::id()).usage();
        let usage = usage.expect("/proc is there");
        assert!(usage.resident_kib > 1_000);
        assert!(machine().is_some_and(|all| all >= usage.processor));
    }
}
