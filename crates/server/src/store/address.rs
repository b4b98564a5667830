//! The directory: what can be dialled, and what is behind it.

use offhook_proto::rest::{self, AddressType, Channels, ResourceType, Timestamp};
use sqlx::{QueryBuilder, Row as _, Transaction};

use super::{Cursor, Db, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// Reads every column of [`read`].
const SELECT: &str = "SELECT a.id, a.project_id, a.resource_id, a.name, a.display_name, a.locked, a.created_at, r.kind \
     FROM addresses a JOIN resources r ON r.id = a.resource_id WHERE ";

/// Something that can be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Names it for ever.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// The resource it leads to.
    pub resource_id: String,
    /// The context path, such as `/public/lobby`.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// Calls to it are refused.
    pub locked: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// What is behind it.
    pub kind: AddressKind,
}

/// What is behind an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// Somebody: every session of theirs that is online rings.
    Subscriber {
        /// Who.
        subscriber_id: String,
    },
    /// A conference room.
    Room {
        /// Which.
        resource_id: String,
    },
    /// Sends back what it hears.
    Echo,
    /// A script or another program, which nothing runs yet.
    Script,
}

/// Which addresses of a project are listed.
#[derive(Clone, Debug, Default)]
pub struct AddressFilter {
    /// Only these ids; `None` is all of the project.
    pub ids: Option<Vec<String>>,
    /// Only those with this context path, or this last part of it.
    pub name: Option<String>,
    /// Only those of this resource.
    pub resource_id: Option<String>,
    /// What they are sorted by.
    pub sort: AddressSort,
}

/// What a list of addresses is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressSort {
    /// The context path.
    #[default]
    Name,
    /// What people read.
    DisplayName,
}

impl Address {
    /// As the REST interface shows it.
    pub fn into_body(self) -> rest::Address {
        let channel = |kind: &str| Some(format!("{}?channel={kind}", self.name));
        let (kind, channels) = match self.kind {
            AddressKind::Subscriber { .. } => (
                AddressType::Subscriber,
                Channels {
                    audio: channel("audio"),
                    video: channel("video"),
                    messaging: channel("messaging"),
                },
            ),
            AddressKind::Room { .. } => (
                AddressType::Room,
                Channels {
                    audio: channel("audio"),
                    video: channel("video"),
                    messaging: None,
                },
            ),
            AddressKind::Echo | AddressKind::Script => (
                AddressType::App,
                Channels {
                    audio: channel("audio"),
                    ..Channels::default()
                },
            ),
        };
        rest::Address {
            id: self.id,
            display_name: self.display_name,
            name: self.name,
            preview_url: None,
            cover_url: None,
            resource_id: self.resource_id,
            kind,
            locked: self.locked,
            created_at: self.created_at,
            channels,
        }
    }
}

impl Store {
    /// What a dial string names: a context path such as `/public/lobby`, or its last part alone, where the public one
    /// comes before the private one. The query string must have been cut off.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resolve_address(
        &self,
        project_id: &str,
        name: &str,
    ) -> Result<Option<Address>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("a.project_id = ").push_bind(project_id);
        push_name(&mut query, name);
        // "/public/x" sorts behind "/private/x".
        query.push(" ORDER BY a.name DESC LIMIT 1");
        query
            .build()
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// The address with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn address(&self, project_id: &str, id: &str) -> Result<Option<Address>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query
            .push("a.project_id = ")
            .push_bind(project_id)
            .push(" AND a.id = ")
            .push_bind(id);
        query
            .build()
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(read)
            .transpose()
    }

    /// The subscriber's own addresses, the oldest, which is the sending one, first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn addresses_of_subscriber(
        &self,
        project_id: &str,
        subscriber_id: &str,
    ) -> Result<Vec<Address>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query
            .push("a.project_id = ")
            .push_bind(project_id)
            .push(" AND a.resource_id = ")
            .push_bind(subscriber_id);
        query.push(" ORDER BY a.created_at, a.id");
        query
            .build()
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// A page of the directory.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn addresses(
        &self,
        project_id: &str,
        filter: &AddressFilter,
        page: &PageRequest,
    ) -> Result<Slice<Address>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("a.project_id = ").push_bind(project_id);
        if let Some(ids) = &filter.ids {
            query.push(" AND a.id IN (NULL");
            for id in ids {
                query.push(", ").push_bind(id);
            }
            query.push(")");
        }
        if let Some(name) = &filter.name {
            push_name(&mut query, name);
        }
        if let Some(resource_id) = &filter.resource_id {
            query.push(" AND a.resource_id = ").push_bind(resource_id);
        }
        let column = match filter.sort {
            AddressSort::Name => "a.name",
            AddressSort::DisplayName => "a.display_name",
        };
        page.append(&mut query, column, "a.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.slice(rows, |row| {
            let key = match filter.sort {
                AddressSort::Name => &row.name,
                AddressSort::DisplayName => &row.display_name,
            };
            Cursor {
                key: key.clone(),
                id: row.id.clone(),
            }
        }))
    }
}

