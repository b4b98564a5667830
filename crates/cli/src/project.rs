//! `offhook project`: owners of subscribers, rooms and call buttons, each with an API token for its backend.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use offhook_server::clock::now_s;
use offhook_server::mint::Mint;
use offhook_server::serve::Runtime;
use offhook_server::store::Project;
use serde_json::json;

use crate::{Outcome, block_on};

/// Make projects and list them.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a project and its API token, which is shown this once.
    #[command(
        after_help = "Example:\n  offhook project create --name Shop --json\n      {\"project_id\":\"…\",\"api_token\":\"PT…\",\"name\":\"Shop\"}: Basic auth of the management API."
    )]
    Create {
        /// What people call it.
        #[arg(long, value_name = "NAME", value_parser = name)]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// List the projects, oldest first.
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Where the data is, and how the answer is written.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The server's data directory; the server may be running.
    #[arg(long, env = "OFFHOOK_DATA", value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 200 {
        Err("expected 1 to 200 characters")
    } else {
        Ok(text.to_owned())
    }
}

pub(crate) fn run(command: Command) -> Outcome {
    block_on(async {
        match command {
            Command::Create { name, place } => {
                let mint = Mint::open(&place.data, Runtime::issuer_of(&place.data)).await?;
                let (project, token) = mint.store.create_project(&name, now_s()).await?;
                let token = token.expose();
                if place.json {
                    println!(
                        "{}",
                        json!({"project_id": project.id, "api_token": token, "name": project.name})
                    );
                } else {
                    println!("project id  {}\napi token   {token}", project.id);
                    eprintln!("The API token is not kept and cannot be shown again.");
                }
            }
            Command::List { place } => {
                let projects = open_existing(&place.data).await?.store.projects().await?;
                if place.json {
                    let entry = |p: &Project| json!({"project_id": p.id, "name": p.name, "created_at": p.created_at});
                    println!("{}", json!(projects.iter().map(entry).collect::<Vec<_>>()));
                } else {
                    for project in projects {
                        println!("{}  {}", project.id, project.name);
                    }
                }
            }
        }
        Ok(())
    })
}

/// The data of a server; never makes a new one, as a mistyped directory would then look like an empty server.
pub(crate) async fn open_existing(data: &Path) -> Result<Mint, Box<dyn std::error::Error>> {
    if !data.join("offhook.db").exists() {
        let data = data.display();
        return Err(format!(
            "there is no Offhook data in {data}. Name the server's directory with --data, or make a project first: \
             offhook project create --data {data} --name NAME"
        )
        .into());
    }
    Ok(Mint::open(data, Runtime::issuer_of(data)).await?)
}
