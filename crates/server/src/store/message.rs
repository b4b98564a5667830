//! What is said in conversations.

use offhook_proto::rest::{Message, MessageSubtype};
use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row as _};

use super::{Cursor, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// Reads every column of [`read`].
const SELECT: &str = "SELECT m.id, m.conversation_id, m.sent_ms, m.subtype, m.kind, m.from_address_id, m.user_name, m.text, m.details \
     FROM messages m WHERE ";

/// Something about to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Where.
    pub project_id: String,
    /// Where.
    pub conversation_id: String,
    /// Text or call.
    pub subtype: MessageSubtype,
    /// Which sort of it.
    pub kind: &'static str,
    /// Whose it is: a subscriber, or the id of a guest.
    pub from_owner_id: String,
    /// The sender's address; empty for guests.
    pub from_address_id: String,
    /// The sender's name.
    pub user_name: String,
    /// What the client calls it: the same again is the same message.
    pub client_id: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// Of a call, how it went.
    pub details: Map<String, Value>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// It is in the conversation now.
    New(Message),
    /// It had been there.
    Before(Message),
    /// There is no such conversation any more.
    Nowhere,
}

impl Store {
    /// Puts a message at the end of its conversation.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn say(&self, new: &NewMessage, now_ms: u64) -> Result<Said, StoreError> {
        let mut transaction = self.write().await?;
        let last =
            sqlx::query("SELECT last_ms FROM conversations WHERE project_id = $1 AND id = $2")
                .bind(&new.project_id)
                .bind(&new.conversation_id)
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(last) = last else {
            return Ok(Said::Nowhere);
        };
        if let Some(client_id) = &new.client_id {
            let mut query = QueryBuilder::new(SELECT);
            query.push("m.project_id = ").push_bind(&new.project_id);
            query
                .push(" AND m.conversation_id = ")
                .push_bind(&new.conversation_id);
            query
                .push(" AND m.from_owner_id = ")
                .push_bind(&new.from_owner_id);
            query.push(" AND m.client_id = ").push_bind(client_id);
            let before = query.build().fetch_optional(&mut *transaction).await?;
            if let Some(before) = before {
                return Ok(Said::Before(read(&before)?));
            }
        }
        // Clocks stand still and go back; the order of what was said does neither.
        let sent_ms = now_ms.max(from_sql(last.try_get(0)?) + 1);
        let id = new_id();
        sqlx::query(
            "INSERT INTO messages (id, project_id, conversation_id, sent_ms, subtype, kind, from_owner_id, from_address_id, user_name, \
             client_id, text, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&id)
        .bind(&new.project_id)
        .bind(&new.conversation_id)
        .bind(to_sql(sent_ms))
        .bind(new.subtype.as_str())
        .bind(new.kind)
        .bind(&new.from_owner_id)
        .bind(&new.from_address_id)
        .bind(&new.user_name)
        .bind(&new.client_id)
        .bind(&new.text)
        .bind(offhook_proto::relay::to_text(&new.details))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE conversations SET last_ms = $1 WHERE project_id = $2 AND id = $3")
            .bind(to_sql(sent_ms))
            .bind(&new.project_id)
            .bind(&new.conversation_id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let said = Written {
            id,
            group_id: new.conversation_id.clone(),
            sent_ms,
            subtype: new.subtype,
            kind: new.kind.to_owned(),
            from_address_id: new.from_address_id.clone(),
            user_name: new.user_name.clone(),
            text: new.text.clone(),
            details: new.details.clone(),
        };
        Ok(Said::New(said.into_message()))
    }

    /// A page of what was said in a conversation, by time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn messages(
        &self,
        project_id: &str,
        conversation_id: &str,
        page: &PageRequest,
    ) -> Result<Slice<Message>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("m.project_id = ").push_bind(project_id);
        query
            .push(" AND m.conversation_id = ")
            .push_bind(conversation_id);
        page.append_by_number(&mut query, "m.sent_ms", "m.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.slice(rows, |message| Cursor {
            key: message.ts.to_string(),
            id: message.id.clone(),
        }))
    }
}

/// What a row says.
struct Written {
    id: String,
    group_id: String,
    sent_ms: u64,
    subtype: MessageSubtype,
    kind: String,
    from_address_id: String,
    user_name: String,
    text: Option<String>,
    details: Map<String, Value>,
}

impl Written {
    fn into_message(self) -> Message {
        Message {
            id: self.id,
            what: "message".to_owned(),
            subtype: self.subtype,
            kind: self.kind,
            hidden: false,
            group_id: self.group_id,
            from_fabric_address_id: self.from_address_id,
            ts: self.sent_ms,
            metadata: Map::new(),
            details: self.details,
            text: self.text,
            conversation_name: self.user_name.clone(),
            user_name: self.user_name,
        }
    }
}

fn read(row: &Row) -> Result<Message, StoreError> {
    let id: String = row.try_get(0)?;
    let unreadable = |reason: String| StoreError::Unreadable {
        what: "message",
        id: id.clone(),
        reason,
    };
    let subtype: &str = row.try_get(3)?;
    let subtype = MessageSubtype::from_name(subtype)
        .ok_or_else(|| unreadable(format!("it is a {subtype}")))?;
    let details: &str = row.try_get(8)?;
    let details = serde_json::from_str(details).map_err(|error| unreadable(error.to_string()))?;
    let written = Written {
        group_id: row.try_get(1)?,
        sent_ms: from_sql(row.try_get(2)?),
        subtype,
        kind: row.try_get(4)?,
        from_address_id: row.try_get(5)?,
        user_name: row.try_get(6)?,
        text: row.try_get(7)?,
        details,
        id,
    };
    Ok(written.into_message())
}
