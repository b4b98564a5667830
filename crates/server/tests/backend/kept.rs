//! Resources that are kept and nothing more, and what hangs on resources.

use reqwest::Method;
use serde_json::{Value, json};

use crate::device;
use crate::support::{TestServer, fault, faults, text};

const RESOURCES: &str = "/api/fabric/resources";

/// Every kind: the path of its list, the key of its object, the attribute that names it, and one that is made and one that is changed.
fn kinds() -> Vec<(&'static str, &'static str, &'static str, Value, Value)> {
    let webhook = json!({"name": "One", "primary_request_url": "https://backend.example.com/"});
    let change = json!({"status_callback_url": "https://backend.example.com/status", "used_for": "messaging"});
    vec![
        (
            "swml_webhooks",
            "swml_webhook",
            "name",
            webhook.clone(),
            change.clone(),
        ),
        ("cxml_webhooks", "cxml_webhook", "name", webhook, change),
        (
            "call_flows",
            "call_flow",
            "title",
            json!({"title": "One"}),
            json!({"flow_data": {"steps": []}}),
        ),
        (
            "ai_agents",
            "ai_agent",
            "name",
            json!({"name": "One", "prompt": {"text": "Be brief"}}),
            json!({"params": {"a": 1}}),
        ),
        (
            "cxml_applications",
            "cxml_application",
            "display_name",
            json!({"display_name": "One"}),
            json!({"voice_method": "GET"}),
        ),
        (
            "cxml_scripts",
            "cxml_script",
            "display_name",
            json!({"display_name": "One", "contents": "<Response/>"}),
            json!({"contents": "<Response></Response>"}),
        ),
        (
            "dialogflow_agents",
            "dialogflow_agent",
            "name",
            json!({"name": "One"}),
            json!({"say_enabled": true, "say": "Hello"}),
        ),
        (
            "freeswitch_connectors",
            "freeswitch_connector",
            "name",
            json!({"name": "One"}),
            json!({"caller_id": "Shop"}),
        ),
        (
            "relay_applications",
            "relay_application",
            "name",
            json!({"name": "One", "topic": "office"}),
            json!({"topic": "shop"}),
        ),
        (
            "sip_endpoints",
            "sip_endpoint",
            "username",
            json!({"username": "One", "password": "long enough"}),
            json!({"codecs": ["OPUS"]}),
        ),
        (
            "sip_gateways",
            "sip_gateway",
            "name",
            json!({"name": "One", "uri": "sip.example.com"}),
            json!({"encryption": "required"}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_kept_shown_changed_listed_and_deleted() {
    let server = TestServer::start().await;
    for (path, key, name, body, change) in kinds() {
        let list = format!("{RESOURCES}/{path}");
        let (status, made) = server.post(&list, body.clone()).await;
        assert_eq!(status, 201, "{path}: {made}");
        assert_eq!(
            (&made["type"], &made["display_name"]),
            (&json!(key), &json!("One"))
        );
        assert_eq!(made[key]["id"], made["id"]);
        assert!(made[key].get("password").is_none(), "not kept, not shown");
        for (attribute, value) in body.as_object().unwrap() {
            if attribute != "password" {
                assert_eq!(made[key][attribute], *value);
            }
        }
        let one = format!("{list}/{}", text(&made, "/id"));
        assert_eq!(server.get(&one).await, (200, made.clone()));
        assert_eq!(
            server
                .get(&format!("{RESOURCES}/{}", text(&made, "/id")))
                .await
                .1,
            made
        );
        let again = server.post(&list, body.clone()).await;
        assert_eq!(faults(&again), fault(name, "already_taken"), "{path}");

        for method in [Method::PUT, Method::PATCH] {
            let (status, changed) = server.backend(method, &one, change.clone()).await;
            assert_eq!(status, 200, "{changed}");
            for (attribute, value) in change.as_object().unwrap() {
                assert_eq!(changed[key][attribute], *value);
            }
            assert_eq!(changed[key][name], "One", "what is not named stays");
        }
        let (_, renamed) = server
            .backend(Method::PATCH, &one, json!({name: "Two"}))
            .await;
        assert_eq!(
            (&renamed["display_name"], &renamed[key][name]),
            (&json!("Two"), &json!("Two"))
        );
        assert_eq!(server.get(&list).await.1["data"], json!([renamed]));

        let (_, addresses) = server.get(&format!("{one}/addresses")).await;
        let addresses = addresses["data"].as_array().unwrap().clone();
        let addressed = !path.starts_with("sip_");
        assert_eq!(addresses.len(), usize::from(addressed), "{path}");
        if addressed {
            assert_eq!(
                (&addresses[0]["type"], &addresses[0]["display_name"]),
                (&json!("app"), &json!("Two"))
            );
        }
        assert_eq!(
            faults(&server.post(&list, json!({name: ""})).await)[0].0,
            name
        );
        // Only under its own kind.
        let other = if path == "ai_agents" {
            "call_flows"
        } else {
            "ai_agents"
        };
        let elsewhere = format!("{RESOURCES}/{other}/{}", text(&made, "/id"));
        assert_eq!(server.get(&elsewhere).await.0, 404);
        assert_eq!(server.delete(&one).await, (204, Value::Null));
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(server.backend(method, &one, json!({})).await.0, 404);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_has_an_address_that_cannot_be_called_yet() {
    let server = TestServer::start().await;
    let body = json!({"name": "desk", "primary_request_url": "https://backend.example.com/"});
    server
        .post(&format!("{RESOURCES}/swml_webhooks"), body)
        .await;
    let (_, token) = server.subscriber("alice").await;
    let mut alice = device(&server, &token).await;
    let error = alice.dial_err("/public/desk").await;
    assert_eq!(error["message"], "INVALID_DESTINATION", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_flow_has_versions_that_stay_as_they_were() {
    let server = TestServer::start().await;
    let flows = format!("{RESOURCES}/call_flows");
    let (_, flow) = server
        .post(&flows, json!({"title": "Desk", "flow_data": {"n": 1}}))
        .await;
    let id = text(&flow, "/id");
    let versions = format!("{RESOURCES}/call_flow/{id}/versions");
    let (status, first) = server.post(&versions, json!({})).await;
    assert_eq!(
        (status, &first["document_version"], &first["flow_data"]),
        (201, &json!(1), &json!({"n": 1}))
    );
    server
        .backend(
            Method::PUT,
            &format!("{flows}/{id}"),
            json!({"flow_data": {"n": 2}}),
        )
        .await;
    let (_, second) = server.post(&versions, json!({})).await;
    assert_eq!(
        (&second["document_version"], &second["flow_data"]),
        (&json!(2), &json!({"n": 2}))
    );
    assert_eq!(
        server.get(&versions).await.1["data"],
        json!([first, second])
    );
    let one = format!("{versions}/{}", text(&first, "/id"));
    assert_eq!(server.get(&one).await, (200, first));
    assert_eq!(server.delete(&one).await.0, 405);
    let (_, addresses) = server
        .get(&format!("{RESOURCES}/call_flow/{id}/addresses"))
        .await;
    assert_eq!(addresses["data"][0]["name"], "/public/Desk");
    assert_eq!(
        server
            .post(&format!("{RESOURCES}/call_flow/none/versions"), json!({}))
            .await
            .0,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn things_hang_on_resources_and_go_with_them() {
    let server = TestServer::start().await;
    let (room, _) = server.room("lobby").await;
    let (other, _) = server.room("other").await;
    let (alice, _) = server.subscriber("alice").await;
    let endpoints = format!("{RESOURCES}/subscribers/{alice}/sip_endpoints");
    let (status, endpoint) = server
        .post(
            &endpoints,
            json!({"username": "alice", "password": "long enough", "encryption": "required"}),
        )
        .await;
    assert_eq!(
        (status, &endpoint["username"], &endpoint["encryption"]),
        (201, &json!("alice"), &json!("required"))
    );
    assert!(endpoint.get("password").is_none());
    let one = format!("{endpoints}/{}", text(&endpoint, "/id"));
    let (status, changed) = server
        .backend(Method::PATCH, &one, json!({"caller_id": "Alice"}))
        .await;
    assert_eq!(
        (status, &changed["username"], &changed["caller_id"]),
        (200, &json!("alice"), &json!("Alice"))
    );
    assert_eq!(server.get(&endpoints).await.1["data"], json!([changed]));
    let (_, bob) = server
        .post(
            &format!("{RESOURCES}/subscribers"),
            json!({"email": "bob@example.com"}),
        )
        .await;
    let elsewhere = format!(
        "{RESOURCES}/subscribers/{}/sip_endpoints/{}",
        text(&bob, "/id"),
        text(&endpoint, "/id")
    );
    assert_eq!(server.get(&elsewhere).await.0, 404);
    assert_eq!(
        server
            .get(&format!("{RESOURCES}/subscribers/{room}/sip_endpoints"))
            .await
            .0,
        404,
        "a room is no subscriber"
    );

    for (path, body, status) in [
        (
            "phone_routes",
            json!({"phone_route_id": "r1", "handler": "calling"}),
            200,
        ),
        (
            "domain_applications",
            json!({"domain_application_id": "d1"}),
            200,
        ),
    ] {
        let list = format!("{RESOURCES}/{room}/{path}");
        let (answered, made) = server.post(&list, body.clone()).await;
        assert_eq!(
            (answered, &made["resource_id"]),
            (status, &json!(room)),
            "{made}"
        );
        let attribute = body
            .as_object()
            .unwrap()
            .keys()
            .find(|name| name.ends_with("_id"))
            .unwrap()
            .clone();
        let again = server
            .post(&format!("{RESOURCES}/{other}/{path}"), body)
            .await;
        assert_eq!(faults(&again), fault(&attribute, "already_taken"));
        assert_eq!(
            faults(&server.post(&list, json!({})).await)[0],
            (attribute, "missing_required_parameter".to_owned())
        );
        assert_eq!(server.get(&list).await.1["data"], json!([made]));
    }

    let list = "/api/fabric/sip_addresses";
    let (status, address) = server
        .post(list, json!({"name": "desk", "resource_id": room}))
        .await;
    assert_eq!(
        (status, &address["name"], &address["resource_id"]),
        (201, &json!("desk"), &json!(room))
    );
    let foreign = server
        .post(list, json!({"name": "x", "resource_id": "none"}))
        .await;
    assert_eq!(
        faults(&foreign),
        fault("resource_id", "must_belong_to_project")
    );
    let one = format!("{list}/{}", text(&address, "/id"));
    let (_, moved) = server
        .backend(Method::PATCH, &one, json!({"resource_id": other}))
        .await;
    assert_eq!(
        (&moved["resource_id"], &moved["name"]),
        (&json!(other), &json!("desk"))
    );
    for n in 0..5 {
        server
            .post(list, json!({"name": format!("d{n}"), "resource_id": room}))
            .await;
    }
    let (_, page) = server.get(&format!("{list}?page_size=4")).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 4);
    let (_, rest) = server.get(&text(&page, "/links/next")).await;
    assert_eq!(rest["data"].as_array().unwrap().len(), 2);

    // With the room goes what hangs on it.
    assert_eq!(
        server
            .delete(&format!("{RESOURCES}/conference_rooms/{room}"))
            .await
            .0,
        204
    );
    assert_eq!(server.get(list).await.1["data"], json!([moved]));
    assert_eq!(server.delete(&one).await.0, 204);
    assert_eq!(server.get(&one).await.0, 404);
}
