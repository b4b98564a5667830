//! From a public embed token to the call button it belongs to.

use offhook_auth::EmbedToken;
use sqlx::Row as _;

use super::{ClickToCall, Store, StoreError};

impl Store {
    /// The call button that this token was made for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn click_to_call_by_token(
        &self,
        token: &EmbedToken,
    ) -> Result<Option<ClickToCall>, StoreError> {
        // The lookup is by hash: what its time might tell is of the hash, not of the token.
        let row = sqlx::query("SELECT r.project_id, r.id FROM embed_tokens t JOIN resources r ON r.id = t.resource_id WHERE t.hash = $1")
            .bind(token.hash().to_stored())
            .fetch_optional(&self.pool)
            .await?;
        match row {
            Some(row) => self.click_to_call(row.try_get(0)?, row.try_get(1)?).await,
            None => Ok(None),
        }
    }
}
