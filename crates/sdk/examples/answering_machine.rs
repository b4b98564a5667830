//! Goes online, answers every call with a greeting, records what the caller says, and hangs up after half a minute.
//!
//! ```text
//! OFFHOOK_TOKEN="$(offhook token subscriber --reference machine)" cargo run -p offhook --example answering_machine -- greeting.wav
//! ```
//! Then call `/private/machine`.
use std::path::PathBuf;
use std::time::Duration;

use offhook::{AudioOptions, AudioSource, Call, CallStatus, Client, StaticCredentialProvider};

/// How long a caller may speak.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token =
        std::env::var("OFFHOOK_TOKEN").map_err(|_| "give an access token in OFFHOOK_TOKEN")?;
    let greeting = match std::env::args_os().nth(1) {
        Some(path) => AudioSource::Wav {
            path: path.into(),
            repeat: false,
        },
        None => AudioSource::Silence,
    };
    greeting.check()?;

    let client = Client::builder(StaticCredentialProvider::new(token))
        .register(true)
        .start()
        .await?;
    println!("online; Ctrl-C ends it");
    let mut incoming = client.incoming();
    loop {
        tokio::select! {
            call = incoming.next() => match call {
                Some(call) => drop(tokio::spawn(take_message(call, greeting.clone()))),
                None => return Err("the session has ended".into()),
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    client.destroy().await;
    Ok(())
}

async fn take_message(call: Call, greeting: AudioSource) {
    let message = PathBuf::from(format!("message-{}.wav", call.id()));
    println!(
        "{} calls: {}",
        call.from().unwrap_or("somebody"),
        message.display()
    );
    let audio = AudioOptions {
        source: greeting,
        record: Some(message),
        ..AudioOptions::default()
    };
    if let Err(error) = call.answer(audio).await {
        eprintln!("not answered: {error}");
        return;
    }
    let over = call.wait_for(|status| status == CallStatus::Destroyed);
    if tokio::time::timeout(PATIENCE, over).await.is_err()
        && let Err(error) = call.hangup().await
    {
        eprintln!("the server could not be told of the end: {error}");
    }
}
