//! Whatever a project owns, in one table: an envelope and the kind's own details.

use offhook_proto::rest::{
    ClickToCallBody, ConferenceRoomBody, ConferenceRoomSettings, ResourceBody, ResourceType,
    SubscriberBody, SubscriberProfile, SwmlScriptBody, Timestamp,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::{QueryBuilder, Row as _, Transaction};

use super::click_to_call::ClickToCallSettings;
use super::swml_script::SwmlScriptSettings;
use super::{Cursor, Db, PageRequest, Row, Slice, Store, StoreError, from_sql, new_id, to_sql};

/// Reads every column of [`read`].
const SELECT: &str = "SELECT r.id, r.project_id, r.kind, r.name, r.display_name, r.details, r.created_at, r.updated_at, s.reference, s.email \
     FROM resources r LEFT JOIN subscribers s ON s.id = r.id WHERE ";

/// A resource of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Names it for ever.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// Unique among those of its kind.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What its kind adds.
    pub details: ResourceDetails,
}

/// What a kind of resource adds to the envelope.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceDetails {
    /// Somebody.
    Subscriber(SubscriberDetails),
    /// A conference room.
    Room(Box<ConferenceRoomSettings>),
    /// A call button.
    ClickToCall(ClickToCallSettings),
    /// A script.
    SwmlScript(SwmlScriptSettings),
    /// Kept for another part of a telephone system.
    Kept(ResourceType, Map<String, Value>),
    /// Sends back what it hears.
    Echo,
}

/// What is known of a subscriber, save the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberDetails {
    /// What the owner's backend calls the subscriber; unique in the project.
    pub reference: String,
    /// For sign-in; in lower case.
    pub email: Option<String>,
    /// The rest.
    pub profile: SubscriberProfile,
}

impl Resource {
    /// What it is.
    pub fn kind(&self) -> ResourceType {
        match self.details {
            ResourceDetails::Subscriber(_) => ResourceType::Subscriber,
            ResourceDetails::Room(_) => ResourceType::VideoRoom,
            ResourceDetails::ClickToCall(_) => ResourceType::ClickToCall,
            ResourceDetails::SwmlScript(_) => ResourceType::SwmlScript,
            ResourceDetails::Kept(kind, _) => kind,
            ResourceDetails::Echo => ResourceType::Echo,
        }
    }

    /// As the REST interface at this origin shows it.
    pub fn into_body(self, public_url: &str) -> ResourceBody {
        let kind = self.kind();
        let (id, name, display_name) = (self.id.clone(), self.name, self.display_name.clone());
        let (mut subscriber, mut conference_room) = (None, None);
        let (mut click_to_call, mut swml_script) = (None, None);
        let mut kept = Map::new();
        match self.details {
            ResourceDetails::Subscriber(SubscriberDetails {
                reference,
                email,
                profile,
            }) => {
                subscriber = Some(SubscriberBody {
                    id,
                    reference,
                    email,
                    display_name,
                    profile,
                });
            }
            ResourceDetails::Room(settings) => {
                conference_room = Some(ConferenceRoomBody {
                    id,
                    name,
                    display_name,
                    settings: *settings,
                });
            }
            ResourceDetails::ClickToCall(ClickToCallSettings {
                destination,
                allowed_origins,
                expires_in,
                budget,
                proof_of_work,
                enabled,
            }) => {
                click_to_call = Some(ClickToCallBody {
                    id,
                    name,
                    enabled,
                    destination,
                    allowed_origins,
                    expires_in,
                    budget,
                    proof_of_work,
                    token: None,
                });
            }
            ResourceDetails::SwmlScript(SwmlScriptSettings {
                script_type,
                contents,
                status_callback_url,
            }) => {
                let path = "/api/fabric/resources/swml_scripts";
                swml_script = Some(SwmlScriptBody {
                    request_url: format!("{}{path}/{id}", public_url.trim_end_matches('/')),
                    id,
                    display_name,
                    script_type,
                    contents,
                    status_callback_method: status_callback_url.as_ref().map(|_| "POST".to_owned()),
                    status_callback_url,
                });
            }
            ResourceDetails::Kept(kind, mut values) => {
                values.insert("id".to_owned(), id.into());
                kept.insert(kind.as_str().to_owned(), Value::Object(values));
            }
            ResourceDetails::Echo => {}
        }
        ResourceBody {
            id: self.id,
            project_id: self.project_id,
            display_name: self.display_name,
            kind,
            created_at: self.created_at,
            updated_at: self.updated_at,
            subscriber,
            conference_room,
            click_to_call,
            swml_script,
            kept,
        }
    }
}

impl Store {
    /// The resource with this id, if the project has it and it is of the kind (any kind when `None`).
    ///
    /// # Errors
    /// When the database does not answer, or the row is not understood.
    pub async fn resource(
        &self,
        project_id: &str,
        kind: Option<ResourceType>,
        id: &str,
    ) -> Result<Option<Resource>, StoreError> {
        find(&self.pool, project_id, kind, id).await
    }

