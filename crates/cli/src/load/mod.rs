//! `offhook load`: many native calls at once, and what they measured.
//!
//! Rooms are of so many members. In each, one says a loud burst a second and one listens for it, so that the delay of the
//! mix is known; all others say a quiet tone and count what comes. Everything said is encoded once for all, and nearly
//! nothing is decoded: the load should cost the server more than its generator.

mod crowd;
mod process;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use offhook_proto::rest::ConferenceRoomSettings;
use offhook_server::clock::now_s;
use offhook_server::mint::{Mint, TokenWish};
use offhook_server::store::SubscriberChange;

use crate::project::open_existing;
use crowd::{Crowd, Seat};
use process::{Process, Usage};
use report::{Load, Report};

type Failed = Box<dyn std::error::Error>;

/// How long tokens last beyond the measurement.
const TOKEN_S: u64 = 3_600;
/// What comes in while calls settle is not measured.
const SETTLE: Duration = Duration::from_secs(2);

/// Put load on a server on this machine: sessions, and calls in rooms; prints one JSON object of what was measured.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  offhook load --data data --rooms 20 --members 3 --seconds 20 --pid \"$(pidof offhook)\"
  offhook load --data data --sessions 500

The rooms and tokens it needs are made in the server's data, in a project of their own. Ends with 1 when not everything
could be set up.")]
pub(crate) struct LoadArgs {
    /// The server's data directory
    #[arg(long, env = "OFFHOOK_DATA", value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// How many rooms
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    rooms: u32,
    /// How many members each has
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    members: u32,
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
}

/// Runs the command.
pub(crate) async fn run(args: LoadArgs) -> ExitCode {
    match load(&args).await {
        Ok(report) => {
            println!("{}", report.to_json());
            match report.is_complete() {
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

async fn load(args: &LoadArgs) -> Result<Report, Failed> {
    let server = args.pid.map(Process::new);
    let usage = || server.as_ref().and_then(Process::usage);
    let mint = open_existing(&args.data).await?;
    let seats = seats(&mint, args).await?;
    let before = usage();

    let (mut crowd, connects) = Crowd::connect(seats, args.at_once).await;
    let connected = usage();
    let setups = crowd.call(args.at_once).await;
    tokio::time::sleep(SETTLE).await;
    let begin = usage();
    let mut counted = crowd.count().await;
    tokio::time::sleep(Duration::from_secs(args.seconds)).await;
    counted.finish(&crowd).await;
    let end = usage();
    let report = Report {
        load: Load {
            rooms: args.rooms,
            members: args.members,
            sessions: args.sessions,
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
    Ok(report)
}

/// Who is to sit where, each with a token of their own.
async fn seats(mint: &Mint, args: &LoadArgs) -> Result<Vec<Seat>, Failed> {
    let now = now_s();
    let (project, _) = mint.store.create_project("Load", now).await?;
    let mut places = Vec::new();
    for room in 0..args.rooms {
        let name = format!("load-{room}");
        let settings = ConferenceRoomSettings::default();
        let made = mint
            .store
            .create_conference_room(&project.id, &name, &name, &settings, now);
        made.await?;
        let to = format!("/public/{name}");
        places.extend((0..args.members).map(|member| Some((to.clone(), room, member))));
    }
    places.extend((0..args.sessions).map(|_| None));

    let mut seats = Vec::with_capacity(places.len());
    for (number, place) in places.into_iter().enumerate() {
        let wish = TokenWish {
            expires_at: Some(now + args.seconds + TOKEN_S),
            ..TokenWish::default()
        };
        let (reference, change) = (format!("load-{number}"), SubscriberChange::default());
        let made = mint.subscriber(&project.id, &reference, &change, wish, now);
        let token = made.await?.1.token;
        seats.push(Seat { token, place });
    }
    Ok(seats)
}
