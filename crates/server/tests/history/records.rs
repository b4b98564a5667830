//! Records of calls for the owner: filtered, paged, exported, and forgotten in time.

use offhook_proto::rest::{
    CallOutcome, CallParty, CallRecord, CallRecordLeg, LegQuality, Timestamp,
};
use offhook_server::clock::now_ms;
use serde_json::Value;

use crate::people::Person;
use crate::support::{TestServer, fault, faults, settings, text};

const DAY_MS: u64 = 86_400_000;

fn record(number: usize, to: &str, status: CallOutcome, started_ms: u64) -> CallRecord {
    let time = |ms: u64| Timestamp(ms / 1000);
    let party = |name: &str| CallParty {
        name: name.to_owned(),
        number: format!("/private/{name}"),
        address_id: Some(format!("address-{name}")),
        subscriber_id: Some(format!("id-{name}")),
    };
    let leg = |name: &str| CallRecordLeg {
        call_id: format!("{name}-{number}"),
        subscriber_id: format!("id-{name}"),
        kind: "subscriber".to_owned(),
        name: name.to_owned(),
        started_at: time(started_ms),
        ended_at: time(started_ms + 5_000),
        cause: "NORMAL_CLEARING".to_owned(),
        reason: "hangup".to_owned(),
        quality: Some(LegQuality {
            packets_received: 100,
            mos: Some(4.4),
            ..LegQuality::default()
        }),
    };
    CallRecord {
        id: format!("call-{number:04}"),
        from: CallParty {
            name: "=cmd(\"x\"), Eve".to_owned(),
            ..party("eve")
        },
        to: party(to),
        room_session_id: format!("session-{number}"),
        started_at: time(started_ms),
        answered_at: Some(time(started_ms + 1_000)),
        ended_at: time(started_ms + 5_000),
        duration_ms: 4_000,
        status,
        cause: "NORMAL_CLEARING".to_owned(),
        cause_code: 16,
        ended_by: None,
        legs: vec![leg("eve"), leg(to)],
    }
}

