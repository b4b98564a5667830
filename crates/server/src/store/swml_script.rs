//! Scripts: kept, listed and addressed. Nothing runs them yet.

use offhook_proto::rest::{ResourceType, ScriptType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kept::{KeptAddress, NewKept};
use super::resource::{Resource, ResourceDetails};
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
        let new = NewKept {
            project_id,
            kind: ResourceType::SwmlScript,
            named: ("name", name),
            address: KeptAddress::Own,
            now_s,
        };
        self.keep(new, settings, ResourceDetails::SwmlScript).await
    }

    /// Writes a script that has been read and changed. Its address stays.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_swml_script(
        &self,
        resource: Resource,
        settings: SwmlScriptSettings,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let details = ResourceDetails::SwmlScript;
        self.keep_changed(resource, "name", settings, details, now_s)
            .await
    }
}
