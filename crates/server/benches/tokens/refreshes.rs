//! Whole `devices/refresh` requests over HTTP, of many people who each have a key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use offhook_server::clock::now_s;
use offhook_server::config::{Listen, Settings};
use offhook_server::mint::TokenWish;
use offhook_server::serve::Server;
use offhook_server::store::SubscriberChange;
use serde_json::Value;

use crate::core;
use crate::key::Key;
use crate::raw::{Raw, a_second};
use crate::report;

const PATH: &str = "/api/fabric/subscriber/devices/refresh";
const PEOPLE: usize = 64;
const REQUESTS: usize = 16_000;
const ROUNDS: usize = 3;
/// The cryptography is measured before and after each round: a machine is not always equally fast.
const BESIDE: Duration = Duration::from_millis(500);

/// A server of one thread, and what it takes to ask it.
pub(crate) struct Running {
    pub(crate) base: String,
    pub(crate) tokens: Vec<String>,
    stop: tokio::sync::oneshot::Sender<()>,
    thread: JoinHandle<()>,
    _data: tempfile::TempDir,
}

impl Running {
    /// With a token for each thumbprint; an empty one is of no key.
    pub(crate) fn start(thumbprints: Vec<String>, settings: Settings) -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(data.path().to_owned()),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            media_workers: Some(1),
            // Never reached, but counted.
            device_tokens_per_minute: Some(100_000_000),
            max_connections: Some(20_000),
            max_connections_per_ip: Some(20_000),
            ..settings
        }
        .or(Settings {
            listen_tls: Some(Listen::Off),
            ..Settings::default()
        });
        let (told, ready) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = Server::start(settings.settle().unwrap()).await.unwrap();
                let mint = server.mint();
                let (project, _) = mint.store.create_project("Bench", now_s()).await.unwrap();
                let mut tokens = Vec::new();
                for (number, jkt) in thumbprints.into_iter().enumerate() {
                    let bound = !jkt.is_empty();
                    let wish = TokenWish {
                        scope: bound.then(|| "sat:refresh".into()).into_iter().collect(),
                        fingerprint: Some(jkt).filter(|_| bound),
                        ..TokenWish::default()
                    };
                    let (name, change) = (format!("p{number}"), SubscriberChange::default());
                    let made = mint.subscriber(&project.id, &name, &change, wish, now_s());
                    tokens.push(made.await.unwrap().1.token);
                }
                let base = match &server.ready().https {
                    Some(https) => https.clone(),
                    None => server.ready().http.clone(),
                };
                told.send((base, tokens)).unwrap();
                let _ = stopped.await;
                server.shutdown().await;
            });
        });
        let (base, tokens) = ready.recv().unwrap();
        Self {
            base,
            tokens,
            stop,
            thread,
            _data: data,
        }
    }

    pub(crate) fn end(self) {
        let _ = self.stop.send(());
        self.thread.join().unwrap();
    }
}

/// What one round showed.
struct Round {
    /// Of the cryptography alone in a second of processor time.
    ceiling: f64,
    /// Of whole requests in the same.
    rate: f64,
    /// Of whole requests by the clock.
    by_clock: f64,
    /// Share of the core that was used.
    share: f64,
    median_ms: f64,
    p99_ms: f64,
}

pub(crate) fn measure(raw: &Raw, shared: bool) {
    let keys: Vec<Key> = (0..PEOPLE).map(|_| Key::new()).collect();
    let settings = Settings {
        shared_store: Some(shared),
        ..Settings::default()
    };
    let server = Running::start(keys.iter().map(Key::thumbprint).collect(), settings);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("requests");
    let mut rounds: Vec<Round> = (0..ROUNDS)
        .map(|round| {
            write(&file, &server, &keys, round);
            let before = a_second(BESIDE, || raw.refresh());
            let mut seen = ask(&file);
            seen.ceiling = f64::midpoint(before, a_second(BESIDE, || raw.refresh()));
            seen
        })
        .collect();
    server.end();
    let ratio = |round: &Round| round.rate / round.ceiling;
    rounds.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    let middle = &rounds[ROUNDS / 2];
    let what = if shared {
        "… with a shared store"
    } else {
        "devices/refresh requests"
    };
    report(
        what,
        middle.rate,
        "their cryptography alone",
        middle.ceiling,
    );
    println!(
        "  ratios of {ROUNDS} rounds {:.2} to {:.2}; {} at once: {:.0} /s by the clock, {:.0} % of the core, median {:.2} ms, p99 {:.2} ms",
        ratio(&rounds[0]),
        ratio(&rounds[ROUNDS - 1]),
        crate::asker::AT_ONCE,
        middle.by_clock,
        middle.share * 100.0,
        middle.median_ms,
        middle.p99_ms,
    );
}

/// Every request, as it goes over the wire, with its length before it.
fn write(file: &Path, server: &Running, keys: &[Key], round: usize) {
    let target = format!("{}{PATH}", server.base);
    let host = server.base.trim_start_matches("http://");
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    writeln!(out, "{host}").unwrap();
    for number in 0..REQUESTS {
        let token = &server.tokens[number % PEOPLE];
        let proof = keys[number % PEOPLE].prove(&target, token, round * REQUESTS + number);
        let body = r#"{"expire_in":900}"#;
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ndpop: {proof}\r\n\
             accept: application/json\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        writeln!(out, "{}", request.len()).unwrap();
        out.write_all(request.as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

fn ask(file: &Path) -> Round {
    let mut asker = core::asker("refreshes");
    let mut told = BufReader::new(asker.stdout.take().unwrap()).lines();
    writeln!(asker.stdin.as_mut().unwrap(), "{}", file.display()).unwrap();
    assert_eq!(told.next().unwrap().unwrap(), "ready");
    let used = core::used();
    writeln!(asker.stdin.as_mut().unwrap(), "go").unwrap();
    let seen: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    let used = (core::used() - used).as_secs_f64();
    assert!(asker.wait().unwrap().success());
    let of = |name: &str| seen[name].as_f64().unwrap();
    let elapsed = of("elapsed_us") / 1e6;
    Round {
        ceiling: f64::NAN,
        rate: REQUESTS as f64 / used,
        by_clock: REQUESTS as f64 / elapsed,
        share: used / elapsed,
        median_ms: of("median_us") / 1e3,
        p99_ms: of("p99_us") / 1e3,
    }
}
