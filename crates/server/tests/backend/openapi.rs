//! The OpenAPI document is true: what it lists is served, what is served it lists, and what it says of bodies is so.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Answer, TestServer, client, send, text};

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

async fn document(server: &TestServer) -> Value {
    let (status, document) = send(
        server.request(Method::GET, "/api/openapi.json"),
        Value::Null,
    )
    .await;
    assert_eq!(status, 200);
    document
}

/// An operation of the document that a backend may call.
struct Operation {
    method: Method,
    path: String,
    properties: Map<String, Value>,
    required: Vec<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                properties: schema["properties"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
                required: schema["required"]
                    .as_array()
                    .map(|names| {
                        names
                            .iter()
                            .map(|name| name.as_str().unwrap().to_owned())
                            .collect()
                    })
                    .unwrap_or_default(),
            });
        }
    }
    all
}

/// Something that the schema allows; texts are the `n`th.
fn example(schema: &Value, n: usize) -> Value {
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "uri" => json!("https://backend.example.com/"),
        Some("string") if schema["format"] == "date-time" => json!("2030-01-01T00:00:00Z"),
        Some("string") => schema["enum"]
            .get(0)
            .cloned()
            .unwrap_or(json!(format!("example{n}"))),
        Some("integer") => schema["minimum"].clone(),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => json!({}),
    }
}

/// Something that the schema does not allow.
fn wrong(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("string") => json!(5),
        Some("integer" | "boolean" | "array" | "object") => json!("wrong"),
        _ => json!(5),
    }
}

/// One of everything that has a list, by the list's path.
async fn one_of_each(server: &TestServer, document: &Value) -> HashMap<String, String> {
    let mut made: HashMap<String, String> = HashMap::new();
    let mut all = operations(document);
    // Lists first that need nothing else.
    all.sort_by_key(|operation| operation.path.matches('{').count());
    for operation in all {
        let is_list = document["paths"]
            .get(format!("{}/{{id}}", operation.path))
            .is_some()
            || document["paths"]
                .get(format!("{}/{{item_id}}", operation.path))
                .is_some();
        if operation.method != Method::POST || !is_list {
            continue;
        }
        let mut body: Map<String, Value> = operation
            .required
            .iter()
            .map(|name| {
                (
                    name.clone(),
                    example(&operation.properties[name], made.len()),
                )
            })
            .collect();
        for (name, value) in [
            ("email", json!("example@example.com")),
            ("destination", json!("/public/network-test")),
            ("contents", json!({"sections": {"main": []}})),
        ] {
            if body.contains_key(name) && !operation.path.contains("cxml") {
                body.insert(name.to_owned(), value);
            }
        }
        if body.contains_key("resource_id") {
            let room = made["/api/fabric/resources/conference_rooms"].clone();
            body.insert("resource_id".to_owned(), json!(room));
        }
        let path = filled(&operation.path, &made);
        let (status, answer) = server.post(&path, Value::Object(body)).await;
        assert!(matches!(status, 200 | 201), "{path}: {answer}");
        made.insert(operation.path, text(&answer, "/id"));
    }
    made
}

