//! Resources that are kept and addressed, and nothing more: what each holds is the REST interface's to know.

use offhook_proto::rest::{ResourceType, Timestamp};
use serde_json::{Map, Value};

use super::address::{NewAddress, slug};
use super::resource::{Resource, ResourceDetails, insert_resource, update_resource};
use super::{Store, StoreError};

impl Store {
    /// Keeps a resource of the kind, under the address `/public/<name>` if it has one. `named` is the attribute that names it, and
    /// the name.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name, or the address made of it, is.
    pub async fn create_kept(
        &self,
        project_id: &str,
        kind: ResourceType,
        (attribute, name): (&'static str, &str),
        addressed: bool,
        values: Map<String, Value>,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            kind,
            name,
            name,
            &values,
            now_s,
        )
        .await
        .map_err(StoreError::taken(attribute))?;
        if addressed {
            NewAddress {
                project_id,
                resource_id: &id,
                context: "public",
                slug: &slug(name),
                display_name: name,
            }
            .insert_beside_others(&mut transaction, now_s)
            .await
            .map_err(StoreError::taken(attribute))?;
        }
        transaction.commit().await?;
        Ok(Resource {
            id,
            project_id: project_id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
            details: ResourceDetails::Kept(kind, values),
        })
    }

    /// Writes a resource that has been read and changed. Its address stays.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_kept(
        &self,
        mut resource: Resource,
        attribute: &'static str,
        values: Map<String, Value>,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let kind = resource.kind();
        let project_id = resource.project_id.clone();
        let mut transaction = self.write().await?;
        update_resource(&mut transaction, &project_id, &resource, &values, now_s)
            .await
            .map_err(StoreError::taken(attribute))?;
        transaction.commit().await?;
        resource.updated_at = Timestamp(now_s);
        resource.details = ResourceDetails::Kept(kind, values);
        Ok(resource)
    }
}