async fn save(server: &TestServer, record: &CallRecord, started_ms: u64) {
    let store = &server.server.mint().store;
    store
        .save_call_record(&server.project_id, record, started_ms, started_ms + 5_000)
        .await
        .unwrap();
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["data"].as_array().unwrap().iter();
    items.map(|record| record["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_filtered_by_time_destination_and_status_and_paged() {
    let server = TestServer::start().await;
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    for number in 0..6 {
        let (to, status) = match number % 2 {
            0 => ("bob", CallOutcome::Answered),
            _ => ("carol", CallOutcome::NoAnswer),
        };
        let started_ms = start.0 * 1000 + number as u64 * DAY_MS;
        save(&server, &record(number, to, status, started_ms), started_ms).await;
    }
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1, 0]),
        ("?sort_order=asc", vec![0, 1, 2, 3, 4, 5]),
        ("?from=2026-03-03T00:00:00Z", vec![5, 4, 3, 2]),
        ("?until=2026-03-03T00:00:00Z", vec![1, 0]),
        (
            "?from=2026-03-02T00:00:00Z&until=2026-03-04T00:00:00Z",
            vec![2, 1],
        ),
        ("?destination=%2Fprivate%2Fbob", vec![4, 2, 0]),
        (
            "?destination=%2Fprivate%2Fbob%3Fchannel%3Daudio",
            vec![4, 2, 0],
        ),
        ("?destination=address-carol", vec![5, 3, 1]),
        ("?destination=nobody", vec![]),
        ("?status=no_answer&from=2026-03-03T00:00:00Z", vec![5, 3]),
    ] {
        let (status, page) = server
            .get(&format!("/api/offhook/call_records{query}"))
            .await;
        assert_eq!(status, 200, "{page}");
        let expected: Vec<String> = expected.iter().map(|n| format!("call-{n:04}")).collect();
        assert_eq!(ids(&page), expected, "{query}");
    }
    let (_, first) = server
        .get("/api/offhook/call_records?page_size=2&destination=%2Fprivate%2Fbob")
        .await;
    assert_eq!(ids(&first), ["call-0004", "call-0002"]);
    let (_, second) = server.get(&text(&first, "/links/next")).await;
    assert_eq!(ids(&second), ["call-0000"]);
    assert!(second["links"].get("next").is_none());
    for (query, attribute) in [
        ("from=yesterday", "from"),
        ("until=1", "until"),
        ("status=fine", "status"),
    ] {
        for path in ["call_records", "call_records/export"] {
            let answer = server.get(&format!("/api/offhook/{path}?{query}")).await;
            assert_eq!(faults(&answer), fault(attribute, "invalid_parameter_value"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_the_project_s_own() {
    let server = TestServer::start().await;
    let now = now_ms();
    save(&server, &record(1, "bob", CallOutcome::Answered, now), now).await;
    let alice = Person::subscriber(&server, "alice").await;
    for path in [
        "/api/offhook/call_records",
        "/api/offhook/call_records/export",
    ] {
        assert_eq!(alice.get(path).await.0, 401);
        let store = &server.server.mint().store;
        let (other, token) = store.create_project("Other", now / 1000).await.unwrap();
        let request = server.request(reqwest::Method::GET, path);
        let response = request
            .basic_auth(other.id, Some(token.expose()))
            .send()
            .await;
        let body = response.unwrap().text().await.unwrap();
        assert!(!body.contains("call-0001"), "{body}");
    }
}

async fn export(server: &TestServer, query: &str) -> (String, String) {
    let path = format!("/api/offhook/call_records/export{query}");
    let request = server.request(reqwest::Method::GET, &path);
    let request = request.basic_auth(&server.project_id, Some(&server.api_token));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (kind, response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_exported_as_json_lines_and_as_a_table() {
    let server = TestServer::start().await;
    // More than a page.
    let many = offhook_proto::limits::PAGE_SIZE_MAX + 5;
    let start = now_ms() - DAY_MS;
    for number in 0..many {
        let started_ms = start + number as u64;
        let record = record(number, "bob", CallOutcome::Answered, started_ms);
        save(&server, &record, started_ms).await;
    }
    let (kind, lines) = export(&server, "").await;
    assert_eq!(kind, "application/jsonl");
    let lines: Vec<CallRecord> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), many);
    assert!(lines.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(lines[0], record(0, "bob", CallOutcome::Answered, start));

    let (kind, table) = export(&server, "?format=csv").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    let rows: Vec<&str> = table.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), many + 1);
    let columns = rows[0].split(',').count();
    assert!(rows[0].starts_with("id,started_at,"));
    // A name that a table program would run is quoted and made plain.
    assert!(
        rows[1].contains(",\"'=cmd(\"\"x\"\"), Eve\",/private/eve,id-eve,bob,"),
        "{}",
        rows[1]
    );
    let plain = rows[1].replace("\"'=cmd(\"\"x\"\"), Eve\"", "name");
    let cells: Vec<&str> = plain.split(',').collect();
    assert_eq!(cells.len(), columns);
    assert_eq!(
        (cells[0], cells[4], cells[5]),
        ("call-0000", "4000", "answered")
    );
    assert_eq!((cells[18], cells[23]), ("4.4", "4.4"));

    let (_, none) = export(&server, "?destination=nobody").await;
    assert_eq!(none, "");
    let answer = server
        .get("/api/offhook/call_records/export?format=xml")
        .await;
    assert_eq!(faults(&answer), fault("format", "invalid_parameter_value"));
}

/// The same server once more, after it has ended as one that is asked to.
pub(crate) async fn restart(server: TestServer, call_records_days: Option<u64>) -> TestServer {
    let TestServer {
        server: running,
        project_id,
        api_token,
        client,
        data,
        ..
    } = server;
    running.shutdown().await;
    let mut again = settings(data.path());
    again.call_records_days = call_records_days;
    let running = offhook_server::serve::Server::start(again.settle().unwrap())
        .await
        .unwrap();
    TestServer {
        base: running.ready().http.clone(),
        server: running,
        project_id,
        api_token,
        client,
        data,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_records_are_forgotten_when_the_server_starts() {
    let server = TestServer::start_with(|settings| settings.call_records_days = Some(7)).await;
    let now = now_ms();
    for (number, age_days) in [(1, 8), (2, 6)] {
        let started_ms = now - age_days * DAY_MS;
        let record = record(number, "bob", CallOutcome::Answered, started_ms);
        save(&server, &record, started_ms).await;
    }
    let server = restart(server, Some(7)).await;
    let left = crate::calls::records(&server, 1);
    assert_eq!(left.await[0]["id"], "call-0002");
}
