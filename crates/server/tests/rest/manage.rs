//! What a backend manages (wire-protocol.md 8.6).

use offhook_server::clock::now_s;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestServer, fault, faults, send, text};

const SUBSCRIBERS: &str = "/api/fabric/resources/subscribers";
const ROOMS: &str = "/api/fabric/resources/conference_rooms";
const BUTTONS: &str = "/api/fabric/resources/click_to_call";
const ALL: &str = "/api/fabric/resources";

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_made_shown_changed_listed_and_deleted() {
    let server = TestServer::start().await;
    let body = json!({"email": "alice@example.com", "password": "correct horse", "first_name": "Alice", "timezone": "Europe/Paris"});
    let (status, made) = server.post(SUBSCRIBERS, body).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        (&made["type"], &made["project_id"]),
        (&json!("subscriber"), &json!(server.project_id))
    );
    assert_eq!(made["subscriber"]["timezone"], "Europe/Paris");
    assert!(!made.to_string().contains("correct horse"));
    let path = format!("{SUBSCRIBERS}/{}", text(&made, "/id"));
    assert_eq!(server.get(&path).await, (200, made.clone()));

    let (status, changed) = server
        .backend(
            Method::PUT,
            &path,
            json!({"display_name": "Al", "country": "NZ"}),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&changed["display_name"], &changed["subscriber"]["country"]),
        (&json!("Al"), &json!("NZ"))
    );
    assert_eq!(changed["subscriber"]["first_name"], "Alice");
    let (_, addresses) = server.get(&format!("{path}/addresses")).await;
    assert_eq!(
        (
            &addresses["data"][0]["name"],
            &addresses["data"][0]["display_name"]
        ),
        (&json!("/private/alice"), &json!("Al"))
    );

    let (_, list) = server.get(SUBSCRIBERS).await;
    assert_eq!(list["data"], json!([changed]));
    assert!(list["links"]["first"].is_string());
    assert_eq!(server.delete(&path).await, (204, Value::Null));
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PUT, path.clone()),
        (Method::GET, format!("{path}/addresses")),
    ] {
        let (status, body) = server.backend(method, &path, json!({})).await;
        assert_eq!(
            (status, &body["error"]),
            (404, &json!("Not Found")),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_with_the_same_local_part_get_addresses_of_their_own() {
    let server = TestServer::start().await;
    let mut names = Vec::new();
    for email in ["agent@a.example", "agent@b.example", "agent@c.example"] {
        let (_, made) = server.post(SUBSCRIBERS, json!({ "email": email })).await;
        let (_, addresses) = server
            .get(&format!("{SUBSCRIBERS}/{}/addresses", text(&made, "/id")))
            .await;
        names.push(text(&addresses, "/data/0/name"));
    }
    assert_eq!(
        names,
        ["/private/agent", "/private/agent-2", "/private/agent-3"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_subscribers_are_refused() {
    let server = TestServer::start().await;
    assert_eq!(
        faults(&server.post(SUBSCRIBERS, json!({})).await),
        fault("email", "missing_required_parameter")
    );
    assert_eq!(
        faults(&server.post(SUBSCRIBERS, json!({"email": "nobody"})).await),
        fault("email", "invalid_parameter_value")
    );
    server
        .post(SUBSCRIBERS, json!({"email": "a@example.com"}))
        .await;
    assert_eq!(
        faults(
            &server
                .post(SUBSCRIBERS, json!({"email": "a@example.com"}))
                .await
        ),
        fault("reference", "already_taken")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_made_with_defaults_and_changed() {
    let server = TestServer::start().await;
    let (status, made) = server.post(ROOMS, json!({"name": "board", "max_members": 5, "meta": {"floor": 3}, "join_until": "2030-01-01T00:00:00Z"})).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["type"], "video_room");
    let room = &made["conference_room"];
    assert_eq!(
        (&room["name"], &room["max_members"], &room["meta"]),
        (&json!("board"), &json!(5), &json!({"floor": 3}))
    );
    assert_eq!(
        (&room["quality"], &room["fps"], &room["sync_audio_video"]),
        (&json!("720p"), &json!(20), &json!(false))
    );
    assert_eq!(room["join_until"], "2030-01-01T00:00:00Z");
    let path = format!("{ROOMS}/{}", text(&made, "/id"));
    let (_, changed) = server
        .backend(
            Method::PUT,
            &path,
            json!({"quality": "1080p", "display_name": "Board room"}),
        )
        .await;
    assert_eq!(
        (
            &changed["conference_room"]["quality"],
            &changed["conference_room"]["max_members"]
        ),
        (&json!("1080p"), &json!(5))
    );
    assert_eq!(server.get(&path).await.1["display_name"], "Board room");
    assert_eq!(
        server.get(&format!("{path}/addresses")).await.1["data"][0]["name"],
        "/public/board"
    );

    let store = &server.server.mint().store;
    let kept = store
        .conference_room(&server.project_id, &text(&made, "/id"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.max_members(), 5);
    assert!(kept.is_open(now_s()) && !kept.is_open(1_893_456_000));
    assert_eq!(server.delete(&path).await.0, 204);
    assert!(
        store
            .resolve_address(&server.project_id, "/public/board")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rooms_are_refused() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    assert_eq!(
        faults(&server.post(ROOMS, json!({"name": "lobby"})).await),
        fault("name", "already_taken")
    );
    assert_eq!(
        faults(&server.post(ROOMS, json!({"name": "network-test"})).await),
        fault("name", "already_taken")
    );
    assert_eq!(
        faults(&server.post(ROOMS, json!({})).await),
        fault("name", "missing_required_parameter")
    );
    for (attribute, value) in [
        ("max_members", json!(301)),
        ("quality", json!("4k")),
        ("fps", json!(60)),
        ("join_from", json!("soon")),
        ("remove_after_seconds_elapsed", json!(200_001)),
        ("description", json!("x".repeat(3_001))),
        ("meta", json!({"x": "y".repeat(20_000)})),
    ] {
        let answer = server
            .post(ROOMS, json!({"name": "x", attribute: value}))
            .await;
        assert_eq!(faults(&answer), fault(attribute, "invalid_parameter_value"));
    }
    for (attribute, value) in [
        ("max_members", json!("5")),
        ("record_on_start", json!("yes")),
        ("meta", json!([])),
    ] {
        assert_eq!(
            faults(
                &server
                    .post(ROOMS, json!({"name": "x", attribute: value}))
                    .await
            ),
            fault(attribute, "invalid_parameter")
        );
    }
    let (_, made) = server.post(ROOMS, json!({"name": "y"})).await;
    let renamed = server
        .backend(
            Method::PUT,
            &format!("{ROOMS}/{}", text(&made, "/id")),
            json!({"name": "z"}),
        )
        .await;
    assert_eq!(faults(&renamed), fault("name", "invalid_parameter_value"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_shows_its_token_once() {
    let server = TestServer::start().await;
    let (status, made) = server.post(BUTTONS, json!({"name": "Shop", "destination": "/public/network-test", "allowed_origins": ["https://shop.example.com"]})).await;
    assert_eq!(status, 201, "{made}");
    let token = text(&made, "/click_to_call/token");
    let (_, shown) = server
        .get(&format!("{BUTTONS}/{}", text(&made, "/id")))
        .await;
    assert_eq!(
        shown["click_to_call"]["allowed_origins"],
        json!(["https://shop.example.com"])
    );
    assert!(shown["click_to_call"].get("token").is_none());
    assert!(!server.get(BUTTONS).await.1.to_string().contains(&token));
    for (body, attribute, code) in [
        (
            json!({"destination": "network-test"}),
            "name",
            "missing_required_parameter",
        ),
        (
            json!({"name": "x"}),
            "destination",
            "missing_required_parameter",
        ),
        (
            json!({"name": "x", "destination": "/public/nowhere"}),
            "destination",
            "must_belong_to_project",
        ),
        (
            json!({"name": "Shop", "destination": "network-test"}),
            "name",
            "already_taken",
        ),
        (
            json!({"name": "x", "destination": "network-test", "allowed_origins": []}),
            "allowed_origins",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "x", "destination": "network-test", "allowed_origins": ["shop.example.com"]}),
            "allowed_origins",
            "invalid_parameter_value",
        ),
        (
            json!({"name": "x", "destination": "network-test", "allowed_origins": "*"}),
            "allowed_origins",
            "invalid_parameter",
        ),
        (
            json!({"name": "x", "destination": "network-test", "expires_in": 1}),
            "expires_in",
            "invalid_parameter_value",
        ),
    ] {
        let answer = server.post(BUTTONS, body).await;
        assert_eq!(faults(&answer), fault(attribute, code), "{}", answer.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_in_the_common_list() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    server.subscriber("alice").await;
    let (button, _) = server
        .button(json!({"name": "Shop", "destination": "lobby"}))
        .await;
    let (_, list) = server.get(ALL).await;
    let mut kinds: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["type"].as_str())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["click_to_call", "echo", "subscriber", "video_room"]);
    let path = format!("{ALL}/{button}");
    assert_eq!(server.get(&path).await.1["click_to_call"]["name"], "Shop");
    assert_eq!(
        server.get(&format!("{path}/addresses")).await.1["data"],
        json!([])
    );
    assert_eq!(
        server.get(&format!("{ROOMS}/{button}")).await.0,
        404,
        "of another kind"
    );
    assert_eq!(server.delete(&path).await.0, 204);
    assert_eq!(server.get(&path).await.0, 404);
    let (_, page) = server.get(&format!("{ALL}?page_size=2")).await;
    let (_, next) = server.get(&text(&page, "/links/next")).await;
    assert_eq!(
        page["data"].as_array().unwrap().len() + next["data"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_do_not_see_each_other() {
    let server = TestServer::start().await;
    let (room, address) = server.room("lobby").await;
    let (other, token) = server
        .server
        .mint()
        .store
        .create_project("Other", now_s())
        .await
        .unwrap();
    let as_other = async |method: Method, path: &str, body: Value| {
        send(
            server
                .request(method, path)
                .basic_auth(&other.id, Some(token.expose())),
            body,
        )
        .await
    };
    assert_eq!(
        as_other(Method::GET, &format!("{ROOMS}/{room}"), Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(
        as_other(
            Method::PUT,
            &format!("{ROOMS}/{room}"),
            json!({"display_name": "x"})
        )
        .await
        .0,
        404
    );
    assert_eq!(
        as_other(Method::DELETE, &format!("{ALL}/{room}"), Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(
        as_other(Method::GET, &format!("{ALL}/{room}/addresses"), Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(
        as_other(Method::GET, ROOMS, Value::Null).await.1["data"],
        json!([])
    );
    let (_, theirs) = as_other(
        Method::POST,
        "/api/fabric/subscribers/tokens",
        json!({"reference": "x"}),
    )
    .await;
    let sat = text(&theirs, "/token");
    assert_eq!(
        server
            .holder(&sat, &format!("/api/fabric/addresses/{address}"))
            .await
            .0,
        404
    );
    assert_eq!(
        server
            .holder(&sat, "/api/fabric/addresses?name=%2Fpublic%2Flobby")
            .await
            .1["data"],
        json!([])
    );
    assert_eq!(
        as_other(Method::POST, ROOMS, json!({"name": "lobby"}))
            .await
            .0,
        200,
        "names are the project's own"
    );
}
