//! Conversations: who is in them, and which somebody is in.

use aws_lc_rs::digest;
use offhook_proto::rest::Timestamp;
use sqlx::{QueryBuilder, Row as _};

use super::{Cursor, PageRequest, Row, Slice, Store, StoreError, from_sql, to_sql};

/// Somebody in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConversationMember {
    /// Whom the address leads to: a subscriber, or a resource that reads nothing. Of a guest the id.
    pub owner_id: String,
    /// Empty for guests, who have none.
    pub address_id: String,
    /// Whether it is somebody who reads.
    pub reads: bool,
}

impl ConversationMember {
    /// What tells a member from others.
    fn key(&self) -> &str {
        match self.address_id.as_str() {
            "" => &self.owner_id,
            address_id => address_id,
        }
    }
}

/// A conversation, as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Names it within its project; safe in a path.
    pub id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When the last thing was said, milliseconds since 1970; when it began if nothing was.
    pub last_ms: u64,
    /// Everybody in it.
    pub members: Vec<ConversationMember>,
}

impl Conversation {
    /// Whether that person is in it.
    pub fn includes(&self, owner_id: &str) -> bool {
        self.members
            .iter()
            .any(|member| member.reads && member.owner_id == owner_id)
    }
}

/// The id that these members' conversation has, whoever asks first: of two their ids, of more a hash of them.
pub fn conversation_id(members: &[ConversationMember]) -> String {
    let mut keys: Vec<&str> = members.iter().map(ConversationMember::key).collect();
    keys.sort_unstable();
    keys.dedup();
    match keys[..] {
        [one, other] => format!("{one}_{other}"),
        _ => {
            let hash = digest::digest(&digest::SHA256, keys.join(" ").as_bytes());
            let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
            format!("g{hex}")
        }
    }
}

impl Store {
    /// The conversation of these members, begun if there is none; gives its id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn join_conversation(
        &self,
        project_id: &str,
        members: &[ConversationMember],
        now_ms: u64,
    ) -> Result<String, StoreError> {
        let id = conversation_id(members);
        let mut transaction = self.write().await?;
        let begun = sqlx::query(
            "INSERT INTO conversations (id, project_id, created_ms, last_ms) VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&id)
        .bind(project_id)
        .bind(to_sql(now_ms))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::taken("conversation"))?
        .rows_affected();
        if begun > 0 {
            for member in members {
                sqlx::query(
                    "INSERT INTO conversation_members (project_id, conversation_id, owner_id, address_id, reads) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                )
                .bind(project_id)
                .bind(&id)
                .bind(&member.owner_id)
                .bind(&member.address_id)
                .bind(member.reads)
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// The conversation with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conversation(
        &self,
        project_id: &str,
        id: &str,
    ) -> Result<Option<Conversation>, StoreError> {
        let row = sqlx::query(
            "SELECT id, created_ms, last_ms FROM conversations WHERE project_id = $1 AND id = $2",
        )
        .bind(project_id)
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        match row {
            Some(row) => Ok(Some(self.with_members(project_id, &row).await?)),
            None => Ok(None),
        }
    }

    /// How many conversations somebody is in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_conversations(
        &self,
        project_id: &str,
        owner_id: &str,
    ) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM conversation_members WHERE project_id = $1 AND owner_id = $2",
        )
        .bind(project_id)
        .bind(owner_id)
        .fetch_one(&self.pool)
        .await?;
        Ok(from_sql(row.try_get(0)?))
    }

    /// A page of somebody's conversations, by the time of the last thing said.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conversations(
        &self,
        project_id: &str,
        owner_id: &str,
        page: &PageRequest,
    ) -> Result<Slice<Conversation>, StoreError> {
        let mut query = QueryBuilder::new(
            "SELECT c.id, c.created_ms, c.last_ms FROM conversations c WHERE c.project_id = ",
        );
        query
            .push_bind(project_id)
            .push(
                " AND EXISTS (SELECT 1 FROM conversation_members m WHERE m.project_id = c.project_id \
                 AND m.conversation_id = c.id AND m.reads AND m.owner_id = ",
            )
            .push_bind(owner_id)
            .push(")");
        page.append_by_number(&mut query, "c.last_ms", "c.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let mut conversations = Vec::with_capacity(rows.len());
        for row in &rows {
            conversations.push(self.with_members(project_id, row).await?);
        }
        Ok(page.slice(conversations, |conversation| Cursor {
            key: conversation.last_ms.to_string(),
            id: conversation.id.clone(),
        }))
    }

    async fn with_members(&self, project_id: &str, row: &Row) -> Result<Conversation, StoreError> {
        let id: String = row.try_get(0)?;
        let members = sqlx::query(
            "SELECT owner_id, address_id, reads FROM conversation_members WHERE project_id = $1 AND conversation_id = $2 \
             ORDER BY owner_id, address_id",
        )
        .bind(project_id)
        .bind(&id)
        .fetch_all(&self.pool)
        .await?;
        let members = members.iter().map(|row| {
            Ok(ConversationMember {
                owner_id: row.try_get(0)?,
                address_id: row.try_get(1)?,
                reads: row.try_get(2)?,
            })
        });
        Ok(Conversation {
            members: members.collect::<Result<_, sqlx::Error>>()?,
            id,
            created_at: Timestamp(from_sql(row.try_get(1)?) / 1000),
            last_ms: from_sql(row.try_get(2)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(owner: &str, address: &str) -> ConversationMember {
        ConversationMember {
            owner_id: owner.into(),
            address_id: address.into(),
            reads: true,
        }
    }

    #[test]
    fn the_id_is_the_same_whoever_asks_and_safe_in_a_path() {
        let (a, b, guest) = (member("x", "a"), member("y", "b"), member("g", ""));
        let two = conversation_id(&[a.clone(), b.clone()]);
        assert_eq!(two, "a_b");
        assert_eq!(two, conversation_id(&[b.clone(), a.clone(), b.clone()]));
        assert_eq!(conversation_id(&[guest.clone(), a.clone()]), "a_g");
        let three = conversation_id(&[a.clone(), b.clone(), guest.clone()]);
        assert_eq!(three, conversation_id(&[guest, b, a]));
        assert!(three.chars().all(|c| c.is_ascii_alphanumeric()), "{three}");
    }
}
