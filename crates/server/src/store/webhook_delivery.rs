//! What waits to be delivered to webhooks, and what was given up.
//!
//! Deliveries of one webhook are taken in the order of their `position`, which whoever writes them makes grow.

use std::collections::HashMap;

use offhook_auth::Secret;
use offhook_proto::limits;
use offhook_proto::rest::{DeadLetterBody, Timestamp};
use sqlx::{QueryBuilder, Row as _, Transaction};

use super::{Cursor, Db, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// The reason of a delivery that found too many others waiting.
const NO_ROOM: &str = "too many deliveries were waiting";

/// An event for some webhooks.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Which; those that are gone by then are left out.
    pub webhook_ids: Vec<String>,
    /// The event.
    pub event_id: String,
    /// Its name.
    pub kind: &'static str,
    /// When it happened.
    pub created_ms: u64,
    /// As it will be sent.
    pub body: String,
}

/// The delivery whose turn it is.
#[derive(Clone, Debug)]
pub struct NextDelivery {
    /// Names it.
    pub id: String,
    /// The event.
    pub event_id: String,
    /// Its name.
    pub kind: String,
    /// What its age is counted from.
    pub since_ms: u64,
    /// As it will be sent.
    pub body: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Not before.
    pub next_ms: u64,
    /// Where.
    pub url: String,
    /// What it is signed with: one secret, or two while they change.
    pub secrets: Vec<Secret>,
}

/// What a webhook has to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// There is no such webhook.
    Gone,
    /// Nothing waits, or it is off.
    Nothing,
    /// This comes next.
    Next(Box<NextDelivery>),
}

/// An attempt that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// The delivery.
    pub id: &'a str,
    /// Attempts, this one included.
    pub attempts: u32,
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// In words.
    pub reason: &'a str,
    /// Not again before; `None`: it is given up.
    pub next_ms: Option<u64>,
}

