//! Schema versions, applied in order, each in one transaction together with the note that it was.

use sqlx::Row as _;

use super::{Store, StoreError};

/// Append only: a version that has been released never changes.
const VERSIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_credentials.sql"),
    include_str!("migrations/0003_live_calls.sql"),
    include_str!("migrations/0004_conversations.sql"),
    include_str!("migrations/0005_call_records.sql"),
    include_str!("migrations/0006_token_deaths.sql"),
    include_str!("migrations/0007_webhooks.sql"),
    include_str!("migrations/0008_attachments.sql"),
];

pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&store.writer)
        .await?;
    loop {
        let mut transaction = store.write().await?;
        let found: i64 = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM schema_version")
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
        let known = VERSIONS.len() as i64;
        if found > known {
            return Err(StoreError::TooNew { found, known });
        }
        // Never negative: only this function writes the column, from 1 up.
        let Some(next) = VERSIONS.get(found as usize) else {
            return Ok(());
        };
        sqlx::raw_sql(*next).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(found + 1)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        tracing::info!(version = found + 1, "database schema applied");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_of_a_later_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offhook.db");
        let store = Store::open(&file).await.unwrap();
        sqlx::query("INSERT INTO schema_version (version) VALUES (999)")
            .execute(&store.pool)
            .await
            .unwrap();
        store.close().await;
        let error = Store::open(&file).await.unwrap_err();
        assert!(
            matches!(error, StoreError::TooNew { found: 999, .. }),
            "{error}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn processes_that_start_together_apply_each_version_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offhook.db");
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let file = file.clone();
                tokio::spawn(async move { Store::open(&file).await })
            })
            .collect();
        for start in starts {
            start.await.unwrap().unwrap().ping().await.unwrap();
        }
        let store = Store::open(&file).await.unwrap();
        let count: i64 = sqlx::query("SELECT COUNT(*) FROM schema_version")
            .fetch_one(&store.pool)
            .await
            .unwrap()
            .get(0);
        assert_eq!(count, VERSIONS.len() as i64);
    }
}
