//! Call buttons: where they lead, and which pages may have them.

use offhook_auth::EmbedToken;
use offhook_proto::rest::{Budget, ResourceType, Timestamp};
use serde::{Deserialize, Serialize};

use super::resource::{Resource, ResourceDetails, find, insert_resource, update_resource};
use super::{Store, StoreError};

/// A call button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickToCall {
    /// Names it.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// For the owner.
    pub name: String,
    /// The rest.
    pub settings: ClickToCallSettings,
}

/// Where a call button leads and who may press it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickToCallSettings {
    /// Where every call goes: a dial string, perhaps with a channel.
    pub destination: String,
    /// `*`, or origins such as `https://shop.example.com` and `https://*.example.com`.
    pub allowed_origins: Vec<String>,
    /// Life in seconds of the access tokens; `None` is the default.
    #[serde(default)]
    pub expires_in: Option<u64>,
    /// The kill switch.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Limits of its own, in place of the server's.
    #[serde(default)]
    pub budget: Budget,
    /// Zero bits of the work that goes before an exchange.
    #[serde(default)]
    pub proof_of_work: Option<u8>,
}

/// What a caller wants changed of a call button; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct ClickToCallChange {
    /// For the owner.
    pub name: Option<String>,
    /// Where every call goes.
    pub destination: Option<String>,
    /// Which pages may have it.
    pub allowed_origins: Option<Vec<String>>,
    /// Life in seconds of the access tokens.
    pub expires_in: Option<u64>,
    /// The kill switch.
    pub enabled: Option<bool>,
    /// All limits of its own.
    pub budget: Option<Budget>,
    /// Zero bits of the work; 0 for none.
    pub proof_of_work: Option<u8>,
}

impl ClickToCallChange {
    fn apply(self, resource: &mut Resource, settings: &mut ClickToCallSettings) {
        if let Some(name) = self.name {
            resource.display_name.clone_from(&name);
            resource.name = name;
        }
        if let Some(destination) = self.destination {
            settings.destination = destination;
        }
        if let Some(origins) = self.allowed_origins {
            settings.allowed_origins = origins;
        }
        settings.expires_in = self.expires_in.or(settings.expires_in);
        settings.enabled = self.enabled.unwrap_or(settings.enabled);
        settings.budget = self.budget.unwrap_or(settings.budget);
        if let Some(bits) = self.proof_of_work {
            settings.proof_of_work = (bits > 0).then_some(bits);
        }
    }
}

impl ClickToCallSettings {
    /// To this destination, from every page, without anything special.
    pub fn to(destination: impl Into<String>) -> Self {
        Self {
            destination: destination.into(),
            allowed_origins: vec!["*".to_owned()],
            expires_in: None,
            enabled: true,
            budget: Budget::default(),
            proof_of_work: None,
        }
    }
}

fn enabled() -> bool {
    true
}

impl ClickToCall {
    /// Where it leads, without the channel.
    pub fn destination_name(&self) -> &str {
        self.settings
            .destination
            .split('?')
            .next()
            .unwrap_or_default()
    }

    /// Whether a page of this origin may use it. `origin` is the header's value; `None` when the caller sent none, which
    /// is for the server's configuration to judge, not for this.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.settings
            .allowed_origins
            .iter()
            .any(|pattern| matches_origin(pattern, origin))
    }
}

impl From<Resource> for Option<ClickToCall> {
    fn from(resource: Resource) -> Self {
        let Resource {
            id,
            project_id,
            name,
            details,
            ..
        } = resource;
        match details {
            ResourceDetails::ClickToCall(settings) => Some(ClickToCall {
                id,
                project_id,
                name,
                settings,
            }),
            _ => None,
        }
    }
}

/// `*` is every origin; `https://*.example.com` every host below `example.com`, on that scheme and port.
pub(crate) fn matches_origin(pattern: &str, origin: &str) -> bool {
    if pattern == "*" || pattern.eq_ignore_ascii_case(origin) {
        return true;
    }
    let Some((scheme, domain)) = pattern.split_once("://*.") else {
        return false;
    };
    let Some((origin_scheme, host)) = origin.split_once("://") else {
        return false;
    };
    let Some(at) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(origin_scheme)
        && at > 1
        && host.is_char_boundary(at)
        && host[at..].eq_ignore_ascii_case(domain)
        && host[..at].ends_with('.')
}

impl Store {
    /// The call button with this resource id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn click_to_call(
        &self,
        project_id: &str,
        id: &str,
    ) -> Result<Option<ClickToCall>, StoreError> {
        Ok(self
            .resource(project_id, Some(ResourceType::ClickToCall), id)
            .await?
            .and_then(Into::into))
    }

    /// Makes a call button and its public token, which is not kept: this is the only time it is seen.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name is.
    pub async fn create_click_to_call(
        &self,
        project_id: &str,
        name: &str,
        settings: &ClickToCallSettings,
        now_s: u64,
    ) -> Result<(Resource, EmbedToken), StoreError> {
        let token = EmbedToken::generate();
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            ResourceType::ClickToCall,
            name,
            name,
            settings,
            now_s,
        )
        .await
        .map_err(StoreError::taken("name"))?;
        sqlx::query("INSERT INTO embed_tokens (hash, resource_id) VALUES ($1, $2)")
            .bind(token.hash().to_stored())
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let resource = Resource {
            id,
            project_id: project_id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            created_at: Timestamp(now_s),
            updated_at: Timestamp(now_s),
            details: ResourceDetails::ClickToCall(settings.clone()),
        };
        Ok((resource, token))
    }

    /// Changes what the change names; `None` when there is no such button. Read and written in one transaction, so that
    /// of two changes at once neither undoes the other: a button that is switched off stays off.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the new name is.
    pub async fn update_click_to_call(
        &self,
        project_id: &str,
        id: &str,
        change: ClickToCallChange,
        now_s: u64,
    ) -> Result<Option<Resource>, StoreError> {
        let mut transaction = self.write().await?;
        let kind = Some(ResourceType::ClickToCall);
        let Some(mut resource) = find(&mut *transaction, project_id, kind, id).await? else {
            return Ok(None);
        };
        let ResourceDetails::ClickToCall(mut settings) = resource.details.clone() else {
            return Ok(None);
        };
        change.apply(&mut resource, &mut settings);
        update_resource(&mut transaction, project_id, &resource, &settings, now_s)
            .await
            .map_err(StoreError::taken("name"))?;
        transaction.commit().await?;
        resource.updated_at = Timestamp(now_s);
        resource.details = ResourceDetails::ClickToCall(settings);
        Ok(Some(resource))
    }
}

#[cfg(test)]
mod tests {
    use super::matches_origin;

    #[test]
    fn origins_match_whole_or_by_subdomain() {
        for (pattern, origin, expected) in [
            ("*", "https://any.example", true),
            ("https://shop.example.com", "https://shop.example.com", true),
            ("https://Shop.example.com", "https://shop.example.com", true),
            ("https://shop.example.com", "http://shop.example.com", false),
            (
                "https://shop.example.com",
                "https://shop.example.com:8443",
                false,
            ),
            (
                "https://shop.example.com",
                "https://shop.example.com.evil.test",
                false,
            ),
            ("https://*.example.com", "https://shop.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "http://shop.example.com", false),
            ("https://*.example.com", "null", false),
            ("https://*.example.com", "https://é.example.com", true),
            ("https://shop.example.com", "", false),
        ] {
            assert_eq!(
                matches_origin(pattern, origin),
                expected,
                "{pattern} {origin}"
            );
        }
    }
}
