//! Things that hang on a resource and go with it: what each holds is the REST interface's to know.

use offhook_proto::rest::{AttachmentBody, Timestamp};
use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row as _, Transaction};

use super::{Cursor, Db, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// Reads every column of [`read`].
const SELECT: &str = "SELECT a.id, a.project_id, a.resource_id, a.details, a.created_at, a.updated_at, a.name FROM attachments a WHERE ";

impl Store {
    /// Keeps a thing that hangs on a resource. `named` is the attribute that names it, and the name.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another of the kind has the name in the project.
    pub async fn attach(
        &self,
        project_id: &str,
        kind: &str,
        resource_id: &str,
        (attribute, name): (&'static str, &str),
        details: Map<String, Value>,
        now_s: u64,
    ) -> Result<AttachmentBody, StoreError> {
        let mut transaction = self.write().await?;
        let made = New {
            project_id,
            kind,
            resource_id,
            name,
            attribute,
        };
        let made = made.insert(&mut transaction, details, now_s).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Keeps what a resource holds now as its next version; `document_version` counts from 1.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn attach_version(
        &self,
        project_id: &str,
        kind: &str,
        resource_id: &str,
        mut details: Map<String, Value>,
        now_s: u64,
    ) -> Result<AttachmentBody, StoreError> {
        const NUMBER: &str = "document_version";
        let mut transaction = self.write().await?;
        let row = sqlx::query(
            "SELECT COUNT(*) + 1 FROM attachments WHERE kind = $1 AND resource_id = $2",
        )
        .bind(kind)
        .bind(resource_id)
        .fetch_one(&mut *transaction)
        .await?;
        let number: i64 = row.try_get(0)?;
        details.insert(NUMBER.to_owned(), number.into());
        let made = New {
            project_id,
            kind,
            resource_id,
            // Lists go by name: numbers of one length sort as numbers do.
            name: &format!("{resource_id}/{number:09}"),
            attribute: NUMBER,
        };
        let made = made.insert(&mut transaction, details, now_s).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// The thing of this kind and id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attachment(
        &self,
        project_id: &str,
        kind: &str,
        id: &str,
    ) -> Result<Option<AttachmentBody>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("a.project_id = ").push_bind(project_id);
        query.push(" AND a.kind = ").push_bind(kind);
        query.push(" AND a.id = ").push_bind(id);
        let row = query.build().fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// A page of the things of this kind that hang on a resource, or of all in the project, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attachments(
        &self,
        project_id: &str,
        kind: &str,
        resource_id: Option<&str>,
        page: &PageRequest,
    ) -> Result<Slice<AttachmentBody>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("a.project_id = ").push_bind(project_id);
        query.push(" AND a.kind = ").push_bind(kind);
        if let Some(resource_id) = resource_id {
            query.push(" AND a.resource_id = ").push_bind(resource_id);
        }
        page.append(&mut query, "a.name", "a.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows
            .iter()
            .map(|row| Ok::<_, StoreError>((row.try_get(6)?, read(row)?)));
        let rows: Vec<(String, AttachmentBody)> = rows.collect::<Result<_, StoreError>>()?;
        let slice = page.slice(rows, |(name, attachment)| Cursor {
            key: name.clone(),
            id: attachment.id.clone(),
        });
        Ok(slice.map(|(_, attachment)| attachment))
    }

    /// Writes a thing that has been read and changed; `None` when it is gone.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_attachment(
        &self,
        project_id: &str,
        id: &str,
        resource_id: &str,
        (attribute, name): (&'static str, &str),
        details: Map<String, Value>,
        now_s: u64,
    ) -> Result<Option<AttachmentBody>, StoreError> {
        let mut transaction = self.write().await?;
        let mut query = QueryBuilder::new("UPDATE attachments SET resource_id = ");
        query
            .push_bind(resource_id)
            .push(", name = ")
            .push_bind(name);
        query
            .push(", details = ")
            .push_bind(offhook_proto::relay::to_text(&details));
        query.push(", updated_at = ").push_bind(to_sql(now_s));
        query.push(" WHERE project_id = ").push_bind(project_id);
        query.push(" AND id = ").push_bind(id);
        query.push(" RETURNING created_at");
        let row = query
            .build()
            .fetch_optional(&mut *transaction)
            .await
            .map_err(StoreError::taken(attribute))?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(AttachmentBody {
            id: id.to_owned(),
            project_id: project_id.to_owned(),
            resource_id: resource_id.to_owned(),
            details,
            created_at: Timestamp(from_sql(row.try_get(0)?)),
            updated_at: Timestamp(now_s),
        }))
    }

    /// Forgets a thing; false when there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delete_attachment(&self, project_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let deleted = sqlx::query("DELETE FROM attachments WHERE project_id = $1 AND id = $2")
            .bind(project_id)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }
}

/// A thing about to be kept.
struct New<'a> {
    project_id: &'a str,
    kind: &'a str,
    resource_id: &'a str,
    name: &'a str,
    /// The attribute that is at fault when the name is taken.
    attribute: &'static str,
}

impl New<'_> {
    async fn insert(
        &self,
        transaction: &mut Transaction<'static, Db>,
        details: Map<String, Value>,
        now_s: u64,
    ) -> Result<AttachmentBody, StoreError> {
        let id = new_id();
        sqlx::query(
            "INSERT INTO attachments (id, project_id, resource_id, kind, name, details, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        )
        .bind(&id)
        .bind(self.project_id)
        .bind(self.resource_id)
        .bind(self.kind)
        .bind(self.name)
        .bind(offhook_proto::relay::to_text(&details))
        .bind(to_sql(now_s))
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::taken(self.attribute))?;
        Ok(AttachmentBody {
            id,
            project_id: self.project_id.to_owned(),
            resource_id: self.resource_id.to_owned(),
            details,
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
        })
    }
}

fn read(row: &Row) -> Result<AttachmentBody, StoreError> {
    let details: &str = row.try_get(3)?;
    let details = match serde_json::from_str(details) {
        Ok(details) => details,
        Err(error) => {
            return Err(StoreError::Unreadable {
                what: "attachment",
                id: row.try_get(0)?,
                reason: error.to_string(),
            });
        }
    };
    Ok(AttachmentBody {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        resource_id: row.try_get(2)?,
        details,
        created_at: Timestamp(from_sql(row.try_get(4)?)),
        updated_at: Timestamp(from_sql(row.try_get(5)?)),
    })
}
