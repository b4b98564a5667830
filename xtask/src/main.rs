//! The project's tasks. `cargo xtask` lists them.
mod bench;
mod bootstrap;
mod check;
mod dist;
mod fuzz;
mod shell;
mod sim;
mod test;
mod up;
mod web;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  up      set up this machine, build, and run the server with demo data; Ctrl-C ends it
  test    every check: formatting, lints, docs, layering, unit, integration and browser tests, size gates
          --fast leaves the browser tests out
  ci      what CI runs: the same as test
  build   target/release/offhook with all web assets inside
  dist    npm packages and the release binary, into dist/
  bench   measurements; `bench first-call [--calls N]` times our client beside the official one,
          `bench page [--loads N]` what a button costs its page beside a plain one,
          `bench tokens` the token endpoints beside their cryptography, `bench room` how much one
          processor mixes beside Janus AudioBridge, `bench signalling` sessions and call set-ups
  sim     simulated lives of credentials: `sim [--seeds N] [--first N]`; 10 000 are part of test
  fuzz    what strangers send: `fuzz [--seconds N] [TARGET…]`; part of test, 60 s each
  web     only the web parts, into target/web
  setup   only what the other tasks install first

What is missing on the machine is installed where that can be done, and named where it cannot.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match task {
        "up" => up::run_up(rest),
        "test" | "ci" => test::task(rest),
        "build" => dist::build(),
        "dist" => dist::run_dist(),
        "fuzz" => fuzz::task(rest),
        "sim" => sim::task(rest),
        "bench" => bench::task(rest),
        "web" => bootstrap::everything().and_then(|()| web::build()),
        "setup" => bootstrap::everything(),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no task `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
