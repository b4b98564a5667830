//! A note in the data directory by which programs beside the running server find it.

use std::io;
use std::path::{Path, PathBuf};

use offhook_auth::Issuer;
use serde::{Deserialize, Serialize};

use super::RELAY_NAME;
use crate::config::{DEFAULT_PORT, DEFAULT_TLS_PORT};

/// Where the running server is, and what its tokens say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Address of the plain listener.
    pub http: String,
    /// Address of the TLS listener.
    #[serde(default)]
    pub https: Option<String>,
    /// The server's process.
    pub pid: u32,
    /// See [`Issuer::ch`].
    #[serde(default)]
    pub ch: Option<String>,
    /// See [`Issuer::iss`].
    #[serde(default)]
    pub iss: Option<String>,
}

impl Runtime {
    fn path(data: &Path) -> PathBuf {
        data.join("runtime.json")
    }

    /// The note of the server that runs, or last ran, on this data directory.
    pub fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read(Self::path(data)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What tokens say of that server; of one that has never run yet, what a server with default settings would.
    pub fn issuer_of(data: &Path) -> Issuer {
        match Self::read(data) {
            Some(note) => Issuer {
                ch: note.ch,
                iss: note.iss,
            },
            None => Issuer {
                ch: Some(format!("{RELAY_NAME}:{DEFAULT_TLS_PORT}")),
                iss: Some(format!("http://localhost:{DEFAULT_PORT}")),
            },
        }
    }

    pub(super) fn write(&self, data: &Path) -> io::Result<()> {
        let aside = data.join("runtime.json.new");
        std::fs::write(&aside, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(aside, Self::path(data))
    }
}
