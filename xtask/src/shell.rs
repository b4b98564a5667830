//! Running programs, and the places of the project.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a task says when it cannot go on.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    // This crate's folder is one below.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

pub(crate) fn web() -> PathBuf {
    root().join("web")
}

/// A command in the project's folder.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command with its output shown; fails when it fails.
pub(crate) fn run(mut command: Command, what: &str) -> Done {
    let started = Instant::now();
    println!("── {what}");
    let status = command.status().map_err(|error| {
        format!(
            "{what}: cannot run {}: {error}",
            command.get_program().display()
        )
    })?;
    if status.success() {
        println!("── {what}: {:.1} s", started.elapsed().as_secs_f32());
        Ok(())
    } else {
        Err(format!("{what} failed ({status})"))
    }
}

/// What a command prints; `None` when it cannot be run or fails.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let made = command(program, arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    made.status
        .success()
        .then(|| String::from_utf8_lossy(&made.stdout).trim().to_owned())
}

/// Whether a command succeeds within a time; it is ended when it does not.
pub(crate) fn succeeds_within(mut command: Command, limit: Duration) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let until = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            _ => {
                // It may have ended between the look and this.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

/// Whether a program can be found.
pub(crate) fn has(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether a stamp holds this text; the text says from what something was made.
pub(crate) fn is_stamped(stamp: &Path, text: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|found| found == text)
}

pub(crate) fn write_stamp(stamp: &Path, text: &str) -> Done {
    if let Some(folder) = stamp.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    std::fs::write(stamp, text).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Newest change below these places, as text for a stamp.
pub(crate) fn newest(places: &[PathBuf]) -> String {
    fn visit(place: &Path, newest: &mut u128, count: &mut usize) {
        let Ok(facts) = std::fs::metadata(place) else {
            return;
        };
        if facts.is_dir() {
            let name = place.file_name().unwrap_or_default();
            if name == "node_modules" || name == "dist" || name == "target" {
                return;
            }
            for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
                visit(&entry.path(), newest, count);
            }
        } else if let Ok(changed) = facts.modified() {
            let since = changed
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            *newest = (*newest).max(since.as_nanos());
            *count += 1;
        }
    }
    let (mut newest, mut count) = (0, 0);
    for place in places {
        visit(place, &mut newest, &mut count);
    }
    format!("{newest} {count}")
}
