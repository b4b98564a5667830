//! `offhook token`: tokens made beside the server, or before it runs, with the keys of its data directory.

use std::error::Error;
use std::time::Duration;

use clap::Subcommand;
use offhook_auth::jwk;
use offhook_proto::limits;
use offhook_proto::rest::Budget;
use offhook_server::clock::now_s;
use offhook_server::mint::{Mint, TokenWish};
use offhook_server::store::{
    Address, ClickToCallSettings, Project, SubscriberChange, hash_password,
};
use serde_json::json;

use crate::project::{Place, open_existing};
use crate::{Outcome, block_on};

/// Make access tokens, and public tokens for call buttons.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// A token for a subscriber, who is made if unknown.
    #[command(
        after_help = "Examples:\n  offhook token subscriber --reference alice@example.com\n      Prints the token.\n  offhook token subscriber --reference alice --ttl 15m --scope sat:refresh --fingerprint THUMBPRINT --json"
    )]
    Subscriber {
        /// What your backend calls the subscriber; an email serves for sign-in too.
        #[arg(long, value_name = "TEXT")]
        reference: String,
        /// What the other party sees.
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Set the password for sign-in (8 to 72 characters).
        #[arg(long, value_name = "TEXT", value_parser = password)]
        password: Option<String>,
        /// Special capabilities: sat:refresh lets the holder renew the token, room:moderate makes a moderator of rooms. May be repeated.
        #[arg(long, value_name = "SCOPE", value_parser = ["sat:refresh", "room:moderate"])]
        scope: Vec<String>,
        /// JWK thumbprint of the key the token is bound to.
        #[arg(long, value_name = "THUMBPRINT", value_parser = fingerprint)]
        fingerprint: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// A token for nobody in particular, for the addresses named.
    #[command(
        after_help = "Example:\n  offhook token guest --address /public/lobby --name Visitor"
    )]
    Guest {
        /// An address it reaches, by name or id; may be repeated.
        #[arg(long, value_name = "ADDRESS", required = true)]
        address: Vec<String>,
        /// What the other party sees.
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// A call button: a public token for a web page.
    #[command(
        after_help = "Example:\n  offhook token embed --destination /private/agent --origin https://shop.example.com\n      Prints a token that begins with c2c_. It is not kept and cannot be shown again."
    )]
    Embed {
        /// Where every call goes.
        #[arg(long, value_name = "ADDRESS")]
        destination: String,
        // Not a doc comment, where the address would have to be a link.
        #[arg(
            long,
            value_name = "ORIGIN",
            help = "A page that may use it, such as https://shop.example.com; may be repeated [default: every page]"
        )]
        origin: Vec<String>,
        /// What you call it [default: the destination and the time]
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Limits in place of the server's, such as calls_at_once=20,calls_per_hour=200
        #[arg(long, value_name = "LIMITS")]
        budget: Option<Budget>,
        /// Zero bits of the work that a visitor's machine does before an exchange: 16 is a second or so
        #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u8).range(1..=i64::from(limits::WORK_BITS_MAX)))]
        proof_of_work: Option<u8>,
        #[command(flatten)]
        common: Common,
    },
}

/// What every kind of token has.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// The project, by id or name; needed when there are several.
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Life of the access token, such as 90s, 30m, 2h or 7d [default: 2h]
    #[arg(long, value_name = "TIME", value_parser = life)]
    ttl: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(command: Command) -> Outcome {
    block_on(async {
        match command {
            Command::Subscriber {
                reference,
                name,
                password,
                scope,
                fingerprint,
                common,
            } => {
                let (mint, project) = common.open().await?;
                let password = match password {
                    Some(password) => Some(hash_password(password.into()).await),
                    None => None,
                };
                let change = SubscriberChange {
                    display_name: name,
                    password,
                    ..SubscriberChange::default()
                };
                let wish = TokenWish {
                    expires_at: common.expires_at(),
                    scope,
                    fingerprint,
                    ..TokenWish::default()
                };
                let (subscriber, minted) = mint
                    .subscriber(&project.id, &reference, &change, wish, now_s())
                    .await?;
                common.print(
                    &minted.token,
                    json!({"token": minted.token, "refresh_token": minted.refresh_token,
                        "expires_at": minted.claims.expires_at, "subscriber_id": subscriber.id, "project_id": project.id}),
                );
            }
            Command::Guest {
                address,
                name,
                common,
            } => {
                let (mint, project) = common.open().await?;
                let mut ids = Vec::new();
                for name in &address {
                    ids.push(find_address(&mint, &project, name).await?.id);
                }
                let wish = TokenWish {
                    expires_at: common.expires_at(),
                    display_name: name,
                    ..TokenWish::default()
                };
                let minted = mint.guest(&project.id, ids, wish, now_s()).await?;
                common.print(
                    &minted.token,
                    json!({"token": minted.token, "refresh_token": minted.refresh_token,
                        "expires_at": minted.claims.expires_at, "project_id": project.id}),
                );
            }
            Command::Embed {
                destination,
                origin,
                name,
                budget,
                proof_of_work,
                common,
            } => {
                let (mint, project) = common.open().await?;
                find_address(&mint, &project, &destination).await?;
                let allowed_origins = if origin.is_empty() {
                    vec!["*".to_owned()]
                } else {
                    origin
                };
                let name = name.unwrap_or_else(|| format!("{destination} {}", now_s()));
                let expires_in = common.ttl.map(|life| life.as_secs());
                let settings = ClickToCallSettings {
                    allowed_origins,
                    expires_in,
                    budget: budget.unwrap_or_default(),
                    proof_of_work,
                    ..ClickToCallSettings::to(destination)
                };
                let (resource, token) = mint
                    .store
                    .create_click_to_call(&project.id, &name, &settings, now_s())
                    .await?;
                common.print(
                    token.expose(),
                    json!({"token": token.expose(), "id": resource.id, "name": name, "destination": settings.destination,
                        "allowed_origins": settings.allowed_origins, "project_id": project.id}),
                );
            }
        }
        Ok(())
    })
}

