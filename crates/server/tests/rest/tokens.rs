//! Tokens asked for by a backend, and what they open (wire-protocol.md 2.4).

use offhook_auth::{KeyRing, SatKind};
use offhook_server::clock::now_s;
use serde_json::{Value, json};

use crate::support::{TestServer, fault, faults, text, token_header};

const SUBSCRIBER: &str = "/api/fabric/subscribers/tokens";
const GUEST: &str = "/api/fabric/guests/tokens";
const REFRESH: &str = "/api/fabric/subscribers/tokens/refresh";
const INFO: &str = "/api/fabric/subscriber/info";

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_made_by_the_first_token_and_kept_by_the_next() {
    let server = TestServer::start().await;
    let body = json!({"reference": "alice@example.com", "first_name": "Alice", "last_name": "A", "job_title": "Engineer",
        "country": "NZ", "company_name": "Example", "time_zone": "Pacific/Auckland", "nobody_knows_this": {"deep": [1]}});
    let (status, first) = server.post(SUBSCRIBER, body).await;
    assert_eq!(status, 200, "{first}");
    let id = text(&first, "/subscriber_id");

    let header = token_header(&text(&first, "/token"));
    let tls_port = server
        .server
        .ready()
        .https
        .clone()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let port = server.base.rsplit(':').next().unwrap();
    assert_eq!(
        (header["alg"].as_str(), header["enc"].as_str()),
        (Some("dir"), Some("A256GCM"))
    );
    assert_eq!(header["typ"], "SAT");
    assert_eq!(header["ch"], format!("puc.offhook.localhost:{tls_port}"));
    assert_eq!(header["iss"], format!("http://localhost:{port}"));
    assert_eq!(
        token_header(&text(&first, "/refresh_token"))["typ"],
        "Refresh"
    );

    let (status, info) = server.holder(&text(&first, "/token"), INFO).await;
    assert_eq!(status, 200);
    assert_eq!(info["id"], id);
    assert_eq!(
        (info["first_name"].as_str(), info["display_name"].as_str()),
        (Some("Alice"), Some("Alice A"))
    );
    assert_eq!(info["email"], "alice@example.com");
    assert_eq!(info["fabric_addresses"][0]["name"], "/private/alice");
    assert_eq!(info["fabric_addresses"][0]["type"], "subscriber");
    assert_eq!(
        info["fabric_addresses"][0]["channels"]["audio"],
        "/private/alice?channel=audio"
    );
    let life = info["sat_claims"]["expires_at"].as_u64().unwrap() - now_s();
    assert!((7_190..=7_200).contains(&life), "{life}");
    assert!(info["sat_claims"].get("cnf").is_none());

    let (_, second) = server
        .post(
            SUBSCRIBER,
            json!({"reference": "alice@example.com", "display_name": "Al"}),
        )
        .await;
    assert_eq!(second["subscriber_id"], first["subscriber_id"]);
    let (_, info) = server.holder(&text(&second, "/token"), INFO).await;
    assert_eq!(
        (info["display_name"].as_str(), info["job_title"].as_str()),
        (Some("Al"), Some("Engineer"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_attribute_of_a_subscriber_token_is_named() {
    let server = TestServer::start().await;
    assert_eq!(
        faults(&server.post(SUBSCRIBER, json!({})).await),
        fault("reference", "missing_required_parameter")
    );
    assert_eq!(
        faults(&server.post(SUBSCRIBER, json!({"reference": " "})).await),
        fault("reference", "missing_required_parameter")
    );
    let now = now_s();
    for (attribute, value, code) in [
        ("expire_at", json!("tomorrow"), "invalid_parameter"),
        ("expire_at", json!(now), "invalid_parameter_value"),
        ("expire_at", json!(-5), "invalid_parameter_value"),
        (
            "expire_at",
            json!(now + 31 * 86_400),
            "invalid_parameter_value",
        ),
        ("expire_at", json!(now * 1_000), "invalid_parameter_value"),
        ("scope", json!("sat:everything"), "invalid_parameter_value"),
        ("scope", json!(5), "invalid_parameter"),
        ("fingerprint", json!("short"), "invalid_parameter_value"),
        (
            "fingerprint",
            json!("!".repeat(43)),
            "invalid_parameter_value",
        ),
        ("password", json!("short"), "invalid_parameter_value"),
        ("password", json!("x".repeat(73)), "invalid_parameter_value"),
        ("first_name", json!(["a"]), "invalid_parameter"),
        (
            "display_name",
            json!("x".repeat(201)),
            "invalid_parameter_value",
        ),
    ] {
        let answer = server
            .post(SUBSCRIBER, json!({"reference": "a", attribute: value}))
            .await;
        assert_eq!(faults(&answer), fault(attribute, code), "{}", answer.1);
    }
    let several = faults(
        &server
            .post(SUBSCRIBER, json!({"expire_at": 1, "scope": "x"}))
            .await,
    );
    assert_eq!(several.len(), 3, "{several:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lives_scopes_and_bindings_are_as_asked_and_as_bounded() {
    let server = TestServer::start().await;
    let now = now_s();
    let fingerprint = "A".repeat(43);
    let claims = async |extra: Value| {
        let mut body = json!({"reference": "a"});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let (status, answer) = server.post(SUBSCRIBER, body).await;
        assert_eq!(status, 200, "{answer}");
        server.holder(&text(&answer, "/token"), INFO).await.1["sat_claims"].clone()
    };
    let asked = claims(json!({"expire_at": now + 90})).await;
    assert_eq!(asked["expires_at"], now + 90);
    let unbound = claims(json!({"scope": "sat:refresh", "expire_at": now + 3_600})).await;
    assert_eq!(unbound["scope"], json!(["sat:refresh"]));
    let moderator = claims(json!({"scope": "room:moderate"})).await;
    assert_eq!(moderator["scope"], json!(["room:moderate"]));
    assert!(unbound["expires_at"].as_u64().unwrap() <= now_s() + 60);
    let bound = claims(
        json!({"scope": ["sat:refresh"], "expire_at": now + 3_600, "fingerprint": fingerprint}),
    )
    .await;
    assert_eq!(
        (&bound["expires_at"], &bound["cnf"]["jkt"]),
        (&json!(now + 3_600), &json!(fingerprint))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reaches_the_listed_addresses_only() {
    let server = TestServer::start().await;
    let (_, lobby) = server.room("lobby").await;
    let (_, attic) = server.room("attic").await;
    let (status, guest) = server
        .post(
            GUEST,
            json!({"allowed_addresses": [lobby], "ch": "relay.example.test"}),
        )
        .await;
    assert_eq!(status, 201, "{guest}");
    let token = text(&guest, "/token");
    assert_eq!(token_header(&token)["ch"], "relay.example.test");

    let (_, list) = server.holder(&token, "/api/fabric/addresses").await;
    let names: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|a| a["name"].as_str())
        .collect();
    assert_eq!(names, ["/public/lobby"]);
    assert_eq!(
        server
            .holder(&token, &format!("/api/fabric/addresses/{lobby}"))
            .await
            .0,
        200
    );
    assert_eq!(
        server
            .holder(&token, &format!("/api/fabric/addresses/{attic}"))
            .await
            .0,
        404
    );
    let (status, hidden) = server
        .holder(&token, "/api/fabric/addresses?name=%2Fpublic%2Fattic")
        .await;
    assert_eq!((status, &hidden["data"]), (200, &json!([])));

    let first = server.holder(&token, INFO).await.1;
    let second = server.holder(&token, INFO).await.1;
    assert_eq!(first["id"], second["id"]);
    assert_eq!(first["fabric_addresses"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_attribute_of_a_guest_token_is_named() {
    let server = TestServer::start().await;
    let (_, lobby) = server.room("lobby").await;
    let stranger = server
        .server
        .mint()
        .store
        .create_project("Other", now_s())
        .await
        .unwrap()
        .0;
    let theirs = server
        .server
        .mint()
        .store
        .resolve_address(&stranger.id, "network-test")
        .await
        .unwrap()
        .unwrap()
        .id;
    for (body, code) in [
        (json!({}), "missing_required_parameter"),
        (
            json!({"allowed_addresses": []}),
            "missing_required_parameter",
        ),
        (
            json!({"allowed_addresses": [lobby.clone(), theirs]}),
            "must_belong_to_project",
        ),
        (
            json!({"allowed_addresses": ["lobby"]}),
            "must_belong_to_project",
        ),
    ] {
        let answer = server.post(GUEST, body).await;
        assert_eq!(
            faults(&answer),
            fault("allowed_addresses", code),
            "{}",
            answer.1
        );
    }
    let wrong_type = faults(
        &server
            .post(GUEST, json!({"allowed_addresses": lobby}))
            .await,
    );
    assert_eq!(
        wrong_type[0],
        (
            "allowed_addresses".to_owned(),
            "invalid_parameter".to_owned()
        )
    );
    let many: Vec<&str> = std::iter::repeat_n(lobby.as_str(), 11).collect();
    let too_many = faults(&server.post(GUEST, json!({"allowed_addresses": many})).await);
    assert_eq!(
        too_many[0],
        (
            "allowed_addresses".to_owned(),
            "invalid_parameter_value".to_owned()
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_gives_the_next_pair() {
    let server = TestServer::start().await;
    let (_, first) = server.post(SUBSCRIBER, json!({"reference": "a"})).await;
    let refresh = async |token: &str| server.post(REFRESH, json!({"refresh_token": token})).await;
    let (status, second) = refresh(&text(&first, "/refresh_token")).await;
    assert_eq!(status, 201, "{second}");
    assert_eq!(
        server.holder(&text(&second, "/token"), INFO).await.1["id"],
        first["subscriber_id"]
    );
    // An answer was lost: the client repeats what it sent.
    assert_eq!(refresh(&text(&first, "/refresh_token")).await.0, 201);
    let (status, third) = refresh(&text(&second, "/refresh_token")).await;
    assert_eq!(status, 201);
    // Two places back is no repetition: the chain ends.
    let spent = refresh(&text(&first, "/refresh_token")).await;
    assert_eq!(
        faults(&spent),
        fault("refresh_token", "invalid_parameter_value")
    );
    assert_eq!(refresh(&text(&third, "/refresh_token")).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_refresh_tokens_are_refused() {
    let server = TestServer::start().await;
    let (_, pair) = server.post(SUBSCRIBER, json!({"reference": "a"})).await;
    let refresh =
        async |token: Value| faults(&server.post(REFRESH, json!({"refresh_token": token})).await);
    assert_eq!(
        faults(&server.post(REFRESH, json!({})).await),
        fault("refresh_token", "missing_required_parameter")
    );
    assert_eq!(
        refresh(json!(7)).await,
        fault("refresh_token", "invalid_parameter")
    );
    assert_eq!(
        refresh(json!("x.y.z")).await,
        fault("refresh_token", "invalid_parameter_value")
    );
    assert_eq!(
        refresh(pair["token"].clone()).await,
        fault("refresh_token", "invalid_parameter_value")
    );

    let mint = server.server.mint();
    let mut claims = mint
        .keys
        .open_refresh(&text(&pair, "/refresh_token"), now_s())
        .unwrap();
    claims.expires_at = now_s();
    assert_eq!(
        refresh(json!(mint.keys.seal_refresh(&claims))).await,
        fault("refresh_token", "token_expired")
    );

    let (_, other) = mint.store.create_project("Other", now_s()).await.unwrap();
    let other_id = mint
        .store
        .projects()
        .await
        .unwrap()
        .into_iter()
        .find(|p| p.name == "Other")
        .unwrap()
        .id;
    let request = server
        .request(reqwest::Method::POST, REFRESH)
        .basic_auth(other_id, Some(other.expose()));
    let stolen =
        crate::support::send(request, json!({"refresh_token": pair["refresh_token"]})).await;
    assert_eq!(
        faults(&stolen),
        fault("refresh_token", "invalid_parameter_value")
    );

    let id = text(&pair, "/subscriber_id");
    assert_eq!(
        server
            .delete(&format!("/api/fabric/resources/subscribers/{id}"))
            .await
            .0,
        204
    );
    assert_eq!(
        refresh(pair["refresh_token"].clone()).await,
        fault("refresh_token", "invalid_parameter_value")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_must_show_its_own_project_s_token() {
    let server = TestServer::start().await;
    let (other, other_token) = server
        .server
        .mint()
        .store
        .create_project("Other", now_s())
        .await
        .unwrap();
    let try_as = async |user: &str, password: &str| {
        let request = server
            .request(reqwest::Method::POST, SUBSCRIBER)
            .basic_auth(user, Some(password));
        let response = request
            .json(&json!({"reference": "a"}))
            .send()
            .await
            .unwrap();
        let challenge = response
            .headers()
            .get("www-authenticate")
            .map(|value| value.to_str().unwrap().to_owned());
        (
            response.status().as_u16(),
            challenge,
            response.json::<Value>().await.unwrap(),
        )
    };
    assert_eq!(try_as(&server.project_id, &server.api_token).await.0, 200);
    assert_eq!(try_as(&other.id, other_token.expose()).await.0, 200);
    for (user, password) in [
        (server.project_id.as_str(), "PT0"),
        (server.project_id.as_str(), ""),
        (server.project_id.as_str(), other_token.expose()),
        (other.id.as_str(), server.api_token.as_str()),
        ("", ""),
        ("nobody", server.api_token.as_str()),
    ] {
        let (status, challenge, body) = try_as(user, password).await;
        assert_eq!((status, &body["error"]), (401, &json!("Unauthorized")));
        assert_eq!(challenge.as_deref(), Some("Basic realm=\"offhook\""));
    }
    let (status, body) = server.anybody(SUBSCRIBER, json!({"reference": "a"})).await;
    assert_eq!((status, &body["error"]), (401, &json!("Unauthorized")));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_access_tokens_are_refused() {
    let server = TestServer::start().await;
    let good = server.sealed(|_| {});
    assert_eq!(server.holder(&good, INFO).await.0, 200);
    let refused = async |token: &str| {
        let (status, body) = server.holder(token, INFO).await;
        assert_eq!(
            (status, &body["error"]),
            (401, &json!("Unauthorized")),
            "{token}"
        );
        text(&body, "/code")
    };
    assert_eq!(
        refused(&server.sealed(|claims| claims.expires_at = now_s())).await,
        "token_expired"
    );
    assert_eq!(refused("nonsense").await, "token_malformed");
    assert_eq!(refused("a.b.c.d.e").await, "token_malformed");
    assert_eq!(refused(&"a".repeat(10_000)).await, "token_malformed");
    let flipped = if good.ends_with('A') { "B" } else { "A" };
    let tampered = format!("{}{flipped}", &good[..good.len() - 10]) + &good[good.len() - 9..];
    assert_eq!(refused(&tampered).await, "token_forged");
    let claims = server.server.mint().keys.open_sat(&good, now_s()).unwrap();
    assert_eq!(
        refused(&KeyRing::ephemeral().seal_sat(&claims, &Default::default())).await,
        "token_unknown_key"
    );
    let (_, pair) = server.post(SUBSCRIBER, json!({"reference": "a"})).await;
    assert_eq!(
        refused(&text(&pair, "/refresh_token")).await,
        "token_wrong_type"
    );
    let removed = server.sealed(|claims| claims.kind = SatKind::Subscriber);
    assert_eq!(refused(&removed).await, "token_revoked");
    let elsewhere = server.sealed(|claims| claims.project_id = "elsewhere".to_owned());
    assert_eq!(refused(&elsewhere).await, "token_revoked");

    let response = server
        .request(reqwest::Method::GET, INFO)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(
        response.json::<Value>().await.unwrap()["code"],
        "token_missing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_subscriber_s_token_dies_with_them() {
    let server = TestServer::start().await;
    let (id, token) = server.subscriber("a").await;
    assert_eq!(server.holder(&token, INFO).await.0, 200);
    assert_eq!(
        server
            .delete(&format!("/api/fabric/resources/subscribers/{id}"))
            .await
            .0,
        204
    );
    assert_eq!(server.holder(&token, INFO).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_make_one_subscriber_and_no_error() {
    let server = TestServer::start().await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let request = server
            .request(reqwest::Method::POST, SUBSCRIBER)
            .basic_auth(&server.project_id, Some(&server.api_token));
        asking.spawn(crate::support::send(
            request,
            json!({"reference": "same@example.com"}),
        ));
    }
    let answers = asking.join_all().await;
    let first = text(&answers[0].1, "/subscriber_id");
    for (status, answer) in answers {
        assert_eq!(
            (status, text(&answer, "/subscriber_id")),
            (200, first.clone()),
            "{answer}"
        );
    }
    let (_, list) = server.get("/api/fabric/resources/subscribers").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}
