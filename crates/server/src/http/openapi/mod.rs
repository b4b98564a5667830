//! The OpenAPI 3.1 document, at `/api/openapi.json`: made of the tables the requests are read by and the types the answers are written
//! from. The router's own paths are its list; a route that is not described here fails a test.

mod bodies;
mod operations;
mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use offhook_proto::rest::{ErrorBody, ErrorList};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::App;
use super::attributes::{self, Attribute};
use operations::operations;

pub(super) use page::serve as serve_page;

/// `GET /api/openapi.json`.
pub(super) async fn serve(State(app): State<Arc<App>>) -> Response {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| document(&app.public_url).to_string());
    ([(CONTENT_TYPE, "application/json")], document.as_str()).into_response()
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Auth {
    /// Everybody.
    None,
    /// A project's backend: its id and an API token (Basic).
    Backend,
    /// The holder of an access token (Bearer).
    Holder,
}

/// What a request carries.
#[derive(Clone, Copy)]
enum Body {
    None,
    /// What these tables say; some only when a thing is made.
    Tables(&'static [&'static [Attribute]], Making),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Making {
    Yes,
    /// A change: nothing is required.
    No,
}

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One method of one path.
struct Operation {
    method: Method,
    path: String,
    summary: String,
    auth: Auth,
    body: Body,
    status: StatusCode,
    /// What the answer holds, and of what type it is; nothing where there is no body.
    answer: Option<(&'static str, SchemaOf)>,
    /// Whether it is a list in pages, and what it may be filtered by.
    paged: bool,
    filters: &'static [(&'static str, &'static str)],
}

impl Operation {
    fn new(
        method: Method,
        path: impl Into<String>,
        summary: impl Into<String>,
        auth: Auth,
    ) -> Self {
        Self {
            method,
            path: path.into(),
            summary: summary.into(),
            auth,
            body: Body::None,
            status: StatusCode::OK,
            answer: None,
            paged: false,
            filters: &[],
        }
    }

    fn makes(self, tables: &'static [&'static [Attribute]]) -> Self {
        Self {
            body: Body::Tables(tables, Making::Yes),
            ..self
        }
    }

    fn changes(self, tables: &'static [&'static [Attribute]]) -> Self {
        Self {
            body: Body::Tables(tables, Making::No),
            ..self
        }
    }

    fn answers<T: JsonSchema>(self, status: StatusCode) -> Self {
        Self {
            status,
            answer: Some(("application/json", |generator| {
                generator.subschema_for::<T>()
            })),
            ..self
        }
    }

    /// With something that is no JSON.
    fn answers_with(self, kind: &'static str) -> Self {
        Self {
            answer: Some((kind, |_| schemars::json_schema!({"type": "string"}))),
            ..self
        }
    }

    fn empty(self) -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            ..self
        }
    }

    fn pages<T: JsonSchema>(self, filters: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            paged: true,
            filters,
            ..self.answers::<T>(StatusCode::OK)
        }
    }

    fn document(&self, generator: &mut SchemaGenerator) -> Value {
        let mut responses = Map::new();
        let mut answer = json!({"description": reason(self.status)});
        if let Some((kind, schema)) = self.answer {
            answer["content"] = json!({kind: {"schema": schema(generator)}});
        }
        responses.insert(self.status.as_str().to_owned(), answer);
        for (status, holds) in self.refusals() {
            let reference = json!({"$ref": format!("#/components/responses/{holds}")});
            responses.insert(status.to_owned(), reference);
        }
        let mut operation = json!({
            "summary": self.summary,
            "operationId": self.id(),
            "tags": [self.tag()],
            "responses": responses,
        });
        operation["security"] = match self.auth {
            Auth::None => json!([]),
            Auth::Backend => json!([{"project": []}]),
            Auth::Holder => json!([{"token": []}]),
        };
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Body::Tables(tables, making) = self.body {
            let schema = merged(tables, making == Making::Yes);
            let required = schema.get("required").is_some();
            operation["requestBody"] = json!({
                "required": required,
                "content": {"application/json": {"schema": schema}},
            });
        }
        operation
    }

    fn refusals(&self) -> Vec<(&'static str, &'static str)> {
        let mut refusals = Vec::new();
        if self.auth != Auth::None {
            refusals.push(("401", "Unauthorized"));
        }
        if self.path.contains('{') {
            refusals.push(("404", "NotFound"));
        }
        if !matches!(self.body, Body::None) {
            refusals.extend([("400", "BadRequest"), ("413", "TooLarge")]);
        }
        if !matches!(self.body, Body::None) || self.paged {
            refusals.push(("422", "Invalid"));
        }
        refusals
    }

    fn parameters(&self) -> Vec<Value> {
        let names = self.path.split('{').skip(1);
        let names = names.filter_map(|rest| rest.split('}').next());
        let mut parameters: Vec<Value> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let mut query = |name: &str, about: &str, schema: Value| {
            parameters
                .push(json!({"name": name, "in": "query", "description": about, "schema": schema}));
        };
        if self.paged {
            let most = offhook_proto::limits::PAGE_SIZE_MAX;
            query(
                "page_size",
                "Items on a page.",
                json!({"type": "integer", "minimum": 1, "default": offhook_proto::limits::PAGE_SIZE, "maximum": most}),
            );
            query(
                "page_number",
                "Pages before this one.",
                json!({"type": "integer", "minimum": 0, "default": 0}),
            );
            query(
                "page_token",
                "Where to go on, as the links of an answer have it.",
                json!({"type": "string"}),
            );
            query(
                "sort_order",
                "Which way.",
                json!({"type": "string", "enum": ["asc", "desc"]}),
            );
        }
        for (name, about) in self.filters {
            query(name, about, json!({"type": "string"}));
        }
        parameters
    }

    /// Such as `get_api_fabric_resources_id`.
    fn id(&self) -> String {
        let path: String = self
            .path
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let words: Vec<&str> = path.split('_').filter(|word| !word.is_empty()).collect();
        let method = self.method.as_str().to_ascii_lowercase();
        format!("{method}_{}", words.join("_"))
    }

    fn tag(&self) -> &'static str {
        let rest = self.path.strip_prefix("/api/").unwrap_or_default();
        match rest.split('/').next().unwrap_or_default() {
            "calling" => "Calls",
            "fabric" if rest.starts_with("fabric/resources") || rest.starts_with("fabric/sip") => {
                "Resources"
            }
            "fabric" => "Tokens, directory, messages",
            "offhook" => "Offhook",
            _ => "The server",
        }
    }
}

