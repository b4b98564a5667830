//! Fuzzing of what strangers send: coverage-guided, on the stable compiler.

use std::path::Path;

use crate::shell::{Done, command, root, run};

const TARGETS: [&str; 7] = [
    "token", "proof", "header", "answer", "frame", "sdp", "packet",
];
/// Coverage as libFuzzer wants it, by flags that the stable compiler knows.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// `fuzz [--seconds N] [TARGET…]`.
pub(crate) fn task(arguments: &[String]) -> Done {
    let mut seconds = 60;
    let mut targets = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|number| number.parse().ok());
            seconds = number.ok_or("--seconds takes a number")?;
        } else if TARGETS.contains(&argument.as_str()) {
            targets.push(argument.as_str());
        } else {
            let known = TARGETS.join(", ");
            return Err(format!(
                "fuzz knows no target {argument}; there are: {known}"
            ));
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    all(&targets, seconds)
}

/// Runs every target for so long, on what the processor has left; what is found fails it and is kept in `target/fuzz`.
pub(crate) fn every_beside_others(seconds: u32) -> Done {
    run_targets(&TARGETS, seconds, true)
}

fn all(targets: &[&str], seconds: u32) -> Done {
    build()?;
    run_targets(targets, seconds, false)
}

/// Builds the targets.
pub(crate) fn build() -> Done {
    let here = root().join("fuzz");
    let output = root().join("target/fuzz");
    // With a target named, the flags are not those of build scripts and macros too.
    let triple = host()?;
    let mut build = command(
        "cargo",
        &["build", "--release", "--quiet", "--target", &triple],
    );
    build
        .current_dir(&here)
        .env("CARGO_TARGET_DIR", &output)
        .env("RUSTFLAGS", INSTRUMENTED);
    run(build, "fuzz targets")
}

fn run_targets(targets: &[&str], seconds: u32, beside_others: bool) -> Done {
    let output = root().join("target/fuzz");
    let triple = host()?;
    // Two at a time: one a core.
    for pair in targets.chunks(2) {
        let outcomes: Vec<Done> = std::thread::scope(|scope| {
            let running: Vec<_> = pair
                .iter()
                .map(|target| {
                    let program = output.join(&triple).join("release").join(target);
                    scope.spawn(move || one(target, &program, seconds, beside_others))
                })
                .collect();
            let joined = running.into_iter().map(|one| {
                one.join()
                    .unwrap_or_else(|_| Err("a fuzz target could not be watched".into()))
            });
            joined.collect()
        });
        for outcome in outcomes {
            outcome?;
        }
    }
    Ok(())
}

fn one(target: &str, program: &Path, seconds: u32, beside_others: bool) -> Done {
    let found = root().join("target/fuzz/found").join(target);
    let grown = root().join("target/fuzz/corpus").join(target);
    let kept = root().join("fuzz/corpus").join(target);
    for directory in [&found, &grown, &kept] {
        std::fs::create_dir_all(directory).map_err(|error| error.to_string())?;
    }
    let program = program.to_str().ok_or("the project's path is not text")?;
    let mut fuzz = if beside_others {
        command("nice", &["-n", "19", program])
    } else {
        command(program, &[])
    };
    fuzz.args([
        &format!("-max_total_time={seconds}"),
        "-max_len=4096",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-print_final_stats=0",
        "-verbosity=0",
        &format!("-artifact_prefix={}/", found.display()),
    ]);
    fuzz.arg(grown).arg(kept);
    run(fuzz, &format!("fuzz {target}, {seconds} s"))
}

fn host() -> Result<String, String> {
    let told = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not say what it runs on".into())
}
