//! The `offhook` binary: `serve`, `project`, `token`, `keys`, `dial` and `load`. What it does is in the modules of those names; here is
//! only the choice between them.
//!
//! Results go to stdout, everything else to stderr. It ends with 0 when it did what was asked, with 1 when it could not
//! and with 2 when it was asked wrongly.
mod dial;
mod keys;
mod load;
mod project;
mod serve;
mod token;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Requests are many small pieces of memory that live shortly; the system's allocator takes its time with those.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome = Result<(), Box<dyn Error>>;

/// Click-to-call for a web site, on a server of one's own.
#[derive(Parser)]
#[command(
    name = "offhook",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(Box<serve::Args>),
    #[command(subcommand)]
    Project(project::Command),
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    Keys(keys::Command),
    Dial(dial::DialArgs),
    Load(load::LoadArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => serve::run(*args),
        Command::Project(command) => project::run(command),
        Command::Token(command) => token::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Dial(args) => return call(dial::run(args)),
        Command::Load(args) => return call(load::run(args)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("offhook: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A call needs more than one thread: its media have a thread of their own, and talk to the rest.
fn call(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => {
            eprintln!("offhook: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A runtime for the commands that only talk to the database.
fn block_on<T>(work: impl Future<Output = Result<T, Box<dyn Error>>>) -> Result<T, Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
