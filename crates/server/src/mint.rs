//! Makes tokens: for the REST interface, for the demo and for the command line alike.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offhook_auth::{
    Issuer, KeyError, KeyRing, RefreshClaims, RefreshUse, SatClaims, SatKind, TokenError, sat,
};
use offhook_proto::limits;
use thiserror::Error;

use crate::clock::now_s;
use crate::store::{ClickToCall, Rotation, Store, StoreError, Subscriber, SubscriberChange};

/// Longest life of an access token.
pub const LONGEST_LIFE: Duration = Duration::from_secs(limits::SAT_TTL_MAX_S);
/// A refresh token outlives the access token it came with by that much.
const REFRESH_OVERLAP_S: u64 = limits::REFRESH_TOKEN_TTL_S - limits::SAT_TTL_S;

/// The keys, the store, and where tokens send their holders.
#[derive(Clone, Debug)]
pub struct Mint {
    /// Seals and opens.
    pub keys: Arc<KeyRing>,
    /// Knows subscribers and chains of refresh tokens.
    pub store: Store,
    /// Goes into the header of every access token.
    pub issuer: Issuer,
}

/// What may be said about a new token.
#[derive(Clone, Debug, Default)]
pub struct TokenWish {
    /// When it ends, seconds since 1970; `None` is two hours from now.
    pub expires_at: Option<u64>,
    /// Special capabilities, such as `sat:refresh`.
    pub scope: Vec<String>,
    /// Thumbprint of the key it is bound to.
    pub fingerprint: Option<String>,
    /// Shown to the other party; subscribers have a name of their own.
    pub display_name: Option<String>,
    /// In place of the server's own `ch`.
    pub ch: Option<String>,
}

/// An access token, and the refresh token that goes with it where there is one.
#[derive(Debug)]
pub struct Minted {
    /// The access token.
    pub token: String,
    /// Good once, for the next pair.
    pub refresh_token: Option<String>,
    /// What the access token says.
    pub claims: SatClaims,
}

