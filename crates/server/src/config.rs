//! What an owner may set. Each setting is a flag (`--listen-tls`), an environment variable (`OFFHOOK_LISTEN_TLS`) and a key
//! of the configuration file (`listen_tls`); the flag wins over the variable, the variable over the file, the file
//! over the default. `offhook.example.toml` shows them all.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use offhook_proto::limits;
use offhook_proto::rest::Budget;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use url::Url;

use crate::budget::BudgetPolicy;
use crate::webhooks::{Network, TargetRules, WebhookPolicy};

/// Port of the plain listener.
pub(crate) const DEFAULT_PORT: u16 = 8787;
/// Port of the TLS listener.
pub(crate) const DEFAULT_TLS_PORT: u16 = 8743;

/// An address to listen on, or the word `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Not at all.
    Off,
    /// There; port 0 lets the system choose.
    At(SocketAddr),
}

impl Listen {
    /// The address, unless it is off.
    pub fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(address) => Some(address),
        }
    }
}

/// Neither `off` nor an address with a port.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected an address and a port such as 127.0.0.1:8743 or [::1]:8743, or the word off")]
pub struct NotAListen;

impl FromStr for Listen {
    type Err = NotAListen;

    fn from_str(text: &str) -> Result<Self, NotAListen> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| NotAListen)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The origin clients reach the server by: scheme, host, and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// As browsers write origins: lower case, no path, no default port.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not an origin.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "expected http:// or https://, a host and perhaps a port, without a path, such as https://calls.example.com"
)]
pub struct NotAPublicUrl;

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let url = Url::parse(text).map_err(|_| NotAPublicUrl)?;
        let plain = matches!(url.scheme(), "http" | "https") && url.has_host();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        if plain && bare && nobody {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err(NotAPublicUrl)
        }
    }
}

