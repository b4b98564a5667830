//! What can be wrong with a credential.

use std::path::PathBuf;

use thiserror::Error;

/// Why a token was refused. The holder's fault in every case; a retry with the same token never helps.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a compact JWE of the form made here.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// Encrypted by a key that is not (or no longer) in the ring.
    #[error("the token was made by a key this server does not have")]
    UnknownKey,
    /// A good token of another kind, such as a refresh token where an access token belongs.
    #[error("this is a token of another kind: {expected} is needed here")]
    WrongType {
        /// The `typ` that was wanted.
        expected: &'static str,
    },
    /// Altered, or made by somebody else.
    #[error("the token does not open")]
    Forged,
    /// Was good until `expired_at`.
    #[error("the token expired at {expired_at} (seconds since 1970)")]
    Expired {
        /// Seconds since 1970.
        expired_at: u64,
    },
}

impl TokenError {
    /// A name that never changes, for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "token_malformed",
            Self::UnknownKey => "token_unknown_key",
            Self::WrongType { .. } => "token_wrong_type",
            Self::Forged => "token_forged",
            Self::Expired { .. } => "token_expired",
        }
    }
}

/// Why a proof of possession was refused. The client's fault; a fresh proof may help where the variant says so.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// Not a compact JWS with a JSON header and JSON payload.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// `typ` is not `dpop+jwt`.
    #[error("the proof's typ must be dpop+jwt")]
    WrongType,
    /// `alg` is none of ES256, RS256 and EdDSA.
    #[error("the proof's alg must be ES256, RS256 or EdDSA")]
    UnsupportedAlgorithm,
    /// The header lists extensions; none is understood here.
    #[error("the proof's header has a crit member")]
    CriticalExtension,
    /// No usable public key in the header.
    #[error("the proof's key is refused: {0}")]
    BadKey(&'static str),
    /// The signature was not made by that key over that text.
    #[error("the proof's signature is wrong")]
    BadSignature,
    /// Made for another method, address or token.
    #[error("the proof's {0} does not match")]
    Mismatch(&'static str),
    /// Made too long ago, or in the future. A fresh proof by a right clock helps.
    #[error("the proof's iat is {iat}, the server's time is {now_s}")]
    Stale {
        /// The client's time, seconds since 1970.
        iat: u64,
        /// The server's.
        now_s: u64,
    },
    /// It lacks the server's nonce, or carries an old one. A fresh proof with the nonce of this answer helps.
    #[error("the proof must carry the nonce of this answer")]
    Nonce,
    /// Shown before. A fresh proof helps.
    #[error("the proof has been used before")]
    Replayed,
    /// Not made by the key that the token is bound to.
    #[error("the proof was made by another key than the token is bound to")]
    OtherKey,
    /// The token is bound to a key and no proof came.
    #[error("the token is bound to a key: a proof is needed")]
    Missing,
}

impl ProofError {
    /// A name that never changes, for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "proof_malformed",
            Self::WrongType => "proof_wrong_type",
            Self::UnsupportedAlgorithm => "proof_unsupported_algorithm",
            Self::CriticalExtension => "proof_critical_extension",
            Self::BadKey(_) => "proof_bad_key",
            Self::BadSignature => "proof_bad_signature",
            Self::Mismatch(_) => "proof_mismatch",
            Self::Stale { .. } => "proof_stale",
            Self::Nonce => "proof_nonce",
            Self::Replayed => "proof_replayed",
            Self::OtherKey => "proof_other_key",
            Self::Missing => "proof_missing",
        }
    }
}

/// Why the key ring could not be read or made. The operator's to mend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// A key file that others than its owner can read is no secret.
    #[error("{} can be read by others: run `chmod 600` on it, and consider the keys known", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
    },
    /// A key file that does not hold a key.
    #[error("{} holds no usable key: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
