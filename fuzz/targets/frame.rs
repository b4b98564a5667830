//! Frames of the relay, as the server reads them and as the client does.
#![no_main]
use libfuzzer_sys::fuzz_target;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{Command, Credential, HttpResponse, Input};
use offhook_core::output::Output;
use offhook_proto::relay_connect::{ConnectParams, ReauthenticateParams};
use offhook_proto::verto::VertoParams;

/// {"iss":"http://server.test"}
const TOKEN: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ.x.y";

fuzz_target!(|text: &str| {
    let _ = serde_json::from_str::<ConnectParams>(text);
    let _ = serde_json::from_str::<ReauthenticateParams>(text);
    let _ = serde_json::from_str::<VertoParams>(text);
    let now = Now {
        mono_ms: 0,
        wall_ms: 1_800_000_000_000,
    };
    let mut engine = Engine::new(EngineConfig::default(), [1; 32], now);
    let start = Input::Command {
        id: 1,
        command: Command::Start,
    };
    engine.handle(now, start);
    for _ in 0..64 {
        let input = match engine.poll() {
            Some(Output::Authenticate { request }) => Input::Credential {
                request,
                result: Ok(Credential {
                    token: Some(TOKEN.into()),
                    ..Credential::default()
                }),
            },
            Some(Output::Http { request, .. }) => Input::Http {
                request,
                result: Ok(HttpResponse {
                    status: 200,
                    headers: vec![],
                    body: r#"{"id":"s"}"#.into(),
                }),
            },
            Some(Output::OpenSocket { socket, .. }) => Input::SocketOpened { socket },
            Some(Output::Send { socket, .. }) => Input::Frame {
                socket,
                text: text.to_owned(),
            },
            Some(_) => continue,
            None => break,
        };
        engine.handle(now, input);
    }
});
