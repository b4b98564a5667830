//! The program as a shell sees it: its lines, its exits, its signals.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use serde_json::Value;
use support::*;

#[test]
fn the_server_says_where_it_is_and_ends_well_on_sigterm() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::on(data.path());
    assert_eq!(server.ready["ready"], true);
    assert!(
        server.ready["https"]
            .as_str()
            .unwrap()
            .starts_with("https://127.0.0.1:")
    );
    assert!(!server.ready["media"].as_array().unwrap().is_empty());
    assert_eq!(server.get("/readyz", "").0, 200);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn projects_and_tokens_made_beside_the_running_server_are_good_there() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::on(data.path());
    let at = data.path().to_str().unwrap();
    let project = json(&[
        "project", "create", "--data", at, "--name", "Shop", "--json",
    ]);
    let (id, token) = (
        project["project_id"].as_str().unwrap(),
        project["api_token"].as_str().unwrap(),
    );
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{token}"));
    assert_eq!(
        server
            .get("/api/fabric/resources", &format!("Basic {basic}"))
            .0,
        200
    );
    assert_eq!(
        json(&["project", "list", "--data", at, "--json"])[0]["project_id"],
        id
    );

    let alice = json(&[
        "token",
        "subscriber",
        "--data",
        at,
        "--reference",
        "alice@example.com",
        "--name",
        "Alice",
        "--ttl",
        "15m",
        "--json",
    ]);
    let info = |sat: &Value| {
        server
            .get(
                "/api/fabric/subscriber/info",
                &format!("Bearer {}", sat.as_str().unwrap()),
            )
            .1
    };
    let seen = info(&alice["token"]);
    assert_eq!(
        (&seen["id"], &seen["display_name"]),
        (&alice["subscriber_id"], &Value::from("Alice"))
    );
    assert_eq!(seen["sat_claims"]["expires_at"], alice["expires_at"]);

    let guest = json(&[
        "token",
        "guest",
        "--data",
        at,
        "--address",
        "/private/alice",
        "--json",
    ]);
    assert_eq!(
        info(&guest["token"])["fabric_addresses"],
        Value::Array(vec![])
    );

    let (code, button, _) = told(&run(&[
        "token",
        "embed",
        "--data",
        at,
        "--destination",
        "/private/alice",
        "--origin",
        "https://shop.example.com",
    ]));
    assert!(code == 0 && button.trim().starts_with("c2c_"), "{button}");

    // The token says where this very server is.
    let header = alice["token"].as_str().unwrap().split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(header)
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    assert_eq!(header["iss"], format!("http://localhost:{port}"));
}

#[test]
fn several_projects_need_a_choice() {
    let data = tempfile::tempdir().unwrap();
    let at = data.path().to_str().unwrap();
    json(&["project", "create", "--data", at, "--name", "One", "--json"]);
    let two = json(&["project", "create", "--data", at, "--name", "Two", "--json"]);
    let (code, stdout, stderr) = told(&run(&[
        "token",
        "subscriber",
        "--data",
        at,
        "--reference",
        "a",
    ]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("--project") && stderr.contains("Two"),
        "{stderr}"
    );
    let chosen = json(&[
        "token",
        "subscriber",
        "--data",
        at,
        "--reference",
        "a",
        "--project",
        "Two",
        "--json",
    ]);
    assert_eq!(chosen["project_id"], two["project_id"]);
}

#[test]
fn wrong_usage_ends_with_2_and_failure_with_1_each_in_words() {
    let data = tempfile::tempdir().unwrap();
    let at = data.path().join("none");
    let at = at.to_str().unwrap();
    for (arguments, code, word) in [
        (&["serve", "--listen", "here"][..], 2, "--listen"),
        (&["serve", "--colour"], 2, "--colour"),
        (&["token", "guest", "--data", at], 2, "--address"),
        (
            &["token", "subscriber", "--reference", "a", "--ttl", "soon"],
            2,
            "90s",
        ),
        (
            &[
                "token",
                "subscriber",
                "--reference",
                "a",
                "--fingerprint",
                "x",
            ],
            2,
            "43 letters",
        ),
        (&["project", "create", "--name", " "], 2, "1 to 200"),
        (
            &["token", "subscriber", "--data", at, "--reference", "a"],
            1,
            "project create",
        ),
        (&["project", "list", "--data", at], 1, "no Offhook data"),
        (
            &["serve", "--config", "/nonexistent/offhook.toml"],
            1,
            "/nonexistent/offhook.toml",
        ),
        (&["serve", "--log", "a=b=c"], 1, "--log"),
    ] {
        let (found, stdout, stderr) = told(&run(arguments));
        assert_eq!(
            (found, stdout.as_str()),
            (code, ""),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(word), "{arguments:?}: {stderr}");
    }
    assert!(!Path::new(at).exists(), "a mistyped directory is not made");
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::on(data.path());
    let other = tempfile::tempdir().unwrap();
    let taken = server.address();
    let (code, stdout, stderr) = told(&run(&[
        "serve",
        "--data",
        other.path().to_str().unwrap(),
        "--listen",
        &taken,
    ]));
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains(&taken) && stderr.contains("--listen"),
        "{stderr}"
    );
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("offhook.toml");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:1\"\nlisten_tls = \"127.0.0.1:1\"\npublic_url = \"http://file.example\"\nrelay_host = \"file.example:1\"\n",
    )
    .unwrap();
    let at = data.path().join("data");
    let mut command = offhook(&[
        "serve",
        "--config",
        file.to_str().unwrap(),
        "--data",
        at.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ]);
    command
        .env("OFFHOOK_LISTEN", "127.0.0.1:2")
        .env("OFFHOOK_LISTEN_TLS", "off")
        .env("OFFHOOK_PUBLIC_URL", "http://variable.example");
    let server = Running::start(command);
    assert_eq!(server.ready["https"], Value::Null);
    let note: Value =
        serde_json::from_slice(&std::fs::read(at.join("runtime.json")).unwrap()).unwrap();
    assert_eq!(
        (&note["iss"], &note["ch"]),
        (
            &Value::from("http://variable.example"),
            &Value::from("file.example:1")
        )
    );
}

