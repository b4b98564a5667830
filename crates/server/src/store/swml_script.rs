//! Scripts: kept, listed and addressed. Nothing runs them yet.

use offhook_proto::rest::{ResourceType, ScriptType, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::address::{NewAddress, slug};
use super::resource::{Resource, ResourceDetails, insert_resource, update_resource};
use super::{Store, StoreError};

/// What a script is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwmlScriptSettings {
    /// What it is for.
    pub script_type: ScriptType,
    /// The document.
    pub contents: Map<String, Value>,
    /// Who wants to hear what becomes of its calls.
    #[serde(default)]
    pub status_callback_url: Option<String>,
}

impl Store {
    /// Keeps a script under the address `/public/<name>`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name, or the address made of it, is.
    pub async fn create_swml_script(
        &self,
        project_id: &str,
        name: &str,
        settings: SwmlScriptSettings,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            ResourceType::SwmlScript,
            name,
            name,
            &settings,
            now_s,
        )
        .await
        .map_err(StoreError::taken("name"))?;
        NewAddress {
            project_id,
            resource_id: &id,
            context: "public",
            slug: &slug(name),
            display_name: name,
        }
        .insert(&mut transaction, now_s)
        .await
        .map_err(StoreError::taken("name"))?;
        transaction.commit().await?;
        Ok(Resource {
            id,
            project_id: project_id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
            details: ResourceDetails::SwmlScript(settings),
        })
    }

    /// Writes a script that has been read and changed. Its address stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn update_swml_script(
        &self,
        mut resource: Resource,
        settings: SwmlScriptSettings,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let mut transaction = self.write().await?;
        let project_id = resource.project_id.clone();
        update_resource(&mut transaction, &project_id, &resource, &settings, now_s).await?;
        transaction.commit().await?;
        resource.updated_at = Timestamp(now_s);
        resource.details = ResourceDetails::SwmlScript(settings);
        Ok(resource)
    }
}
