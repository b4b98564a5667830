//! Where tokens come from.
//!
//! A provider is asked once while the client starts, before a socket is opened, and again whenever its
//! credential nears its end and it said that it [`refreshes`](CredentialProvider::refreshes). It never manages
//! time: the client does.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use thiserror::Error;
use url::Url;

use crate::{http, origin};

pub use offhook_core::input::Credential;

/// The future of a provider's answer; boxed so that providers can be kept as trait objects.
pub type ProviderFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Credential, ProviderError>> + Send + 'a>>;

/// What a provider is told when it is asked for the first credential.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthenticateContext {
    /// RFC 7638 thumbprint of the client's key, where it has one: a token bound to it is of no use to a thief.
    pub fingerprint: Option<String>,
}

/// Why a provider has no credential.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The server said no for good: another try with the same token will fail as well.
    #[error("the token was refused with HTTP {status}: {message}")]
    Refused {
        /// HTTP status: 401 unknown, 403 disabled or origin not allowed, 404 its resource is gone.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// The server could not be reached, or answered with a passing fault, more often than we tried.
    #[error("no credential after {attempts} attempts: {message}")]
    Unavailable {
        /// How often it was tried.
        attempts: u32,
        /// What happened last.
        message: String,
    },
    /// The provider was made with something unusable.
    #[error("{0}")]
    Misconfigured(String),
    /// Anything an application's own provider wants to say.
    #[error("{0}")]
    Other(String),
}

/// Where a client's credentials come from. Implement it, or take [`StaticCredentialProvider`] or
/// [`EmbedTokenCredentialProvider`].
pub trait CredentialProvider: Send + Sync + 'static {
    /// The first credential. A rejection reaches whoever starts the client, and nothing is opened.
    fn authenticate(&self, context: AuthenticateContext) -> ProviderFuture<'_>;

    /// Whether [`refresh`](Self::refresh) can be called.
    fn refreshes(&self) -> bool {
        false
    }

    /// A new credential in place of the one that nears its end. Called only if that one carried `expiry_at` and
    /// [`refreshes`](Self::refreshes) is true. When it is rejected, the session goes on until the credential expires.
    fn refresh(&self) -> ProviderFuture<'_> {
        Box::pin(async {
            Err(ProviderError::Misconfigured(
                "this provider does not refresh".into(),
            ))
        })
    }
}

/// Returns what it was given.
#[derive(Clone, Debug)]
pub struct StaticCredentialProvider {
    credential: Credential,
}

impl StaticCredentialProvider {
    /// A provider of this SAT, whose end is not known.
    pub fn new(token: impl Into<String>) -> Self {
        Self::with_credential(Credential {
            token: Some(token.into()),
            ..Credential::default()
        })
    }

    /// A provider of this credential.
    pub fn with_credential(credential: Credential) -> Self {
        Self { credential }
    }
}

impl CredentialProvider for StaticCredentialProvider {
    fn authenticate(&self, _: AuthenticateContext) -> ProviderFuture<'_> {
        Box::pin(async { Ok(self.credential.clone()) })
    }
}

/// How often a passing fault is met with another try before the provider gives up.
const EXCHANGE_ATTEMPTS: u32 = 4;
/// How long it waits in all. A server that wants to be left alone for longer is, and the provider gives up at once.
const EXCHANGE_PATIENCE: Duration = Duration::from_secs(60);
/// Limit of one exchange (wire-protocol.md 2.2).
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Exchanges a public embed token (`c2c_…`) for a guest's short-lived SAT, and again before that expires.
pub struct EmbedTokenCredentialProvider {
    endpoint: Url,
    embed_token: String,
    http: reqwest::Client,
    /// Of the client's key: a token that is bound to it is of no use to a thief.
    fingerprint: OnceLock<String>,
}

impl EmbedTokenCredentialProvider {
    /// `host` is a name (`calls.example.com`), a name with a port, or an origin (`http://localhost:8787`); without a
    /// scheme `https` is taken.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when the host cannot be a host, or the token is empty.
    pub fn new(host: &str, embed_token: impl Into<String>) -> Result<Self, ProviderError> {
        Self::with_trust(host, embed_token, &crate::tls::Trust::default())
    }

