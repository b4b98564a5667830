//! Tokens and proofs: making and checking.
//!
//! | Credential | Form | Kept by the server | Module |
//! |---|---|---|---|
//! | access token (SAT) | compact JWE, `typ: SAT` | nothing; its subject is looked up | [`sat`] |
//! | refresh token | compact JWE, `typ: Refresh` | its family and generation | [`refresh`] |
//! | authorization state | compact JWE, `typ: AS` | nothing | [`resume`] |
//! | embed token | `c2c_` and 128 random bits | SHA-256 | [`opaque`] |
//! | project API token | `PT` and 192 random bits | SHA-256 | [`opaque`] |
//! | proof of work | challenge: compact JWE, `typ: Work` | a hash, while it could be shown again | [`work`] |
//! | password | chosen by people | PBKDF2-HMAC-SHA256 | [`password`] |
//! | proof of possession | JWS by the client's key (RFC 9449) | a hash, while it could be shown again | [`dpop`] |
//!
//! The crate has no clock and no store: the time comes in as `now_s` (seconds since 1970), so that every
//! rule about time is tested in simulated time, and what must be remembered is the server's business.
//!
//! All cryptography is aws-lc-rs's. What is ours is the assembly: the compact serialisation of JWE, the
//! choice of what is authenticated, and the refusals.
pub mod dpop;
mod encoding;
mod error;
mod jwe;
pub mod jwk;
pub mod keys;
pub mod opaque;
pub mod password;
pub mod refresh;
pub mod resume;
pub mod sat;
mod secret;
pub mod work;

pub use error::{KeyError, ProofError, TokenError};
pub use keys::KeyRing;
pub use opaque::{EmbedToken, ProjectToken, TokenHash};
pub use refresh::{RefreshClaims, RefreshUse};
pub use resume::ResumeState;
pub use sat::{Issuer, SatClaims, SatKind};
pub use secret::Secret;
