//! Servers under measurement: each alone on one processor, the generator of the load on another.
#![allow(dead_code, reason = "each measurement uses its part")]

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The generator's processor; the server's is the next.
const GENERATOR: &str = "0";
const SERVER: &str = "1";

/// What is asked for on the command line. `cargo bench` adds an argument of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Only show that everything starts: the smallest load, for a second.
    pub(crate) smoke: bool,
}

impl Wish {
    pub(crate) fn read() -> Self {
        let smoke = std::env::args().any(|argument| argument == "--smoke");
        Self { smoke }
    }
}

/// A server's process, ended with the value.
pub(crate) struct Running {
    child: Child,
    directory: TempDir,
}

impl Running {
    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Processor time used so far.
    pub(crate) fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 10)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program on one processor, where that can be told.
fn on(processor: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let several = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
    if !several || !Path::new("/usr/bin/taskset").exists() {
        eprintln!("not bound to one processor: two of them and taskset are needed");
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", processor]).arg(program);
    command
}

/// `offhook serve`, alone on its processor, with one thread for media.
pub(crate) fn ours() -> Running {
    let directory = tempfile::tempdir().unwrap();
    let mut command = on(SERVER, env!("CARGO_BIN_EXE_offhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK_")) {
        command.env_remove(name);
    }
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--listen-tls", "off"])
        .args(["--media-listen", "127.0.0.1:0", "--media-workers", "1"])
        .args(["--max-connections-per-ip", "20000", "--log", "error"])
        .arg("--data")
        .arg(directory.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut ready = String::new();
    let mut told = BufReader::new(child.stdout.take().unwrap());
    told.read_line(&mut ready).unwrap();
    assert!(
        ready.contains("\"ready\":true"),
        "the server is not ready: {ready}"
    );
    Running { child, directory }
}

/// Whether there is a Janus server to compare with.
pub(crate) fn has_janus() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("janus").is_file())
}

/// Janus with its AudioBridge, alone on its processor, and its WebSocket address.
pub(crate) fn janus() -> (Running, String) {
    let directory = tempfile::tempdir().unwrap();
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let write = |name: &str, text: &str| {
        std::fs::write(directory.path().join(name), text).unwrap();
    };
    let unused = |kind: &str, names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|name| format!("libjanus_{name}.so"))
            .collect();
        format!("{kind}: {{ disable = \"{}\" }}\n", names.join(","))
    };
    let plugins = [
        "echotest",
        "recordplay",
        "streaming",
        "videocall",
        "videoroom",
        "voicemail",
        "nosip",
        "sip",
        "textroom",
        "duktape",
        "lua",
    ];
    let transports = ["http", "pfunix", "rabbitmq", "mqtt", "nanomsg"];
    let general = "general: { debug_level = 2, protected_folders = [] }\n\
        media: { ipv6 = false }\n\
        nat: { ice_lite = true, ice_enforce_list = \"127.0.0.1\" }\n";
    let config = [
        general.to_owned(),
        unused("plugins", &plugins),
        unused("transports", &transports),
    ];
    write("janus.jcfg", &config.concat());
    write(
        "janus.transport.websockets.jcfg",
        &format!(
            "general: {{ ws = true, ws_port = {port}, ws_ip = \"127.0.0.1\", json = \"compact\" }}\nadmin: {{ admin_ws = false }}\n"
        ),
    );
    write("janus.plugin.audiobridge.jcfg", "general: { }\n");
    let mut command = on(SERVER, "janus");
    command
        .arg("-F")
        .arg(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let running = Running { child, directory };
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "Janus does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    (running, format!("ws://127.0.0.1:{port}"))
}

/// Runs `offhook load` with these arguments; what it reports.
pub(crate) fn load(arguments: &[&str]) -> Value {
    let mut command = on(GENERATOR, env!("CARGO_BIN_EXE_offhook"));
    command.arg("load").args(arguments).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("the load failed: {text}"))
}

/// Keeps what was measured in `target/bench`.
pub(crate) fn keep(name: &str, report: &Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string_pretty(report).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}
