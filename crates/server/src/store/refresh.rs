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

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_auth::{RefreshUse, SatClaims, SatKind};

    const NOW: u64 = 1_800_000_000;
    const END: u64 = NOW + 7_500;

    async fn chain() -> (Store, RefreshClaims) {
        let store = Store::in_memory().await.unwrap();
        let (project, _) = store.create_project("P", NOW).await.unwrap();
        let family = store.create_refresh_family(&project.id, END, NOW).await;
        let claims = SatClaims {
            jti: "j".into(),
            project_id: project.id,
            subscriber_id: "s".into(),
            kind: SatKind::Subscriber,
            scope: vec![],
            cnf_jkt: None,
            issued_at: NOW,
            expires_at: END,
            allowed: None,
            resource_id: None,
            display_name: None,
        };
        let first = RefreshClaims {
            family: family.unwrap(),
            generation: 0,
            used_by: RefreshUse::Backend,
            claims,
            expires_at: END,
        };
        (store, first)
    }

    #[tokio::test]
    async fn a_lost_answer_is_given_again_within_the_grace() {
        let (store, first) = chain().await;
        for later in [0, REUSE_GRACE_S] {
            let rotated = store.rotate_refresh(&first, END, NOW + later).await;
            assert_eq!(rotated.unwrap(), Rotation::Next(1));
        }
        let second = RefreshClaims {
            generation: 1,
            ..first
        };
        let rotated = store.rotate_refresh(&second, END, NOW + REUSE_GRACE_S);
        assert_eq!(rotated.await.unwrap(), Rotation::Next(2));
    }

    #[tokio::test]
    async fn the_use_of_a_spent_token_ends_its_family() {
        let (store, first) = chain().await;
        let rotated = store.rotate_refresh(&first, END, NOW).await;
        assert_eq!(rotated.unwrap(), Rotation::Next(1));
        let late = NOW + REUSE_GRACE_S + 1;
        let stolen = store.rotate_refresh(&first, END, late).await;
        assert_eq!(stolen.unwrap(), Rotation::Spent);
        // The thief's and the owner's.
        for generation in [0, 1, 2] {
            let next = RefreshClaims {
                generation,
                ..first.clone()
            };
            let rotated = store.rotate_refresh(&next, END, late).await;
            assert_eq!(rotated.unwrap(), Rotation::Revoked, "{generation}");
        }
    }

    #[tokio::test]
    async fn one_place_further_back_is_spent_whenever_it_is_used() {
        let (store, first) = chain().await;
        for generation in [0, 1] {
            let next = RefreshClaims {
                generation,
                ..first.clone()
            };
            let rotated = store.rotate_refresh(&next, END, NOW).await;
            assert_eq!(rotated.unwrap(), Rotation::Next(generation + 1));
        }
        let stolen = store.rotate_refresh(&first, END, NOW).await;
        assert_eq!(stolen.unwrap(), Rotation::Spent);
    }
}