/// The path with ids in the place of their names.
fn filled(path: &str, made: &HashMap<String, String>) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        if !part.starts_with('{') {
            filled.push_str(part);
            continue;
        }
        let list = &path[..path.find(part).unwrap() - 1];
        let list = match list {
            "/api/fabric/resources" | "/api/fabric/resources/conference_room" => {
                "/api/fabric/resources/conference_rooms"
            }
            "/api/fabric/resources/call_flow" => "/api/fabric/resources/call_flows",
            "/api/offhook/click_to_call" => "/api/fabric/resources/click_to_call",
            list => list,
        };
        filled.push_str(made.get(list).map_or("none", String::as_str));
    }
    filled
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_is_served_if_and_only_if_it_is_described() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    assert!(operations(&document).len() > 120);
    for (path, described) in document["paths"].as_object().unwrap() {
        let url = path.replace(['{', '}'], "");
        for method in METHODS {
            let name = method.as_str().to_ascii_lowercase();
            let (status, answer) = server.backend(method, &url, json!({})).await;
            let served = status != 405 && answer["message"] != "there is nothing at this path";
            let hidden = path == "/demo/config.json" && name == "get";
            assert_eq!(
                served || hidden,
                described.get(&name).is_some(),
                "{name} {path}: {status} {answer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_that_is_described_is_read_and_refused_by_its_name() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    let made = one_of_each(&server, &document).await;
    let mut looked_at = 0;
    for operation in operations(&document) {
        let described =
            &document["paths"][&operation.path][operation.method.as_str().to_ascii_lowercase()];
        let backend = described["security"]
            .get(0)
            .is_some_and(|security| security.get("project").is_some());
        if !backend || operation.properties.is_empty() {
            continue;
        }
        let body: Map<String, Value> = operation
            .properties
            .iter()
            .map(|(name, schema)| (name.clone(), wrong(schema)))
            .collect();
        let path = filled(&operation.path, &made);
        let answer: Answer = server
            .backend(operation.method.clone(), &path, Value::Object(body))
            .await;
        assert_eq!(answer.0, 422, "{} {path}: {}", operation.method, answer.1);
        let refused: Vec<&str> = answer.1["errors"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|error| error["attribute"].as_str())
            .collect();
        for name in operation.properties.keys() {
            assert!(
                refused.contains(&name.as_str()),
                "{} {path}: {name} is described and not read ({refused:?})",
                operation.method
            );
            looked_at += 1;
        }
    }
    assert!(looked_at > 300, "{looked_at}");
}

/// By `openapi-spec-validator` of PyPI, where it is installed; what a reader needs at least is looked at in any case.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_valid() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["ResourceBody", "WebhookBody", "CallRecord", "ErrorList"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    for operation in operations(&document) {
        let described =
            &document["paths"][&operation.path][operation.method.as_str().to_ascii_lowercase()];
        assert!(
            described["responses"]
                .as_object()
                .is_some_and(|all| !all.is_empty())
        );
        let names = described["parameters"].as_array().into_iter().flatten();
        let in_path = names.filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(
            in_path,
            operation.path.matches('{').count(),
            "{}",
            operation.path
        );
    }
    let python = std::env::var("OFFHOOK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python)
        .args(["-c", "import openapi_spec_validator"])
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!(
            "openapi-spec-validator is not installed: the document was looked at by this test alone"
        );
        return;
    }
    let mut file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    file.write_all(document.to_string().as_bytes()).unwrap();
    let judged = Command::new(&python)
        .args(["-m", "openapi_spec_validator"])
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned()
        + &String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_people_needs_no_script() {
    let server = TestServer::start().await;
    let response = server
        .request(Method::GET, "/api/docs")
        .send()
        .await
        .unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = response.text().await.unwrap();
    assert!(page.contains("/api/calling/calls") && !page.contains("<script"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "[a-z/:.*?+_-]{0,12}".prop_map(Value::from),
        Just(Value::from("x".repeat(3_000))),
        Just(Value::from("https://backend.example.com/")),
        Just(Value::from("/public/network-test")),
        Just(Value::from("a\0b")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(".{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whatever comes, the server has an answer that is not its own failure.
#[tokio::test(flavor = "multi_thread")]
async fn no_json_makes_an_endpoint_fail() {
    let server = TestServer::start_with(|settings| {
        // What is asked of the store is what is tried, not how often.
        settings.sign_ins_per_minute = Some(0);
        settings.exchanges_per_minute = Some(0);
    })
    .await;
    let document = document(&server).await;
    let made = one_of_each(&server, &document).await;
    let (_, token) = server.subscriber("somebody").await;
    let targets: Vec<(Method, String, Vec<String>)> = operations(&document)
        .into_iter()
        .filter(|operation| !matches!(operation.method, Method::GET | Method::DELETE))
        .map(|operation| {
            let path = filled(&operation.path, &made);
            (
                operation.method,
                path,
                operation
                    .properties
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect(),
            )
        })
        .collect();
    assert!(targets.len() > 60);
    let (base, id, key) = (
        server.base.clone(),
        server.project_id.clone(),
        server.api_token.clone(),
    );
    let runtime = tokio::runtime::Handle::current();
    let judged = tokio::task::spawn_blocking(move || {
        let http = client();
        let mut runner = TestRunner::new(Config::with_cases(24));
        let bodies = (prop::collection::vec(any_json(), 12), any_json());
        runner.run(&bodies, |(values, whole)| {
            for (method, path, names) in &targets {
                let body: Map<String, Value> = names
                    .iter()
                    .zip(values.iter().cycle())
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for body in [Value::Object(body), whole.clone()] {
                    let request = http.request(method.clone(), format!("{base}{path}"));
                    let holder = ["/subscriber/", "/messages", "/conversations"]
                        .iter()
                        .any(|part| path.contains(part));
                    let request = match holder {
                        true => request.bearer_auth(&token),
                        false => request.basic_auth(&id, Some(&key)),
                    };
                    let (status, answer) = runtime.block_on(send(request, body.clone()));
                    prop_assert!(
                        status < 500,
                        "{} {} {}: {} {}",
                        method,
                        path,
                        body,
                        status,
                        answer
                    );
                }
            }
            Ok(())
        })
    });
    judged.await.unwrap().unwrap();
}