impl<'de> Deserialize<'de> for PublicUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A line of JSON.
    Json,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// What has been set in one place: flags and variables, or a file. `None` is not set.
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        pub struct Settings { $($(#[$doc])* pub $name: Option<$type>,)* }

        impl Settings {
            /// Names of all settings, as the file spells them.
            pub const KEYS: &[&str] = &[$(stringify!($name)),*];

            /// These settings, and where they say nothing, those.
            pub fn or(self, lower: Self) -> Self {
                Self { $($name: self.$name.or(lower.$name),)* }
            }
        }
    };
}

settings! {
    /// Directory of the database, the keys and the local certificate.
    data: PathBuf,
    /// Where plain HTTP and WebSockets are served.
    listen: SocketAddr,
    /// Where the same is served over TLS.
    listen_tls: Listen,
    /// The address clients reach the server by, such as `https://calls.example.com`; goes into tokens.
    public_url: PublicUrl,
    /// `host:port` of the relay for the official client; goes into tokens as `ch`.
    relay_host: String,
    /// Certificate chain in PEM form for the TLS listener.
    tls_certificate: PathBuf,
    /// Its private key in PEM form.
    tls_key: PathBuf,
    /// First UDP address of the media workers.
    media_listen: SocketAddr,
    /// Addresses clients send media to, when they differ from those listened on.
    media_advertise: Vec<IpAddr>,
    /// Media threads.
    media_workers: usize,
    /// Where TURN is served.
    turn_listen: Listen,
    /// Origins of pages that may open a socket; `None` is all.
    allowed_origins: Vec<String>,
    /// Refuse exchanges of embed tokens that come without an `Origin` header.
    require_origin: bool,
    /// Play music to those whom the other side of a call has put on hold; silence otherwise.
    hold_music: bool,
    /// Believe `X-Forwarded-For`, `-Proto` and `-Host`.
    trust_proxy: bool,
    /// Show metrics to others than this machine.
    metrics_public: bool,
    /// Connections at once.
    max_connections: usize,
    /// Connections at once from one address.
    max_connections_per_ip: usize,
    /// Exchanges of embed tokens a minute from one network; 0 is no limit.
    exchanges_per_minute: u32,
    /// Limits of each call button that has none of its own.
    budget_token: Budget,
    /// Limits of the pages of one origin.
    budget_origin: Budget,
    /// Limits of one network.
    budget_network: Budget,
    /// Limits of one address that call buttons lead to.
    budget_destination: Budget,
    /// Sign-ins a minute from one network, and for one account; 0 is no limit.
    sign_ins_per_minute: u32,
    /// Bindings and renewals of client-bound tokens a minute from one network, and for one token; 0 is no limit.
    device_tokens_per_minute: u32,
    /// Messages and joined conversations a minute of one person; 0 is no limit.
    messages_per_minute: u32,
    /// Records of calls are kept for so many days, 36500 at most; 0 is for ever.
    call_records_days: u64,
    /// Networks that webhooks may lead to beside the public ones, such as `10.0.0.0/8`.
    webhook_allowed_networks: Vec<Network>,
    /// A webhook's receiver must have answered within so many seconds, 1 to 30.
    webhook_timeout_seconds: u64,
    /// A delivery to a webhook is tried again for so many seconds, 604800 at most.
    webhook_retry_seconds: u64,
    /// Longest life of a client-bound token in seconds, 10 to 86400; clients renew theirs before that.
    bound_token_seconds: u64,
    /// Take no proof of possession but by the letter of RFC 9449; the official client cannot renew its tokens then.
    strict_proofs: bool,
    /// Ask for a nonce of the server's in proofs over HTTP.
    proof_nonces: bool,
    /// Several servers work on the same data directory: what one has seen of proofs counts for all.
    shared_store: bool,
    /// A subscriber's devices ring for so many seconds, 5 to 600.
    ring_seconds: u64,
    /// A call that has lost its client or its media is kept for so many seconds, 5 to 600.
    lost_call_seconds: u64,
    /// A session with calls goes on for so many seconds after its token has expired, 0 to 86400.
    call_grace_seconds: u64,
    /// Serve web pages from this directory and not from the binary.
    web_dir: PathBuf,
    /// Make the demo's data and show its pages.
    demo: bool,
    /// What is logged, such as `info` or `warn,offhook_server=debug`.
    log: String,
    /// How it is logged.
    log_format: LogFormat,
}

/// Everything settled.
#[derive(Clone, Debug)]
pub struct Config {
    /// See [`Settings::data`]; `./data`.
    pub data: PathBuf,
    /// See [`Settings::listen`]; `127.0.0.1:8787`.
    pub listen: SocketAddr,
    /// See [`Settings::listen_tls`]; `127.0.0.1:8743`.
    pub listen_tls: Option<SocketAddr>,
    /// See [`Settings::public_url`]; made of the plain listener's address.
    pub public_url: Option<PublicUrl>,
    /// See [`Settings::relay_host`]; `puc.offhook.localhost` and the TLS listener's port.
    pub relay_host: Option<String>,
    /// Certificate and key; the local authority's when `None`.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// See [`Settings::media_listen`]; `127.0.0.1:0`.
    pub media_listen: SocketAddr,
    /// See [`Settings::media_advertise`].
    pub media_advertise: Vec<IpAddr>,
    /// See [`Settings::media_workers`]; one a processor, 8 at most.
    pub media_workers: usize,
    /// See [`Settings::turn_listen`]; the media address, port 3478 when the media port is fixed.
    pub turn_listen: Option<SocketAddr>,
    /// See [`Settings::allowed_origins`].
    pub allowed_origins: Vec<String>,
    /// See [`Settings::require_origin`]; false.
    pub require_origin: bool,
    /// See [`Settings::hold_music`]; true.
    pub hold_music: bool,
    /// See [`Settings::trust_proxy`]; false.
    pub trust_proxy: bool,
    /// See [`Settings::metrics_public`]; false.
    pub metrics_public: bool,
    /// See [`Settings::max_connections`]; 20000.
    pub max_connections: usize,
    /// See [`Settings::max_connections_per_ip`]; 4096.
    pub max_connections_per_ip: usize,
    /// See [`Settings::exchanges_per_minute`]; 120.
    pub exchanges_per_minute: u32,
    /// See [`Settings::budget_token`] and the others.
    pub budgets: BudgetPolicy,
    /// See [`Settings::sign_ins_per_minute`]; 30.
    pub sign_ins_per_minute: u32,
    /// See [`Settings::device_tokens_per_minute`]; 600.
    pub device_tokens_per_minute: u32,
    /// See [`Settings::messages_per_minute`]; 120.
    pub messages_per_minute: u32,
    /// See [`Settings::call_records_days`]; 90 days.
    pub call_records_for: Option<Duration>,
    /// See [`Settings::webhook_allowed_networks`] and the others; none, 10 s, a day.
    pub webhooks: WebhookPolicy,
    /// See [`Settings::bound_token_seconds`]; 3600 s.
    pub bound_token_s: u64,
    /// See [`Settings::strict_proofs`]; false.
    pub strict_proofs: bool,
    /// See [`Settings::proof_nonces`]; false.
    pub proof_nonces: bool,
    /// See [`Settings::shared_store`]; false.
    pub shared_store: bool,
    /// See [`Settings::ring_seconds`]; 60 s.
    pub ring_for: Duration,
    /// See [`Settings::lost_call_seconds`]; 60 s.
    pub lost_calls: Duration,
    /// See [`Settings::call_grace_seconds`]; 300 s.
    pub call_grace: Duration,
    /// See [`Settings::web_dir`].
    pub web_dir: Option<PathBuf>,
    /// See [`Settings::demo`]; false.
    pub demo: bool,
}

/// What is wrong with the settings. The operator's to mend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The file is not TOML, or a value is of the wrong kind.
    #[error("the configuration file {}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },
    /// The file has a key nobody knows.
    #[error("the configuration file {}: there is no setting {key}{}", path.display(), nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The known one most like it.
        nearest: Option<&'static str>,
    },
    /// A setting that makes no sense, alone or with another.
    #[error("{setting}: {reason}")]
    Invalid {
        /// The setting, as the file spells it.
        setting: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Settings {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, has an unknown key or a value of the wrong kind.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let malformed = |error: toml::de::Error| ConfigError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let table: toml::Table = toml::from_str(text).map_err(malformed)?;
        if let Some(key) = table.keys().find(|key| !Self::KEYS.contains(&key.as_str())) {
            let nearest = nearest(key, Self::KEYS);
            return Err(ConfigError::UnknownKey {
                path: path.to_owned(),
                key: key.clone(),
                nearest,
            });
        }
        toml::from_str(text).map_err(malformed)
    }

    /// Fills in the defaults.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn settle(self) -> Result<Config, ConfigError> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let invalid = |setting, reason| Err(ConfigError::Invalid { setting, reason });
        let tls_files = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return invalid("tls_key", "is needed with tls_certificate"),
            (None, Some(_)) => return invalid("tls_certificate", "is needed with tls_key"),
        };
        if self
            .relay_host
            .as_deref()
            .is_some_and(|host| !host.contains('.') || host.contains('/'))
        {
            return invalid(
                "relay_host",
                "must be a name with a dot and perhaps a port: the official client splits it at the first dot",
            );
        }
        if self.media_workers == Some(0) {
            return invalid("media_workers", "must be at least 1");
        }
        let ring_for = match self.ring_seconds {
            None => Duration::from_millis(limits::RING_MS),
            Some(seconds @ 5..=600) => Duration::from_secs(seconds),
            Some(_) => return invalid("ring_seconds", "must be 5 to 600"),
        };
        let lost_calls = match self.lost_call_seconds {
            None => Duration::from_millis(limits::ORPHAN_LEG_MS),
            Some(seconds @ 5..=600) => Duration::from_secs(seconds),
            Some(_) => return invalid("lost_call_seconds", "must be 5 to 600"),
        };
        let bound_token_s = self.bound_token_seconds.unwrap_or(limits::BOUND_TTL_MAX_S);
        if !(10..=86_400).contains(&bound_token_s) {
            return invalid("bound_token_seconds", "must be 10 to 86400");
        }
        let call_grace = match self.call_grace_seconds {
            None => Duration::from_millis(limits::CALL_GRACE_MS),
            Some(seconds @ 0..=86_400) => Duration::from_secs(seconds),
            Some(_) => return invalid("call_grace_seconds", "must be 0 to 86400"),
        };
        let call_records_for = match self.call_records_days.unwrap_or(limits::CALL_RECORDS_DAYS) {
            0 => None,
            days @ 1..=36_500 => Some(Duration::from_secs(days * 86_400)),
            _ => return invalid("call_records_days", "must be 0 to 36500"),
        };
        let webhooks = WebhookPolicy {
            rules: TargetRules::allowing(self.webhook_allowed_networks.unwrap_or_default()),
            timeout: match self
                .webhook_timeout_seconds
                .unwrap_or(limits::WEBHOOK_TIMEOUT_S)
            {
                seconds @ 1..=30 => Duration::from_secs(seconds),
                _ => return invalid("webhook_timeout_seconds", "must be 1 to 30"),
            },
            retry_for: match self
                .webhook_retry_seconds
                .unwrap_or(limits::WEBHOOK_RETRY_S)
            {
                seconds @ 0..=604_800 => Duration::from_secs(seconds),
                _ => return invalid("webhook_retry_seconds", "must be 0 to 604800"),
            },
        };
        let media_listen = self.media_listen.unwrap_or(local(0));
        let turn_default = Listen::At(SocketAddr::new(
            media_listen.ip(),
            if media_listen.port() == 0 { 0 } else { 3478 },
        ));
        let budgets = BudgetPolicy::default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Config {
            data: self.data.unwrap_or_else(|| "data".into()),
            listen: self.listen.unwrap_or(local(DEFAULT_PORT)),
            listen_tls: self
                .listen_tls
                .unwrap_or(Listen::At(local(DEFAULT_TLS_PORT)))
                .address(),
            public_url: self.public_url,
            relay_host: self.relay_host,
            tls_files,
            media_listen,
            media_advertise: self.media_advertise.unwrap_or_default(),
            media_workers: self.media_workers.unwrap_or(processors.min(8)),
            turn_listen: self.turn_listen.unwrap_or(turn_default).address(),
            allowed_origins: self.allowed_origins.unwrap_or_default(),
            require_origin: self.require_origin.unwrap_or(false),
            hold_music: self.hold_music.unwrap_or(true),
            trust_proxy: self.trust_proxy.unwrap_or(false),
            metrics_public: self.metrics_public.unwrap_or(false),
            max_connections: self.max_connections.unwrap_or(20_000),
            max_connections_per_ip: self.max_connections_per_ip.unwrap_or(4_096),
            exchanges_per_minute: self.exchanges_per_minute.unwrap_or(120),
            budgets: BudgetPolicy {
                token: self.budget_token.unwrap_or_default().or(budgets.token),
                origin: self.budget_origin.unwrap_or_default().or(budgets.origin),
                network: self.budget_network.unwrap_or_default().or(budgets.network),
                destination: self
                    .budget_destination
                    .unwrap_or_default()
                    .or(budgets.destination),
            },
            sign_ins_per_minute: self.sign_ins_per_minute.unwrap_or(30),
            device_tokens_per_minute: self.device_tokens_per_minute.unwrap_or(600),
            messages_per_minute: self.messages_per_minute.unwrap_or(120),
            call_records_for,
            webhooks,
            bound_token_s,
            strict_proofs: self.strict_proofs.unwrap_or(false),
            proof_nonces: self.proof_nonces.unwrap_or(false),
            shared_store: self.shared_store.unwrap_or(false),
            ring_for,
            lost_calls,
            call_grace,
            web_dir: self.web_dir,
            demo: self.demo.unwrap_or(false),
        })
    }
}

/// The known word most like the unknown one, if it is like any: at most a third of its letters differ.
fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let word = word.replace('-', "_");
    let (distance, name) = known
        .iter()
        .map(|name| (edit_distance(&word, name), *name))
        .min()?;
    (distance <= name.len().div_ceil(3)).then_some(name)
}

/// Letters to insert, delete or replace (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a_char) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b_char) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a_char != *b_char);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
