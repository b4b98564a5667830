//! What has been revoked, and what a token was bound to.

use offhook_auth::SatClaims;
use offhook_proto::limits;
use sqlx::Row as _;

use super::{Store, StoreError, to_sql};

/// Whose tokens are revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// One token, by its `jti`.
    Token(String),
    /// Every token of a subscriber and of those it invited, by the subscriber's id.
    Subscriber(String),
    /// Every token that an embed token was exchanged for, by the id of its click-to-call resource.
    Button(String),
    /// Every token of the project.
    Project(String),
}

impl Revoked {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Token(id) => ("token", id),
            Self::Subscriber(id) => ("subscriber", id),
            Self::Button(id) => ("button", id),
            Self::Project(id) => ("project", id),
        }
    }

    pub(super) fn of(kind: &str, id: String) -> Option<Self> {
        Some(match kind {
            "token" => Self::Token(id),
            "subscriber" => Self::Subscriber(id),
            "button" => Self::Button(id),
            "project" => Self::Project(id),
            _ => return None,
        })
    }

    /// Whether these claims fall under it, if they were issued in time.
    pub fn covers(&self, claims: &SatClaims) -> bool {
        match self {
            Self::Token(id) => *id == claims.jti,
            Self::Subscriber(id) => {
                *id == claims.subscriber_id || claims.resource_id.as_ref() == Some(id)
            }
            Self::Button(id) => claims.resource_id.as_ref() == Some(id),
            Self::Project(id) => *id == claims.project_id,
        }
    }
}

/// One entry of the list.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Whose.
    pub revoked: Revoked,
    /// The project.
    pub project_id: String,
    /// Tokens issued up to and in this second are dead, seconds since 1970.
    pub up_to: u64,
    /// When it was written, milliseconds since 1970.
    pub created_ms: u64,
}

impl Store {
    /// Revokes what was issued up to and in the second `now_ms` falls into.
    ///
    /// # Errors
    /// [`StoreError::NoSuchProject`], or when the database refuses.
    pub async fn revoke(
        &self,
        project_id: &str,
        revoked: &Revoked,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let now_s = now_ms / 1000;
        let (kind, id) = revoked.parts();
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM revocations WHERE expires_at < $1")
            .bind(to_sql(now_s))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO revocations (kind, id, project_id, up_to, created_ms, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (kind, id) DO UPDATE SET up_to = excluded.up_to, created_ms = excluded.created_ms, expires_at = excluded.expires_at",
        )
        .bind(kind)
        .bind(id)
        .bind(project_id)
        .bind(to_sql(now_s))
        .bind(to_sql(now_ms))
        // No token lives longer than that.
        .bind(to_sql(now_s + limits::SAT_TTL_MAX_S + limits::REFRESH_TOKEN_TTL_S))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("id"))?;
        transaction.commit().await?;
        Ok(())
    }

    /// Revocations written since then, by this process or another.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revocations_since(&self, created_ms: u64) -> Result<Vec<Revocation>, StoreError> {
        let rows = sqlx::query("SELECT kind, id, project_id, up_to, created_ms FROM revocations WHERE created_ms >= $1 ORDER BY created_ms")
            .bind(to_sql(created_ms))
            .fetch_all(&self.pool)
            .await?;
        let mut list = Vec::with_capacity(rows.len());
        for row in rows {
            let (kind, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(revoked) = Revoked::of(&kind, id) {
                list.push(Revocation {
                    revoked,
                    project_id: row.try_get(2)?,
                    up_to: super::from_sql(row.try_get(3)?),
                    created_ms: super::from_sql(row.try_get(4)?),
                });
            }
        }
        Ok(list)
    }

    /// Binds an unbound token to a key; gives the key it is bound to, which is another if that came first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn bind_token(
        &self,
        jti: &str,
        jkt: &str,
        expires_at: u64,
        now_s: u64,
    ) -> Result<String, StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM token_bindings WHERE expires_at < $1")
            .bind(to_sql(now_s))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO token_bindings (jti, jkt, expires_at) VALUES ($1, $2, $3) ON CONFLICT (jti) DO NOTHING")
            .bind(jti)
            .bind(jkt)
            .bind(to_sql(expires_at))
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query("SELECT jkt FROM token_bindings WHERE jti = $1")
            .bind(jti)
            .fetch_one(&mut *transaction)
            .await?;
        let bound = row.try_get(0)?;
        transaction.commit().await?;
        Ok(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_key_has_the_token() {
        let store = Store::in_memory().await.unwrap();
        assert_eq!(store.bind_token("t", "a", 100, 1).await.unwrap(), "a");
        assert_eq!(store.bind_token("t", "b", 100, 1).await.unwrap(), "a");
        assert_eq!(store.bind_token("u", "b", 100, 1).await.unwrap(), "b");
    }
}
