//! What the server remembers about itself, by name.

use sqlx::Row as _;

use super::{Store, StoreError};

impl Store {
    /// The remembered value.
    pub(crate) async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// The remembered value; where there is none, this one, which is remembered from now on. Of two processes at once both get the same.
    pub(crate) async fn setting_or(&self, name: &str, value: &str) -> Result<String, StoreError> {
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(value)
        .execute(&self.writer)
        .await?;
        let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_one(&self.writer)
            .await?;
        Ok(row.try_get(0)?)
    }

    /// Remembers a value in place of the one before.
    pub(crate) async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_remembered_first_is_what_every_process_gets() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offhook.db");
        let (a, b) = (
            Store::open(&file).await.unwrap(),
            Store::open(&file).await.unwrap(),
        );
        let (one, other) = tokio::join!(a.setting_or("key", "a"), b.setting_or("key", "b"));
        assert_eq!(one.unwrap(), other.unwrap());
        let kept = a.setting("key").await.unwrap();
        assert_eq!(b.setting_or("key", "c").await.unwrap(), kept.unwrap());
    }
}