/// Several tables as one schema.
fn merged(tables: &[&[Attribute]], making: bool) -> Value {
    let all: Vec<Attribute> = tables
        .iter()
        .flat_map(|table| table.iter().copied())
        .collect();
    attributes::schema(&all, making)
}

/// What the document says, of a server at this origin.
fn document(public_url: &str) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let method = operation.method.as_str().to_ascii_lowercase();
        let described = operation.document(&mut generator);
        paths
            .entry(operation.path)
            .or_default()
            .insert(method, described);
    }
    let error = generator.subschema_for::<ErrorBody>();
    let errors = generator.subschema_for::<ErrorList>();
    let refusal = |description: &str, schema: &Schema| json!({"description": description, "content": {"application/json": {"schema": schema}}});
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Offhook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The REST interface of an Offhook server.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": public_url.trim_end_matches('/')}],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "BadRequest": refusal("The body is not a JSON object.", &error),
                "Unauthorized": refusal("Who asks is not known.", &error),
                "NotFound": refusal("There is no such thing in the project.", &error),
                "TooLarge": refusal("The body is too large.", &error),
                "Invalid": refusal("Attributes are missing or wrong; every one is named.", &errors),
            },
            "securitySchemes": {
                "project": {"type": "http", "scheme": "basic", "description": "A project's id, and one of its API tokens."},
                "token": {"type": "http", "scheme": "bearer", "description": "An access token (SAT)."},
            },
        },
    })
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Done")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_of_the_router_is_described_and_nothing_else() {
        let routed: BTreeSet<String> = super::super::routes().paths.into_iter().collect();
        let described: BTreeSet<String> = operations().into_iter().map(|o| o.path).collect();
        let missing: Vec<_> = routed.difference(&described).collect();
        assert!(
            missing.is_empty(),
            "not in the OpenAPI document: {missing:?}"
        );
        let dead: Vec<_> = described.difference(&routed).collect();
        assert!(dead.is_empty(), "described and not served: {dead:?}");
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let mut ids = BTreeSet::new();
        for operation in operations() {
            assert!(ids.insert(operation.id()), "{}", operation.id());
            assert!(!operation.summary.is_empty());
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(object) => {
                    for (name, value) in object {
                        match value {
                            Value::String(to) if name == "$ref" => found.push(to),
                            value => references(value, found),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = document("https://calls.example.com/");
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for to in found {
            let pointer = to.strip_prefix('#').expect("local");
            assert!(document.pointer(pointer).is_some(), "{to}");
        }
        assert_eq!(document["servers"][0]["url"], "https://calls.example.com");
    }
}
