//! The key ring: what seals tokens, and what opens those sealed before the last rotation.
//!
//! Each key is a file `<sequence>.json` in the ring's directory, readable by its owner only. All of them open; the highest
//! sequence seals, but a new key only [`SETTLING_S`] after it was made, when every process that works with the directory has
//! found it. Rotation is therefore one more file, and retirement is one file less.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use offhook_proto::limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::encoding::{base64url, from_base64url, hex, random};
use crate::error::{KeyError, TokenError};
use crate::jwe::{self, Header};

const KEY_BYTES: usize = 32;

/// A key seals so long after it was made, seconds. Whoever holds a ring looks at its directory more often than that.
pub const SETTLING_S: u64 = 5;
/// A key that has been followed by another for so long has no living token left, seconds.
pub const RETIREMENT_S: u64 = limits::SAT_TTL_MAX_S + limits::REFRESH_TOKEN_TTL_S + SETTLING_S;

/// Keys by name; the newest seals. Cheap to share behind an `Arc`; prints nothing of its keys.
pub struct KeyRing {
    /// Where the keys are kept; `None` for a ring that is nowhere else.
    directory: Option<PathBuf>,
    keys: RwLock<Arc<Keys>>,
}

struct Keys {
    /// Oldest first; never empty.
    all: Vec<NamedKey>,
    /// The place of the one that seals.
    sealing: usize,
}

struct NamedKey {
    sequence: u32,
    kid: String,
    /// Seconds since 1970; 0 where the file does not say.
    created_at: u64,
    key: LessSafeKey,
}

/// What may be told of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeySummary {
    /// The name that is in the header of its tokens.
    pub kid: String,
    /// Seconds since 1970; 0 where it is not known.
    pub created_at: u64,
    /// Whether it is the one that seals.
    pub seals: bool,
}

