//! The key ring: what seals tokens, and what opens those sealed before the last rotation.
//!
//! Each key is a file `<sequence>.json` in the ring's directory, readable by its owner only. The highest
//! sequence seals; all of them open. Rotation is therefore one more file, and retirement is one file less.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::encoding::{base64url, from_base64url, hex, random};
use crate::error::{KeyError, TokenError};
use crate::jwe::{self, Header};

const KEY_BYTES: usize = 32;

/// Keys by name; the newest seals. Cheap to share behind an `Arc`; prints nothing of its keys.
pub struct KeyRing {
    /// Oldest first; never empty.
    keys: Vec<NamedKey>,
}

struct NamedKey {
    kid: String,
    key: LessSafeKey,
}

/// A key at rest.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    kid: String,
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
        Self {
            keys: vec![NamedKey::new(hex(&random::<8>()), &bytes)],
        }
    }

    /// Reads every key of the directory; makes the directory and a first key when there is none.
    ///
    /// Two processes may do this at once on an empty directory: both end with the same key.
    ///
    /// # Errors
    /// When a file cannot be read or written, holds no key, or can be read by others than its owner.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        make_private_directory(directory).map_err(|source| KeyError::Io {
            path: directory.to_owned(),
            source,
        })?;
        let mut files = key_files(directory)?;
        if files.is_empty() {
            create_key(directory, 1)?;
            files = key_files(directory)?;
        }
        let keys = files
            .iter()
            .map(|(_, path)| read_key(path))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Seals `payload` as a token of the kind `typ`; `route` fills the header's routing members.
    pub(crate) fn seal<T: Serialize>(
        &self,
        typ: &str,
        payload: &T,
        route: impl FnOnce(&mut Header),
    ) -> String {
        let newest = self.newest();
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
        let named = self
            .keys
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
    pub fn current_kid(&self) -> &str {
        &self.newest().kid
    }

    fn newest(&self) -> &NamedKey {
        // Both constructors put a key in, and nothing takes one out.
        self.keys.last().expect("a ring has a key")
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|named| &named.kid))
            .finish()
    }
}

impl NamedKey {
    fn new(kid: String, bytes: &[u8; KEY_BYTES]) -> Self {
        // The length is in the type, and it is the one AES-256 wants.
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("a key of 32 bytes fits AES-256");
        Self {
            kid,
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

fn read_key(path: &Path) -> Result<NamedKey, KeyError> {
    let io_error = |source| KeyError::Io {
        path: path.to_owned(),
        source,
    };
    let invalid = |reason: String| KeyError::Invalid {
        path: path.to_owned(),
        reason,
    };
    if is_readable_by_others(&fs::metadata(path).map_err(io_error)?) {
        return Err(KeyError::Readable {
            path: path.to_owned(),
        });
    }
    let text = Zeroizing::new(fs::read(path).map_err(io_error)?);
    let file: KeyFile =
        serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
    let bytes = Zeroizing::new(
        from_base64url(&file.key).ok_or_else(|| invalid("key is not base64url".to_owned()))?,
    );
    let bytes = <&[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map_err(|_| invalid(format!("key is not {KEY_BYTES} bytes long")))?;
    Ok(NamedKey::new(file.kid.clone(), bytes))
}

/// Writes a new key aside and links it into place, which only the first of several processes can do; the others
/// find the winner's.
fn create_key(directory: &Path, sequence: u32) -> Result<(), KeyError> {
    let target = directory.join(format!("{sequence:08}.json"));
    let aside = directory.join(format!(".{}", hex(&random::<8>())));
    let bytes = Zeroizing::new(random::<KEY_BYTES>());
    let file = KeyFile {
        kid: hex(&random::<8>()),
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

    fn sealed(ring: &KeyRing) -> String {
        ring.seal("T", &"claims", |_| {})
    }

    #[test]
    fn keys_survive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let token = sealed(&KeyRing::open(directory.path()).unwrap());
        let again = KeyRing::open(directory.path()).unwrap();
        assert_eq!(again.open_token::<String>("T", &token).unwrap(), "claims");
    }

    #[test]
    fn the_newest_key_seals_and_the_older_ones_still_open() {
        let directory = tempfile::tempdir().unwrap();
        let before = KeyRing::open(directory.path()).unwrap();
        let old = sealed(&before);
        create_key(directory.path(), 2).unwrap();
        let after = KeyRing::open(directory.path()).unwrap();
        assert_ne!(before.current_kid(), after.current_kid());
        assert!(after.open_token::<String>("T", &old).is_ok());
        assert_eq!(
            before.open_token::<String>("T", &sealed(&after)),
            Err(TokenError::UnknownKey)
        );
    }

    #[test]
    fn processes_that_start_together_end_with_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let kids: std::collections::HashSet<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        KeyRing::open(directory.path())
                            .unwrap()
                            .current_kid()
                            .to_owned()
                    })
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
        KeyRing::open(&keys).unwrap();
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
            KeyRing::open(&keys),
            Err(KeyError::Readable { .. })
        ));
    }

    #[test]
    fn a_damaged_key_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("00000001.json");
        write_private(&file, br#"{"kid":"a","key":"AAAA"}"#).unwrap();
        let error = KeyRing::open(directory.path()).unwrap_err();
        assert!(error.to_string().contains("00000001.json"), "{error}");
    }

    #[test]
    fn prints_names_only() {
        let ring = KeyRing::ephemeral();
        assert_eq!(format!("{ring:?}"), format!("[{:?}]", ring.current_kid()));
    }
}
