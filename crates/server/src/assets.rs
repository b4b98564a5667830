//! The web pages: embedded in the binary by `build.rs`, or read from a directory while they are being written.
//!
//! Names that carry a hash of their content are cached for ever; all others are asked for again each time, which
//! costs a 304. Every file may be imported from any origin.

use std::hash::Hasher as _;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The Content-Security-Policy of our own pages, and what a page that carries the call button needs at least of
/// `script-src` and `connect-src`. In the header, the server's public origin stands beside `'self'` in
/// `connect-src`, for pages opened under another name.
pub const PAGE_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; media-src 'self' blob: mediastream:; connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const MISSING: &str = "The web pages are not in this binary. Build them with `cargo xtask build`, or serve a directory of them \
    with --web-dir DIR.\n";

/// One file in the binary.
struct Embedded {
    path: &'static str,
    hash: &'static str,
    identity: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where pages come from, and under which policy they are shown.
#[derive(Debug)]
pub(crate) struct Assets {
    /// `None`: the binary.
    directory: Option<PathBuf>,
    /// [`PAGE_CSP`] for the name that the server is known by.
    policy: String,
}

/// One file, found.
struct Found {
    hash: String,
    content: Bytes,
    encoding: Option<&'static str>,
}

impl Assets {
    /// `public_origin` is where the server's interface is, whatever name a page was opened under.
    pub(crate) fn new(directory: Option<PathBuf>, public_origin: &str) -> Self {
        let policy = PAGE_CSP.replace(
            "connect-src 'self'",
            &format!("connect-src 'self' {public_origin}"),
        );
        Self { directory, policy }
    }

    /// The policy of a page that may be shown inside pages of these sources.
    pub(crate) fn policy_within(&self, frame_ancestors: &str) -> HeaderValue {
        let none = "frame-ancestors 'none'";
        let policy = self
            .policy
            .replace(none, &format!("frame-ancestors {frame_ancestors}"));
        // Origins are plain text.
        policy
            .try_into()
            .unwrap_or(HeaderValue::from_static(PAGE_CSP))
    }

    /// The file of this path (without the leading `/`; a directory stands for its `index.html`).
    pub(crate) async fn respond(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        let found = match &self.directory {
            Some(directory) => from_directory(directory, &path).await,
            None => embedded(&path, headers),
        };
        found.map(|found| self.found(&path, found, headers))
    }

    fn found(&self, path: &str, found: Found, request: &HeaderMap) -> Response {
        // Weak: the encodings of one content share it.
        let etag = format!("W/\"{}\"", found.hash);
        let known = request
            .get(IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|list| {
                list.split(',').any(|tag| {
                    tag.trim() == "*"
                        || tag.trim().trim_start_matches("W/") == etag.trim_start_matches("W/")
                })
            });
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(found.content));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
            if let Some(encoding) = found.encoding {
                response
                    .headers_mut()
                    .insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            response
        };
        let headers = response.headers_mut();
        let caching = if is_hashed(path) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = etag.try_into() {
            headers.insert(ETAG, etag);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // Pages that isolate themselves may still import our scripts.
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        );
        if path.ends_with(".html") {
            headers.insert(CONTENT_SECURITY_POLICY, self.policy_within("'none'"));
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            headers.insert(
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static(
                    "microphone=(self), camera=(self), display-capture=(self), geolocation=()",
                ),
            );
        }
        response
    }

    /// Whether there are no pages at all: neither in the binary nor in a directory.
    pub(crate) fn is_empty(&self) -> bool {
        self.directory.is_none() && EMBEDDED.is_empty()
    }

    /// What is said in place of every page then.
    pub(crate) fn how_to_build() -> Response {
        (
            StatusCode::NOT_FOUND,
            [(CONTENT_TYPE, "text/plain; charset=utf-8")],
            MISSING,
        )
            .into_response()
    }
}