#[test]
fn a_variable_that_makes_no_sense_is_named_by_its_option() {
    let help = told(&run(&["serve", "--help"])).1;
    // A line with the option, then lines about it, the last of which shows the variable.
    let mut option = "";
    let mut variables = Vec::new();
    for line in help.lines() {
        if let Some(name) = line.trim_start().strip_prefix("--") {
            option = name.split([' ', '=', '[']).next().unwrap();
        }
        if let Some((_, rest)) = line.split_once("[env: ") {
            variables.push((option.to_owned(), rest.split(['=', ']']).next().unwrap()));
        }
    }
    assert!(variables.len() > 40, "{help}");
    let mut refused = 0;
    for (option, variable) in variables {
        let mut command = offhook(&["serve", "--config", "/nonexistent/offhook.toml"]);
        let (code, stdout, stderr) = told(&command.env(variable, "=,\u{7f}?").output().unwrap());
        assert_eq!(stdout, "", "{variable}");
        // Any text does for some; then it is the file that cannot be read.
        let named = match code {
            2 => format!("--{option}"),
            _ => "/nonexistent/offhook.toml".to_owned(),
        };
        assert!(stderr.contains(&named), "{variable}: {stderr}");
        refused += i32::from(code == 2);
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn an_unknown_key_in_the_file_is_named_with_the_nearest_one() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("offhook.toml");
    std::fs::write(&file, "listen_tsl = \"off\"\n").unwrap();
    let (code, _, stderr) = told(&run(&["serve", "--config", file.to_str().unwrap()]));
    assert_eq!(code, 1);
    assert!(
        stderr.contains("listen_tsl") && stderr.contains("listen_tls"),
        "{stderr}"
    );
}

#[test]
fn logs_are_json_when_asked_and_hold_no_secret() {
    let data = tempfile::tempdir().unwrap();
    let mut arguments = serve(data.path());
    arguments.extend(["--log-format", "json", "--log", "trace", "--demo"]);
    let mut command = offhook(&arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut logs = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        logs.read_to_string(&mut text).unwrap();
        text
    });
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let server = Running {
        child,
        ready: serde_json::from_str(&line).unwrap(),
    };
    let demo = server.get("/demo/config.json", "").1;
    let wrong = "Bearer eyJhbGciOiJkaXIifQ..secretsecret.secretsecret.secretsecret";
    assert_eq!(server.get("/api/fabric/subscriber/info", wrong).0, 401);
    assert_eq!(server.terminate(), Some(0));
    let logs = reading.join().unwrap();
    assert!(logs.lines().count() > 2);
    for line in logs.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    }
    for secret in [
        demo["embedToken"].as_str().unwrap(),
        demo["agent"]["password"].as_str().unwrap(),
        "secretsecret",
    ] {
        assert!(!logs.contains(secret), "a secret is in the logs");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for arguments in [
        &["serve", "--help"][..],
        &["project", "create", "--help"],
        &["token", "subscriber", "--help"],
        &["token", "guest", "--help"],
        &["token", "embed", "--help"],
        &["dial", "--help"],
    ] {
        let (code, stdout, _) = told(&run(arguments));
        assert_eq!(code, 0);
        assert!(stdout.contains("Example"), "{arguments:?}");
    }
}

#[test]
fn a_rotated_key_is_taken_up_by_the_running_server() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::on(data.path());
    let at = data.path().to_str().unwrap();
    json(&[
        "project", "create", "--data", at, "--name", "Shop", "--json",
    ]);
    let token = || {
        let made = json(&[
            "token",
            "subscriber",
            "--data",
            at,
            "--reference",
            "a",
            "--json",
        ]);
        made["token"].as_str().unwrap().to_owned()
    };
    let status = |token: &str| {
        let bearer = format!("Bearer {token}");
        server.get("/api/fabric/subscriber/info", &bearer).0
    };
    let kid_of = |token: &str| {
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone()
    };
    let old = token();
    let new_kid = json(&["keys", "rotate", "--data", at, "--json"])["kid"].clone();
    let keys = json(&["keys", "list", "--data", at, "--json"]);
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert_eq!(
        (&keys[1]["kid"], &keys[0]["seals"]),
        (&new_kid, &true.into())
    );

    // Until it has settled, tokens are made with the old key; all of them are good all the time.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let made = token();
        assert_eq!((status(&made), status(&old)), (200, 200));
        if kid_of(&made) == new_kid {
            break;
        }
        assert!(std::time::Instant::now() < end, "the new key never seals");
        std::thread::sleep(std::time::Duration::from_millis(500));
    }

    json(&["keys", "rotate", "--at-once", "--data", at, "--json"]);
    let newest = token();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while (status(&old), status(&newest)) != (401, 200) {
        assert!(
            std::time::Instant::now() < end,
            "the old keys are still good"
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