impl Store {
    /// Notes deliveries in this order, the first at `position`; gives the first free position.
    ///
    /// # Errors
    /// When the database refuses; nothing has been noted then.
    pub async fn add_deliveries(
        &self,
        deliveries: &[NewDelivery],
        mut position: u64,
        now_ms: u64,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let mut waiting = HashMap::new();
        for delivery in deliveries {
            for webhook_id in &delivery.webhook_ids {
                if !waiting.contains_key(webhook_id) {
                    let count = count_waiting(&mut transaction, webhook_id).await?;
                    waiting.insert(webhook_id, count);
                }
                let Some(Some(waiting)) = waiting.get_mut(webhook_id) else {
                    continue;
                };
                let full = *waiting >= limits::WEBHOOK_WAITING;
                if !full {
                    *waiting += 1;
                }
                sqlx::query(
                    "INSERT INTO webhook_deliveries (id, webhook_id, position, event_id, kind, created_ms, since_ms, body, attempts, next_ms, \
                     given_up_ms, reason) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 0, 0, $8, $9)",
                )
                .bind(new_id())
                .bind(webhook_id)
                .bind(to_sql(position))
                .bind(&delivery.event_id)
                .bind(delivery.kind)
                .bind(to_sql(delivery.created_ms))
                .bind(&delivery.body)
                .bind(full.then_some(to_sql(now_ms)))
                .bind(full.then_some(NO_ROOM))
                .execute(&mut *transaction)
                .await?;
                position += 1;
                if full {
                    bound_dead_letters(&mut transaction, webhook_id).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(position)
    }

    /// The first position that is free.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn free_position(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COALESCE(MAX(position), 0) + 1 FROM webhook_deliveries")
            .fetch_one(&self.pool)
            .await?;
        Ok(from_sql(row.try_get(0)?))
    }

    /// Deliveries that wait, of all webhooks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliveries_waiting(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) FROM webhook_deliveries WHERE given_up_ms IS NULL")
            .fetch_one(&self.pool)
            .await?;
        Ok(from_sql(row.try_get(0)?))
    }

    /// Webhooks for which something waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn webhooks_with_work(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT webhook_id FROM webhook_deliveries WHERE given_up_ms IS NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        let ids = rows.iter().map(|row| row.try_get(0));
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// What a webhook has to do next.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn webhook_work(&self, webhook_id: &str, now_s: u64) -> Result<Work, StoreError> {
        let row = sqlx::query(
            "SELECT w.enabled, w.url, w.secret, w.previous_secret, w.previous_until, d.id, d.event_id, d.kind, d.since_ms, d.body, d.attempts, d.next_ms \
             FROM webhooks w LEFT JOIN webhook_deliveries d ON d.webhook_id = w.id AND d.given_up_ms IS NULL \
             WHERE w.id = $1 ORDER BY d.position LIMIT 1",
        )
        .bind(webhook_id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else {
            return Ok(Work::Gone);
        };
        let (enabled, id): (bool, Option<String>) = (row.try_get(0)?, row.try_get(5)?);
        let (true, Some(id)) = (enabled, id) else {
            return Ok(Work::Nothing);
        };
        let mut secrets = vec![Secret::new(row.try_get(2)?)];
        let previous: Option<String> = row.try_get(3)?;
        if from_sql(row.try_get(4)?) > now_s {
            secrets.extend(previous.map(Secret::new));
        }
        Ok(Work::Next(Box::new(NextDelivery {
            id,
            event_id: row.try_get(6)?,
            kind: row.try_get(7)?,
            since_ms: from_sql(row.try_get(8)?),
            body: row.try_get(9)?,
            attempts: u32::try_from(row.try_get::<i64, _>(10)?).unwrap_or(u32::MAX),
            next_ms: from_sql(row.try_get(11)?),
            url: row.try_get(1)?,
            secrets,
        })))
    }

    /// A delivery has been taken: it is forgotten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delivery_taken(
        &self,
        webhook_id: &str,
        id: &str,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM webhook_deliveries WHERE id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE webhooks SET delivered_ms = $2, error_ms = NULL, error_status = NULL, error_reason = NULL WHERE id = $1",
        )
        .bind(webhook_id)
        .bind(to_sql(now_ms))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// An attempt has failed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delivery_failed(
        &self,
        webhook_id: &str,
        attempt: FailedAttempt<'_>,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let status = attempt.status.map(i64::from);
        sqlx::query(
            "UPDATE webhook_deliveries SET attempts = $2, next_ms = $3, given_up_ms = $4, status = $5, reason = $6 WHERE id = $1",
        )
        .bind(attempt.id)
        .bind(i64::from(attempt.attempts))
        .bind(to_sql(attempt.next_ms.unwrap_or(0)))
        .bind(attempt.next_ms.is_none().then_some(to_sql(now_ms)))
        .bind(status)
        .bind(attempt.reason)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE webhooks SET error_ms = $2, error_status = $3, error_reason = $4 WHERE id = $1",
        )
        .bind(webhook_id)
        .bind(to_sql(now_ms))
        .bind(status)
        .bind(attempt.reason)
        .execute(&mut *transaction)
        .await?;
        if attempt.next_ms.is_none() {
            bound_dead_letters(&mut transaction, webhook_id).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A page of what was given up for a webhook, by the time it was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn dead_letters(
        &self,
        webhook_id: &str,
        page: &PageRequest,
    ) -> Result<Slice<DeadLetterBody>, StoreError> {
        let mut query = QueryBuilder::new(
            "SELECT d.id, d.event_id, d.kind, d.created_ms, d.given_up_ms, d.attempts, d.status, d.reason, d.body, d.position \
             FROM webhook_deliveries d WHERE d.given_up_ms IS NOT NULL AND d.webhook_id = ",
        );
        query.push_bind(webhook_id);
        page.append_by_number(&mut query, "d.position", "d.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let slice = page.slice(rows, |(position, letter)| Cursor {
            key: position.to_string(),
            id: letter.id.clone(),
        });
        Ok(slice.map(|(_, letter)| letter))
    }

    /// Lets what was given up for a webhook wait again, in the order it happened, behind what waits: one delivery, or with `None` all.
    /// Gives how many, as many as there is room for, and the first free position.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn redeliver(
        &self,
        webhook_id: &str,
        id: Option<&str>,
        mut position: u64,
        now_ms: u64,
    ) -> Result<(u64, u64), StoreError> {
        let mut transaction = self.write().await?;
        let waiting: i64 = sqlx::query(
            "SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = $1 AND given_up_ms IS NULL",
        )
        .bind(webhook_id)
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
        let room = limits::WEBHOOK_WAITING.saturating_sub(from_sql(waiting));
        let mut query = QueryBuilder::new(
            "SELECT id FROM webhook_deliveries WHERE given_up_ms IS NOT NULL AND webhook_id = ",
        );
        query.push_bind(webhook_id);
        if let Some(id) = id {
            query.push(" AND id = ").push_bind(id);
        }
        query
            .push(" ORDER BY position LIMIT ")
            .push_bind(to_sql(room));
        let rows = query.build().fetch_all(&mut *transaction).await?;
        for row in &rows {
            let id: &str = row.try_get(0)?;
            sqlx::query(
                "UPDATE webhook_deliveries SET given_up_ms = NULL, attempts = 0, next_ms = 0, position = $2, since_ms = $3, status = NULL, reason = NULL \
                 WHERE id = $1",
            )
            .bind(id)
            .bind(to_sql(position))
            .bind(to_sql(now_ms))
            .execute(&mut *transaction)
            .await?;
            position += 1;
        }
        transaction.commit().await?;
        Ok((rows.len() as u64, position))
    }

    /// Forgets what was given up: one delivery, or with `None` all of the webhook. Gives how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_dead_letters(
        &self,
        webhook_id: &str,
        id: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut query = QueryBuilder::new(
            "DELETE FROM webhook_deliveries WHERE given_up_ms IS NOT NULL AND webhook_id = ",
        );
        query.push_bind(webhook_id);
        if let Some(id) = id {
            query.push(" AND id = ").push_bind(id);
        }
        let mut transaction = self.write().await?;
        let forgotten = query.build().execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(forgotten.rows_affected())
    }

    /// Forgets what was given up before; gives how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_old_dead_letters(&self, before_ms: u64) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let forgotten = sqlx::query("DELETE FROM webhook_deliveries WHERE given_up_ms < $1")
            .bind(to_sql(before_ms))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(forgotten.rows_affected())
    }
}

