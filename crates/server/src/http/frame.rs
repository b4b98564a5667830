//! A call button in a frame, for sites whose own policy lets no script of ours in: a page of ours that only the pages of that
//! button may show. What runs in it is ours, so the browser asks for the microphone in the name of this server, and the
//! embedding page has to delegate it: `allow="microphone; camera; autoplay; display-capture"`.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use offhook_auth::EmbedToken;
use offhook_proto::limits;
use serde::Deserialize;

use super::App;
use super::error::ApiError;
use super::origin::Caller;
use super::rate::network_of;
use crate::assets::Assets;
use crate::store::ClickToCall;

const DEFAULT_LABEL: &str = "Call";
/// The handset on the button.
const HANDSET: &str = "M21.5 16.6v2.7a1.9 1.9 0 0 1-2.1 1.9A18.6 18.6 0 0 1 2.8 4.6 1.9 1.9 0 0 1 4.7 2.5h2.7a1.9 1.9 0 0 1 1.9 1.6l.6 2.6a1.9 1.9 \
    0 0 1-.5 1.8L8.2 9.7a15 15 0 0 0 6.1 6.1l1.2-1.2a1.9 1.9 0 0 1 1.8-.5l2.6.6a1.9 1.9 0 0 1 1.6 1.9z";

/// How the button looks; what is not understood is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Looks {
    /// Text of the button, and whom the call is with.
    label: Option<String>,
    /// Present: neither camera nor picture.
    audio_only: Option<String>,
    /// `light` or `dark`; else as the visitor has it.
    scheme: Option<String>,
}

/// `GET /embed/{token}`.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    looks: Result<Query<Looks>, QueryRejection>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    app.frames.admit(network_of(caller.ip), Instant::now())?;
    let looks = looks.map(|Query(looks)| looks).unwrap_or_default();
    let token = EmbedToken::parse(&token);
    let button = match &token {
        Some(token) => app.mint.store.click_to_call_by_token(token).await?,
        None => None,
    };
    let (Some(token), Some(button)) = (token, button.filter(|button| button.settings.enabled))
    else {
        return Ok(refusal(
            &app,
            StatusCode::NOT_FOUND,
            "This call button is not active any more.",
        ));
    };
    let ancestors = ancestors(&button);
    // A page that may be shown by some sites only is none to be opened by itself.
    let alone = headers
        .get("sec-fetch-dest")
        .is_some_and(|value| value == "document");
    if alone && ancestors != "*" {
        return Ok(refusal(
            &app,
            StatusCode::FORBIDDEN,
            "This call button is shown within its own site only.",
        ));
    }
    Ok(page(
        &app.assets,
        &ancestors,
        StatusCode::OK,
        &body(&token, &looks, &ancestors),
    ))
}

/// Which pages may show the frame, as `frame-ancestors` has it.
fn ancestors(button: &ClickToCall) -> String {
    let origins = &button.settings.allowed_origins;
    if origins.iter().any(|origin| origin == "*") {
        return "*".to_owned();
    }
    // Nothing that would begin another directive.
    let plain = |origin: &&String| {
        origin
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":/.*-_[]".contains(&byte))
    };
    let listed: Vec<&str> = origins.iter().filter(plain).map(String::as_str).collect();
    if listed.is_empty() {
        "'none'".to_owned()
    } else {
        listed.join(" ")
    }
}

fn body(token: &EmbedToken, looks: &Looks, ancestors: &str) -> String {
    let label = looks.label.as_deref().map(str::trim);
    let label: String = label
        .filter(|label| !label.is_empty())
        .unwrap_or(DEFAULT_LABEL)
        .chars()
        .take(limits::BUTTON_LABEL_CHARS)
        .collect();
    let label = escaped(&label);
    let scheme = match looks.scheme.as_deref() {
        Some(scheme @ ("light" | "dark")) => format!(" data-theme=\"{scheme}\""),
        _ => String::new(),
    };
    let audio_only = match looks.audio_only.as_deref() {
        None | Some("false") => "",
        Some(_) => " audio-only",
    };
    let token = token.expose();
    format!(
        "<!doctype html><html lang=\"en\"{scheme}><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{label}</title><link rel=\"stylesheet\" href=\"/frame/frame.css\"><script type=\"module\" src=\"/frame/frame.js\"></script></head>\
         <body data-ancestors=\"{}\"><sw-call-widget token=\"{token}\" heading=\"{label}\"{audio_only}><button type=\"button\">\
         <svg viewBox=\"0 0 24 24\" width=\"20\" height=\"20\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" \
         stroke-linejoin=\"round\" aria-hidden=\"true\"><path d=\"{HANDSET}\"/></svg><span>{label}</span></button></sw-call-widget>\
         <p role=\"alert\"></p></body></html>",
        escaped(ancestors)
    )
}

fn refusal(app: &App, status: StatusCode, message: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Call</title><link rel=\"stylesheet\" href=\"/frame/frame.css\"></head>\
         <body><p>{message}</p></body></html>"
    );
    page(&app.assets, "*", status, &body)
}

fn page(assets: &Assets, ancestors: &str, status: StatusCode, body: &str) -> Response {
    let mut response = (status, Html(body.to_owned())).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, assets.policy_within(ancestors));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (
            "permissions-policy",
            "microphone=(self), camera=(self), display-capture=(self), autoplay=(self), geolocation=()",
        ),
        // Pages that isolate themselves may show it, too.
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ClickToCallSettings;

    fn button(origins: &[&str]) -> ClickToCall {
        ClickToCall {
            id: "b".to_owned(),
            project_id: "p".to_owned(),
            name: "Shop".to_owned(),
            settings: ClickToCallSettings {
                allowed_origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
                ..ClickToCallSettings::to("/private/agent")
            },
        }
    }

    #[test]
    fn ancestors_are_the_button_s_origins() {
        for (origins, expected) in [
            (&["*"][..], "*"),
            (&["https://shop.example.com", "*"], "*"),
            (
                &["https://shop.example.com", "https://*.example.org"],
                "https://shop.example.com https://*.example.org",
            ),
            (&["https://a.example; script-src *"], "'none'"),
            (&[], "'none'"),
        ] {
            assert_eq!(ancestors(&button(origins)), expected, "{origins:?}");
        }
    }

    #[test]
    fn what_the_address_says_is_shown_as_text() {
        let looks = Looks {
            label: Some("<img src=x onerror=ran()>\"&'".to_owned()),
            audio_only: Some(String::new()),
            scheme: Some("dark\" onload=\"ran()".to_owned()),
        };
        let body = body(&EmbedToken::generate(), &looks, "*");
        assert!(body.contains("&lt;img src=x onerror=ran()&gt;&quot;&amp;&#39;"));
        assert!(!body.contains("<img") && !body.contains("onload"));
        assert!(body.contains(" audio-only>"));
    }
}
