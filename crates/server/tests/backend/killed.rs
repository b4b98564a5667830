//! What must not be lost when the server's process is killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use offhook_server::clock::now_s;
use offhook_server::config::Settings;
use offhook_server::serve::Server;
use offhook_server::store::Store;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Manner, Receiver};
use crate::support::{client, send, settings, text};

const HOOKS: &str = "/api/offhook/webhooks";
/// Where the server of [`run_as_a_process`] has its data.
const DATA: &str = "OFFHOOK_TEST_DATA";

/// Not a test: the server that tests start as a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by other tests"]
async fn run_as_a_process() {
    let data = std::env::var(DATA).expect("started by another test");
    let settings = Settings {
        webhook_allowed_networks: Some(vec!["127.0.0.0/8".parse().unwrap()]),
        webhook_timeout_seconds: Some(1),
        ..settings(Path::new(&data))
    };
    let server = Server::start(settings.settle().unwrap()).await.unwrap();
    println!("\nready {}", server.ready().http);
    std::future::pending::<()>().await;
}

/// A server in a process of its own, killed with the value.
struct Process(Child);

impl Process {
    /// Starts it; gives where it listens, too.
    async fn start(data: &Path) -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::run_as_a_process",
                "--ignored",
                "--nocapture",
            ])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let this = Self(child);
        let base = tokio::task::spawn_blocking(move || {
            let mut lines = lines.map_while(Result::ok);
            lines.find_map(|line| Some(line.strip_prefix("ready ")?.to_owned()))
        });
        let base = tokio::time::timeout(Duration::from_secs(20), base).await;
        let base = base.expect("in time").unwrap();
        (this, base.expect("the server starts"))
    }

    /// SIGKILL: nothing is said or written any more.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_survive_a_killed_server_in_order() {
    let data = tempfile::tempdir().unwrap();
    let mut receiver = Receiver::open().await;
    receiver.behave(Manner::Answer(500));
    let (process, base) = Process::start(data.path()).await;
    let store = Store::open(&data.path().join("offhook.db")).await.unwrap();
    let (project, token) = store.create_project("Test", now_s()).await.unwrap();
    let http = client();
    let ask = async |base: &str, method: Method, path: String, body: Value| {
        let request = http.request(method, format!("{base}{path}"));
        send(request.basic_auth(&project.id, Some(token.expose())), body).await
    };
    let body = json!({"name": "hook", "url": receiver.url()});
    let (status, made) = ask(&base, Method::POST, HOOKS.to_owned(), body).await;
    assert_eq!(status, 201, "{made}");
    let (id, secret) = (text(&made, "/id"), text(&made, "/secret"));
    let path = format!("{HOOKS}/{id}");
    let mut events = Vec::new();
    for _ in 0..20 {
        let (_, answer) = ask(&base, Method::POST, format!("{path}/test"), json!({})).await;
        events.push(text(&answer, "/event_id"));
    }
    assert_eq!(receiver.hit().await.header("webhook-id"), events[0]);
    while store.deliveries_waiting().await.unwrap() < 20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill();
    receiver.behave(Manner::Take);
    let (_process, base) = Process::start(data.path()).await;
    let mut received = Vec::new();
    while received.len() < 20 {
        let hit = receiver.hit().await;
        assert_eq!(hit.signatures_by(&secret), 1);
        let event = hit.header("webhook-id").to_owned();
        // Attempts that failed before it was killed.
        received.retain(|seen| *seen != event);
        received.push(event);
    }
    assert_eq!(received, events);
    while store.deliveries_waiting().await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (_, shown) = ask(&base, Method::GET, path, Value::Null).await;
    assert_eq!(
        (&shown["waiting"], &shown["dead_letters"]),
        (&json!(0), &json!(0))
    );
}
