//! Subscribers: who can sign in and be called.

use offhook_auth::Secret;
use offhook_auth::password::PasswordHash;
use offhook_proto::rest::{ResourceType, SubscriberProfile};
use sqlx::Row as _;

use super::address::{NewAddress, slug};
use super::resource::{
    Resource, ResourceDetails, SubscriberDetails, insert_resource, update_resource,
};
use super::{Store, StoreError};

/// Somebody who can sign in and be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Names them in tokens and calls.
    pub id: String,
    /// Whose they are.
    pub project_id: String,
    /// What the owner's backend calls them; unique in the project.
    pub reference: String,
    /// For sign-in; in lower case.
    pub email: Option<String>,
    /// For people.
    pub display_name: String,
    /// The rest.
    pub profile: SubscriberProfile,
}

/// What a caller wants changed; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default)]
pub struct SubscriberChange {
    /// For sign-in.
    pub email: Option<String>,
    /// For people.
    pub display_name: Option<String>,
    /// Hashed before it gets here: hashing is slow, and the database should not wait for it.
    pub password: Option<PasswordHash>,
    /// The rest.
    pub profile: SubscriberProfile,
}

impl From<Resource> for Option<Subscriber> {
    fn from(resource: Resource) -> Self {
        let Resource {
            id,
            project_id,
            display_name,
            details,
            ..
        } = resource;
        match details {
            ResourceDetails::Subscriber(SubscriberDetails {
                reference,
                email,
                profile,
            }) => Some(Subscriber {
                id,
                project_id,
                reference,
                email,
                display_name,
                profile,
            }),
            _ => None,
        }
    }
}

