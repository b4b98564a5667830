//! `offhook keys`: the keys that tokens are sealed with.

use clap::Subcommand;
use offhook_auth::keys::SETTLING_S;
use offhook_server::clock::now_s;
use serde_json::json;

use crate::project::{Place, open_existing};
use crate::{Outcome, block_on};

/// Show the keys that seal tokens, and make new ones.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the keys, oldest first. Only their names: the keys themselves are shown nowhere.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a new key, which running servers take up by themselves; tokens made with the older ones stay good.
    #[command(
        after_help = "The new key seals a few seconds later, when every server has found it. Keys whose tokens have all died are removed.\n\nExample:\n  offhook keys rotate --data data"
    )]
    Rotate {
        /// Remove all older keys: every token made so far is dead. For keys that may have become known.
        #[arg(long)]
        at_once: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub(crate) fn run(command: Command) -> Outcome {
    block_on(async {
        match command {
            Command::List { place } => {
                let keys = open_existing(&place.data).await?.keys.summaries();
                if place.json {
                    println!("{}", json!(keys));
                } else {
                    for key in keys {
                        let mark = if key.seals { "seals" } else { "opens" };
                        println!("{}  {mark}", key.kid);
                    }
                }
            }
            Command::Rotate { at_once, place } => {
                let mint = open_existing(&place.data).await?;
                let kid = mint.keys.rotate(at_once, now_s())?;
                if place.json {
                    println!("{}", json!({ "kid": kid }));
                } else {
                    println!("{kid}");
                }
                if at_once {
                    eprintln!(
                        "Every token made so far is dead. Sessions that are open go on until they need a new one: revoke them to end them."
                    );
                } else {
                    eprintln!("The new key seals in {SETTLING_S} s.");
                }
            }
        }
        Ok(())
    })
}
