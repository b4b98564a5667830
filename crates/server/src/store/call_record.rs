//! Calls that have ended.

use offhook_proto::rest::{CallOutcome, CallRecord};
use sqlx::{QueryBuilder, Row as _};

use super::{Cursor, PageRequest, Row, Slice, Store, StoreError, from_sql, to_sql};

/// Which calls are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only those dialled at this millisecond or later.
    pub from_ms: Option<u64>,
    /// Only those dialled before this millisecond.
    pub until_ms: Option<u64>,
    /// Only those to this address, by its name or its id.
    pub destination: Option<String>,
    /// Only those that went so.
    pub status: Option<CallOutcome>,
}

/// A record, and the place it has in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedCall {
    /// When it was dialled.
    pub started_ms: u64,
    /// The record.
    pub record: CallRecord,
}

impl Store {
    /// Keeps the record of a call.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_call_record(
        &self,
        project_id: &str,
        record: &CallRecord,
        started_ms: u64,
        ended_ms: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO call_records (id, project_id, started_ms, ended_ms, to_number, to_address_id, status, record) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&record.id)
        .bind(project_id)
        .bind(to_sql(started_ms))
        .bind(to_sql(ended_ms))
        .bind(&record.to.number)
        .bind(record.to.address_id.as_deref().unwrap_or_default())
        .bind(record.status.as_str())
        .bind(offhook_proto::relay::to_text(record))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("id"))?;
        transaction.commit().await?;
        Ok(())
    }

    /// A page of a project's calls, by the time they were dialled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn call_records(
        &self,
        project_id: &str,
        filter: &CallFilter,
        page: &PageRequest,
    ) -> Result<Slice<ListedCall>, StoreError> {
        let mut query = QueryBuilder::new(
            "SELECT c.id, c.started_ms, c.record FROM call_records c WHERE c.project_id = ",
        );
        query.push_bind(project_id);
        if let Some(from_ms) = filter.from_ms {
            query
                .push(" AND c.started_ms >= ")
                .push_bind(to_sql(from_ms));
        }
        if let Some(until_ms) = filter.until_ms {
            query
                .push(" AND c.started_ms < ")
                .push_bind(to_sql(until_ms));
        }
        if let Some(destination) = &filter.destination {
            query.push(" AND (c.to_number = ").push_bind(destination);
            query
                .push(" OR c.to_address_id = ")
                .push_bind(destination)
                .push(")");
        }
        if let Some(status) = filter.status {
            query.push(" AND c.status = ").push_bind(status.as_str());
        }
        page.append_by_number(&mut query, "c.started_ms", "c.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let calls = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.slice(calls, |call| Cursor {
            key: call.started_ms.to_string(),
            id: call.record.id.clone(),
        }))
    }

    /// Forgets the calls that ended before; gives how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_call_records(&self, before_ms: u64) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let forgotten = sqlx::query("DELETE FROM call_records WHERE ended_ms < $1")
            .bind(to_sql(before_ms))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(forgotten)
    }
}

fn read(row: &Row) -> Result<ListedCall, StoreError> {
    let record: &str = row.try_get(2)?;
    let record = match serde_json::from_str(record) {
        Ok(record) => record,
        Err(error) => {
            return Err(StoreError::Unreadable {
                what: "call record",
                id: row.try_get(0)?,
                reason: error.to_string(),
            });
        }
    };
    Ok(ListedCall {
        started_ms: from_sql(row.try_get(1)?),
        record,
    })
}
