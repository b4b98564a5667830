//! A key's JWK, and a token's header and the headers of answers as the client reads them.
#![no_main]
use libfuzzer_sys::fuzz_target;
use offhook_auth::jwk::{self, PublicKey};
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{Command, Credential, HttpResponse, Input};
use offhook_core::output::Output;

fuzz_target!(|text: &str| {
    let _ = PublicKey::from_jwk(text);
    let _ = jwk::is_thumbprint(text);
    let (token, date) = text.split_once('\n').unwrap_or((text, ""));
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
                    token: Some(token.to_owned()),
                    ..Credential::default()
                }),
            },
            Some(Output::Http { request, .. }) => Input::Http {
                request,
                result: Ok(HttpResponse {
                    status: 200,
                    headers: vec![("date".into(), date.into()), ("retry-after".into(), date.into())],
                    body: date.to_owned(),
                }),
            },
            Some(_) => continue,
            None => break,
        };
        engine.handle(now, input);
    }
});
