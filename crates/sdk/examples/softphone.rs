//! A telephone with the machine's microphone and speaker: calls who is named, or waits for a call.
//!
//! ```text
//! export OFFHOOK_TOKEN="$(offhook token subscriber --reference me)"
//! cargo run -p offhook --features sound --example softphone -- /private/machine
//! cargo run -p offhook --features sound --example softphone
//! ```
//! Lines that are typed are: `m` mute or unmute, `h` hold or not, digits to send them, nothing to hang up.

use std::error::Error;

use offhook::sound::{Microphone, Speaker};
use offhook::{AudioOptions, Call, CallStatus, Client, DialOptions, StaticCredentialProvider};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let token =
        std::env::var("OFFHOOK_TOKEN").map_err(|_| "give an access token in OFFHOOK_TOKEN")?;
    let (microphone, speaker) = (Microphone::open()?, Speaker::open()?);
    let audio = AudioOptions {
        source: microphone.source(),
        listen: Some(speaker.input()),
        ..AudioOptions::default()
    };

    let client = Client::builder(StaticCredentialProvider::new(token));
    let client = client.start().await?;
    let call = match std::env::args().nth(1) {
        Some(to) => client.dial(to, DialOptions::with_audio(audio)).await?,
        None => {
            client.register().await?;
            println!("waiting for a call");
            let call = client.incoming().next().await;
            let call = call.ok_or("the session has ended")?;
            println!("{} calls", call.from().unwrap_or("somebody"));
            call.answer(audio).await?;
            call
        }
    };
    talk(&call).await?;
    client.destroy().await;
    Ok(())
}

/// Does what is typed until the call is over.
async fn talk(call: &Call) -> Result<(), offhook::Error> {
    let mut lines = typed();
    let mut status = call.status();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line.unwrap_or_default(),
            changed = status.changed() => {
                let now = *status.borrow_and_update();
                println!("{now:?}");
                if changed.is_err() || now == CallStatus::Destroyed {
                    return Ok(());
                }
                continue;
            }
        };
        let own = call.self_participant().borrow().clone();
        let done = match (line.trim(), own) {
            ("", _) => return call.hangup().await,
            ("h", _) => call.toggle_hold().await,
            ("m", Some(own)) => own.toggle_mute().await,
            (digits, _) => call.send_digits(digits).await,
        };
        if let Err(error) = done {
            eprintln!("{error}");
        }
    }
}

/// Lines from the keyboard; reading it blocks, so that it is done on a thread that ends with the program.
fn typed() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