    /// As [`new`](Self::new), for a server whose certificate comes from a private authority.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_trust(
        host: &str,
        embed_token: impl Into<String>,
        trust: &crate::tls::Trust,
    ) -> Result<Self, ProviderError> {
        let embed_token = embed_token.into();
        if embed_token.is_empty() {
            return Err(ProviderError::Misconfigured(
                "the embed token is empty".into(),
            ));
        }
        let http =
            http::client(trust).map_err(|error| ProviderError::Misconfigured(error.to_string()))?;
        Ok(Self {
            endpoint: exchange_endpoint(host)?,
            embed_token,
            http,
            fingerprint: OnceLock::new(),
        })
    }

    async fn exchange(&self) -> Result<Credential, ProviderError> {
        let mut backoff = Duration::from_millis(1_000);
        let mut waited = Duration::ZERO;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let fault = match self.exchange_once().await {
                Ok(credential) => return Ok(credential),
                Err(Attempt::Refused(error)) => return Err(error),
                Err(Attempt::Passing(fault)) => fault,
            };
            // Programs that were refused together do not all come back together.
            let jittered = backoff.mul_f64(1.0 - rand::random::<f64>() / 2.0);
            let wait = fault.retry_after.unwrap_or(jittered);
            waited += wait;
            if attempts == EXCHANGE_ATTEMPTS || waited > EXCHANGE_PATIENCE {
                return Err(ProviderError::Unavailable {
                    attempts,
                    message: fault.message,
                });
            }
            tokio::time::sleep(wait).await;
            backoff *= 2;
        }
    }

    async fn exchange_once(&self) -> Result<Credential, Attempt> {
        let body = miniserde::json::to_string(&ExchangeRequest {
            token: self.embed_token.clone(),
            fingerprint: self.fingerprint.get().cloned(),
        });
        let reply = self
            .http
            .post(self.endpoint.clone())
            .timeout(EXCHANGE_TIMEOUT)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| Attempt::passing(http::describe(error).message))?;
        let status = reply.status().as_u16();
        let retry_after = http::retry_after(reply.headers());
        let date_ms = http::date_ms(reply.headers());
        let text = http::text_within_limit(reply)
            .await
            .map_err(|error| Attempt::passing(error.message))?;
        match status {
            200..=299 => parse_exchange(&text, date_ms),
            429 | 500..=599 => Err(Attempt::Passing(Fault {
                message: format!("HTTP {status}"),
                retry_after,
            })),
            _ => Err(Attempt::Refused(ProviderError::Refused {
                status,
                message: refusal(&text),
            })),
        }
    }
}

impl CredentialProvider for EmbedTokenCredentialProvider {
    fn authenticate(&self, context: AuthenticateContext) -> ProviderFuture<'_> {
        if let Some(fingerprint) = context.fingerprint {
            // A client has one key for its life.
            let _ = self.fingerprint.set(fingerprint);
        }
        Box::pin(self.exchange())
    }

    fn refreshes(&self) -> bool {
        true
    }

    fn refresh(&self) -> ProviderFuture<'_> {
        Box::pin(self.exchange())
    }
}

#[derive(miniserde::Serialize)]
struct ExchangeRequest {
    token: String,
    fingerprint: Option<String>,
}

#[derive(miniserde::Deserialize)]
struct ExchangeReply {
    token: String,
    expires_at: Option<u64>,
    expires_in: Option<u64>,
}

#[derive(Debug)]
struct Fault {
    message: String,
    retry_after: Option<Duration>,
}

#[derive(Debug)]
enum Attempt {
    Passing(Fault),
    Refused(ProviderError),
}

impl Attempt {
    fn passing(message: String) -> Self {
        Self::Passing(Fault {
            message,
            retry_after: None,
        })
    }
}

/// What an error body says, or its beginning if it is none of ours.
fn refusal(body: &str) -> String {
    #[derive(miniserde::Deserialize)]
    struct Said {
        message: String,
    }
    match miniserde::json::from_str::<Said>(body) {
        Ok(said) => said.message,
        Err(_) => body.chars().take(200).collect(),
    }
}

/// The life in `expires_in` counts from the server's own time where it told it, so that a wrong local clock does
/// not stretch it; a reply that tells no life gives a credential without an end rather than an invented one.
fn parse_exchange(text: &str, server_now_ms: Option<u64>) -> Result<Credential, Attempt> {
    let reply: ExchangeReply = miniserde::json::from_str(text)
        .map_err(|_| Attempt::passing("the server's answer is no token".into()))?;
    let now_ms = server_now_ms.unwrap_or_else(crate::driver::wall_ms);
    let expiry_at = match (reply.expires_at, reply.expires_in) {
        (Some(at_s), _) => Some(at_s.saturating_mul(1000)),
        (None, Some(in_s)) => Some(now_ms.saturating_add(in_s.saturating_mul(1000))),
        (None, None) => None,
    };
    Ok(Credential {
        token: Some(reply.token),
        authorization_state: None,
        expiry_at,
        bound: false,
    })
}

