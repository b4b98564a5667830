//! Projects, and the tokens of their management interface.

use offhook_auth::{ProjectToken, TokenHash};
use offhook_proto::rest::ResourceType;
use sqlx::Row as _;

use super::address::NewAddress;
use super::resource::insert_resource;
use super::{Row, Store, StoreError, from_sql, new_id, to_sql};

/// Name of the address that sends back what it hears.
const NETWORK_TEST: &str = "network-test";

/// An owner of resources; nothing reaches from one into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Names it for ever.
    pub id: String,
    /// For people.
    pub name: String,
    /// Seconds since 1970.
    pub created_at: u64,
}

impl Store {
    /// Makes a project with a first management token and its echo address, `/public/network-test`.
    ///
    /// The token is not kept: this is the only time it is seen.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_project(
        &self,
        name: &str,
        now_s: u64,
    ) -> Result<(Project, ProjectToken), StoreError> {
        let project = Project {
            id: new_id(),
            name: name.to_owned(),
            created_at: now_s,
        };
        let token = ProjectToken::generate();
        let mut transaction = self.write().await?;
        sqlx::query("INSERT INTO projects (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(&project.id)
            .bind(&project.name)
            .bind(to_sql(now_s))
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO project_tokens (hash, project_id, created_at) VALUES ($1, $2, $3)",
        )
        .bind(token.hash().to_stored())
        .bind(&project.id)
        .bind(to_sql(now_s))
        .execute(&mut *transaction)
        .await?;
        let display_name = "Network test";
        let echo = insert_resource(
            &mut transaction,
            &project.id,
            ResourceType::Echo,
            NETWORK_TEST,
            display_name,
            &"{}",
            now_s,
        )
        .await
        .map_err(StoreError::taken("name"))?;
        NewAddress {
            project_id: &project.id,
            resource_id: &echo,
            context: "public",
            slug: NETWORK_TEST,
            display_name,
        }
        .insert(&mut transaction, now_s)
        .await
        .map_err(StoreError::taken("name"))?;
        transaction.commit().await?;
        Ok((project, token))
    }

    /// The project with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn project(&self, id: &str) -> Result<Option<Project>, StoreError> {
        let row = sqlx::query("SELECT id, name, created_at FROM projects WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// All projects, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let rows = sqlx::query("SELECT id, name, created_at FROM projects ORDER BY created_at, id")
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// The project, when `token` is one of its management tokens.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn project_by_token(
        &self,
        id: &str,
        token: &str,
    ) -> Result<Option<Project>, StoreError> {
        let rows = sqlx::query("SELECT hash FROM project_tokens WHERE project_id = $1")
            .bind(id)
            .fetch_all(&self.pool)
            .await?;
        let mut known = false;
        for row in rows {
            let hash: &str = row.try_get(0)?;
            known |= TokenHash::from_stored(hash).is_some_and(|hash| hash.matches(token));
        }
        if known {
            self.project(id).await
        } else {
            Ok(None)
        }
    }
}

fn read(row: &Row) -> Result<Project, sqlx::Error> {
    Ok(Project {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        created_at: from_sql(row.try_get(2)?),
    })
}