/// How many deliveries of a webhook wait; `None` when there is no such webhook.
async fn count_waiting(
    transaction: &mut Transaction<'static, Db>,
    webhook_id: &str,
) -> Result<Option<u64>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.given_up_ms IS NULL) \
         FROM webhooks w WHERE w.id = $1",
    )
    .bind(webhook_id)
    .fetch_optional(&mut **transaction)
    .await?;
    row.map(|row| row.try_get(0).map(from_sql)).transpose()
}

/// The oldest dead letters go when there are too many.
async fn bound_dead_letters(
    transaction: &mut Transaction<'static, Db>,
    webhook_id: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND given_up_ms IS NOT NULL \
         ORDER BY position DESC LIMIT 1000000 OFFSET $2)",
    )
    .bind(webhook_id)
    .bind(to_sql(limits::WEBHOOK_DEAD_LETTERS))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<(u64, DeadLetterBody), StoreError> {
    let number = |column: usize| Ok::<_, sqlx::Error>(from_sql(row.try_get(column)?));
    let body: &str = row.try_get(8)?;
    let status: Option<i64> = row.try_get(6)?;
    let letter = DeadLetterBody {
        id: row.try_get(0)?,
        event_id: row.try_get(1)?,
        kind: row.try_get(2)?,
        created_at: Timestamp(number(3)? / 1000),
        given_up_at: Timestamp(number(4)? / 1000),
        attempts: u32::try_from(number(5)?).unwrap_or(u32::MAX),
        status: status.and_then(|status| u16::try_from(status).ok()),
        reason: row.try_get::<Option<String>, _>(7)?.unwrap_or_default(),
        // Written by us: it is JSON.
        payload: serde_json::from_str(body).unwrap_or_default(),
    };
    Ok((number(9)?, letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::WebhookSettings;

    fn event(webhook_id: &str, event_id: usize) -> NewDelivery {
        NewDelivery {
            webhook_ids: vec![webhook_id.to_owned(), "gone".to_owned()],
            event_id: event_id.to_string(),
            kind: "call.ended",
            created_ms: 1,
            body: "{}".to_owned(),
        }
    }

    async fn webhook(store: &Store) -> String {
        let (project, _) = store.create_project("test", 1).await.unwrap();
        let settings = WebhookSettings {
            name: "hook".to_owned(),
            url: "https://example.com/".to_owned(),
            events: vec!["*".to_owned()],
            enabled: true,
        };
        let secret = Secret::from("whsec_x");
        let made = store.create_webhook(&project.id, &settings, &secret, 1);
        made.await.unwrap().id
    }

    async fn next(store: &Store, id: &str) -> Option<NextDelivery> {
        match store.webhook_work(id, 1).await.unwrap() {
            Work::Next(delivery) => Some(*delivery),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_waits_and_what_was_given_up_are_bounded() {
        let store = Store::in_memory().await.unwrap();
        let id = webhook(&store).await;
        let most = usize::try_from(limits::WEBHOOK_WAITING).unwrap();
        let kept = usize::try_from(limits::WEBHOOK_DEAD_LETTERS).unwrap();
        let events: Vec<_> = (0..most + 2 * kept).map(|n| event(&id, n)).collect();
        let free = store.add_deliveries(&events[..most], 1, 5).await.unwrap();
        // In few transactions: the bound holds within one as well.
        for chunk in events[most..].chunks(500) {
            store.add_deliveries(chunk, free, 5).await.unwrap();
        }
        assert_eq!(
            store.deliveries_waiting().await.unwrap(),
            limits::WEBHOOK_WAITING
        );
        let page = PageRequest {
            size: most,
            ..PageRequest::default()
        };
        let letters = store.dead_letters(&id, &page).await.unwrap().items;
        assert_eq!(letters.len(), kept);
        assert_eq!(letters[0].reason, NO_ROOM);
        // There is no room for any of them.
        let (count, _) = store.redeliver(&id, None, 1, 9).await.unwrap();
        assert_eq!(count, 0);
    }

    #[tokio::test]
    async fn deliveries_are_taken_in_order_and_what_is_given_up_goes_behind() {
        let store = Store::in_memory().await.unwrap();
        let id = webhook(&store).await;
        let events: Vec<_> = (0..3).map(|n| event(&id, n)).collect();
        let free = store.add_deliveries(&events, 1, 5).await.unwrap();
        assert_eq!(free, 4);
        let first = next(&store, &id).await.unwrap();
        let attempt = |next_ms| FailedAttempt {
            id: &first.id,
            attempts: 1,
            status: Some(500),
            reason: "no",
            next_ms,
        };
        store
            .delivery_failed(&id, attempt(Some(77)), 10)
            .await
            .unwrap();
        let again = next(&store, &id).await.unwrap();
        assert_eq!(
            (again.id.as_str(), again.attempts, again.next_ms),
            (first.id.as_str(), 1, 77)
        );
        store.delivery_failed(&id, attempt(None), 20).await.unwrap();
        let (count, _) = store
            .redeliver(&id, Some(&first.id), free, 30)
            .await
            .unwrap();
        assert_eq!(count, 1);
        let mut order = Vec::new();
        while let Some(delivery) = next(&store, &id).await {
            order.push((delivery.event_id.clone(), delivery.attempts));
            store.delivery_taken(&id, &delivery.id, 40).await.unwrap();
        }
        let expected = [("1", 0), ("2", 0), ("0", 0)].map(|(id, n)| (id.to_owned(), n));
        assert_eq!(order, expected);
    }
}
