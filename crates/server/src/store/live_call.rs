//! Legs of calls that go on: what is needed to take them up again after a restart.

use sqlx::Row as _;

use super::{Store, StoreError, to_sql};

/// Names a leg's dialog.
#[derive(Clone, Copy, Debug)]
pub struct LiveCallKey<'a> {
    /// The project.
    pub project_id: &'a str,
    /// Whose dialog it is: a subscriber's or guest's id.
    pub subscriber_id: &'a str,
    /// The dialog's id.
    pub call_id: &'a str,
}

/// A leg that an earlier life of the server held, and nobody has taken up.
#[derive(Clone, Debug)]
pub struct AbandonedCall {
    /// The project.
    pub project_id: String,
    /// Whose dialog it was.
    pub subscriber_id: String,
    /// The dialog's id.
    pub call_id: String,
    /// As it was noted.
    pub record: String,
}

impl Store {
    /// Notes a leg, or how it has changed. `run` names the life of the server that holds it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_live_call(
        &self,
        key: LiveCallKey<'_>,
        run: &str,
        record: &str,
        now_s: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO live_calls (project_id, subscriber_id, call_id, run, record, saved_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (project_id, subscriber_id, call_id) DO UPDATE SET run = $4, record = $5, saved_at = $6",
        )
        .bind(key.project_id)
        .bind(key.subscriber_id)
        .bind(key.call_id)
        .bind(run)
        .bind(record)
        .bind(to_sql(now_s))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The record of a leg that another life of the server held.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn live_call(
        &self,
        key: LiveCallKey<'_>,
        run: &str,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT record FROM live_calls WHERE project_id = $1 AND subscriber_id = $2 AND call_id = $3 AND run <> $4",
        )
        .bind(key.project_id)
        .bind(key.subscriber_id)
        .bind(key.call_id)
        .bind(run)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Forgets a leg that has ended, unless a later life of the server holds it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_live_call(
        &self,
        key: LiveCallKey<'_>,
        run: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "DELETE FROM live_calls WHERE project_id = $1 AND subscriber_id = $2 AND call_id = $3 AND run = $4",
        )
        .bind(key.project_id)
        .bind(key.subscriber_id)
        .bind(key.call_id)
        .bind(run)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What earlier lives of the server left, and nobody has taken up so far.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn left_calls(&self, run: &str) -> Result<Vec<AbandonedCall>, StoreError> {
        let rows = sqlx::query(
            "SELECT project_id, subscriber_id, call_id, record FROM live_calls WHERE run <> $1",
        )
        .bind(run)
        .fetch_all(&self.pool)
        .await?;
        let calls = rows.iter().map(abandoned);
        Ok(calls.collect::<Result<_, sqlx::Error>>()?)
    }

    /// Forgets one of them; `false`: it has been taken up meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_left_call(
        &self,
        key: LiveCallKey<'_>,
        run: &str,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "DELETE FROM live_calls WHERE project_id = $1 AND subscriber_id = $2 AND call_id = $3 AND run <> $4",
        )
        .bind(key.project_id)
        .bind(key.subscriber_id)
        .bind(key.call_id)
        .bind(run)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets what earlier lives of the server left, and gives it: nobody has come to take it up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take_abandoned_calls(&self, run: &str) -> Result<Vec<AbandonedCall>, StoreError> {
        let mut transaction = self.write().await?;
        let rows = sqlx::query(
            "SELECT project_id, subscriber_id, call_id, record FROM live_calls WHERE run <> $1",
        )
        .bind(run)
        .fetch_all(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM live_calls WHERE run <> $1")
            .bind(run)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let calls = rows.iter().map(abandoned);
        Ok(calls.collect::<Result<_, sqlx::Error>>()?)
    }

    /// Legs noted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn live_calls(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM live_calls")
            .fetch_one(&self.pool)
            .await?;
        let count: i64 = row.try_get(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn abandoned(row: &sqlx::sqlite::SqliteRow) -> Result<AbandonedCall, sqlx::Error> {
    Ok(AbandonedCall {
        project_id: row.try_get(0)?,
        subscriber_id: row.try_get(1)?,
        call_id: row.try_get(2)?,
        record: row.try_get(3)?,
    })
}
