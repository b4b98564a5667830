//! A server to test against, and a client that speaks JSON.

use std::path::Path;

use offhook_auth::{Issuer, SatClaims, SatKind};
use offhook_server::clock::now_s;
use offhook_server::config::{Listen, Settings};
use offhook_server::serve::Server;
use reqwest::Method;
use serde_json::Value;

/// A running server with one project.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) base: String,
    pub(crate) project_id: String,
    pub(crate) api_token: String,
    pub(crate) client: reqwest::Client,
    /// Deleted with the value.
    pub(crate) data: tempfile::TempDir,
}

/// A status and a body; JSON, or null where there is none.
pub(crate) type Answer = (u16, Value);

/// Settings of a test: every port chosen by the system.
pub(crate) fn settings(data: &Path) -> Settings {
    let any = "127.0.0.1:0".parse().unwrap();
    Settings {
        data: Some(data.to_owned()),
        listen: Some(any),
        listen_tls: Some(Listen::At(any)),
        media_workers: Some(1),
        ..Settings::default()
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = settings(data.path());
        change(&mut settings);
        let server = Server::start(settings.settle().unwrap()).await.unwrap();
        let (project, token) = server
            .mint()
            .store
            .create_project("Test", now_s())
            .await
            .unwrap();
        Self {
            base: server.ready().http.clone(),
            server,
            project_id: project.id,
            api_token: token.expose().to_owned(),
            client: client(),
            data,
        }
    }

    /// As the project's backend.
    pub(crate) async fn backend(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self
            .request(method, path)
            .basic_auth(&self.project_id, Some(&self.api_token));
        send(request, body).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.backend(Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.backend(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.backend(Method::DELETE, path, Value::Null).await
    }

    /// As the holder of an access token.
    pub(crate) async fn holder(&self, token: &str, path: &str) -> Answer {
        send(
            self.request(Method::GET, path).bearer_auth(token),
            Value::Null,
        )
        .await
    }

    /// As nobody.
    pub(crate) async fn anybody(&self, path: &str, body: Value) -> Answer {
        send(self.request(Method::POST, path), body).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        self.client.request(method, url)
    }

    /// A subscriber's id and access token.
    pub(crate) async fn subscriber(&self, reference: &str) -> (String, String) {
        let body = serde_json::json!({ "reference": reference });
        let (status, answer) = self.post("/api/fabric/subscribers/tokens", body).await;
        assert_eq!(status, 200, "{answer}");
        (text(&answer, "/subscriber_id"), text(&answer, "/token"))
    }

    /// A room's resource id and address id.
    pub(crate) async fn room(&self, name: &str) -> (String, String) {
        let body = serde_json::json!({ "name": name });
        let (status, room) = self
            .post("/api/fabric/resources/conference_rooms", body)
            .await;
        assert_eq!(status, 200, "{room}");
        let id = text(&room, "/id");
        let (_, addresses) = self
            .get(&format!(
                "/api/fabric/resources/conference_room/{id}/addresses"
            ))
            .await;
        let address = text(&addresses, "/data/0/id");
        (id, address)
    }

    /// A call button's resource id and public token.
    pub(crate) async fn button(&self, body: Value) -> (String, String) {
        let (status, button) = self.post("/api/fabric/resources/click_to_call", body).await;
        assert_eq!(status, 201, "{button}");
        (text(&button, "/id"), text(&button, "/click_to_call/token"))
    }

    /// An access token that says exactly this, sealed by the server's own key.
    pub(crate) fn sealed(&self, change: impl FnOnce(&mut SatClaims)) -> String {
        let now = now_s();
        let mut claims = SatClaims {
            jti: "test".to_owned(),
            project_id: self.project_id.clone(),
            subscriber_id: "somebody".to_owned(),
            kind: SatKind::Guest,
            scope: Vec::new(),
            cnf_jkt: None,
            issued_at: now,
            expires_at: now + 600,
            allowed: Some(Vec::new()),
            resource_id: None,
            display_name: None,
        };
        change(&mut claims);
        self.server
            .mint()
            .keys
            .seal_sat(&claims, &Issuer::default())
    }
}

/// A client that follows nothing and asks no proxy.
pub(crate) fn client() -> reqwest::Client {
    builder().build().unwrap()
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    // The workspace's TLS library needs to be told which cryptography it stands on.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
}

pub(crate) async fn send(request: reqwest::RequestBuilder, body: Value) -> Answer {
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The text at a JSON pointer.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer).and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => panic!("no text at {pointer} in {value}"),
    }
}

/// Attributes and codes of a 422.
pub(crate) fn faults(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.0, 422, "{}", answer.1);
    let errors = answer.1["errors"].as_array().expect("a list of errors");
    errors
        .iter()
        .map(|error| {
            assert_eq!(error["type"], "validation_error");
            assert_eq!(error["url"], "https://signalwire.com/docs/apis/error-codes");
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty()),
                "{error}"
            );
            (text(error, "/attribute"), text(error, "/code"))
        })
        .collect()
}

/// One fault.
pub(crate) fn fault(attribute: &str, code: &str) -> Vec<(String, String)> {
    vec![(attribute.to_owned(), code.to_owned())]
}

/// The header of a token, read as a client reads it.
pub(crate) fn token_header(token: &str) -> Value {
    use base64::Engine as _;
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    serde_json::from_slice(&header).unwrap()
}