/// A key at rest.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    kid: String,
    /// Seconds since 1970.
    #[serde(default)]
    created_at: u64,
    /// 32 bytes, base64url.
    key: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl KeyRing {
    /// A ring with one new key that is written nowhere: its tokens die with it.
    pub fn ephemeral() -> Self {
        let bytes = Zeroizing::new(random::<KEY_BYTES>());
        let key = NamedKey::new(1, hex(&random::<8>()), 0, &bytes);
        Self {
            directory: None,
            keys: RwLock::new(Arc::new(Keys {
                all: vec![key],
                sealing: 0,
            })),
        }
    }

    /// Reads every key of the directory; makes the directory and a first key when there is none.
    ///
    /// Two processes may do this at once on an empty directory: both end with the same key.
    ///
    /// # Errors
    /// When a file cannot be read or written, holds no key, or can be read by others than its owner.
    pub fn open(directory: &Path, now_s: u64) -> Result<Self, KeyError> {
        make_private_directory(directory).map_err(|source| KeyError::Io {
            path: directory.to_owned(),
            source,
        })?;
        let keys = match Keys::read(directory, now_s)? {
            Some(keys) => keys,
            None => {
                create_key(directory, 1, now_s)?;
                Keys::read(directory, now_s)?.ok_or_else(|| no_keys(directory))?
            }
        };
        Ok(Self {
            directory: Some(directory.to_owned()),
            keys: RwLock::new(Arc::new(keys)),
        })
    }

    /// Takes up what has changed in the directory: keys that others have made or retired, and a new key that has settled.
    /// Gives whether anything has. To be called once a second.
    ///
    /// # Errors
    /// As [`open`](Self::open); the ring is as it was then.
    pub fn reload(&self, now_s: u64) -> Result<bool, KeyError> {
        let Some(directory) = &self.directory else {
            return Ok(false);
        };
        let found = Keys::read(directory, now_s)?.ok_or_else(|| no_keys(directory))?;
        let changed = found.summaries() != self.keys().summaries();
        if changed {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        }
        Ok(changed)
    }

    /// Makes a new key and removes those whose tokens have all died; gives the new key's name. With `at_once` the older keys
    /// are all removed, and with them dies every token made so far: for keys that may have become known.
    ///
    /// # Errors
    /// When a file cannot be read, written or removed.
    pub fn rotate(&self, at_once: bool, now_s: u64) -> Result<String, KeyError> {
        let Some(directory) = &self.directory else {
            let bytes = Zeroizing::new(random::<KEY_BYTES>());
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            let key = NamedKey::new(1, hex(&random::<8>()), now_s, &bytes);
            let kid = key.kid.clone();
            let all = vec![key];
            *keys = Arc::new(Keys { all, sealing: 0 });
            return Ok(kid);
        };
        self.reload(now_s)?;
        let before = self.keys();
        let last = before.all.last().map_or(0, |key| key.sequence);
        create_key(directory, last.saturating_add(1), now_s)?;
        let mut followers = before.all.iter().skip(1);
        for key in &before.all {
            let follower = followers.next().map_or(0, |next| next.created_at);
            let is_over = follower > 0 && follower + RETIREMENT_S <= now_s;
            if !(at_once || is_over) {
                continue;
            }
            let path = key_path(directory, key.sequence);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(KeyError::Io { path, source });
                }
                _ => {}
            }
        }
        self.reload(now_s)?;
        let keys = self.keys();
        Ok(keys
            .all
            .last()
            .map(|key| key.kid.clone())
            .unwrap_or_default())
    }

    /// The keys, oldest first.
    pub fn summaries(&self) -> Vec<KeySummary> {
        self.keys().summaries()
    }

    /// Seals `payload` as a token of the kind `typ`; `route` fills the header's routing members.
    pub(crate) fn seal<T: Serialize>(
        &self,
        typ: &str,
        payload: &T,
        route: impl FnOnce(&mut Header),
    ) -> String {
        let keys = self.keys();
        let newest = keys.sealing();
        let mut header = Header::new(typ, &newest.kid);
        route(&mut header);
        // Claims are structs of strings and numbers: they always serialise.
        let payload = Zeroizing::new(serde_json::to_vec(payload).expect("claims are plain JSON"));
        jwe::seal(&newest.key, &header, &payload)
    }

    /// Opens a token of the kind `typ`. Expiry is the caller's to check.
    pub(crate) fn open_token<T: DeserializeOwned>(
        &self,
        typ: &'static str,
        token: &str,
    ) -> Result<T, TokenError> {
        let envelope = jwe::parse(token)?;
        if envelope.header.typ != typ {
            return Err(TokenError::WrongType { expected: typ });
        }
        let keys = self.keys();
        let named = keys
            .all
            .iter()
            .rev()
            .find(|named| named.kid == envelope.header.kid)
            .ok_or(TokenError::UnknownKey)?;
        let payload = envelope.open(&named.key).ok_or(TokenError::Forged)?;
        // Sealed by us and yet not ours: an older or newer server's claims.
        serde_json::from_slice(&payload)
            .map_err(|_| TokenError::Malformed("the claims are not understood"))
    }

    /// The name of the key that seals.
    pub fn current_kid(&self) -> String {
        self.keys().sealing().kid.clone()
    }

    fn keys(&self) -> Arc<Keys> {
        // Nothing that can panic runs under this lock.
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    /// `None`: there is none.
    fn read(directory: &Path, now_s: u64) -> Result<Option<Self>, KeyError> {
        let mut all = Vec::new();
        for (sequence, path) in key_files(directory)? {
            // One that is gone by now has been retired.
            all.extend(read_key(sequence, &path)?);
        }
        let settled = |key: &NamedKey| key.created_at + SETTLING_S <= now_s;
        // A key from the future was made by a clock that was wrong: with no other it seals all the same.
        let sealing = all.iter().rposition(settled).unwrap_or(0);
        Ok((!all.is_empty()).then_some(Self { all, sealing }))
    }

    fn sealing(&self) -> &NamedKey {
        // Every constructor puts a key in and points at one of them.
        &self.all[self.sealing]
    }

    fn summaries(&self) -> Vec<KeySummary> {
        let summary = |(place, key): (usize, &NamedKey)| KeySummary {
            kid: key.kid.clone(),
            created_at: key.created_at,
            seals: place == self.sealing,
        };
        self.all.iter().enumerate().map(summary).collect()
    }
}

