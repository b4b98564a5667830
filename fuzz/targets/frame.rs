//! Frames of the relay, as the server reads them and as the client does.
#![no_main]
use libfuzzer_sys::fuzz_target;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{Command, Credential, HttpResponse, Input};
use offhook_core::output::Output;
use offhook_proto::relay::Frame;
use offhook_proto::relay_connect::{ConnectParams, ReauthenticateParams};
use offhook_proto::room::CallParams;
use offhook_proto::room_action::CallMethod;
use offhook_proto::verto::VertoParams;

/// {"iss":"http://server.test"}
const TOKEN: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ.x.y";

fuzz_target!(|text: &str| {
    // As a whole frame, and as the parameters of each method: deeper than chance gets.
    as_the_server(text);
    for method in [
        "signalwire.connect",
        "signalwire.reauthenticate",
        "webrtc.verto",
    ] {
        as_the_server(&format!(
            r#"{{"jsonrpc":"2.0","id":"1","method":"{method}","params":{text}}}"#
        ));
    }
    for (method, _) in CallMethod::ALL {
        as_the_server(&format!(
            r#"{{"jsonrpc":"2.0","id":"1","method":"{method}","params":{text}}}"#
        ));
    }
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

/// Reads a frame as the server does, by its method.
fn as_the_server(text: &str) {
    let Ok(Frame::Request(request)) = Frame::parse(text) else {
        return;
    };
    match request.method.as_str() {
        "signalwire.connect" => drop(request.params::<ConnectParams>()),
        "signalwire.reauthenticate" => drop(request.params::<ReauthenticateParams>()),
        "webrtc.verto" => {
            if let Ok(params) = request.params::<VertoParams>() {
                let _ = params.request();
            }
        }
        name => {
            if let Some(method) = CallMethod::from_name(name)
                && let Ok(params) = request.params::<CallParams>()
            {
                let _ = method.read(&params);
            }
        }
    }
}