fn exchange_endpoint(host: &str) -> Result<Url, ProviderError> {
    let mut url = origin::parse(host).map_err(ProviderError::Misconfigured)?;
    url.set_path("/api/fabric/embeds/tokens");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exchange_is_at_the_host_that_was_named() {
        let endpoint = exchange_endpoint("calls.example.test:8443").unwrap();
        assert_eq!(
            endpoint.as_str(),
            "https://calls.example.test:8443/api/fabric/embeds/tokens"
        );
        for (host, origin) in [
            ("calls.example.test", "https://calls.example.test"),
            ("http://localhost:8787", "http://localhost:8787"),
        ] {
            let endpoint = exchange_endpoint(host).unwrap();
            let expected = format!("{origin}/api/fabric/embeds/tokens");
            assert_eq!(endpoint.as_str(), expected);
        }
        let nameless = exchange_endpoint("https://");
        assert!(matches!(nameless, Err(ProviderError::Misconfigured(_))));
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let body = r#"{"error":"Unauthorized","message":"the embed token is not known"}"#;
        assert_eq!(refusal(body), "the embed token is not known");
        assert_eq!(refusal("<html>no</html>"), "<html>no</html>");
        assert_eq!(refusal(&"x".repeat(1000)).len(), 200);
    }

    #[test]
    fn the_life_is_the_one_the_reply_tells() {
        let expiry = |text| parse_exchange(text, Some(1_000_000)).unwrap().expiry_at;
        assert_eq!(
            expiry(r#"{"token":"t","expires_at":2000}"#),
            Some(2_000_000)
        );
        assert_eq!(expiry(r#"{"token":"t","expires_in":60}"#), Some(1_060_000));
        assert_eq!(expiry(r#"{"token":"t"}"#), None);
        assert!(parse_exchange("<html>", None).is_err());
    }

    /// Answers one connection after the other, each with one of these; gives where.
    async fn server(answers: &'static [&'static str]) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let mut read = 0;
                while !request[..read].ends_with(b"}") {
                    read += stream.read(&mut request[read..]).await.unwrap();
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        origin
    }

    const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const AN_HOUR: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const FAULT: &str =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const GOOD: &str = "HTTP/1.1 201 Created\r\ncontent-length: 35\r\nconnection: close\r\n\r\n{\"token\":\"a.b.c\",\"expires_at\":2000}";
    const NO: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 18\r\nconnection: close\r\n\r\n{\"message\":\"off\"} ";

    #[tokio::test]
    async fn passing_faults_are_met_with_another_exchange_when_the_server_says_so() {
        let origin = server(&[FAULT, BUSY, GOOD]).await;
        let provider = EmbedTokenCredentialProvider::new(&origin, "c2c_1").unwrap();
        let began = std::time::Instant::now();
        let credential = provider.authenticate(AuthenticateContext::default());
        assert_eq!(credential.await.unwrap().expiry_at, Some(2_000_000));
        // Half a second at least after the fault, one when that was asked for.
        assert!(began.elapsed() >= Duration::from_millis(1_500));
    }

    #[tokio::test]
    async fn a_server_that_wants_to_be_left_alone_for_long_is() {
        let origin = server(&[AN_HOUR]).await;
        let provider = EmbedTokenCredentialProvider::new(&origin, "c2c_1").unwrap();
        let refused = provider.refresh().await;
        assert!(
            matches!(refused, Err(ProviderError::Unavailable { attempts: 1, .. })),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn a_refusal_for_good_is_final_at_once() {
        let origin = server(&[NO]).await;
        let provider = EmbedTokenCredentialProvider::new(&origin, "c2c_1").unwrap();
        let refused = provider.authenticate(AuthenticateContext::default()).await;
        assert!(
            matches!(&refused, Err(ProviderError::Refused { status: 403, message }) if message == "off"),
            "{refused:?}"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_the_parsers_panic(
            text in "\\PC{0,80}|[{]\"token\":\"[a-z]{0,9}\",\"expires_(at|in)\":(-?[0-9]{1,25}|null)[}]",
            now: Option<u64>,
        ) {
            if let Ok(credential) = parse_exchange(&text, now) {
                proptest::prop_assert!(credential.token.is_some());
            }
            proptest::prop_assert!(refusal(&text).chars().count() <= 200 || text.contains("message"));
        }
    }
}