fn embedded(path: &str, headers: &HeaderMap) -> Option<Found> {
    let file = EMBEDDED
        .binary_search_by(|file| file.path.cmp(path))
        .ok()
        .map(|index| &EMBEDDED[index])?;
    let (content, encoding) = match (file.brotli, file.gzip) {
        (Some(brotli), _) if accepts(headers, "br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts(headers, "gzip") => (gzip, Some("gzip")),
        _ => (file.identity, None),
    };
    Some(Found {
        hash: file.hash.to_owned(),
        content: Bytes::from_static(content),
        encoding,
    })
}

async fn from_directory(directory: &Path, path: &str) -> Option<Found> {
    let relative = Path::new(path);
    // Nothing above the directory, nothing absolute, nothing hidden.
    let inside = relative
        .components()
        .all(|part| matches!(part, Component::Normal(name) if !name.as_encoded_bytes().starts_with(b".")));
    if !inside {
        return None;
    }
    let content = tokio::fs::read(directory.join(relative)).await.ok()?;
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(&content);
    Some(Found {
        hash: format!("{:016x}", hasher.finish()),
        content: content.into(),
        encoding: None,
    })
}

/// Whether the client takes this content coding (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        named && weight > 0.0
    })
}

/// Whether the name carries a hash: eight or more hexadecimal digits behind the last `-` or `.` of the stem.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
    let tail = stem.rsplit_once(['-', '.']).map_or("", |(_, tail)| tail);
    tail.len() >= 8
        && tail.bytes().all(|b| b.is_ascii_hexdigit())
        && tail.bytes().any(|b| b.is_ascii_digit())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "ogg" | "opus" => "audio/ogg",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_negotiated() {
        let headers =
            |value: &str| HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
        assert!(accepts(&headers("gzip, deflate, br"), "br"));
        assert!(accepts(&headers("br;q=0.5"), "br"));
        assert!(!accepts(&headers("br;q=0, gzip"), "br"));
        assert!(!accepts(&headers("brotli"), "br"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("js/chunk-1a2b3c4d.mjs"));
        assert!(is_hashed("console/app.0123456789abcdef.css"));
        for name in [
            "js/offhook.mjs",
            "js/offhook-embed.js",
            "js/deadbeef.mjs",
            "js/x-1a2b3c4.mjs",
            "index.html",
            "a-12345678",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_the_directory_is_served() {
        let root = tempfile::tempdir().unwrap();
        let web = root.path().join("web");
        std::fs::create_dir_all(web.join("js")).unwrap();
        std::fs::write(root.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(web.join(".hidden"), "hidden").unwrap();
        std::fs::write(web.join("js/a.mjs"), "a").unwrap();
        assert!(from_directory(&web, "js/a.mjs").await.is_some());
        let absolute = root.path().join("secret.txt");
        for path in [
            "../secret.txt",
            "js/../../secret.txt",
            ".hidden",
            "js",
            absolute.to_str().unwrap(),
        ] {
            assert!(from_directory(&web, path).await.is_none(), "{path}");
        }
    }

    #[tokio::test]
    async fn pages_carry_the_policy_and_scripts_can_be_imported() {
        let web = tempfile::tempdir().unwrap();
        std::fs::write(web.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(web.path().join("a.wasm"), "x").unwrap();
        let assets = Assets::new(Some(web.path().to_owned()), "http://localhost:8787");
        let page = assets.respond("", &HeaderMap::new()).await.unwrap();
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.contains("connect-src 'self' http://localhost:8787 ws: wss:;"),
            "{policy}"
        );
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval'"),
            "{policy}"
        );
        let wasm = assets.respond("a.wasm", &HeaderMap::new()).await.unwrap();
        assert_eq!(wasm.headers()[CONTENT_TYPE], "application/wasm");
        assert_eq!(wasm.headers()[CACHE_CONTROL], "no-cache");
        let again = HeaderMap::from_iter([(IF_NONE_MATCH, wasm.headers()[ETAG].clone())]);
        assert_eq!(
            assets.respond("a.wasm", &again).await.unwrap().status(),
            StatusCode::NOT_MODIFIED
        );
    }
}
