//! Every check, in the order in which they are quickest to fail.

use std::time::Instant;

use crate::bench;
use crate::bootstrap;
use crate::check;
use crate::fuzz;
use crate::shell::{Done, command, has, root, run, web};
use crate::web as web_build;

/// Runs them all; what fails is told at the end too, and the last line counts.
pub(crate) fn run_all(fast: bool) -> Done {
    bootstrap::everything()?;
    let started = Instant::now();
    let mut failed = Vec::new();
    let mut passed = 0;
    let mut step = |what: &str, done: Done| match done {
        Ok(()) => passed += 1,
        Err(error) => {
            eprintln!("xtask: {error}");
            failed.push(what.to_owned());
        }
    };
    step(
        "formatting",
        run(command("cargo", &["fmt", "--all", "--check"]), "formatting"),
    );
    step("layering", check::layering());
    step("licences", check::licences());
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    step("lints", run(command("cargo", &lints), "lints"));
    let mut docs = command(
        "cargo",
        &[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--quiet",
        ],
    );
    docs.env(
        "RUSTDOCFLAGS",
        "-D warnings -A rustdoc::private_intra_doc_links",
    );
    step("docs", run(docs, "docs"));
    let built = web_build::build();
    let web_is_built = built.is_ok();
    step("web parts and their size gates", built);
    step("Rust tests", rust_tests());
    if !fast {
        step("measurements start", bench::smoke());
    }
    step(
        "documentation examples",
        run(
            command("cargo", &["test", "--workspace", "--doc", "--quiet"]),
            "documentation examples",
        ),
    );
    if web_is_built {
        step(
            "web types and tests",
            npm(&["run", "typecheck"], "web types"),
        );
        step(
            "web tests",
            npm(&["run", "test", "--workspace", "js"], "web tests"),
        );
        if !fast {
            step(
                "element tests",
                bootstrap::chromium().and_then(|()| playwright("elements", &[], "element tests")),
            );
            step("elements in Firefox", elements_in_firefox());
            // These wait most of their time: what is left of the processor looks for what strangers could send.
            step("fuzz targets", fuzz::build());
            let fuzzing = std::thread::spawn(|| fuzz::every_beside_others(60));
            let together = ["--project=together", "--workers=2"];
            step(
                "browser tests",
                bootstrap::chromium().and_then(|()| playwright("e2e", &together, "browser tests")),
            );
            let fuzzed = fuzzing.join();
            step(
                "fuzzing",
                fuzzed.unwrap_or_else(|_| Err("fuzzing could not be watched".into())),
            );
            // These measure gaps and moments, and have the machine for themselves.
            step(
                "browser tests that measure",
                playwright("e2e", &["--project=alone"], "browser tests that measure"),
            );
        }
    }
    println!("── all of it: {:.0} s", started.elapsed().as_secs_f32());
    println!("checks: {passed} passed, {} failed", failed.len());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}

pub(crate) fn task(arguments: &[String]) -> Done {
    match arguments {
        [] => run_all(false),
        [flag] if flag == "--fast" => run_all(true),
        _ => Err("test takes no argument but --fast".into()),
    }
}

fn rust_tests() -> Done {
    // Some tests run the binary. Building it by itself first would build its dependencies twice: with the features that it
    // needs, and with those of the tests.
    let binary = root().join("target/debug/offhook");
    let mut tests = if has("cargo-nextest") {
        command(
            "cargo",
            &[
                "nextest",
                "run",
                "--workspace",
                "--no-fail-fast",
                "--status-level",
                "fail",
                "--final-status-level",
                "fail",
            ],
        )
    } else {
        command(
            "cargo",
            &[
                "test",
                "--workspace",
                "--lib",
                "--bins",
                "--tests",
                "--no-fail-fast",
                "--quiet",
            ],
        )
    };
    tests.env("OFFHOOK_BINARY", binary);
    run(tests, "Rust tests")
}

fn npm(arguments: &[&str], what: &str) -> Done {
    let mut npm = command("npm", arguments);
    npm.current_dir(web());
    run(npm, what)
}

/// What each element does, and a call by keyboard alone, in the second browser; left out where that cannot be had.
fn elements_in_firefox() -> Done {
    if let Err(why) = bootstrap::firefox() {
        println!("── Firefox: left out, {why}");
        return Ok(());
    }
    let each = [
        "--config=firefox.config.ts",
        "elements/test/compatibility/behaviour",
        "elements/test/keyboard",
    ];
    playwright("elements", &each, "elements in Firefox")
}

/// The tests of one package that need a browser.
fn playwright(package: &str, arguments: &[&str], what: &str) -> Done {
    let mut tests = command("npx", &["playwright", "test"]);
    tests.args(arguments).current_dir(web().join(package));
    run(tests, what)
}
