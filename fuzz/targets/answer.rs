//! Whatever a server answers to the requests that bind and renew a token, the client stays whole and comes to rest.
#![no_main]
use libfuzzer_sys::fuzz_target;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{Command, Credential, HttpResponse, Input};
use offhook_core::output::Output;

/// {"iss":"http://server.test"}
const TOKEN: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ.x.y";

fuzz_target!(|input: (u16, &str, &str)| {
    let (status, header, body) = input;
    let mut now = Now {
        mono_ms: 0,
        wall_ms: 1_800_000_000_000,
    };
    let config = EngineConfig {
        fingerprint: "jkt".into(),
        can_refresh: true,
        ..EngineConfig::default()
    };
    let mut engine = Engine::new(config, [1; 32], now);
    let start = Input::Command {
        id: 1,
        command: Command::Start,
    };
    engine.handle(now, start);
    for _ in 0..400 {
        let input = match engine.poll() {
            Some(Output::Authenticate { request } | Output::Refresh { request }) => Input::Credential {
                request,
                result: Ok(Credential {
                    token: Some(TOKEN.into()),
                    expiry_at: Some(now.wall_ms + 60_000),
                    ..Credential::default()
                }),
            },
            Some(Output::Lock { request, .. }) => Input::Locked { request },
            Some(Output::SignProof { request, .. }) => Input::Proof {
                request,
                result: Ok("proof".into()),
            },
            Some(Output::Http { request, http }) => {
                let devices = http.url.contains("/devices/");
                let (status, headers, body) = if devices {
                    let headers = ["retry-after", "dpop-nonce", "date"];
                    let headers = headers.map(|name| (name.to_owned(), header.to_owned()));
                    (status, headers.to_vec(), body.to_owned())
                } else {
                    let info = r#"{"id":"s","sat_claims":{"scope":["sat:refresh"]}}"#;
                    (200, vec![], info.to_owned())
                };
                Input::Http {
                    request,
                    result: Ok(HttpResponse {
                        status,
                        headers,
                        body,
                    }),
                }
            }
            Some(_) => continue,
            None => {
                let Some(due) = engine.deadline() else { break };
                let passed = due.saturating_sub(now.mono_ms).min(600_000);
                now.mono_ms += passed;
                now.wall_ms += passed;
                Input::Tick
            }
        };
        engine.handle(now, input);
    }
});
