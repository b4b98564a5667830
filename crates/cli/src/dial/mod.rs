//! `offhook dial`: a native call, without a browser.

mod interrupt;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use offhook::{
    AudioOptions, AudioSource, Call, CallEvent, CallStatus, Client, ClientBuilder, DialOptions,
    EmbedTokenCredentialProvider, StaticCredentialProvider, Trust,
};
use tokio::sync::broadcast::error::RecvError;

use interrupt::Interrupt;
use report::{Output, Setup};

/// How long the server may take to accept the invite and the other side to answer, unless told.
const ANSWER_LIMIT_S: u64 = 90;

/// Place a call without a browser: play a file into it, record what is heard, report what was measured.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  offhook dial /public/lobby --server http://localhost:8787 --token \"$SAT\" --play hello.wav --record heard.wav --seconds 10
  offhook dial --server https://calls.example.com --token c2c_… --json
  offhook dial --wait --server http://localhost:8787 --token \"$SAT\" --seconds 30

Ends with 0 when the call was up and ended as asked, 1 when it failed (stderr says why), 2 for wrong usage.")]
pub(crate) struct DialArgs {
    /// Address to call, such as /public/lobby or /private/agent; may be left out with an embed token, which pins it,
    /// and with --wait
    destination: Option<String>,
    // Not a doc comment, where the address would have to be a link.
    #[arg(
        long,
        env = "OFFHOOK_SERVER",
        value_name = "URL",
        help = "The server, such as https://calls.example.com; needed with an embed token, which is exchanged there [default: the one that the SAT names]"
    )]
    server: Option<String>,
    /// A SAT, or a public embed token (c2c_…)
    #[arg(
        long,
        env = "OFFHOOK_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: String,
    /// WAV file to play into the call (any rate and number of channels); without it silence is sent
    #[arg(long, value_name = "FILE.wav")]
    play: Option<PathBuf>,
    /// Start the file over when it ends
    #[arg(long, requires = "play")]
    repeat: bool,
    /// WAV file to write what is heard to (48 kHz, mono, 16 bit)
    #[arg(long, value_name = "FILE.wav")]
    record: Option<PathBuf>,
    /// Hang up after so many seconds of connected call; without it the call lasts until the other side or Ctrl-C ends it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,
    /// DTMF to send once connected
    #[arg(long, value_name = "DIGITS")]
    digits: Option<String>,
    /// Go online and answer the next incoming call instead of dialling
    #[arg(long, conflicts_with = "destination")]
    wait: bool,
    /// Give up when nobody has answered (or, with --wait, called) after so many seconds
    #[arg(long, value_name = "N", default_value_t = ANSWER_LIMIT_S, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Trust the certificate authorities of this PEM file as well
    #[arg(long, value_name = "FILE.pem")]
    ca: Option<PathBuf>,
    /// One JSON object a line on stdout: each state, at the end the report
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: DialArgs) -> ExitCode {
    let output = Output::new(args.json);
    // From the very beginning, so that no signal falls between two that wait for it.
    let stop = match Interrupt::listen() {
        Ok(stop) => stop,
        Err(error) => {
            output.failure(&format!("signals cannot be listened for: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match call(&args, &output, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure.message);
            ExitCode::from(failure.exit)
        }
    }
}

struct Failure {
    exit: u8,
    message: String,
}

impl Failure {
    fn usage(message: impl ToString) -> Self {
        Self {
            exit: 2,
            message: message.to_string(),
        }
    }

    fn of_call(message: impl ToString) -> Self {
        Self {
            exit: 1,
            message: message.to_string(),
        }
    }
}

async fn call(args: &DialArgs, output: &Output, mut stop: Interrupt) -> Result<(), Failure> {
    let embed = args.token.starts_with("c2c_") || args.token.starts_with("c2t_");
    if args.destination.is_none() && !embed && !args.wait {
        return Err(Failure::usage(
            "a destination is needed with this kind of token, for example: offhook dial /public/lobby …",
        ));
    }
    let audio = audio(args)?;
    let builder = builder(args, embed)?;
    let started = Instant::now();
    output.state("connecting");
    let client = tokio::select! {
        client = builder.register(args.wait).start() => client.map_err(Failure::of_call)?,
        () = stop.asked() => return Err(Failure::of_call("interrupted")),
    };
    let mut setup = Setup {
        connect: started.elapsed(),
        ..Setup::default()
    };
    output.state("ready");
    let ended = with_client(args, output, &client, audio, &mut setup, &mut stop).await;
    client.destroy().await;
    ended
}

async fn with_client(
    args: &DialArgs,
    output: &Output,
    client: &Client,
    audio: AudioOptions,
    setup: &mut Setup,
    stop: &mut Interrupt,
) -> Result<(), Failure> {
    let limit = Duration::from_secs(args.timeout);
    let begun = Instant::now();
    let opening = async {
        if args.wait {
            let mut incoming = client.incoming();
            let call = incoming.next().await;
            let call = call.ok_or_else(|| Failure::of_call("the session has ended"))?;
            output.incoming(&call);
            call.answer(audio).await.map_err(Failure::of_call)?;
            Ok(call)
        } else {
            let to = args.destination.clone().unwrap_or_default();
            let dialled = client.dial(to, DialOptions::with_audio(audio)).await;
            dialled.map_err(Failure::of_call)
        }
    };
    let call = tokio::select! {
        call = tokio::time::timeout(limit, opening) => match call {
            Ok(call) => call?,
            Err(_) if args.wait => return Err(Failure::of_call("nobody called in time")),
            Err(_) => return Err(Failure::of_call("the server did not accept the call in time")),
        },
        () = stop.asked() => return Err(Failure::of_call("interrupted")),
    };
    setup.dial = begun.elapsed();
    converse(args, output, &call, setup, begun, stop).await
}

async fn converse(
    args: &DialArgs,
    output: &Output,
    call: &Call,
    setup: &mut Setup,
    begun: Instant,
    stop: &mut Interrupt,
) -> Result<(), Failure> {
    // Subscribed first and looked at second, so that no change falls between.
    let mut events = call.events();
    let mut status = call.status();
    let mut hang_up_at = tokio::time::Instant::now() + Duration::from_secs(args.timeout);
    let mut connected = false;
    let mut fault = None;
    let mut by_signal = false;
    loop {
        let now = *status.borrow_and_update();
        if now == CallStatus::Connected && !connected {
            connected = true;
            setup.connected = Some(begun.elapsed());
            let seconds = args.seconds.unwrap_or(u64::from(u32::MAX));
            hang_up_at = tokio::time::Instant::now() + Duration::from_secs(seconds);
            if let Some(digits) = &args.digits
                && let Err(error) = call.send_digits(digits).await
            {
                fault = Some(error.to_string());
            }
        }
        if now == CallStatus::Destroyed {
            break;
        }
        tokio::select! {
            changed = status.changed() => if changed.is_err() { break },
            event = events.recv() => match event {
                Ok(CallEvent::Error { fatal, error }) => {
                    output.warning(&error.to_string());
                    if fatal {
                        fault = Some(error.to_string());
                    }
                }
                Ok(event) => output.event(&event),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
            () = tokio::time::sleep_until(hang_up_at) => break,
            () = stop.asked() => {
                by_signal = true;
                break;
            }
        }
    }
    // Taken before the end as well: the connection's last figures go with it.
    let stats = call.stats().await;
    let by_us = call.ended().is_none();
    if by_us && let Err(error) = call.hangup().await {
        output.warning(&format!("the server could not be told of the end: {error}"));
    }
    while let Ok(event) = events.try_recv() {
        output.event(&event);
    }
    output.report(setup, stats.as_ref(), call, by_us);
    match (connected, fault) {
        (_, Some(fault)) => Err(Failure::of_call(fault)),
        (true, None) => Ok(()),
        (false, None) if by_signal => Err(Failure::of_call("interrupted")),
        (false, None) if by_us => Err(Failure::of_call("the call was not answered in time")),
        (false, None) => Err(Failure::of_call(report::why_not_connected(call))),
    }
}

fn audio(args: &DialArgs) -> Result<AudioOptions, Failure> {
    let source = match &args.play {
        Some(path) => AudioSource::Wav {
            path: path.clone(),
            repeat: args.repeat,
        },
        None => AudioSource::Silence,
    };
    // Said now rather than in the middle of a call.
    source.check().map_err(Failure::usage)?;
    Ok(AudioOptions {
        source,
        record: args.record.clone(),
        ..AudioOptions::default()
    })
}

fn builder(args: &DialArgs, embed: bool) -> Result<ClientBuilder, Failure> {
    let mut trust = Trust::default();
    if let Some(path) = &args.ca {
        trust.add_pem_file(path).map_err(Failure::usage)?;
    }
    let builder = if embed {
        let server = args.server.as_deref().ok_or_else(|| {
            Failure::usage(
                "an embed token is exchanged at the server: give its origin with --server",
            )
        })?;
        let provider = EmbedTokenCredentialProvider::with_trust(server, &args.token, &trust);
        Client::builder(provider.map_err(Failure::usage)?)
    } else {
        Client::builder(StaticCredentialProvider::new(&args.token))
    };
    let builder = match &args.server {
        Some(server) => builder.server(server).map_err(Failure::usage)?,
        None => builder,
    };
    Ok(builder.trust(trust))
}
