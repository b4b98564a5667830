//! The server as a program: TLS, pages, the demo, restarts, ports, ends.

use std::time::Duration;

use offhook_server::clock::now_s;
use offhook_server::config::Listen;
use offhook_server::serve::{Runtime, ServeError, Server};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{TestServer, builder, client, settings, text};

fn tls_client(server: &TestServer) -> reqwest::Client {
    let pem = std::fs::read(server.data.path().join("tls/ca.pem")).unwrap();
    let address = server
        .server
        .ready()
        .https
        .as_ref()
        .unwrap()
        .trim_start_matches("https://")
        .parse()
        .unwrap();
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let named = [
        "puc.offhook.localhost",
        "fabric.offhook.localhost",
        "offhook.localhost",
        "localhost",
        "evil.example.test",
    ];
    named
        .iter()
        .fold(builder().tls_certs_only([authority]), |builder, name| {
            builder.resolve(name, address)
        })
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tls_port_answers_under_every_local_name_with_the_same_interface() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let (_, token) = server.subscriber("alice").await;
    let port = server
        .server
        .ready()
        .https
        .as_ref()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let client = tls_client(&server);
    for name in [
        "puc.offhook.localhost",
        "fabric.offhook.localhost",
        "offhook.localhost",
        "localhost",
        "127.0.0.1",
    ] {
        let url = format!("https://{name}:{port}/api/fabric/addresses?page_size=1");
        let page: Value = client
            .get(url)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let next = text(&page, "/links/next");
        assert!(
            next.starts_with(&format!("https://{name}:{port}/api/fabric/addresses?")),
            "{next}"
        );
        let following: Value = client
            .get(next)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(following["data"].as_array().unwrap().len(), 1);
    }
    assert!(
        client
            .get(format!("https://evil.example.test:{port}/healthz"))
            .send()
            .await
            .is_err()
    );
    assert!(
        self::client()
            .get(format!("https://127.0.0.1:{port}/healthz"))
            .send()
            .await
            .is_err(),
        "the authority is not trusted by itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_speak_tls_disturbs_nobody() {
    let server = TestServer::start().await;
    let address = server.server.ready().https.clone().unwrap();
    let mut stream = TcpStream::connect(address.trim_start_matches("https://"))
        .await
        .unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP"));
    assert!(
        tls_client(&server)
            .get(format!("{address}/healthz"))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_data_and_the_authority_survive_a_restart() {
    let first = TestServer::start().await;
    let (id, token) = first.subscriber("alice").await;
    let (_, public) = first
        .button(json!({"name": "Shop", "destination": "/private/alice"}))
        .await;
    let TestServer {
        server,
        data,
        project_id,
        api_token,
        ..
    } = first;
    let authority = std::fs::read(data.path().join("tls/ca.pem")).unwrap();
    server.shutdown().await;

    let server = Server::start(settings(data.path()).settle().unwrap())
        .await
        .unwrap();
    let base = server.ready().http.clone();
    let second = TestServer {
        server,
        base,
        project_id,
        api_token,
        client: client(),
        data,
    };
    let (status, info) = second.holder(&token, "/api/fabric/subscriber/info").await;
    assert_eq!((status, &info["id"]), (200, &json!(id)));
    assert_eq!(
        second
            .anybody("/api/fabric/embeds/tokens", json!({ "token": public }))
            .await
            .0,
        201
    );
    assert_eq!(
        second.get("/api/fabric/resources").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        std::fs::read(second.data.path().join("tls/ca.pem")).unwrap(),
        authority
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_the_way_out() {
    let first = TestServer::start().await;
    let taken = first.base.trim_start_matches("http://").parse().unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut plain = settings(data.path());
    plain.listen = Some(taken);
    let mut tls = settings(data.path());
    tls.listen_tls = Some(Listen::At(taken));
    for (settings, flag) in [(plain, "--listen "), (tls, "--listen-tls ")] {
        let error = Server::start(settings.settle().unwrap())
            .await
            .err()
            .unwrap();
        assert!(matches!(error, ServeError::PortInUse { .. }));
        let message = error.to_string();
        assert!(
            message.contains(&taken.to_string()) && message.contains(flag),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_beside_the_server_find_it() {
    let server = TestServer::start_with(|settings| {
        settings.public_url = Some("https://calls.example.com".parse().unwrap())
    })
    .await;
    let note = Runtime::read(server.data.path()).unwrap();
    assert_eq!(
        (note.http.as_str(), note.pid),
        (server.base.as_str(), std::process::id())
    );
    let issuer = Runtime::issuer_of(server.data.path());
    assert_eq!(issuer.iss.as_deref(), Some("https://calls.example.com"));
    assert_eq!(issuer, server.server.mint().issuer);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_may_write_while_the_server_runs() {
    let server = TestServer::start().await;
    let beside = offhook_server::mint::Mint::open(
        server.data.path(),
        Runtime::issuer_of(server.data.path()),
    )
    .await
    .unwrap();
    let (project, token) = beside
        .store
        .create_project("Beside", now_s())
        .await
        .unwrap();
    let (subscriber, minted) = beside
        .subscriber(
            &project.id,
            "bob",
            &Default::default(),
            Default::default(),
            now_s(),
        )
        .await
        .unwrap();
    let (status, info) = server
        .holder(&minted.token, "/api/fabric/subscriber/info")
        .await;
    assert_eq!((status, &info["id"]), (200, &json!(subscriber.id)));
    let request = server
        .request(Method::GET, "/api/fabric/resources")
        .basic_auth(&project.id, Some(token.expose()));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_nobody_who_idles() {
    let server = TestServer::start().await;
    // Kept alive, mid-request, and silent.
    assert!(
        server
            .request(Method::GET, "/healthz")
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut half = TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /healthz HT").await.unwrap();
    let _silent = TcpStream::connect(&address).await.unwrap();
    tokio::time::timeout(Duration::from_secs(15), server.server.shutdown())
        .await
        .expect("the end comes in time");
    assert!(
        TcpStream::connect(&address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_are_closed() {
    let server = TestServer::start_with(|settings| settings.max_connections_per_ip = Some(2)).await;
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        streams.push(stream);
    }
    let mut third = TcpStream::connect(&address).await.unwrap();
    let mut nothing = Vec::new();
    let _ = third.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty());
    drop(streams);
    // The server learns of the closing in its own time.
    let answered = async {
        while client()
            .get(format!("{}/healthz", server.base))
            .send()
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered)
        .await
        .expect("places are given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_whole_and_the_same_after_a_restart() {
    let server = TestServer::start_with(|settings| settings.demo = Some(true)).await;
    let config = async |server: &TestServer| {
        let response = server
            .request(Method::GET, "/demo/config.json")
            .send()
            .await
            .unwrap();
        response.json::<Value>().await.unwrap()
    };
    let demo = config(&server).await;
    assert_eq!(
        (&demo["destination"], &demo["room"]),
        (&json!("/private/agent"), &json!("/public/lobby"))
    );
    let (status, agent) = server
        .anybody("/api/offhook/sign-in", demo["agent"].clone())
        .await;
    assert_eq!(status, 201, "{agent}");
    let request = server
        .request(Method::POST, "/api/fabric/embeds/tokens")
        .header("origin", "https://any.example");
    let (status, visitor) =
        crate::support::send(request, json!({"token": demo["embedToken"]})).await;
    assert_eq!(status, 201, "{visitor}");
    let (_, reached) = server
        .holder(&text(&visitor, "/token"), "/api/fabric/addresses")
        .await;
    assert_eq!(reached["data"][0]["resource_id"], agent["subscriber_id"]);

    let TestServer {
        server,
        data,
        project_id,
        api_token,
        ..
    } = server;
    server.shutdown().await;
    let mut again = settings(data.path());
    again.demo = Some(true);
    let server = Server::start(again.settle().unwrap()).await.unwrap();
    let base = server.ready().http.clone();
    let server = TestServer {
        server,
        base,
        project_id,
        api_token,
        client: client(),
        data,
    };
    assert_eq!(config(&server).await, demo);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_from_a_directory_when_told_so() {
    let web = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(web.path().join("console")).unwrap();
    std::fs::create_dir_all(web.path().join("demo")).unwrap();
    std::fs::create_dir_all(web.path().join("js")).unwrap();
    for (name, content) in [
        ("index.html", "shop"),
        ("console/index.html", "console"),
        ("demo/shop.css", "css"),
        ("js/offhook.mjs", "mjs"),
    ] {
        std::fs::write(web.path().join(name), content).unwrap();
    }
    let directory = web.path().to_owned();
    let demo = TestServer::start_with(|settings| {
        settings.web_dir = Some(directory.clone());
        settings.demo = Some(true);
    })
    .await;
    let plain = TestServer::start_with(|settings| settings.web_dir = Some(directory)).await;
    let get = async |server: &TestServer, path: &str| {
        let response = server.request(Method::GET, path).send().await.unwrap();
        let kind = response
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        let policy = response.headers().contains_key("content-security-policy");
        (
            response.status().as_u16(),
            kind.unwrap_or_default(),
            policy,
            response.text().await.unwrap(),
        )
    };
    let html = "text/html; charset=utf-8".to_owned();
    assert_eq!(
        get(&demo, "/").await,
        (200, html.clone(), true, "shop".to_owned())
    );
    let (status, _, policy, landing) = get(&plain, "/").await;
    assert!(
        status == 200 && policy && landing.contains("/console/") && !landing.contains("shop\n"),
        "{landing}"
    );
    assert_eq!(get(&demo, "/demo/shop.css").await.0, 200);
    assert_eq!(get(&plain, "/demo/shop.css").await.0, 404);
    for server in [&demo, &plain] {
        assert_eq!(
            get(server, "/console/").await,
            (200, html.clone(), true, "console".to_owned())
        );
        assert_eq!(get(server, "/console").await.0, 308);
        assert_eq!(
            get(server, "/js/offhook.mjs").await,
            (
                200,
                "text/javascript; charset=utf-8".to_owned(),
                false,
                "mjs".to_owned()
            )
        );
        for path in [
            "/js/none.mjs",
            "/..%2f..%2fetc/passwd",
            "/js/%2e%2e/index.html/x",
        ] {
            assert_eq!(get(server, path).await.0, 404, "{path}");
        }
    }
    let head = plain
        .request(Method::HEAD, "/js/offhook.mjs")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            head.headers()["content-length"].to_str().unwrap()
        ),
        (200, "3")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_none_is_refused_in_words() {
    let server = TestServer::start().await;
    let request = server
        .request(Method::GET, "/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"],
        "Bad Request"
    );
}
