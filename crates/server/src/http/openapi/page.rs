//! The document for people: one page without scripts, made on the server.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;

use super::super::App;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
code{font-family:ui-monospace,monospace}summary{cursor:pointer;padding:.25rem 0}summary b{display:inline-block;min-width:4.5rem}\
table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{border:1px solid #8886;padding:.2rem .6rem;text-align:left;vertical-align:top}\
:root{color-scheme:light dark}";

/// `GET /api/docs`.
pub(in crate::http) async fn serve(State(app): State<Arc<App>>) -> Response {
    static PAGE: OnceLock<(String, HeaderValue)> = OnceLock::new();
    let (page, policy) = PAGE.get_or_init(|| {
        let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
        let hash = BASE64_STANDARD.encode(hash);
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        let policy = HeaderValue::from_str(&policy);
        let nothing = HeaderValue::from_static("default-src 'none'");
        (page(&super::document(&app.public_url)), policy.unwrap_or(nothing))
    });
    let mut response = Html(page.as_str()).into_response();
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy.clone());
    response
}

fn page(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Offhook: REST</title><style>{STYLE}</style>\
         <h1>The REST interface</h1><p>Of this server, {}. For machines: <a href=openapi.json>openapi.json</a> (OpenAPI {}).</p>",
        escape(text(document, "/servers/0/url")),
        escape(text(document, "/openapi")),
    );
    let mut tag = "";
    let mut all: Vec<(&str, &str, &Value)> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            all.push((path, method, operation));
        }
    }
    all.sort_by_key(|&(path, _, operation)| (text(operation, "/tags/0"), path));
    for (path, method, operation) in all {
        let its = text(operation, "/tags/0");
        if its != tag {
            tag = its;
            // Writing to a text cannot fail.
            let _ = write!(page, "<h2>{}</h2>", escape(tag));
        }
        operation_in(&mut page, path, method, operation);
    }
    page.push_str("</html>");
    page
}

fn operation_in(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(
        page,
        "<details><summary><b>{}</b> <code>{}</code> {}</summary>",
        method.to_uppercase(),
        escape(path),
        escape(text(operation, "/summary")),
    );
    let who = match operation["security"].get(0).and_then(Value::as_object) {
        Some(security) if security.contains_key("project") => "A project's backend (Basic).",
        Some(_) => "The holder of an access token (Bearer).",
        None => "Everybody.",
    };
    let _ = write!(page, "<p>{who}</p>");
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|parameter| parameter["in"] == "query");
    let query = query.map(|p| {
        (
            text(p, "/name"),
            &p["schema"],
            text(p, "/description"),
            false,
        )
    });
    table(page, "Query", query);
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let required = |name: &str| {
        let mut names = schema["required"].as_array().into_iter().flatten();
        names.any(|required| required == name)
    };
    let properties = schema["properties"].as_object().into_iter().flatten();
    let properties =
        properties.map(|(name, p)| (name.as_str(), p, text(p, "/description"), required(name)));
    table(page, "Body", properties);
    let answers = operation["responses"].as_object().into_iter().flatten();
    let statuses: Vec<&str> = answers.map(|(status, _)| status.as_str()).collect();
    let _ = write!(page, "<p>Answers: {}</p></details>", statuses.join(", "));
}

fn table<'a>(
    page: &mut String,
    title: &str,
    rows: impl Iterator<Item = (&'a str, &'a Value, &'a str, bool)>,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(page, "<table><tr><th>{title}<th>Type<th>Meaning");
    for (name, schema, about, required) in rows {
        let kind = schema["type"].as_str().unwrap_or("several");
        let mark = if required { ", required" } else { "" };
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td>{}{mark}<td>{}",
            escape(name),
            escape(kind),
            escape(about),
        );
    }
    page.push_str("</table>");
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_and_no_markup_comes_from_outside() {
        let page = page(&super::super::document("https://calls.example.com/<b>"));
        assert!(page.contains("/api/offhook/webhooks/{id}/rotate_secret"));
        assert!(page.contains("overlap_seconds"));
        assert!(!page.contains("com/<b>"));
    }
}
