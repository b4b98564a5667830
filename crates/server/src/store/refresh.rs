//! Chains of refresh tokens: which place is in force.

use offhook_auth::RefreshClaims;
use sqlx::Row as _;

use super::{Store, StoreError, from_sql, new_id, to_sql};

/// A client whose answer was lost comes again with the token it has: within so many seconds it gets the same place of
/// the chain again. Later, a spent token is a stolen one.
const REUSE_GRACE_S: u64 = 30;

/// What became of a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The next place in the chain.
    Next(u64),
    /// It was used before, too long ago for a repetition: the chain has been ended.
    Spent,
    /// The chain was ended before, or is not known.
    Revoked,
}

impl Store {
    /// Begins a chain and gives its name. Chains that have expired are swept out on the way.
    ///
    /// # Errors
    /// [`StoreError::NoSuchProject`], or when the database refuses.
    pub async fn create_refresh_family(
        &self,
        project_id: &str,
        expires_at: u64,
        now_s: u64,
    ) -> Result<String, StoreError> {
        let id = new_id();
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM refresh_families WHERE expires_at < $1")
            .bind(to_sql(now_s))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO refresh_families (id, project_id, generation, rotated_at, expires_at, revoked) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&id)
        .bind(project_id)
        .bind(0)
        .bind(to_sql(now_s))
        .bind(to_sql(expires_at))
        .bind(false)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("id"))?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Uses a refresh token: moves its chain on by one place.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rotate_refresh(
        &self,
        claims: &RefreshClaims,
        expires_at: u64,
        now_s: u64,
    ) -> Result<Rotation, StoreError> {
        let mut transaction = self.write().await?;
        let row = sqlx::query("SELECT generation, rotated_at, revoked FROM refresh_families WHERE id = $1 AND project_id = $2")
            .bind(&claims.family)
            .bind(&claims.claims.project_id)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else {
            return Ok(Rotation::Revoked);
        };
        let (generation, rotated_at): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (generation, rotated_at, revoked) =
            (from_sql(generation), from_sql(rotated_at), row.try_get(2)?);
        if revoked {
            return Ok(Rotation::Revoked);
        }
        if generation == claims.generation + 1 && now_s <= rotated_at + REUSE_GRACE_S {
            return Ok(Rotation::Next(generation));
        }
        if generation != claims.generation {
            sqlx::query("UPDATE refresh_families SET revoked = $2 WHERE id = $1")
                .bind(&claims.family)
                .bind(true)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            return Ok(Rotation::Spent);
        }
        sqlx::query("UPDATE refresh_families SET generation = $2, rotated_at = $3, expires_at = $4 WHERE id = $1")
            .bind(&claims.family)
            .bind(to_sql(generation + 1))
            .bind(to_sql(now_s))
            .bind(to_sql(expires_at))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Rotation::Next(generation + 1))
    }
}