impl Common {
    /// The data, and the project that is meant.
    async fn open(&self) -> Result<(Mint, Project), Box<dyn Error>> {
        let mint = open_existing(&self.place.data).await?;
        let mut projects = mint.store.projects().await?;
        if let Some(wanted) = &self.project {
            let found = projects
                .into_iter()
                .find(|project| project.id == *wanted || project.name == *wanted);
            return match found {
                Some(project) => Ok((mint, project)),
                None => Err(format!(
                    "there is no project {wanted}: `offhook project list` shows them"
                )
                .into()),
            };
        }
        match projects.len() {
            0 => Err(
                "there is no project yet: make one with `offhook project create --name NAME`"
                    .into(),
            ),
            1 => Ok((mint, projects.remove(0))),
            _ => {
                let names: Vec<String> = projects
                    .iter()
                    .map(|p| format!("  {}  {}", p.id, p.name))
                    .collect();
                Err(format!(
                    "there are several projects: choose one with --project\n{}",
                    names.join("\n")
                )
                .into())
            }
        }
    }

    fn expires_at(&self) -> Option<u64> {
        self.ttl.map(|life| now_s() + life.as_secs())
    }

    fn print(&self, token: &str, json: serde_json::Value) {
        if self.place.json {
            println!("{json}");
        } else {
            println!("{token}");
        }
    }
}

async fn find_address(
    mint: &Mint,
    project: &Project,
    name: &str,
) -> Result<Address, Box<dyn Error>> {
    let bare = name.split('?').next().unwrap_or_default();
    let found = match mint.store.resolve_address(&project.id, bare).await? {
        Some(address) => Some(address),
        None => mint.store.address(&project.id, bare).await?,
    };
    found.ok_or_else(|| format!("{name} is not an address of the project {}", project.name).into())
}

/// Whole seconds, minutes, hours or days; 30 days at most.
fn life(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a time such as 90s, 30m, 2h or 7d, from 1 s to 30 days";
    let (digits, unit_s) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        None => (text, 1),
        Some(digits) if text.ends_with('s') => (digits, 1),
        Some(digits) if text.ends_with('m') => (digits, 60),
        Some(digits) if text.ends_with('h') => (digits, 3_600),
        Some(digits) => (digits, 86_400),
    };
    let seconds = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_s))
        .ok_or(EXPECTED)?;
    let allowed = 1..=offhook_server::mint::LONGEST_LIFE.as_secs();
    if allowed.contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(EXPECTED)
    }
}

fn fingerprint(text: &str) -> Result<String, &'static str> {
    if jwk::is_thumbprint(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a JWK thumbprint: 43 letters of base64url")
    }
}

fn password(text: &str) -> Result<String, &'static str> {
    if (8..=72).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err("expected 8 to 72 characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives() {
        let seconds = |text: &str| life(text).map(|life| life.as_secs());
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("30m"), Ok(1_800));
        assert_eq!(seconds("2h"), Ok(7_200));
        assert_eq!(seconds("30d"), Ok(2_592_000));
        for text in [
            "",
            "0",
            "31d",
            "-1",
            "h",
            "1w",
            "99999999999999999999d",
            "1.5h",
        ] {
            assert!(life(text).is_err(), "{text}");
        }
    }
}