fn push_name(query: &mut QueryBuilder<Db>, name: &str) {
    let column = if name.starts_with('/') {
        " AND a.name = "
    } else {
        " AND a.slug = "
    };
    query.push(column).push_bind(name.to_owned());
}

/// An address about to be made.
pub(super) struct NewAddress<'a> {
    pub(super) project_id: &'a str,
    pub(super) resource_id: &'a str,
    /// First part of the name: `public` or `private`.
    pub(super) context: &'static str,
    /// Last part of the name.
    pub(super) slug: &'a str,
    pub(super) display_name: &'a str,
}

impl NewAddress<'_> {
    pub(super) async fn insert(
        &self,
        transaction: &mut Transaction<'static, Db>,
        now_s: u64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO addresses (id, project_id, resource_id, name, slug, display_name, locked, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(new_id())
        .bind(self.project_id)
        .bind(self.resource_id)
        .bind(format!("/{}/{}", self.context, self.slug))
        .bind(self.slug)
        .bind(self.display_name)
        .bind(false)
        .bind(to_sql(now_s))
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// Like [`insert`](Self::insert), but when the name is taken tries `slug-2`, `slug-3` and so on.
    pub(super) async fn insert_beside_others(
        &self,
        transaction: &mut Transaction<'static, Db>,
        now_s: u64,
    ) -> Result<(), sqlx::Error> {
        let mut slug = self.slug.to_owned();
        for number in 2.. {
            let name = format!("/{}/{slug}", self.context);
            let taken = sqlx::query("SELECT 1 FROM addresses WHERE project_id = $1 AND name = $2")
                .bind(self.project_id)
                .bind(name)
                .fetch_optional(&mut **transaction)
                .await?;
            if taken.is_none() {
                break;
            }
            slug = format!("{}-{number}", self.slug);
        }
        NewAddress {
            slug: &slug,
            ..*self
        }
        .insert(transaction, now_s)
        .await
    }
}

/// The part of a context path that a name becomes: letters, digits, `-`, `_`, `.` and `~`, everything else a hyphen.
pub(super) fn slug(name: &str) -> String {
    let slug: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~') {
                c
            } else {
                '-'
            }
        })
        .collect();
    let trimmed = slug.trim_matches('-');
    if trimmed.is_empty() {
        "unnamed".to_owned()
    } else {
        trimmed.to_owned()
    }
}

fn read(row: &Row) -> Result<Address, StoreError> {
    let resource_id: String = row.try_get(2)?;
    let kind: &str = row.try_get(7)?;
    let kind = match ResourceType::from_name(kind) {
        Some(ResourceType::Subscriber) => AddressKind::Subscriber {
            subscriber_id: resource_id.clone(),
        },
        Some(ResourceType::VideoRoom) => AddressKind::Room {
            resource_id: resource_id.clone(),
        },
        Some(ResourceType::Echo) => AddressKind::Echo,
        Some(ResourceType::ClickToCall) | None => {
            let reason = format!("it leads to a resource of kind {kind}");
            return Err(StoreError::Unreadable {
                what: "address",
                id: row.try_get(0)?,
                reason,
            });
        }
        Some(_) => AddressKind::Script,
    };
    Ok(Address {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        resource_id,
        name: row.try_get(3)?,
        display_name: row.try_get(4)?,
        locked: row.try_get(5)?,
        created_at: Timestamp(from_sql(row.try_get(6)?)),
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_safe_in_a_path() {
        for (name, expected) in [
            ("lobby", "lobby"),
            ("Sales Room", "Sales-Room"),
            ("/etc/passwd", "etc-passwd"),
            ("a?b=c#d", "a-b-c-d"),
            ("été", "t"),
            ("日本", "unnamed"),
            ("", "unnamed"),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
