//! REST requests.

use std::time::Duration;

use offhook_core::input::{Failure, HttpResponse};
use offhook_core::output::HttpRequest;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::tls::Trust;

/// Most bytes of an answer that are read: a directory page is a few hundred KiB at the very most.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Headers the engine looks at; the others stay here.
const WANTED_HEADERS: [&str; 4] = ["date", "retry-after", "content-type", "dpop-nonce"];

/// A client that trusts the system's authorities and `trust`, and follows no redirect (none is part of the protocol,
/// and a bearer token must not travel along one).
pub(crate) fn client(trust: &Trust) -> Result<reqwest::Client, reqwest::Error> {
    let mut tls = (*trust.client_config()).clone();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .user_agent(concat!("offhook/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Does one request of the engine's.
pub(crate) async fn perform(
    client: &reqwest::Client,
    http: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let method = reqwest::Method::from_bytes(http.method.as_bytes())
        .map_err(|error| failure("TypeError", &error.to_string()))?;
    let mut request = client
        .request(method, &http.url)
        .timeout(Duration::from_millis(http.timeout_ms));
    for (name, value) in &http.headers {
        request = request.header(name, value);
    }
    if let Some(body) = http.body {
        request = request.body(body);
    }
    let reply = request.send().await.map_err(describe)?;
    let status = reply.status().as_u16();
    let headers = WANTED_HEADERS
        .iter()
        .filter_map(|name| {
            let value = reply.headers().get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        })
        .collect();
    let body = text_within_limit(reply).await?;
    Ok(HttpResponse {
        status,
        headers,
        body,
    })
}

/// The body as text, up to the limit.
pub(crate) async fn text_within_limit(mut reply: reqwest::Response) -> Result<String, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(describe)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(failure("NetworkError", "the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| failure("NetworkError", "the answer is not UTF-8"))
}

/// How long the server wants to be left alone (RFC 9110, 10.2.3): seconds, or a date by its own clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let told = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = told.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(told).ok()?;
    let until = until.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = Duration::from_millis(date_ms(headers).unwrap_or_else(crate::driver::wall_ms));
    Some(until.saturating_sub(now))
}

/// The server's time from its `Date` header, epoch milliseconds.
pub(crate) fn date_ms(headers: &HeaderMap) -> Option<u64> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

/// What happened, down to the cause: "error sending request" alone helps nobody.
pub(crate) fn describe(error: reqwest::Error) -> Failure {
    let name = if error.is_timeout() {
        "TimeoutError"
    } else {
        "NetworkError"
    };
    // The URL may carry what belongs in no log.
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    failure(name, &message)
}

fn failure(name: &str, message: &str) -> Failure {
    Failure {
        name: name.into(),
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_server_s_clock() {
        let wait = |after: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(wait(date), Some(Duration::from_secs(30)));
        let past = "Sun, 06 Nov 1994 08:49:07 GMT";
        assert_eq!(wait(past), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
