//! Webhooks: where a project's events are sent.

use offhook_auth::Secret;
use offhook_proto::limits;
use offhook_proto::rest::{Timestamp, WebhookBody, WebhookError};
use sqlx::{QueryBuilder, Row as _};

use super::{Cursor, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// Reads every column of [`read`].
const SELECT: &str = "SELECT w.id, w.project_id, w.name, w.url, w.events, w.enabled, w.previous_secret IS NOT NULL, w.previous_until, w.created_at, w.updated_at, \
     w.delivered_ms, w.error_ms, w.error_status, w.error_reason, \
     (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.given_up_ms IS NULL), \
     (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.given_up_ms IS NOT NULL) \
     FROM webhooks w WHERE ";

/// What its owner says of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// For the owner; unique in the project.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Which.
    pub events: Vec<String>,
    /// Whether they are.
    pub enabled: bool,
}

/// Which events a webhook that is on wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whose it is.
    pub project_id: String,
    /// The webhook.
    pub webhook_id: String,
    /// Filters.
    pub events: Vec<String>,
}

/// What a caller wants changed of a webhook; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// For the owner.
    pub name: Option<String>,
    /// Where events are sent.
    pub url: Option<String>,
    /// Which.
    pub events: Option<Vec<String>>,
    /// Whether they are.
    pub enabled: Option<bool>,
}

impl Store {
    /// Makes a webhook.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name is, [`StoreError::Full`] when the project has as many as it may.
    pub async fn create_webhook(
        &self,
        project_id: &str,
        settings: &WebhookSettings,
        secret: &Secret,
        now_s: u64,
    ) -> Result<WebhookBody, StoreError> {
        let mut transaction = self.write().await?;
        let count: i64 = sqlx::query("SELECT COUNT(*) FROM webhooks WHERE project_id = $1")
            .bind(project_id)
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
        if from_sql(count) >= limits::WEBHOOKS {
            return Err(StoreError::Full {
                what: "webhooks",
                most: limits::WEBHOOKS,
            });
        }
        let id = new_id();
        sqlx::query(
            "INSERT INTO webhooks (id, project_id, name, url, events, enabled, secret, previous_until, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)",
        )
        .bind(&id)
        .bind(project_id)
        .bind(&settings.name)
        .bind(&settings.url)
        .bind(offhook_proto::relay::to_text(&settings.events))
        .bind(settings.enabled)
        .bind(secret.expose())
        .bind(to_sql(now_s))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("name"))?;
        transaction.commit().await?;
        Ok(WebhookBody {
            id,
            project_id: project_id.to_owned(),
            name: settings.name.clone(),
            url: settings.url.clone(),
            events: settings.events.clone(),
            enabled: settings.enabled,
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
            waiting: 0,
            dead_letters: 0,
            last_delivered_at: None,
            last_error: None,
            previous_secret_until: None,
            secret: None,
        })
    }

    /// A project's webhook, without its secret.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn webhook(
        &self,
        project_id: &str,
        id: &str,
    ) -> Result<Option<WebhookBody>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("w.project_id = ").push_bind(project_id);
        query.push(" AND w.id = ").push_bind(id);
        let row = query.build().fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// A page of a project's webhooks, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn webhooks(
        &self,
        project_id: &str,
        page: &PageRequest,
    ) -> Result<Slice<WebhookBody>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("w.project_id = ").push_bind(project_id);
        page.append(&mut query, "w.name", "w.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.slice(rows, |webhook| Cursor {
            key: webhook.name.clone(),
            id: webhook.id.clone(),
        }))
    }

    /// Changes what the change names; with another URL, or switched on, what waits is tried at once. False when there is no such webhook.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_webhook(
        &self,
        project_id: &str,
        id: &str,
        change: &WebhookChange,
        now_s: u64,
    ) -> Result<bool, StoreError> {
        let events = change.events.as_ref();
        let mut transaction = self.write().await?;
        let changed = sqlx::query(
            "UPDATE webhooks SET name = COALESCE($3, name), url = COALESCE($4, url), events = COALESCE($5, events), \
             enabled = COALESCE($6, enabled), updated_at = $7 WHERE project_id = $1 AND id = $2",
        )
        .bind(project_id)
        .bind(id)
        .bind(change.name.as_deref())
        .bind(change.url.as_deref())
        .bind(events.map(offhook_proto::relay::to_text))
        .bind(change.enabled)
        .bind(to_sql(now_s))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("name"))?
        .rows_affected();
        if changed > 0 && (change.url.is_some() || change.enabled == Some(true)) {
            // Whoever has mended the receiver does not want to wait for it.
            sqlx::query("UPDATE webhook_deliveries SET next_ms = 0 WHERE webhook_id = $1 AND given_up_ms IS NULL")
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(changed > 0)
    }

    /// Gives a webhook another secret; the one it had signs too until `overlap_until`. False when there is no such webhook.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rotate_webhook_secret(
        &self,
        project_id: &str,
        id: &str,
        secret: &Secret,
        overlap_until: u64,
        now_s: u64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let changed = sqlx::query(
            "UPDATE webhooks SET previous_secret = CASE WHEN $6 THEN secret ELSE NULL END, previous_until = $3, secret = $4, updated_at = $5 \
             WHERE project_id = $1 AND id = $2",
        )
        .bind(project_id)
        .bind(id)
        .bind(to_sql(overlap_until))
        .bind(secret.expose())
        .bind(to_sql(now_s))
        .bind(overlap_until > now_s)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(changed > 0)
    }

    /// Deletes a webhook with everything that waits for it; false when there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delete_webhook(&self, project_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let deleted = sqlx::query("DELETE FROM webhooks WHERE project_id = $1 AND id = $2")
            .bind(project_id)
            .bind(id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(deleted > 0)
    }

    /// Every webhook that is on, of every project.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let rows = sqlx::query("SELECT id, project_id, events FROM webhooks WHERE enabled = TRUE")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Subscription {
                    webhook_id: row.try_get(0)?,
                    project_id: row.try_get(1)?,
                    events: filters(row, 0, 2)?,
                })
            })
            .collect()
    }
}

fn filters(row: &Row, id: usize, column: usize) -> Result<Vec<String>, StoreError> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        what: "webhook",
        id: row.try_get(id).unwrap_or_default(),
        reason: error.to_string(),
    })
}

fn read(row: &Row) -> Result<WebhookBody, StoreError> {
    let number = |column: usize| Ok::<_, sqlx::Error>(from_sql(row.try_get(column)?));
    let time = |column: usize| {
        let ms: Option<i64> = row.try_get(column)?;
        Ok::<_, sqlx::Error>(ms.map(|ms| Timestamp(from_sql(ms) / 1000)))
    };
    let status: Option<i64> = row.try_get(12)?;
    let has_previous: bool = row.try_get(6)?;
    let previous_until = number(7)?;
    let last_error = match time(11)? {
        Some(at) => Some(WebhookError {
            at,
            status: status.and_then(|status| u16::try_from(status).ok()),
            reason: row.try_get::<Option<String>, _>(13)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(WebhookBody {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        name: row.try_get(2)?,
        url: row.try_get(3)?,
        events: filters(row, 0, 4)?,
        enabled: row.try_get(5)?,
        created_at: Timestamp(number(8)?),
        updated_at: Timestamp(number(9)?),
        waiting: number(14)?,
        dead_letters: number(15)?,
        last_delivered_at: time(10)?,
        last_error,
        previous_secret_until: has_previous
            .then_some(Timestamp(previous_until))
            .filter(|until| until.0 > crate::clock::now_s()),
        secret: None,
    })
}