/// Why a refresh token gave nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RenewError {
    /// The token itself is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Made for another project, or by another endpoint.
    #[error("the refresh token was made for somebody else")]
    Foreign,
    /// Its subscriber or resource is gone.
    #[error("what the refresh token stands for has been deleted or disabled")]
    Gone,
    /// It was used before. Its chain has been ended.
    #[error("the refresh token was used before")]
    Spent,
    /// Its chain was ended.
    #[error("the refresh token has been revoked")]
    Revoked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the data directory could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory cannot be made.
    #[error("the data directory {path}: {source}")]
    Directory {
        /// The directory.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl Mint {
    /// Opens, or makes, the database and the keys of a data directory.
    ///
    /// # Errors
    /// When either cannot be read or made.
    pub async fn open(data: &Path, issuer: Issuer) -> Result<Self, OpenError> {
        make_private(data).map_err(|source| OpenError::Directory {
            path: data.display().to_string(),
            source,
        })?;
        let keys = Arc::new(KeyRing::open(&data.join("keys"), now_s())?);
        let store = Store::open(&data.join("offhook.db")).await?;
        Ok(Self {
            keys,
            store,
            issuer,
        })
    }

    /// A token for the subscriber with this reference, who is made if unknown and changed as the change says.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn subscriber(
        &self,
        project_id: &str,
        reference: &str,
        change: &SubscriberChange,
        wish: TokenWish,
        now_s: u64,
    ) -> Result<(Subscriber, Minted), StoreError> {
        let subscriber = self
            .store
            .upsert_subscriber(project_id, reference, change, now_s)
            .await?;
        let minted = self
            .subscriber_again(&subscriber, wish, RefreshUse::Backend, now_s)
            .await?;
        Ok((subscriber, minted))
    }

    /// A token for a subscriber who is known.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn subscriber_again(
        &self,
        subscriber: &Subscriber,
        wish: TokenWish,
        used_by: RefreshUse,
        now_s: u64,
    ) -> Result<Minted, StoreError> {
        let claims = SatClaims {
            subscriber_id: subscriber.id.clone(),
            display_name: None,
            ..claims(&subscriber.project_id, SatKind::Subscriber, &wish, now_s)
        };
        self.with_refresh(claims, wish.ch, used_by).await
    }

    /// A token for nobody in particular, for these addresses.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn guest(
        &self,
        project_id: &str,
        address_ids: Vec<String>,
        wish: TokenWish,
        now_s: u64,
    ) -> Result<Minted, StoreError> {
        let claims = SatClaims {
            allowed: Some(address_ids),
            ..claims(project_id, SatKind::Guest, &wish, now_s)
        };
        self.with_refresh(claims, wish.ch, RefreshUse::Backend)
            .await
    }

    /// A token for whoever a subscriber invites to one of its addresses. Has no refresh token, and lives as long as the inviter at most.
    pub fn invite(
        &self,
        inviter: &SatClaims,
        address_id: String,
        expires_at: Option<u64>,
        now_s: u64,
    ) -> Minted {
        let wish = TokenWish {
            expires_at,
            ..TokenWish::default()
        };
        let claims = SatClaims {
            allowed: Some(vec![address_id]),
            resource_id: Some(inviter.subscriber_id.clone()),
            ..claims(&inviter.project_id, SatKind::Invite, &wish, now_s)
        };
        Minted {
            token: self.seal(&claims, None),
            refresh_token: None,
            claims,
        }
    }

    /// A token for the visitor of a page with a call button. Has no refresh token: the page has the public one. How long it lives is
    /// the button's to say.
    pub fn embed(
        &self,
        button: &ClickToCall,
        address_id: String,
        wish: TokenWish,
        now_s: u64,
    ) -> Minted {
        let wish = TokenWish {
            expires_at: button.settings.expires_in.map(|life| now_s + life),
            ..wish
        };
        let claims = SatClaims {
            allowed: Some(vec![address_id]),
            resource_id: Some(button.id.clone()),
            ..claims(&button.project_id, SatKind::Embed, &wish, now_s)
        };
        Minted {
            token: self.seal(&claims, None),
            refresh_token: None,
            claims,
        }
    }

    /// Turns a refresh token into the next pair. The new access token says what the old one said; it lives 2 h, the new
    /// refresh token 2 h 5 min (wire-protocol.md 2.4.2).
    ///
    /// # Errors
    /// See [`RenewError`].
    pub async fn renew(
        &self,
        token: &str,
        used_by: RefreshUse,
        project_id: Option<&str>,
        now_s: u64,
    ) -> Result<Minted, RenewError> {
        let old = self.keys.open_refresh(token, now_s)?;
        if old.used_by != used_by || project_id.is_some_and(|id| id != old.claims.project_id) {
            return Err(RenewError::Foreign);
        }
        if !self.store.token_is_live(&old.claims).await? {
            return Err(RenewError::Gone);
        }
        let expires_at = now_s + limits::REFRESH_TOKEN_TTL_S;
        let generation = match self.store.rotate_refresh(&old, expires_at, now_s).await? {
            Rotation::Next(generation) => generation,
            Rotation::Spent => return Err(RenewError::Spent),
            Rotation::Revoked => return Err(RenewError::Revoked),
        };
        let claims = SatClaims {
            jti: new_jti(),
            issued_at: now_s,
            expires_at: sat::expiry(now_s, None, &old.claims.scope, old.claims.cnf_jkt.is_some()),
            ..old.claims
        };
        let next = RefreshClaims {
            family: old.family,
            generation,
            used_by,
            claims: claims.clone(),
            expires_at,
        };
        Ok(Minted {
            token: self.seal(&claims, None),
            refresh_token: Some(self.keys.seal_refresh(&next)),
            claims,
        })
    }

    /// A token bound to a key, in place of one that says the same. Its life is what was wished for, 15 minutes without a
    /// wish, `longest_s` at most; but never shorter than that of the old one (wire-protocol.md 4.4, 4.6).
    pub fn bound(
        &self,
        old: &SatClaims,
        jkt: &str,
        wished_s: Option<u64>,
        longest_s: u64,
        now_s: u64,
    ) -> (String, SatClaims) {
        let life = wished_s.unwrap_or(limits::BOUND_TTL_S);
        let expires_at = now_s + life.min(longest_s);
        let claims = SatClaims {
            jti: new_jti(),
            cnf_jkt: Some(jkt.to_owned()),
            issued_at: now_s,
            expires_at: expires_at.max(old.expires_at),
            ..old.clone()
        };
        (self.seal(&claims, None), claims)
    }

    async fn with_refresh(
        &self,
        claims: SatClaims,
        ch: Option<String>,
        used_by: RefreshUse,
    ) -> Result<Minted, StoreError> {
        let now_s = claims.issued_at;
        let expires_at =
            (now_s + limits::REFRESH_TOKEN_TTL_S).max(claims.expires_at + REFRESH_OVERLAP_S);
        let family = self
            .store
            .create_refresh_family(&claims.project_id, expires_at, now_s)
            .await?;
        let refresh = RefreshClaims {
            family,
            generation: 0,
            used_by,
            claims: claims.clone(),
            expires_at,
        };
        Ok(Minted {
            token: self.seal(&claims, ch),
            refresh_token: Some(self.keys.seal_refresh(&refresh)),
            claims,
        })
    }

    fn seal(&self, claims: &SatClaims, ch: Option<String>) -> String {
        match ch {
            None => self.keys.seal_sat(claims, &self.issuer),
            ch => self.keys.seal_sat(
                claims,
                &Issuer {
                    ch,
                    iss: self.issuer.iss.clone(),
                },
            ),
        }
    }
}

/// The database holds hashes of passwords: a new directory is its owner's alone. One that exists is as its owner made it.
fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// What every token says; its subject is a random id, as fits those who are nobody in particular.
fn claims(project_id: &str, kind: SatKind, wish: &TokenWish, now_s: u64) -> SatClaims {
    SatClaims {
        jti: new_jti(),
        project_id: project_id.to_owned(),
        subscriber_id: uuid::Uuid::new_v4().to_string(),
        kind,
        scope: wish.scope.clone(),
        cnf_jkt: wish.fingerprint.clone(),
        issued_at: now_s,
        expires_at: sat::expiry(
            now_s,
            wish.expires_at,
            &wish.scope,
            wish.fingerprint.is_some(),
        ),
        allowed: None,
        resource_id: None,
        display_name: wish.display_name.clone(),
    }
}

fn new_jti() -> String {
    uuid::Uuid::new_v4().to_string()
}
