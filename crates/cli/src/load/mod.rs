//! `offhook load`: many native calls at once, and what they measured.
//!
//! Rooms are of so many members. In each, one says a loud burst twice a second and some listen for it, so that the delay of
//! the mix is known; all others say a quiet tone, or nothing, and count what comes. Everything said is encoded once for all,
//! and nearly nothing is decoded: the load should cost the server more than its generator.

mod crowd;
mod janus;
mod process;
mod report;
mod search;
mod seats;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::Value;

use crowd::Crowd;
use process::{Process, Usage};
use report::{Load, Report};
use seats::{Seats, Size};

type Failed = Box<dyn std::error::Error>;

/// What comes in while calls settle is not measured: an encoder that hears nothing yet, a talker that is still active.
const SETTLE: Duration = Duration::from_millis(2_500);

/// Put load on a server on this machine: sessions, and calls in rooms; prints one JSON object of what was measured.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  offhook load --data data --rooms 20 --members 3 --seconds 20 --pid \"$(pidof offhook)\"
  offhook load --data data --sessions 500
  offhook load --data data --find members --pid \"$(pidof offhook)\"
  offhook load --janus ws://127.0.0.1:8188 --find rooms --pid \"$(pidof janus)\"

The rooms and tokens it needs are made in the server's data, in a project of their own. Ends with 1 when not everything
could be set up.")]
pub(crate) struct LoadArgs {
    /// The server's data directory
    #[arg(long, env = "OFFHOOK_DATA", value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// How many rooms
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    rooms: u32,
    /// How many members each has; none: the rooms are only made
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    members: u32,
    /// How many members of each room say something; the others are silent [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speaking: Option<u32>,
    /// Sessions beside those in rooms, that only stay connected
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20_000))]
    sessions: u32,
    /// How long to measure once all are in their rooms
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many connect, or call, at the same time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    at_once: u32,
    /// The server's process, whose processor time and memory are to be measured
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Add members or rooms, beginning with as many as told, until the server no longer keeps up; the most it held is reported
    #[arg(
        long,
        value_name = "WHAT",
        requires = "pid",
        conflicts_with = "sessions"
    )]
    find: Option<Find>,
    /// Load the AudioBridge plugin of the Janus server with this WebSocket address instead
    #[arg(long, value_name = "URL", conflicts_with = "sessions")]
    janus: Option<String>,
}

/// What there may be more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Find {
    Members,
    Rooms,
}

/// Runs the command.
pub(crate) async fn run(args: LoadArgs) -> ExitCode {
    let done = match args.find {
        None => load(&args).await,
        Some(find) => search::search(&args, find).await,
    };
    match done {
        Ok((report, complete)) => {
            println!("{report}");
            match complete {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            eprintln!("offhook load: {error}");
            ExitCode::FAILURE
        }
    }
}

impl LoadArgs {
    fn size(&self) -> Size {
        Size {
            rooms: self.rooms,
            members: self.members,
            sessions: self.sessions,
        }
    }
}

/// What was measured, and whether everything could be set up.
async fn load(args: &LoadArgs) -> Result<(Value, bool), Failed> {
    let server = args.pid.map(Process::new);
    let usage = || server.as_ref().and_then(Process::usage);
    let mut seats = Seats::open(args).await?;
    let all = seats.grow(args.size()).await?;
    let mut crowd = Crowd::new()?;
    let before = usage();
    let connects = crowd.connect(all, args.at_once).await;
    let connected = usage();
    let setups = crowd.call(args.at_once).await;
    tokio::time::sleep(SETTLE).await;
    let begin = usage();
    let counted = crowd.count(Duration::from_secs(args.seconds)).await;
    let end = usage();
    let report = Report {
        load: Load {
            size: args.size(),
            at_once: args.at_once,
        },
        connects,
        setups,
        counted,
        before,
        connected,
        begin,
        end,
    };
    crowd.leave(args.at_once).await;
    seats.close().await;
    Ok((report.to_json(), report.is_complete()))
}
