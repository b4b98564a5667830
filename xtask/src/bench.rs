//! Measurements, each beside a reference in the same run.

use crate::bootstrap;
use crate::dist;
use crate::shell::{Done, command, root, run, web};

/// Measurements that are programs of a crate: their name, and the crate's.
const PROGRAMS: [(&str, &str); 3] = [
    ("tokens", "offhook-server"),
    ("room", "offhook-cli"),
    ("signalling", "offhook-cli"),
];

/// That the measurements of load build and start, on the smallest load, in the profile of tests.
pub(crate) fn smoke() -> Done {
    let benches = ["--bench", "room", "--bench", "signalling"];
    // With the features of all tests, so that nothing is built twice.
    let mut test = command("cargo", &["test", "--workspace"]);
    test.args(benches).args(["--", "--smoke"]);
    run(test, "measurements start")
}

/// `bench first-call [--calls N]`, `bench page [--loads N]`, `bench tokens`, `bench room`, `bench signalling`.
pub(crate) fn task(arguments: &[String]) -> Done {
    let (name, rest) = arguments
        .split_first()
        .ok_or("which measurement? There are: first-call, page, tokens, room, signalling")?;
    if let Some((program, package)) = PROGRAMS.iter().find(|(program, _)| program == name) {
        let mut bench = command(
            "cargo",
            &["bench", "--package", package, "--bench", program],
        );
        bench.arg("--").args(rest);
        return run(bench, program);
    }
    match name.as_str() {
        "first-call" => in_browser(name, "OFFHOOK_BENCH_CALLS", count("calls", "20", rest)?),
        "page" => in_browser(name, "OFFHOOK_BENCH_LOADS", count("loads", "7", rest)?),
        _ => Err(format!(
            "there is no measurement `{name}`; there are: first-call, page, tokens, room, signalling"
        )),
    }
}

/// How often: `--NAME N`, or what it is without.
fn count<'a>(name: &str, default: &'a str, arguments: &'a [String]) -> Done<&'a str> {
    match arguments {
        [] => Ok(default),
        [flag, count]
            if *flag == format!("--{name}")
                && count
                    .parse::<u16>()
                    .is_ok_and(|count| (1..=1000).contains(&count)) =>
        {
            Ok(count)
        }
        _ => Err(format!("it takes --{name} N, 1 to 1000")),
    }
}

/// One of `web/e2e/bench`, with the release binary and the pages in it.
fn in_browser(name: &str, often: &str, count: &str) -> Done {
    dist::build()?;
    bootstrap::chromium()?;
    let spec = format!("{name}.spec.ts");
    let arguments = ["playwright", "test", "--config", "bench.config.ts", &spec];
    let mut bench = command("npx", &arguments);
    let out = root().join("target/bench").join(format!("{name}.json"));
    bench
        .current_dir(web().join("e2e"))
        .env("OFFHOOK_BINARY", root().join("target/release/offhook"))
        .env("OFFHOOK_WEB", "embedded")
        .env(often, count)
        .env("OFFHOOK_BENCH_OUT", out);
    run(bench, name)
}
