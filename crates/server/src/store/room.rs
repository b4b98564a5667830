//! Conference rooms.

use offhook_proto::rest::{ConferenceRoomSettings, ResourceType};

use super::address::{NewAddress, slug};
use super::resource::{Resource, ResourceDetails, insert_resource, update_resource};
use super::{Store, StoreError};

/// A conference room.
#[derive(Clone, Debug, PartialEq)]
pub struct ConferenceRoom {
    /// Names the room.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// Unique in the project.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// How it behaves.
    pub settings: ConferenceRoomSettings,
}

impl ConferenceRoom {
    /// Most members at once: the room's own limit, or the server's.
    pub fn max_members(&self) -> usize {
        match self.settings.max_members {
            None | Some(0) => offhook_proto::limits::ROOM_MEMBERS,
            Some(limit) => limit as usize,
        }
    }

    /// Whether somebody may join at that time (seconds since 1970).
    pub fn is_open(&self, now_s: u64) -> bool {
        self.settings.join_from.is_none_or(|from| from.0 <= now_s)
            && self.settings.join_until.is_none_or(|until| now_s < until.0)
    }
}

impl From<Resource> for Option<ConferenceRoom> {
    fn from(resource: Resource) -> Self {
        let Resource {
            id,
            project_id,
            name,
            display_name,
            details,
            ..
        } = resource;
        match details {
            ResourceDetails::Room(settings) => Some(ConferenceRoom {
                id,
                project_id,
                name,
                display_name,
                settings: *settings,
            }),
            _ => None,
        }
    }
}

impl Store {
    /// The room with this resource id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conference_room(
        &self,
        project_id: &str,
        id: &str,
    ) -> Result<Option<ConferenceRoom>, StoreError> {
        Ok(self
            .resource(project_id, Some(ResourceType::VideoRoom), id)
            .await?
            .and_then(Into::into))
    }

    /// Makes a room with the address `/public/<name>`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name, or the address made of it, is.
    pub async fn create_conference_room(
        &self,
        project_id: &str,
        name: &str,
        display_name: &str,
        settings: &ConferenceRoomSettings,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            ResourceType::VideoRoom,
            name,
            display_name,
            settings,
            now_s,
        )
        .await
        .map_err(StoreError::taken("name"))?;
        let slug = slug(name);
        NewAddress {
            project_id,
            resource_id: &id,
            context: "public",
            slug: &slug,
            display_name,
        }
        .insert(&mut transaction, now_s)
        .await
        .map_err(StoreError::taken("name"))?;
        transaction.commit().await?;
        self.tell_changed(project_id, &id);
        let now = offhook_proto::rest::Timestamp(now_s);
        Ok(Resource {
            id,
            project_id: project_id.to_owned(),
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            created_at: now,
            updated_at: now,
            details: ResourceDetails::Room(Box::new(settings.clone())),
        })
    }

    /// Writes a room that has been read and changed. Its name is its address and stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn update_conference_room(
        &self,
        mut resource: Resource,
        settings: ConferenceRoomSettings,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let mut transaction = self.write().await?;
        let renamed = update_resource(
            &mut transaction,
            &resource.project_id.clone(),
            &resource,
            &settings,
            now_s,
        )
        .await?;
        transaction.commit().await?;
        if renamed {
            self.tell_changed(&resource.project_id, &resource.id);
        }
        resource.updated_at = offhook_proto::rest::Timestamp(now_s);
        resource.details = ResourceDetails::Room(Box::new(settings));
        Ok(resource)
    }
}
