//! Somebody with a token and devices.

use reqwest::Method;
use serde_json::{Value, json};

use crate::relay_support::Client;
use crate::support::{Answer, TestServer, send, text};

pub(crate) struct Person<'a> {
    server: &'a TestServer,
    pub(crate) id: String,
    pub(crate) token: String,
    /// Id of the first own address; empty for guests.
    pub(crate) address: String,
}

impl<'a> Person<'a> {
    pub(crate) async fn subscriber(server: &'a TestServer, reference: &str) -> Self {
        let (id, token) = server.subscriber(reference).await;
        Self::with(server, id, token).await
    }

    pub(crate) async fn with(server: &'a TestServer, id: String, token: String) -> Self {
        let (status, info) = server.holder(&token, "/api/fabric/subscriber/info").await;
        assert_eq!(status, 200, "{info}");
        let address = info.pointer("/fabric_addresses/0/id");
        Self {
            server,
            id,
            token,
            address: address.and_then(Value::as_str).unwrap_or("").to_owned(),
        }
    }

    /// A guest whose token reaches these addresses.
    pub(crate) async fn guest(server: &'a TestServer, reach: &[&str]) -> Self {
        let body = json!({ "allowed_addresses": reach });
        let (status, answer) = server.post("/api/fabric/guests/tokens", body).await;
        assert_eq!(status, 201, "{answer}");
        Self::with(server, String::new(), text(&answer, "/token")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.server.request(Method::POST, path);
        send(request.bearer_auth(&self.token), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.server.holder(&self.token, path).await
    }

    pub(crate) async fn try_join(&self, others: &[&str]) -> Answer {
        let mut ids = others.to_vec();
        ids.push(&self.address);
        let body = json!({ "from_fabric_address_id": self.address, "fabric_address_ids": ids });
        self.post("/api/fabric/conversations/join", body).await
    }

    pub(crate) async fn join(&self, others: &[&str]) -> String {
        let (status, answer) = self.try_join(others).await;
        assert_eq!(status, 200, "{answer}");
        text(&answer, "/group_id")
    }

    pub(crate) async fn try_say(&self, group: &str, what: &str) -> Answer {
        let body =
            json!({ "group_id": group, "from_fabric_address_id": self.address, "text": what });
        self.post("/api/fabric/messages", body).await
    }

    pub(crate) async fn say(&self, group: &str, what: &str) -> Value {
        let (status, answer) = self.try_say(group, what).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Everything in a conversation, the newest first.
    pub(crate) async fn history(&self, group: &str) -> Vec<Value> {
        let mut path = format!("/api/fabric/conversations/{group}/messages?page_size=100");
        let mut all = Vec::new();
        loop {
            let (status, page) = self.get(&path).await;
            assert_eq!(status, 200, "{page}");
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["links"]["next"].as_str() {
                Some(next) => path = next.to_owned(),
                None => return all,
            }
        }
    }

    pub(crate) async fn texts(&self, group: &str) -> Vec<String> {
        let history = self.history(group).await;
        history
            .iter()
            .map(|message| text(message, "/text"))
            .collect()
    }

    /// One more device, connected.
    pub(crate) async fn device(&self) -> Client {
        let address = self.server.base.trim_start_matches("http://");
        let mut client = Client::open(address.parse().unwrap(), None).await.unwrap();
        client.connect(&self.token).await;
        client
    }

    /// One more device, which rings.
    pub(crate) async fn online(&self) -> Client {
        let mut client = self.device().await;
        client.ok("subscriber.online", json!({})).await;
        client
    }
}