impl Store {
    /// The subscriber with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn subscriber(
        &self,
        project_id: &str,
        id: &str,
    ) -> Result<Option<Subscriber>, StoreError> {
        Ok(self
            .resource(project_id, Some(ResourceType::Subscriber), id)
            .await?
            .and_then(Into::into))
    }

    /// Makes a subscriber with an address `/private/<…>` of their own, made of the reference; of an email the part
    /// before the `@`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the reference is.
    pub async fn create_subscriber(
        &self,
        project_id: &str,
        reference: &str,
        change: &SubscriberChange,
        now_s: u64,
    ) -> Result<Subscriber, StoreError> {
        let email = change
            .email
            .clone()
            .or_else(|| reference.contains('@').then(|| reference.to_owned()));
        let email = email.map(|email| email.to_lowercase());
        let local_part = reference
            .split_once('@')
            .map_or(reference, |(local, _)| local);
        let display_name = change
            .display_name
            .clone()
            .unwrap_or_else(|| full_name(&change.profile).unwrap_or_else(|| local_part.to_owned()));
        let mut transaction = self.write().await?;
        let id = insert_resource(
            &mut transaction,
            project_id,
            ResourceType::Subscriber,
            reference,
            &display_name,
            &change.profile,
            now_s,
        )
        .await
        .map_err(StoreError::taken("reference"))?;
        sqlx::query("INSERT INTO subscribers (id, project_id, reference, email, password_hash) VALUES ($1, $2, $3, $4, $5)")
            .bind(&id)
            .bind(project_id)
            .bind(reference)
            .bind(&email)
            .bind(change.password.as_ref().map(PasswordHash::as_str))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::taken("reference"))?;
        let slug = slug(local_part);
        NewAddress {
            project_id,
            resource_id: &id,
            context: "private",
            slug: &slug,
            display_name: &display_name,
        }
        .insert_beside_others(&mut transaction, now_s)
        .await?;
        transaction.commit().await?;
        self.tell_changed(project_id, &id);
        let reference = reference.to_owned();
        let project_id = project_id.to_owned();
        Ok(Subscriber {
            id,
            project_id,
            reference,
            email,
            display_name,
            profile: change.profile.clone(),
        })
    }

    /// Changes what the change names; `None` when there is no such subscriber.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn update_subscriber(
        &self,
        project_id: &str,
        id: &str,
        change: &SubscriberChange,
        now_s: u64,
    ) -> Result<Option<Subscriber>, StoreError> {
        let Some(mut resource) = self
            .resource(project_id, Some(ResourceType::Subscriber), id)
            .await?
        else {
            return Ok(None);
        };
        let ResourceDetails::Subscriber(details) = &mut resource.details else {
            return Ok(None);
        };
        merge(&mut details.profile, &change.profile);
        if let Some(email) = &change.email {
            details.email = Some(email.to_lowercase());
        }
        if let Some(display_name) = &change.display_name {
            resource.display_name.clone_from(display_name);
        }
        let (email, profile) = (details.email.clone(), details.profile.clone());
        let mut transaction = self.write().await?;
        let renamed =
            update_resource(&mut transaction, project_id, &resource, &profile, now_s).await?;
        sqlx::query("UPDATE subscribers SET email = $2 WHERE id = $1")
            .bind(id)
            .bind(email)
            .execute(&mut *transaction)
            .await?;
        if let Some(password) = &change.password {
            sqlx::query("UPDATE subscribers SET password_hash = $2 WHERE id = $1")
                .bind(id)
                .bind(password.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        if renamed {
            self.tell_changed(project_id, id);
        }
        Ok(resource.into())
    }

    /// The subscriber with this reference, made if there is none, changed as the change says.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upsert_subscriber(
        &self,
        project_id: &str,
        reference: &str,
        change: &SubscriberChange,
        now_s: u64,
    ) -> Result<Subscriber, StoreError> {
        if let Some(id) = self.subscriber_id(project_id, reference).await?
            && let Some(subscriber) = self
                .update_subscriber(project_id, &id, change, now_s)
                .await?
        {
            return Ok(subscriber);
        }
        match self
            .create_subscriber(project_id, reference, change, now_s)
            .await
        {
            // Somebody made the same one in this moment.
            Err(StoreError::Taken { attribute }) => {
                match self.subscriber_id(project_id, reference).await? {
                    Some(id) => self
                        .update_subscriber(project_id, &id, change, now_s)
                        .await?
                        .ok_or(StoreError::Taken { attribute }),
                    None => Err(StoreError::Taken { attribute }),
                }
            }
            other => other,
        }
    }

    /// Subscribers of any project with this email and a password, for sign-in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn subscribers_by_email(
        &self,
        email: &str,
    ) -> Result<Vec<(Subscriber, PasswordHash)>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, project_id, password_hash FROM subscribers WHERE email = $1 AND password_hash IS NOT NULL ORDER BY id LIMIT 4",
        )
        .bind(email.to_lowercase())
        .fetch_all(&self.pool)
        .await?;
        let mut found = Vec::new();
        for row in rows {
            let (id, project_id): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let hash = PasswordHash::from_stored(row.try_get(2)?);
            found.extend(
                self.subscriber(project_id, id)
                    .await?
                    .map(|subscriber| (subscriber, hash)),
            );
        }
        Ok(found)
    }

    async fn subscriber_id(
        &self,
        project_id: &str,
        reference: &str,
    ) -> Result<Option<String>, StoreError> {
        let row =
            sqlx::query("SELECT id FROM subscribers WHERE project_id = $1 AND reference = $2")
                .bind(project_id)
                .bind(reference)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}

/// Hashes a password on a thread that may be blocked.
pub async fn hash_password(password: Secret) -> PasswordHash {
    // The task does nothing but compute: it is neither cancelled nor does it panic.
    tokio::task::spawn_blocking(move || PasswordHash::of(&password))
        .await
        .expect("hashing does not panic")
}

fn full_name(profile: &SubscriberProfile) -> Option<String> {
    let parts: Vec<&str> = [&profile.first_name, &profile.last_name]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    let name = parts.join(" ");
    (!name.trim().is_empty()).then_some(name)
}

fn merge(profile: &mut SubscriberProfile, change: &SubscriberProfile) {
    let SubscriberProfile {
        first_name,
        last_name,
        job_title,
        timezone,
        country,
        region,
        company_name,
    } = change;
    for (field, new) in [
        (&mut profile.first_name, first_name),
        (&mut profile.last_name, last_name),
        (&mut profile.job_title, job_title),
        (&mut profile.timezone, timezone),
        (&mut profile.country, country),
        (&mut profile.region, region),
        (&mut profile.company_name, company_name),
    ] {
        if new.is_some() {
            field.clone_from(new);
        }
    }
}
