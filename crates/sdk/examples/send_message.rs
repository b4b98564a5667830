//! Sends a text message, and shows the conversation with that address; without a text it goes on showing it.
//!
//! ```text
//! export OFFHOOK_TOKEN="$(offhook token subscriber --reference me)"
//! cargo run -p offhook --example send_message -- /private/agent "Are you there?"
//! cargo run -p offhook --example send_message -- /private/agent
//! ```

use std::error::Error;

use offhook::{Address, Client, StaticCredentialProvider, TextMessage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let token =
        std::env::var("OFFHOOK_TOKEN").map_err(|_| "give an access token in OFFHOOK_TOKEN")?;
    let mut arguments = std::env::args().skip(1);
    let to = arguments.next().ok_or("who is to get the message?")?;
    let text = arguments.next();

    let client = Client::builder(StaticCredentialProvider::new(token))
        .start()
        .await?;
    let found = client.directory().find_by_uri(&to).await?;
    let address = found.ok_or_else(|| format!("there is no {to} within reach"))?;
    let sent = match &text {
        Some(text) => address.send_text(text).await,
        None => Ok(()),
    };
    let shown = match sent {
        Ok(()) => show(&address, text.is_none()).await,
        Err(error) => Err(error),
    };
    client.destroy().await;
    Ok(shown?)
}

/// Prints the latest messages, and if `follow`, those to come until Ctrl-C.
async fn show(address: &Address, follow: bool) -> Result<(), offhook::Error> {
    let messages = address.text_messages().await?;
    let mut values = messages.values();
    let mut printed = 0;
    loop {
        let told: Vec<TextMessage> = values.borrow_and_update().clone();
        for message in told.iter().skip(printed) {
            let theirs = message.from_address_id.as_deref() == Some(address.id());
            println!("{} {}", if theirs { ">" } else { "<" }, message.text);
        }
        printed = printed.max(told.len());
        if !follow {
            return Ok(());
        }
        tokio::select! {
            changed = values.changed() => if changed.is_err() { return Ok(()) },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}
