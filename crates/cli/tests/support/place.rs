//! A server in this process, and clients of the SDK on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook::{
    AudioOptions, AudioSource, Call, CallStatus, Client, StaticCredentialProvider, ToneBursts,
};
use offhook_proto::rest::ConferenceRoomSettings;
use offhook_server::clock::{now_ms, now_s};
use offhook_server::config::{Config, Listen, Settings};
use offhook_server::mint::TokenWish;
use offhook_server::serve::Server;
use offhook_server::store::{Revoked, SubscriberChange};
use tempfile::TempDir;
use tokio::sync::watch;

use super::dial::PATIENCE;

/// A server in this process, with one project.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) config: Config,
    pub(crate) project: String,
    pub(crate) directory: TempDir,
}

impl Place {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(directory.path().join("data")),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            listen_tls: Some("off".parse::<Listen>().unwrap()),
            ..Settings::default()
        };
        let mut config = settings.settle().unwrap();
        let server = Server::start(config.clone()).await.unwrap();
        // The same port again after a restart.
        let http = server.ready().http.trim_start_matches("http://");
        config.listen = http.parse().unwrap();
        let store = &server.mint().store;
        let (project, _) = store.create_project("Shop", now_s()).await.unwrap();
        Self {
            server,
            config,
            project: project.id,
            directory,
        }
    }

    /// A token of a subscriber, who is made if there is none.
    pub(crate) async fn token(&self, reference: &str, life_s: u64) -> String {
        let wish = TokenWish {
            expires_at: Some(now_s() + life_s),
            ..TokenWish::default()
        };
        let change = SubscriberChange::default();
        let mint = self.server.mint();
        let made = mint.subscriber(&self.project, reference, &change, wish, now_s());
        made.await.unwrap().1.token
    }

    /// A token with scopes.
    pub(crate) async fn scoped_token(&self, reference: &str, scopes: &[&str]) -> String {
        let wish = TokenWish {
            scope: scopes.iter().map(|&scope| scope.into()).collect(),
            ..TokenWish::default()
        };
        let change = SubscriberChange::default();
        let mint = self.server.mint();
        let made = mint.subscriber(&self.project, reference, &change, wish, now_s());
        made.await.unwrap().1.token
    }

    pub(crate) async fn room(&self, name: &str) {
        let settings = ConferenceRoomSettings::default();
        let store = &self.server.mint().store;
        let made = store.create_conference_room(&self.project, name, name, &settings, now_s());
        made.await.unwrap();
    }

    /// A client that may do everything in a room.
    pub(crate) async fn moderator(&self, reference: &str) -> Client {
        let token = self.scoped_token(reference, &["room:moderate"]).await;
        let provider = StaticCredentialProvider::new(token);
        Client::builder(provider).start().await.unwrap()
    }

    /// Revokes every token, as another process on the same store does.
    pub(crate) async fn revoke_all(&self) {
        let revoked = Revoked::Project(self.project.clone());
        let store = &self.server.mint().store;
        let done = store.revoke(&self.project, &revoked, now_ms());
        done.await.unwrap();
    }

    pub(crate) async fn client(&self, reference: &str) -> Client {
        let token = self.token(reference, 3_600).await;
        let provider = StaticCredentialProvider::new(token);
        Client::builder(provider).start().await.unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn recording(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

pub(crate) fn tone(hz: f32, record: &Path) -> AudioOptions {
    AudioOptions {
        source: AudioSource::Tone(ToneBursts::new(hz)),
        record: Some(record.to_owned()),
        ..AudioOptions::default()
    }
}

pub(crate) async fn in_time<T>(what: &str, wanted: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, wanted).await {
        Ok(found) => found,
        Err(_) => panic!("{what}: not in time"),
    }
}

pub(crate) async fn until(call: &Call, wanted: CallStatus) {
    let found = call.wait_for(|status| status == wanted);
    let found = in_time(&format!("{wanted:?}"), found).await;
    assert_eq!(found, Some(wanted));
}

pub(crate) async fn turned<T: PartialEq>(value: &mut watch::Receiver<T>, wanted: T) {
    let reached = value.wait_for(|now| *now == wanted);
    assert!(in_time("a value", reached).await.is_ok());
}

/// Waits until a call has brought so many packets.
pub(crate) async fn packets(call: &Call, wanted: u64) {
    let enough = async {
        while call
            .stats()
            .await
            .is_none_or(|stats| stats.packets_received < wanted)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("packets", enough).await;
}
