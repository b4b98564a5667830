//! `offhook load` as a process against a server.

mod support;

use serde_json::Value;
use support::place::Place;
use support::{offhook, told};

async fn load(place: &Place, arguments: &[&str]) -> (i32, Value, String) {
    let data = place.data();
    let mut command = offhook(&["load", "--data"]);
    command.arg(data).args(arguments);
    let ended = tokio::task::spawn_blocking(move || command.output());
    let (code, stdout, stderr) = told(&ended.await.unwrap().unwrap());
    let report = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    (code, report, stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_are_filled_and_what_comes_is_measured() {
    let place = Place::start().await;
    // The server is in this process.
    let pid = std::process::id().to_string();
    let arguments = [
        "--rooms",
        "2",
        "--members",
        "3",
        "--sessions",
        "2",
        "--seconds",
        "4",
        "--pid",
        &pid,
    ];
    let (code, report, stderr) = load(&place, &arguments).await;
    assert_eq!(code, 0, "{report}{stderr}");
    assert_eq!(report["connects"]["done"], 8);
    assert_eq!(report["call_setups"]["done"], 6);
    let media = &report["media"];
    assert_eq!(media["legs"], 6);
    let packets = |name: &str| media[name].as_u64().unwrap();
    assert!(
        packets("packets_received") > packets("packets_expected") / 2,
        "{media}"
    );
    // Two bursts a second and room, each heard by two, and the first may have been under way.
    assert!((16..=40).contains(&packets("bursts")), "{media}");
    let delay = media["delay_ms"]["p50"].as_f64().unwrap();
    assert!((1.0..500.0).contains(&delay), "{media}");
    let server = &report["server"];
    assert!(server["cores"].as_f64().unwrap() > 0.0, "{server}");
    assert!(
        server["resident_kib"]["calls"].as_u64().unwrap() > 1_000,
        "{server}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_set_up_is_told() {
    let place = Place::start().await;
    let (code, report, _) = load(
        &place,
        &["--rooms", "0", "--sessions", "3", "--seconds", "1"],
    )
    .await;
    assert_eq!((code, &report["connects"]["done"]), (0, &Value::from(3)));
    assert!(report["media"]["lost_share"].is_null() && report["server"].is_null());

    let Place {
        server, directory, ..
    } = place;
    server.shutdown().await;
    let mut command = offhook(&[
        "load",
        "--rooms",
        "1",
        "--members",
        "1",
        "--seconds",
        "1",
        "--data",
    ]);
    command.arg(directory.path().join("data"));
    let ended = tokio::task::spawn_blocking(move || command.output());
    let (code, stdout, _) = told(&ended.await.unwrap().unwrap());
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["connects"]["failed"]), (1, &Value::from(1)));
    assert!(report["connects"]["why"].is_string());
}
