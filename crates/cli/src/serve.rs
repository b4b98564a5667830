//! `offhook serve`: settings from the command line, the environment and a file; then the server until a signal.

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use offhook_proto::rest::Budget;
use offhook_server::config::{Listen, LogFormat, PublicUrl, Settings};
use offhook_server::serve::Server;
use offhook_server::webhooks::Network;
use tracing_subscriber::EnvFilter;

use crate::Outcome;

const EXAMPLES: &str = "\
Every option is also an environment variable, as shown, and a key of the configuration file, with _ for -
(offhook.example.toml shows them all). The option wins over the variable, the variable over the file.

When the server is ready it prints one line of JSON on stdout:
  {\"ready\":true,\"http\":\"http://127.0.0.1:8787\",\"https\":\"https://127.0.0.1:8743\",…}
Logs go to stderr. SIGTERM and Ctrl-C let calls be told, then end it with 0.

Examples:
  offhook serve --demo
      A shop page with a call button at http://localhost:8787/, an agent's console at /console/.
  offhook serve --config /etc/offhook.toml
  offhook serve --listen 127.0.0.1:0 --listen-tls off --data /tmp/try
      On a port the system chooses, without TLS.
  offhook serve --listen 0.0.0.0:8787 --public-url https://calls.example.com --trust-proxy \\
      --media-listen 203.0.113.7:40000
      Behind a proxy that speaks TLS, reached by others for media and TURN directly.";

/// Run the server.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Configuration file (TOML).
    #[arg(long, env = "OFFHOOK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the database, the keys and the local certificate [default: data]
    #[arg(long, env = "OFFHOOK_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where plain HTTP and WebSockets are served [default: 127.0.0.1:8787]
    #[arg(long, env = "OFFHOOK_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where the same is served over TLS, or off [default: 127.0.0.1:8743]
    #[arg(long, env = "OFFHOOK_LISTEN_TLS", value_name = "ADDR")]
    listen_tls: Option<Listen>,
    /// The address clients reach the server by; goes into tokens [default: made of --listen]
    #[arg(long, env = "OFFHOOK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// Relay host and port for the official client; goes into tokens [default: puc.offhook.localhost:PORT]
    #[arg(long, env = "OFFHOOK_RELAY_HOST", value_name = "HOST")]
    relay_host: Option<String>,
    /// Certificate chain (PEM) of the TLS listener [default: one by a local authority]
    #[arg(long, env = "OFFHOOK_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// Private key (PEM) of the TLS listener
    #[arg(long, env = "OFFHOOK_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// First UDP address of the media threads [default: 127.0.0.1:0]
    #[arg(long, env = "OFFHOOK_MEDIA_LISTEN", value_name = "ADDR")]
    media_listen: Option<SocketAddr>,
    /// Addresses clients send media to, where they differ; separated by commas
    #[arg(
        long,
        env = "OFFHOOK_MEDIA_ADVERTISE",
        value_name = "IP",
        value_delimiter = ','
    )]
    media_advertise: Option<Vec<IpAddr>>,
    /// Media threads [default: one a processor, 8 at most]
    #[arg(long, env = "OFFHOOK_MEDIA_WORKERS", value_name = "N")]
    media_workers: Option<usize>,
    /// Where TURN is served, or off [default: the media address]
    #[arg(long, env = "OFFHOOK_TURN_LISTEN", value_name = "ADDR")]
    turn_listen: Option<Listen>,
    /// Origins of pages that may open a socket, separated by commas [default: all]
    #[arg(
        long,
        env = "OFFHOOK_ALLOWED_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    allowed_origins: Option<Vec<String>>,
    /// Refuse exchanges of call-button tokens without an Origin header
    #[arg(long, env = "OFFHOOK_REQUIRE_ORIGIN", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    require_origin: Option<bool>,
    /// Play music to those whom the other side of a call has put on hold
    #[arg(long, env = "OFFHOOK_HOLD_MUSIC", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    hold_music: Option<bool>,
    /// Believe X-Forwarded-For, -Proto and -Host: only behind a proxy that sets them
    #[arg(long, env = "OFFHOOK_TRUST_PROXY", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    trust_proxy: Option<bool>,
    /// Show /metrics to others than this machine
    #[arg(long, env = "OFFHOOK_METRICS_PUBLIC", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    metrics_public: Option<bool>,
    /// Connections at once [default: 20000]
    #[arg(long, env = "OFFHOOK_MAX_CONNECTIONS", value_name = "N")]
    max_connections: Option<usize>,
    /// Connections at once from one address [default: 4096]
    #[arg(long, env = "OFFHOOK_MAX_CONNECTIONS_PER_IP", value_name = "N")]
    max_connections_per_ip: Option<usize>,
    /// Exchanges of call-button tokens a minute from one network; 0 is no limit [default: 120]
    #[arg(long, env = "OFFHOOK_EXCHANGES_PER_MINUTE", value_name = "N")]
    exchanges_per_minute: Option<u32>,
    /// Limits of each call button that has none of its own, such as calls_at_once=20,calls_per_hour=200 [default: see offhook.example.toml]
    #[arg(long, env = "OFFHOOK_BUDGET_TOKEN", value_name = "LIMITS")]
    budget_token: Option<Budget>,
    /// Limits of the pages of one origin, such as calls_at_once=20,calls_per_hour=200 [default: see offhook.example.toml]
    #[arg(long, env = "OFFHOOK_BUDGET_ORIGIN", value_name = "LIMITS")]
    budget_origin: Option<Budget>,
    /// Limits of one network, such as calls_at_once=20,calls_per_hour=200 [default: see offhook.example.toml]
    #[arg(long, env = "OFFHOOK_BUDGET_NETWORK", value_name = "LIMITS")]
    budget_network: Option<Budget>,
    /// Limits of one address that call buttons lead to, such as calls_at_once=20,calls_per_hour=200 [default: see offhook.example.toml]
    #[arg(long, env = "OFFHOOK_BUDGET_DESTINATION", value_name = "LIMITS")]
    budget_destination: Option<Budget>,
    /// Sign-ins a minute from one network, and for one account; 0 is no limit [default: 30]
    #[arg(long, env = "OFFHOOK_SIGN_INS_PER_MINUTE", value_name = "N")]
    sign_ins_per_minute: Option<u32>,
    /// Bindings and renewals of client-bound tokens a minute from one network, and for one token; 0 is no limit [default: 600]
    #[arg(long, env = "OFFHOOK_DEVICE_TOKENS_PER_MINUTE", value_name = "N")]
    device_tokens_per_minute: Option<u32>,
    /// Messages and joined conversations a minute of one person; 0 is no limit [default: 120]
    #[arg(long, env = "OFFHOOK_MESSAGES_PER_MINUTE", value_name = "N")]
    messages_per_minute: Option<u32>,
    /// Records of calls are kept for so many days; 0 is for ever [default: 90]
    #[arg(long, env = "OFFHOOK_CALL_RECORDS_DAYS", value_name = "DAYS")]
    call_records_days: Option<u64>,
    /// Networks that webhooks may lead to beside the public ones, such as 10.0.0.0/8; separated by commas
    #[arg(
        long,
        env = "OFFHOOK_WEBHOOK_ALLOWED_NETWORKS",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    webhook_allowed_networks: Option<Vec<Network>>,
    /// A webhook's receiver must have answered by then [default: 10]
    #[arg(long, env = "OFFHOOK_WEBHOOK_TIMEOUT_SECONDS", value_name = "SECONDS")]
    webhook_timeout_seconds: Option<u64>,
    /// How long a delivery to a webhook is tried again [default: 86400]
    #[arg(long, env = "OFFHOOK_WEBHOOK_RETRY_SECONDS", value_name = "SECONDS")]
    webhook_retry_seconds: Option<u64>,
    /// Longest life of a client-bound token; clients renew theirs before that [default: 3600]
    #[arg(long, env = "OFFHOOK_BOUND_TOKEN_SECONDS", value_name = "SECONDS")]
    bound_token_seconds: Option<u64>,
    /// Take no proof of possession but by the letter of RFC 9449; the official client cannot renew its tokens then
    #[arg(long, env = "OFFHOOK_STRICT_PROOFS", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    strict_proofs: Option<bool>,
    /// Ask for a nonce of the server's in proofs over HTTP
    #[arg(long, env = "OFFHOOK_PROOF_NONCES", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    proof_nonces: Option<bool>,
    /// Several servers work on the same data directory: a proof that one has seen is refused by all
    #[arg(long, env = "OFFHOOK_SHARED_STORE", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    shared_store: Option<bool>,
    /// How long a subscriber's devices ring [default: 60]
    #[arg(long, env = "OFFHOOK_RING_SECONDS", value_name = "SECONDS")]
    ring_seconds: Option<u64>,
    /// Seconds a call is kept that has lost its client or its media [default: 60]
    #[arg(long, env = "OFFHOOK_LOST_CALL_SECONDS", value_name = "SECONDS")]
    lost_call_seconds: Option<u64>,
    /// How long a session with calls goes on after its token has expired [default: 300]
    #[arg(long, env = "OFFHOOK_CALL_GRACE_SECONDS", value_name = "SECONDS")]
    call_grace_seconds: Option<u64>,
    /// Serve the web pages from this directory and not from the binary
    #[arg(long, env = "OFFHOOK_WEB_DIR", value_name = "DIR")]
    web_dir: Option<PathBuf>,
    /// Make a project with an agent, a room and a call button, and show the demo shop at /
    #[arg(long, env = "OFFHOOK_DEMO", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    demo: Option<bool>,
    /// What is logged, such as info or warn,offhook_server=debug [default: info]
    #[arg(long, env = "OFFHOOK_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How it is logged: text or json [default: text]
    #[arg(long, env = "OFFHOOK_LOG_FORMAT", value_name = "FORMAT", value_parser = log_format)]
    log_format: Option<LogFormat>,
}

