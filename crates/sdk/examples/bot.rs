//! Goes online, answers every call, plays a file over and over, and hangs up after a minute with a tone.
//!
//! ```text
//! OFFHOOK_TOKEN="$(offhook token subscriber --reference bot)" cargo run -p offhook --example bot -- menu.wav
//! ```
//! Then call `/private/bot`, from the agent console that `cargo xtask up` names or with `offhook dial`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use offhook::{
    AudioOptions, AudioSource, Call, CallStatus, Client, StaticCredentialProvider, ToneBursts,
};

const LONGEST_CALL: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let token =
        std::env::var("OFFHOOK_TOKEN").map_err(|_| "give an access token in OFFHOOK_TOKEN")?;
    let said = match std::env::args_os().nth(1) {
        Some(file) => AudioSource::Wav {
            path: PathBuf::from(file),
            repeat: true,
        },
        None => AudioSource::Tone(ToneBursts::new(600.0)),
    };
    said.check()?;

    let client = Client::builder(StaticCredentialProvider::new(token))
        .register(true)
        .start()
        .await?;
    println!("online; Ctrl-C ends it");
    let mut incoming = client.incoming();
    loop {
        tokio::select! {
            call = incoming.next() => match call {
                Some(call) => drop(tokio::spawn(serve(call, said.clone()))),
                None => return Err("the session has ended".into()),
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    client.destroy().await;
    Ok(())
}

async fn serve(call: Call, said: AudioSource) {
    let caller = call.from().unwrap_or("somebody").to_owned();
    if let Err(error) = converse(&call, said).await {
        eprintln!("{caller}: {error}");
    }
    let ended = call.ended().and_then(|ended| ended.cause);
    println!("{caller}: over, {}", ended.as_deref().unwrap_or("by us"));
}

async fn converse(call: &Call, said: AudioSource) -> Result<(), offhook::Error> {
    let audio = AudioOptions {
        source: said,
        ..AudioOptions::default()
    };
    call.answer(audio).await?;
    println!("{} is in the call", call.from().unwrap_or("somebody"));
    let over = call.wait_for(|status| status == CallStatus::Destroyed);
    if tokio::time::timeout(LONGEST_CALL, over).await.is_err() {
        // A short tone, so that nobody wonders.
        let farewell = AudioSource::Tone(ToneBursts::steady(440.0));
        call.set_source(farewell).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        call.hangup().await?;
    }
    Ok(())
}
