//! Invites of subscribers (wire-protocol.md 2.4.4).

use offhook_server::clock::now_s;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, fault, faults, send, text};

const INVITES: &str = "/api/fabric/subscriber/invites";
const INFO: &str = "/api/fabric/subscriber/info";

async fn invite(server: &TestServer, token: &str, body: Value) -> Answer {
    let request = server.request(Method::POST, INVITES).bearer_auth(token);
    send(request, body).await
}

/// The id of the subscriber's own address.
async fn address(server: &TestServer, token: &str) -> String {
    let (_, info) = server.holder(token, INFO).await;
    text(&info, "/fabric_addresses/0/id")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_reaches_one_address_of_the_inviter() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let (_, alice) = server.subscriber("alice").await;
    let own = address(&server, &alice).await;
    let (status, body) = invite(&server, &alice, json!({"address_id": own})).await;
    assert_eq!(status, 201, "{body}");
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["token"]);
    let guest = text(&body, "/token");

    let (_, list) = server.holder(&guest, "/api/fabric/addresses").await;
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["id"])
        .collect();
    assert_eq!(ids, [&json!(own)]);
    let (_, info) = server.holder(&guest, INFO).await;
    assert_eq!(info["fabric_addresses"], json!([]));
    let ends = info["sat_claims"]["expires_at"].as_u64().unwrap();
    assert!((7_190..=7_200).contains(&(ends - now_s())), "{ends}");

    // Nobody invites on an invitation.
    let (status, body) = invite(&server, &guest, json!({"address_id": own})).await;
    assert_eq!((status, &body["code"]), (403, &json!("subscribers_only")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_invite_is_the_inviter_s_to_choose() {
    let server = TestServer::start().await;
    let (_, alice) = server.subscriber("alice").await;
    let own = address(&server, &alice).await;
    let end = now_s() + 60;
    let (_, body) = invite(
        &server,
        &alice,
        json!({"address_id": own, "expires_at": end}),
    )
    .await;
    let (_, info) = server.holder(&text(&body, "/token"), INFO).await;
    assert_eq!(info["sat_claims"]["expires_at"], end);
    for (wrong, says) in [
        (json!("soon"), "must be an integer"),
        (json!(now_s() - 1), "Expires At must be greater than "),
        (json!(now_s() + 31 * 86_400), "at most"),
    ] {
        let answer = invite(
            &server,
            &alice,
            json!({"address_id": own, "expires_at": wrong}),
        )
        .await;
        assert_eq!(faults(&answer), fault("expires_at", "invalid_parameter"));
        assert!(
            text(&answer.1, "/errors/0/message").contains(says),
            "{}",
            answer.1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_inviter_s_own_addresses_can_be_invited_to() {
    let server = TestServer::start().await;
    let (_, room) = server.room("lobby").await;
    let (_, alice) = server.subscriber("alice").await;
    let (_, bob) = server.subscriber("bob").await;
    let other = address(&server, &bob).await;
    for wrong in [room.as_str(), other.as_str(), "no-such-address"] {
        let answer = invite(&server, &alice, json!({"address_id": wrong})).await;
        assert_eq!(faults(&answer), fault("address_id", "invalid_parameter"));
        assert_eq!(answer.1["errors"][0]["message"], "Address is invalid");
    }
    let answer = invite(&server, &alice, json!({})).await;
    assert_eq!(
        faults(&answer),
        fault("address_id", "missing_required_parameter")
    );
    assert_eq!(
        invite(&server, "no token", json!({"address_id": other}))
            .await
            .0,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_dies_with_its_inviter() {
    let server = TestServer::start().await;
    for by_revocation in [true, false] {
        let (id, alice) = server.subscriber("alice").await;
        let own = address(&server, &alice).await;
        let (_, body) = invite(&server, &alice, json!({"address_id": own})).await;
        let guest = text(&body, "/token");
        assert_eq!(server.holder(&guest, INFO).await.0, 200);
        let status = if by_revocation {
            let body = json!({"subscriber_id": id});
            server.post("/api/offhook/revocations", body).await.0
        } else {
            server
                .delete(&format!("/api/fabric/resources/{id}"))
                .await
                .0
        };
        assert!(status < 300, "{status}");
        assert_eq!(server.holder(&guest, INFO).await.0, 401);
    }
}