fn log_format(text: &str) -> Result<LogFormat, &'static str> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected text or json"),
    }
}

pub(crate) fn run(args: Args) -> Outcome {
    let mut settings = settings(&args);
    if let Some(file) = &args.config {
        settings = settings.or(Settings::read(file)?);
    }
    start_logging(
        settings.log.as_deref(),
        settings.log_format.unwrap_or_default(),
    )?;
    let config = settings.settle()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before anything is started, so that no signal is missed.
        let mut stop = Signals::listen()?;
        let server = tokio::select! {
            server = Server::start(config) => server?,
            () = stop.received() => return Ok(()),
        };
        let ready = server.ready();
        tracing::info!(http = %ready.http, https = ready.https, media = ?ready.media, turn = ?ready.turn, "ready");
        announce(&serde_json::to_string(ready)?);
        stop.received().await;
        tracing::info!("going down; a second signal ends it at once");
        tokio::select! {
            () = server.shutdown() => tracing::info!("ended"),
            () = stop.received() => tracing::warn!("ended before everybody had left"),
        }
        Ok(())
    })
}

fn settings(args: &Args) -> Settings {
    Settings {
        data: args.data.clone(),
        listen: args.listen,
        listen_tls: args.listen_tls,
        public_url: args.public_url.clone(),
        relay_host: args.relay_host.clone(),
        tls_certificate: args.tls_certificate.clone(),
        tls_key: args.tls_key.clone(),
        media_listen: args.media_listen,
        media_advertise: args.media_advertise.clone(),
        media_workers: args.media_workers,
        turn_listen: args.turn_listen,
        allowed_origins: args.allowed_origins.clone(),
        require_origin: args.require_origin,
        hold_music: args.hold_music,
        trust_proxy: args.trust_proxy,
        metrics_public: args.metrics_public,
        max_connections: args.max_connections,
        max_connections_per_ip: args.max_connections_per_ip,
        exchanges_per_minute: args.exchanges_per_minute,
        budget_token: args.budget_token,
        budget_origin: args.budget_origin,
        budget_network: args.budget_network,
        budget_destination: args.budget_destination,
        sign_ins_per_minute: args.sign_ins_per_minute,
        device_tokens_per_minute: args.device_tokens_per_minute,
        messages_per_minute: args.messages_per_minute,
        call_records_days: args.call_records_days,
        webhook_allowed_networks: args.webhook_allowed_networks.clone(),
        webhook_timeout_seconds: args.webhook_timeout_seconds,
        webhook_retry_seconds: args.webhook_retry_seconds,
        bound_token_seconds: args.bound_token_seconds,
        strict_proofs: args.strict_proofs,
        proof_nonces: args.proof_nonces,
        shared_store: args.shared_store,
        ring_seconds: args.ring_seconds,
        lost_call_seconds: args.lost_call_seconds,
        call_grace_seconds: args.call_grace_seconds,
        web_dir: args.web_dir.clone(),
        demo: args.demo,
        log: args.log.clone(),
        log_format: args.log_format,
    }
}

fn start_logging(filter: Option<&str>, format: LogFormat) -> Outcome {
    let filter =
        EnvFilter::try_new(filter.unwrap_or("info")).map_err(|error| format!("--log: {error}"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}

/// Whoever started the server may not be listening; that is no reason to stop it.
fn announce(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Ctrl-C and, where there is such a thing, SIGTERM.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn received(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
