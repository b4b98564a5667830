//! Resources that are kept and addressed, and nothing more: what each holds is the REST interface's to know.

use offhook_proto::rest::{ResourceType, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use super::address::{NewAddress, slug};
use super::resource::{Resource, ResourceDetails, insert_resource, update_resource};
use super::{Store, StoreError};

/// A resource that is to be kept.
pub(super) struct NewKept<'a> {
    pub(super) project_id: &'a str,
    pub(super) kind: ResourceType,
    /// The attribute that names it, and the name.
    pub(super) named: (&'static str, &'a str),
    pub(super) address: KeptAddress,
    pub(super) now_s: u64,
}

/// Whether a resource has the address `/public/<name>`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptAddress {
    None,
    /// The name is taken if the address is.
    Own,
    /// One that is like it if that one is taken.
    BesideOthers,
}

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
        named: (&'static str, &str),
        addressed: bool,
        values: Map<String, Value>,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let new = NewKept {
            project_id,
            kind,
            named,
            address: match addressed {
                true => KeptAddress::BesideOthers,
                false => KeptAddress::None,
            },
            now_s,
        };
        self.keep(new, values, |values| ResourceDetails::Kept(kind, values))
            .await
    }

    /// Writes a resource that has been read and changed. Its address stays.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_kept(
        &self,
        resource: Resource,
        attribute: &'static str,
        values: Map<String, Value>,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let kind = resource.kind();
        let details = |values| ResourceDetails::Kept(kind, values);
        self.keep_changed(resource, attribute, values, details, now_s)
            .await
    }

    pub(super) async fn keep<S: Serialize>(
        &self,
        new: NewKept<'_>,
        settings: S,
        details: impl FnOnce(S) -> ResourceDetails,
    ) -> Result<Resource, StoreError> {
        let NewKept {
            project_id,
            kind,
            named: (attribute, name),
            address,
            now_s,
        } = new;
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            kind,
            name,
            name,
            &settings,
            now_s,
        )
        .await
        .map_err(StoreError::taken(attribute))?;
        let slug = slug(name);
        let new_address = NewAddress {
            project_id,
            resource_id: &id,
            context: "public",
            slug: &slug,
            display_name: name,
        };
        let addressed = match address {
            KeptAddress::None => Ok(()),
            KeptAddress::Own => new_address.insert(&mut transaction, now_s).await.map(drop),
            KeptAddress::BesideOthers => new_address
                .insert_beside_others(&mut transaction, now_s)
                .await
                .map(drop),
        };
        addressed.map_err(StoreError::taken(attribute))?;
        transaction.commit().await?;
        Ok(Resource {
            id,
            project_id: project_id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
            details: details(settings),
        })
    }

    pub(super) async fn keep_changed<S: Serialize>(
        &self,
        mut resource: Resource,
        attribute: &'static str,
        settings: S,
        details: impl FnOnce(S) -> ResourceDetails,
        now_s: u64,
    ) -> Result<Resource, StoreError> {
        let project_id = resource.project_id.clone();
        let mut transaction = self.write().await?;
        update_resource(&mut transaction, &project_id, &resource, &settings, now_s)
            .await
            .map_err(StoreError::taken(attribute))?;
        transaction.commit().await?;
        resource.updated_at = Timestamp(now_s);
        resource.details = details(settings);
        Ok(resource)
    }
}