fn no_keys(directory: &Path) -> KeyError {
    KeyError::Invalid {
        path: directory.to_owned(),
        reason: "there is no key in it".to_owned(),
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys().all.iter().map(|named| &named.kid))
            .finish()
    }
}

impl NamedKey {
    fn new(sequence: u32, kid: String, created_at: u64, bytes: &[u8; KEY_BYTES]) -> Self {
        // The length is in the type, and it is the one AES-256 wants.
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("a key of 32 bytes fits AES-256");
        Self {
            sequence,
            kid,
            created_at,
            key: LessSafeKey::new(key),
        }
    }
}

fn key_files(directory: &Path) -> Result<Vec<(u32, PathBuf)>, KeyError> {
    let io_error = |source| KeyError::Io {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(io_error)? {
        let path = entry.map_err(io_error)?.path();
        let sequence = path
            .extension()
            .is_some_and(|extension| extension == "json")
            .then(|| path.file_stem()?.to_str()?.parse().ok());
        if let Some(Some(sequence)) = sequence {
            files.push((sequence, path));
        }
    }
    files.sort();
    Ok(files)
}

/// `None`: there is no such file.
fn read_key(sequence: u32, path: &Path) -> Result<Option<NamedKey>, KeyError> {
    let io_error = |source| KeyError::Io {
        path: path.to_owned(),
        source,
    };
    let invalid = |reason: String| KeyError::Invalid {
        path: path.to_owned(),
        reason,
    };
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(io_error)?,
    };
    if is_readable_by_others(&metadata) {
        return Err(KeyError::Readable {
            path: path.to_owned(),
        });
    }
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => Zeroizing::new(other.map_err(io_error)?),
    };
    let file: KeyFile =
        serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
    let bytes = Zeroizing::new(
        from_base64url(&file.key).ok_or_else(|| invalid("key is not base64url".to_owned()))?,
    );
    let bytes = <&[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map_err(|_| invalid(format!("key is not {KEY_BYTES} bytes long")))?;
    let kid = file.kid.clone();
    Ok(Some(NamedKey::new(sequence, kid, file.created_at, bytes)))
}

fn key_path(directory: &Path, sequence: u32) -> PathBuf {
    directory.join(format!("{sequence:08}.json"))
}

