//! Measurements, each beside a reference in the same run.

use crate::bootstrap;
use crate::dist;
use crate::shell::{Done, command, root, run, web};

/// `bench first-call [--calls N]`, `bench tokens`.
pub(crate) fn task(arguments: &[String]) -> Done {
    let (name, rest) = arguments
        .split_first()
        .ok_or("which measurement? There are: first-call, tokens")?;
    if name == "tokens" && rest.is_empty() {
        let bench = ["bench", "--package", "offhook-server", "--bench", "tokens"];
        return run(command("cargo", &bench), "tokens");
    }
    if name != "first-call" {
        return Err(format!(
            "there is no measurement `{name}`; there are: first-call, tokens"
        ));
    }
    let calls = match rest {
        [] => "20",
        [flag, calls]
            if flag == "--calls"
                && calls
                    .parse::<u16>()
                    .is_ok_and(|calls| (1..=1000).contains(&calls)) =>
        {
            calls
        }
        _ => return Err("first-call takes --calls N, 1 to 1000".into()),
    };
    dist::build()?;
    bootstrap::chromium()?;
    let mut bench = command(
        "npx",
        &["playwright", "test", "--config", "bench.config.ts"],
    );
    bench
        .current_dir(web().join("e2e"))
        .env("OFFHOOK_BINARY", root().join("target/release/offhook"))
        .env("OFFHOOK_BENCH_CALLS", calls)
        .env(
            "OFFHOOK_BENCH_OUT",
            root().join("target/bench/first-call.json"),
        );
    run(bench, "first call")
}