    /// A page of the project's resources of the kind (all kinds when `None`), sorted by name.
    ///
    /// # Errors
    /// When the database does not answer, or a row is not understood.
    pub async fn resources(
        &self,
        project_id: &str,
        kind: Option<ResourceType>,
        page: &PageRequest,
    ) -> Result<Slice<Resource>, StoreError> {
        let mut query = QueryBuilder::new(SELECT);
        query.push("r.project_id = ").push_bind(project_id);
        if let Some(kind) = kind {
            query.push(" AND r.kind = ").push_bind(kind.as_str());
        }
        page.append(&mut query, "r.name", "r.id");
        let rows = query.build().fetch_all(&self.pool).await?;
        let rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.slice(rows, |row| Cursor {
            key: row.name.clone(),
            id: row.id.clone(),
        }))
    }

    /// Deletes a resource with its addresses and embed tokens; false when the project has none of that kind and id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delete_resource(
        &self,
        project_id: &str,
        kind: Option<ResourceType>,
        id: &str,
    ) -> Result<bool, StoreError> {
        let mut query = QueryBuilder::new("DELETE FROM resources WHERE project_id = ");
        query.push_bind(project_id).push(" AND id = ").push_bind(id);
        if let Some(kind) = kind {
            query.push(" AND kind = ").push_bind(kind.as_str());
        }
        let mut transaction = self.write().await?;
        let addresses =
            sqlx::query("SELECT id FROM addresses WHERE project_id = $1 AND resource_id = $2")
                .bind(project_id)
                .bind(id)
                .fetch_all(&mut *transaction)
                .await?;
        let deleted = query.build().execute(&mut *transaction).await?;
        transaction.commit().await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
        for address in &addresses {
            self.tell_removed(project_id, address.try_get(0)?);
        }
        Ok(true)
    }
}

/// Reads one resource, perhaps inside a transaction.
pub(super) async fn find(
    executor: impl sqlx::Executor<'_, Database = Db>,
    project_id: &str,
    kind: Option<ResourceType>,
    id: &str,
) -> Result<Option<Resource>, StoreError> {
    let mut query = QueryBuilder::new(SELECT);
    query
        .push("r.project_id = ")
        .push_bind(project_id)
        .push(" AND r.id = ")
        .push_bind(id);
    if let Some(kind) = kind {
        query.push(" AND r.kind = ").push_bind(kind.as_str());
    }
    query
        .build()
        .fetch_optional(executor)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Writes the envelope and gives its id.
pub(super) async fn insert_resource(
    transaction: &mut Transaction<'static, Db>,
    project_id: &str,
    kind: ResourceType,
    name: &str,
    display_name: &str,
    details: &impl Serialize,
    now_s: u64,
) -> Result<String, sqlx::Error> {
    let id = new_id();
    sqlx::query(
        "INSERT INTO resources (id, project_id, kind, name, display_name, details, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(&id)
    .bind(project_id)
    .bind(kind.as_str())
    .bind(name)
    .bind(display_name)
    .bind(to_json(details))
    .bind(to_sql(now_s))
    .execute(&mut **transaction)
    .await?;
    Ok(id)
}

/// Writes what may change of the envelope, and says whether the resource's addresses have changed with it.
pub(super) async fn update_resource(
    transaction: &mut Transaction<'static, Db>,
    project_id: &str,
    resource: &Resource,
    details: &impl Serialize,
    now_s: u64,
) -> Result<bool, sqlx::Error> {
    sqlx::query(
        "UPDATE resources SET name = $3, display_name = $4, details = $5, updated_at = $6 WHERE project_id = $1 AND id = $2",
    )
    .bind(project_id)
    .bind(&resource.id)
    .bind(&resource.name)
    .bind(&resource.display_name)
    .bind(to_json(details))
    .bind(to_sql(now_s))
    .execute(&mut **transaction)
    .await?;
    let addresses = sqlx::query(
        "UPDATE addresses SET display_name = $2 WHERE resource_id = $1 AND display_name <> $2",
    )
    .bind(&resource.id)
    .bind(&resource.display_name)
    .execute(&mut **transaction)
    .await?;
    Ok(addresses.rows_affected() > 0)
}

fn to_json(details: &impl Serialize) -> String {
    // Details are structs with string keys: they always serialise.
    serde_json::to_string(details).expect("details are plain JSON")
}

fn read(row: &Row) -> Result<Resource, StoreError> {
    let id: String = row.try_get(0)?;
    let kind: &str = row.try_get(2)?;
    let details: &str = row.try_get(5)?;
    let unreadable = |reason: String| StoreError::Unreadable {
        what: "resource",
        id: id.clone(),
        reason,
    };
    let details = match ResourceType::from_name(kind) {
        Some(ResourceType::Subscriber) => ResourceDetails::Subscriber(SubscriberDetails {
            reference: row.try_get(8)?,
            email: row.try_get(9)?,
            profile: from_json(details).map_err(unreadable)?,
        }),
        Some(ResourceType::VideoRoom) => {
            ResourceDetails::Room(from_json(details).map_err(unreadable)?)
        }
        Some(ResourceType::ClickToCall) => {
            ResourceDetails::ClickToCall(from_json(details).map_err(unreadable)?)
        }
        Some(ResourceType::SwmlScript) => {
            ResourceDetails::SwmlScript(from_json(details).map_err(unreadable)?)
        }
        Some(ResourceType::Echo) => ResourceDetails::Echo,
        Some(kind) => ResourceDetails::Kept(kind, from_json(details).map_err(unreadable)?),
        None => return Err(unreadable(format!("kind {kind} is not known"))),
    };
    Ok(Resource {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        name: row.try_get(3)?,
        display_name: row.try_get(4)?,
        created_at: Timestamp(from_sql(row.try_get(6)?)),
        updated_at: Timestamp(from_sql(row.try_get(7)?)),
        details,
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