/// Writes a new key aside and links it into place, which only the first of several processes can do; the others
/// find the winner's.
fn create_key(directory: &Path, sequence: u32, now_s: u64) -> Result<(), KeyError> {
    let target = key_path(directory, sequence);
    let aside = directory.join(format!(".{}", hex(&random::<8>())));
    let bytes = Zeroizing::new(random::<KEY_BYTES>());
    let file = KeyFile {
        kid: hex(&random::<8>()),
        created_at: now_s,
        key: base64url(&*bytes),
    };
    let text =
        Zeroizing::new(serde_json::to_vec_pretty(&file).expect("two strings are plain JSON"));
    let written =
        write_private(&aside, &text).and_then(|()| match fs::hard_link(&aside, &target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    // The name aside has served whether or not the link was made.
    let removed = fs::remove_file(&aside);
    written.and(removed).map_err(|source| KeyError::Io {
        path: target,
        source,
    })
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn make_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn is_readable_by_others(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn sealed(ring: &KeyRing) -> String {
        ring.seal("T", &"claims", |_| {})
    }

    #[test]
    fn keys_survive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let token = sealed(&KeyRing::open(directory.path(), NOW).unwrap());
        let again = KeyRing::open(directory.path(), NOW).unwrap();
        assert_eq!(again.open_token::<String>("T", &token).unwrap(), "claims");
    }

    #[test]
    fn a_new_key_seals_when_it_has_settled_and_the_older_ones_still_open() {
        let directory = tempfile::tempdir().unwrap();
        let running = KeyRing::open(directory.path(), NOW).unwrap();
        let first = running.current_kid();
        let old = sealed(&running);
        let beside = KeyRing::open(directory.path(), NOW + 10).unwrap();
        let second = beside.rotate(false, NOW + 10).unwrap();
        assert_eq!(beside.current_kid(), first);

        assert!(running.reload(NOW + 11).unwrap());
        assert_eq!(running.current_kid(), first);
        assert!(!running.reload(NOW + 12).unwrap());
        assert!(beside.reload(NOW + 10 + SETTLING_S).unwrap());
        assert_eq!(beside.current_kid(), second);
        // The other has not looked again, and yet knows the key.
        let new = sealed(&beside);
        assert!(running.open_token::<String>("T", &new).is_ok());
        assert!(beside.open_token::<String>("T", &old).is_ok());
    }

    #[test]
    fn rotation_removes_keys_whose_tokens_have_all_died() {
        let directory = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(directory.path(), NOW).unwrap();
        let token = sealed(&ring);
        ring.rotate(false, NOW + 100).unwrap();
        let later = NOW + 100 + RETIREMENT_S;
        ring.rotate(false, later - 1).unwrap();
        assert_eq!(ring.summaries().len(), 3);
        assert!(ring.open_token::<String>("T", &token).is_ok());
        ring.rotate(false, later).unwrap();
        assert_eq!(ring.summaries().len(), 3);
        assert_eq!(
            ring.open_token::<String>("T", &token),
            Err(TokenError::UnknownKey)
        );
    }

    #[test]
    fn a_rotation_at_once_kills_every_token() {
        let directory = tempfile::tempdir().unwrap();
        let running = KeyRing::open(directory.path(), NOW).unwrap();
        let token = sealed(&running);
        let beside = KeyRing::open(directory.path(), NOW + 10).unwrap();
        let kid = beside.rotate(true, NOW + 10).unwrap();
        assert_eq!(beside.current_kid(), kid);
        running.reload(NOW + 10).unwrap();
        assert_eq!(
            running.open_token::<String>("T", &token),
            Err(TokenError::UnknownKey)
        );
        assert!(running.open_token::<String>("T", &sealed(&beside)).is_ok());
    }

    #[test]
    fn a_ring_survives_a_directory_that_cannot_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(directory.path(), NOW).unwrap();
        let token = sealed(&ring);
        fs::remove_file(directory.path().join("00000001.json")).unwrap();
        assert!(ring.reload(NOW).is_err());
        assert!(ring.open_token::<String>("T", &token).is_ok());
    }

    #[test]
    fn keys_of_earlier_versions_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let key = format!(r#"{{"kid":"a","key":"{}"}}"#, base64url(&[7; KEY_BYTES]));
        write_private(&directory.path().join("00000001.json"), key.as_bytes()).unwrap();
        let ring = KeyRing::open(directory.path(), NOW).unwrap();
        assert_eq!(ring.current_kid(), "a");
    }

    #[test]
    fn processes_that_start_together_end_with_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let kids: std::collections::HashSet<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| KeyRing::open(directory.path(), NOW).unwrap().current_kid())
                })
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().unwrap())
                .collect()
        });
        assert_eq!(kids.len(), 1);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        KeyRing::open(&keys, NOW).unwrap();
        let file = keys.join("00000001.json");
        assert_eq!(
            fs::metadata(&keys).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            KeyRing::open(&keys, NOW),
            Err(KeyError::Readable { .. })
        ));
    }

    #[test]
    fn a_damaged_key_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("00000001.json");
        write_private(&file, br#"{"kid":"a","key":"AAAA"}"#).unwrap();
        let error = KeyRing::open(directory.path(), NOW).unwrap_err();
        assert!(error.to_string().contains("00000001.json"), "{error}");
    }

    #[test]
    fn prints_names_only() {
        let ring = KeyRing::ephemeral();
        assert_eq!(format!("{ring:?}"), format!("[{:?}]", ring.current_kid()));
    }
}
