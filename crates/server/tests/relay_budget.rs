//! How many calls the visitors of pages may make.

mod relay_support;

use offhook_proto::rest::Budget;
use offhook_server::budget::BudgetPolicy;
use relay_support::TestServer;

async fn server(change: impl FnOnce(&mut BudgetPolicy, Budget), limits: &str) -> TestServer {
    let mut policy = BudgetPolicy::NONE;
    change(&mut policy, limits.parse().unwrap());
    let server = TestServer::with_budgets(policy, |_| ()).await;
    server.room("lobby", None).await;
    server
}

#[tokio::test]
async fn calls_at_once_of_a_button_are_limited_until_one_ends() {
    let server = server(|policy, limits| policy.token = limits, "calls_at_once=1").await;
    let token = server.embed_token("/public/lobby", &["*"]).await;
    let mut first = server.client().await;
    first.connect(&token).await;
    let mut second = server.client().await;
    second.connect(&token).await;
    let call = first.dial("").await;
    let error = second.dial_err("").await;
    assert_eq!(error["message"], "TOO_MANY_CALLS");
    let data = &error["data"];
    assert_eq!(
        (&data["budget"], &data["limit"]),
        (&"token".into(), &"calls_at_once".into())
    );
    assert!(
        data["retry_after_s"].as_u64().is_some_and(|wait| wait > 0),
        "{data}"
    );
    first.hang_up(&call).await;
    second.dial("").await;
}

#[tokio::test]
async fn calls_of_an_hour_are_counted_by_network_and_destination_whatever_the_button() {
    let by_network = server(|policy, limits| policy.network = limits, "calls_per_hour=1").await;
    let by_destination = server(
        |policy, limits| policy.destination = limits,
        "calls_per_hour=1",
    )
    .await;
    for (server, scope) in [(by_network, "network"), (by_destination, "destination")] {
        let mut visitor = server.client().await;
        visitor
            .connect(&server.embed_token("/public/lobby", &["*"]).await)
            .await;
        let call = visitor.dial("").await;
        visitor.hang_up(&call).await;
        let mut another = server.client().await;
        another
            .connect(
                &server
                    .embed_token("/public/lobby?channel=audio", &["*"])
                    .await,
            )
            .await;
        let error = another.dial_err("").await;
        assert_eq!(error["message"], "TOO_MANY_CALLS");
        assert_eq!(error["data"]["budget"], scope);
        // Others than visitors of pages are not counted.
        let mut alice = server.connected("alice").await;
        alice.dial("/public/lobby").await;
    }
}
