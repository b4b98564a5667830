//! Webhooks, to a real receiver.

use std::time::Duration;

use offhook_auth::SatKind;
use offhook_server::config::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Manner, Receiver};
use crate::support::{TestServer, fault, faults, text};
use crate::{device, online};

const HOOKS: &str = "/api/offhook/webhooks";

/// A server whose webhooks may lead to this machine.
async fn server_with(change: impl FnOnce(&mut Settings)) -> TestServer {
    TestServer::start_with(|settings| {
        settings.webhook_allowed_networks = Some(vec!["127.0.0.0/8".parse().unwrap()]);
        settings.webhook_timeout_seconds = Some(1);
        change(settings);
    })
    .await
}

/// A webhook's id and secret.
async fn hook(server: &TestServer, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({"name": url, "url": url, "events": events});
    let (status, made) = server.post(HOOKS, body).await;
    assert_eq!(status, 201, "{made}");
    (text(&made, "/id"), text(&made, "/secret"))
}

async fn shown(server: &TestServer, id: &str) -> Value {
    server.get(&format!("{HOOKS}/{id}")).await.1
}

/// Waits until the webhook is shown so.
async fn until_shown(server: &TestServer, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let shown = shown(server, id).await;
        if wanted(&shown) {
            return shown;
        }
        assert!(tokio::time::Instant::now() < deadline, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn test_event(server: &TestServer, id: &str) -> String {
    let (status, answer) = server.post(&format!("{HOOKS}/{id}/test"), json!({})).await;
    assert_eq!(status, 202, "{answer}");
    text(&answer, "/event_id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_told_from_beginning_to_end_signed_and_in_order() {
    let server = server_with(|_| ()).await;
    let mut receiver = Receiver::open().await;
    let (id, secret) = hook(&server, &receiver.url(), &["call.*"]).await;
    let mut bob = online(&server, "bob").await;
    let (alice_id, token) = server.subscriber("alice").await;
    let mut alice = device(&server, &token).await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let answered = bob.accept(&ringing).await;
    alice.answered(&call).await;
    alice.hang_up(&call).await;
    bob.bye(&answered.id).await;

    let mut told = Vec::new();
    for _ in 0..8 {
        let hit = receiver.hit().await;
        assert_eq!(hit.signatures_by(&secret), 1);
        assert_eq!(hit.attempt(), 1);
        assert_eq!(hit.body["project_id"], server.project_id.as_str());
        assert!(hit.body["created_at"].is_string() && hit.body["created_ms"].is_u64());
        told.push(hit.body);
    }
    let of = |own: &str, body: &Value| body["data"]["call_id"] == own;
    let kinds = |own: &str| -> Vec<String> {
        let own = told.iter().filter(|body| of(own, body));
        own.map(|body| text(body, "/type")).collect()
    };
    let whole_life = [
        "call.created",
        "call.ringing",
        "call.answered",
        "call.ended",
    ];
    assert_eq!(kinds(&call.id), whole_life);
    assert_eq!(kinds(&answered.id), whole_life[1..]);
    let ended = told
        .iter()
        .find(|body| of(&call.id, body) && body["type"] == "call.ended")
        .unwrap();
    let data = &ended["data"];
    assert_eq!(data["subscriber_id"], alice_id.as_str());
    assert_eq!(
        (
            &data["direction"],
            &data["call_state"],
            &data["cause"],
            &data["reason"]
        ),
        (
            &json!("outbound"),
            &json!("ended"),
            &json!("NORMAL_CLEARING"),
            &json!("hangup")
        )
    );
    assert_eq!(data["device"]["params"]["to"], "/private/bob");
    assert_eq!(data["peer"]["call_id"], answered.id.as_str());
    let record = told.last().unwrap();
    assert_eq!(record["type"], "call.recorded");
    assert_eq!(record["data"]["status"], "answered");

    let shown = until_shown(&server, &id, |hook| hook["waiting"] == 0).await;
    assert!(shown["last_delivered_at"].is_string(), "{shown}");
    assert_eq!(shown.get("last_error"), None);
    assert_eq!(shown.get("secret"), None, "seen once");
    let metrics = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("offhook_webhook_attempts_total{outcome=\"delivered\"} 8"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conference_is_told_as_far_as_the_filter_says() {
    let server = server_with(|_| ()).await;
    let (mut all, mut some) = (Receiver::open().await, Receiver::open().await);
    hook(&server, &all.url(), &["room.*", "member.*"]).await;
    hook(&server, &some.url(), &["room.ended", "member.left"]).await;
    server.room("lobby").await;
    let (subscriber_id, _) = server.subscriber("moderator").await;
    let token = server.sealed(|claims| {
        claims.subscriber_id = subscriber_id;
        claims.kind = SatKind::Subscriber;
        claims.scope = vec!["room:moderate".to_owned()];
        claims.allowed = None;
    });
    let mut moderator = device(&server, &token).await;
    let call = moderator.dial("/public/lobby").await;
    moderator.answered(&call).await;
    let joined = moderator.event("call.joined").await;
    let own = json!({"node_id": "", "call_id": call.id, "member_id": call.member});
    let lock = json!({"self": own, "target": own});
    moderator.ok("call.lock", lock).await;
    moderator.hang_up(&call).await;

    let started = all.hit().await.body;
    assert_eq!(started["type"], "room.started");
    let session = &started["data"]["room_session"];
    assert_eq!(
        (&session["name"], &session["locked"]),
        (&json!("lobby"), &json!(false))
    );
    assert_eq!(
        session["room_session_id"],
        joined["room_session"]["room_session_id"]
    );
    let came = all.hit().await.body;
    assert_eq!(came["type"], "member.joined");
    assert_eq!(came["data"]["member"]["member_id"], call.member.as_str());
    let updated = all.hit_of("room.updated").await.body;
    assert_eq!(updated["data"]["room_session"]["locked"], true);
    let left = all.hit_of("member.left").await.body;
    assert_eq!(left["data"]["reason"], "hangup");
    let ended = all.hit().await.body;
    assert_eq!(ended["type"], "room.ended");

    let kinds = [some.hit().await, some.hit().await];
    assert_eq!(
        kinds.each_ref().map(|hit| hit.kind()),
        ["member.left", "room.ended"]
    );
    assert_eq!(kinds[1].body["id"], ended["id"], "one event, one id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_hangs_goes_and_comes_back_gets_everything_in_order() {
    let server = server_with(|_| ()).await;
    let mut receiver = Receiver::open().await;
    let (id, secret) = hook(&server, &receiver.url(), &["room.*"]).await;
    receiver.behave(Manner::Answer(503));
    let mut events = vec![test_event(&server, &id).await];
    assert_eq!(receiver.hit().await.attempt(), 1);
    receiver.behave(Manner::Hang);
    let hit = receiver.hit().await;
    assert_eq!(
        (hit.attempt(), hit.header("webhook-id")),
        (2, events[0].as_str())
    );

    // Calls do not notice.
    server.room("lobby").await;
    let mut alice = online(&server, "alice").await;
    let call = alice.dial("/public/lobby").await;
    alice.answered(&call).await;
    alice.hang_up(&call).await;

    receiver.go_away().await;
    let waiting = until_shown(&server, &id, |hook| {
        hook["waiting"] == 3 && hook["last_error"]["status"].is_null()
    })
    .await;
    let reason = text(&waiting, "/last_error/reason");
    assert!(!reason.contains("known-to-us-alone"), "{reason}");
    receiver.behave(Manner::Take);
    receiver.come_back().await;
    events.push(test_event(&server, &id).await);
    let kinds = ["webhook.test", "room.started", "room.ended", "webhook.test"];
    let mut hits = Vec::new();
    for kind in kinds {
        let hit = receiver.hit().await;
        assert_eq!((hit.kind(), hit.signatures_by(&secret)), (kind, 1));
        hits.push(hit);
    }
    assert_eq!(hits[0].header("webhook-id"), events[0]);
    assert!(hits[0].attempt() > 2);
    assert_eq!(hits[3].header("webhook-id"), events[1]);
    until_shown(&server, &id, |hook| {
        hook["waiting"] == 0 && hook.get("last_error").is_none()
    })
    .await;
    assert!(receiver.is_untouched(), "each was delivered once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_listed_delivered_again_or_forgotten() {
    let server = server_with(|settings| settings.webhook_retry_seconds = Some(0)).await;
    let mut receiver = Receiver::open().await;
    let (id, _) = hook(&server, &receiver.url(), &["room.*"]).await;
    receiver.behave(Manner::Answer(410));
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(test_event(&server, &id).await);
        receiver.hit().await;
    }
    let hook = until_shown(&server, &id, |hook| hook["dead_letters"] == 3).await;
    assert_eq!(
        (&hook["waiting"], &hook["last_error"]["status"]),
        (&json!(0), &json!(410))
    );
    let letters = format!("{HOOKS}/{id}/dead_letters");
    let (_, page) = server.get(&format!("{letters}?page_size=2")).await;
    let letter = &page["data"][0];
    assert_eq!(letter["event_id"], events[2].as_str(), "the newest first");
    assert_eq!(
        (&letter["type"], &letter["attempts"], &letter["status"]),
        (&json!("webhook.test"), &json!(1), &json!(410))
    );
    assert_eq!(letter["payload"]["id"], events[2].as_str());
    let (_, next) = server.get(&text(&page, "/links/next")).await;
    assert_eq!(next["data"][0]["event_id"], events[0].as_str());

    receiver.behave(Manner::Take);
    let one = format!("{letters}/{}", text(letter, "/id"));
    let (status, answer) = server.post(&format!("{one}/redeliver"), json!({})).await;
    assert_eq!((status, &answer["redelivered"]), (202, &json!(1)));
    let hit = receiver.hit().await;
    assert_eq!(
        (hit.header("webhook-id"), hit.attempt()),
        (events[2].as_str(), 1)
    );
    let (status, answer) = server
        .post(&format!("{letters}/redeliver"), json!({}))
        .await;
    assert_eq!((status, &answer["redelivered"]), (202, &json!(2)));
    for event in &events[..2] {
        assert_eq!(receiver.hit().await.header("webhook-id"), event);
    }
    until_shown(&server, &id, |hook| {
        hook["waiting"] == 0 && hook["dead_letters"] == 0
    })
    .await;

    receiver.behave(Manner::Answer(400));
    for _ in 0..2 {
        test_event(&server, &id).await;
    }
    until_shown(&server, &id, |hook| hook["dead_letters"] == 2).await;
    let (_, page) = server.get(&letters).await;
    let one = format!("{letters}/{}", text(&page, "/data/0/id"));
    assert_eq!(server.delete(&one).await.0, 204);
    assert_eq!(server.delete(&one).await.0, 404);
    assert_eq!(
        server.post(&format!("{one}/redeliver"), json!({})).await.0,
        404
    );
    assert_eq!(server.delete(&letters).await.0, 204);
    assert_eq!(shown(&server, &id).await["dead_letters"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_leads_to_no_inner_address_and_follows_no_redirect() {
    let mut inner = Receiver::open().await;
    let strict = TestServer::start_with(|settings| {
        settings.webhook_retry_seconds = Some(0);
    })
    .await;
    for url in [
        inner.url(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://[::1]/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://2130706433/".to_owned(),
    ] {
        let body = json!({"name": "inner", "url": url});
        let answer = strict.post(HOOKS, body).await;
        assert_eq!(
            faults(&answer),
            fault("url", "invalid_parameter_value"),
            "{url}"
        );
    }
    // What a name leads to is seen when it is used.
    let by_name = format!("http://localhost:{}/", inner.address.port());
    let (id, _) = hook(&strict, &by_name, &["*"]).await;
    test_event(&strict, &id).await;
    let hook_now = until_shown(&strict, &id, |hook| hook["dead_letters"] == 1).await;
    let reason = text(&hook_now, "/last_error/reason");
    assert!(reason.contains("not public"), "{reason}");
    assert!(inner.is_untouched());

    let server = server_with(|settings| settings.webhook_retry_seconds = Some(0)).await;
    let mut outer = Receiver::open().await;
    outer.behave(Manner::Redirect(inner.url()));
    let (id, _) = hook(&server, &outer.url(), &["*"]).await;
    test_event(&server, &id).await;
    outer.hit().await;
    let hook_now = until_shown(&server, &id, |hook| hook["dead_letters"] == 1).await;
    assert_eq!(hook_now["last_error"]["status"], 302);
    assert!(inner.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_listed_changed_switched_off_and_deleted() {
    let server = server_with(|_| ()).await;
    let mut receiver = Receiver::open().await;
    let (id, secret) = hook(&server, &receiver.url(), &["*"]).await;
    assert!(secret.starts_with("whsec_"));
    let path = format!("{HOOKS}/{id}");
    let (_, before) = server.get(&path).await;
    assert_eq!(
        (&before["enabled"], &before["waiting"]),
        (&json!(true), &json!(0))
    );
    let (_, page) = server.get(HOOKS).await;
    assert_eq!(page["data"], json!([before]));

    let change = json!({"name": "Desk", "enabled": false, "events": ["call.ended", "room.*"]});
    let (status, changed) = server.backend(Method::PATCH, &path, change).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["name"], &changed["enabled"], &changed["url"]),
        (&json!("Desk"), &json!(false), &before["url"])
    );
    let waiting = test_event(&server, &id).await;
    until_shown(&server, &id, |hook| hook["waiting"] == 1).await;
    assert!(receiver.is_untouched(), "it is off");
    server
        .backend(Method::PUT, &path, json!({"enabled": true}))
        .await;
    assert_eq!(receiver.hit().await.header("webhook-id"), waiting);

    // While the secret changes, deliveries carry a signature by each.
    let rotate = format!("{path}/rotate_secret");
    let (status, rotated) = server.post(&rotate, json!({})).await;
    let new = text(&rotated, "/secret");
    assert_eq!(status, 200);
    assert!(rotated["previous_secret_until"].is_string(), "{rotated}");
    test_event(&server, &id).await;
    let hit = receiver.hit().await;
    assert_eq!(
        (hit.signatures_by(&secret), hit.signatures_by(&new)),
        (1, 1)
    );
    let (_, rotated) = server.post(&rotate, json!({"overlap_seconds": 0})).await;
    let newest = text(&rotated, "/secret");
    test_event(&server, &id).await;
    let hit = receiver.hit().await;
    assert_eq!(
        [&secret, &new, &newest].map(|secret| hit.signatures_by(secret)),
        [0, 0, 1]
    );

    assert_eq!(server.delete(&path).await.0, 204);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, rotate),
        (Method::POST, format!("{path}/test")),
        (Method::GET, format!("{path}/dead_letters")),
        (Method::DELETE, format!("{path}/dead_letters")),
        (Method::POST, format!("{path}/dead_letters/redeliver")),
    ] {
        let (status, _) = server.backend(method.clone(), &path, json!({})).await;
        assert_eq!(status, 404, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_webhooks_are_refused_and_those_of_others_are_not_seen() {
    let server = server_with(|_| ()).await;
    let url = "https://backend.example.com/hook";
    let (id, _) = hook(&server, url, &["*"]).await;
    let many: Vec<&str> = std::iter::repeat_n("*", 100).collect();
    for (body, attribute, code) in [
        (json!({"url": url}), "name", "missing_required_parameter"),
        (json!({"name": "a"}), "url", "missing_required_parameter"),
        (
            json!({"name": "a", "url": "ftp://x"}),
            "url",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "a", "url": "http://u:p@x/"}),
            "url",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "a", "url": url, "events": []}),
            "events",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "a", "url": url, "events": ["calls"]}),
            "events",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "a", "url": url, "events": many}),
            "events",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "a", "url": url, "events": [5]}),
            "events",
            "invalid_parameter",
        ),
        (
            json!({"name": "a", "url": url, "enabled": 1}),
            "enabled",
            "invalid_parameter",
        ),
        (json!({"name": url, "url": url}), "name", "already_taken"),
    ] {
        let answer = server.post(HOOKS, body).await;
        assert_eq!(faults(&answer), fault(attribute, code), "{}", answer.1);
    }
    let rotate = format!("{HOOKS}/{id}/rotate_secret");
    let answer = server.post(&rotate, json!({"overlap_seconds": 1e9})).await;
    assert_eq!(
        faults(&answer),
        fault("overlap_seconds", "invalid_parameter_value")
    );
    for n in 1..32 {
        hook(&server, &format!("{url}/{n}"), &["*"]).await;
    }
    let answer = server
        .post(HOOKS, json!({"name": "one more", "url": url}))
        .await;
    assert_eq!(
        faults(&answer),
        fault("webhooks", "invalid_parameter_value")
    );

    let store = &server.server.mint().store;
    let (other, token) = store.create_project("Other", 1).await.unwrap();
    let path = format!("{HOOKS}/{id}");
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PUT, path.clone()),
        (Method::POST, rotate.clone()),
        (Method::POST, format!("{path}/test")),
        (Method::POST, format!("{path}/dead_letters/redeliver")),
    ] {
        let request = server
            .request(method, &path)
            .basic_auth(&other.id, Some(token.expose()));
        assert_eq!(
            crate::support::send(request, json!({})).await.0,
            404,
            "{path}"
        );
    }
    assert_eq!(shown(&server, &id).await["url"], url);
}
