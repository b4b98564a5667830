//! What an operator sees of sessions, and how sessions are ended from outside.

use std::sync::Arc;

use offhook_auth::SatClaims;
use serde::Serialize;
use tokio::sync::mpsc;

use super::Relay;
use super::handle::SessionMessage;
use crate::store::Revoked;

/// Which sessions are meant.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// The one of this protocol, in this project.
    Protocol {
        project_id: String,
        protocol: String,
    },
    /// Those whose token falls under a revocation.
    Revoked { revoked: Revoked, up_to: u64 },
}

impl Which {
    pub(super) fn covers(&self, protocol: &str, claims: &SatClaims) -> bool {
        match self {
            Self::Protocol {
                project_id,
                protocol: meant,
            } => meant == protocol && *project_id == claims.project_id,
            Self::Revoked { revoked, up_to } => {
                let in_time = matches!(revoked, Revoked::Token(_)) || claims.issued_at <= *up_to;
                in_time && revoked.covers(claims)
            }
        }
    }
}

/// A live session, for its project's backend.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct SessionInfo {
    /// Names it for as long as it lives.
    pub(crate) id: String,
    pub(crate) subscriber_id: String,
    /// `subscriber`, `guest`, `invite` or `embed`.
    pub(crate) kind: &'static str,
    /// A socket speaks for it right now.
    pub(crate) connected: bool,
    /// Its token is bound to a key that was proved.
    pub(crate) bound: bool,
    /// When its token ends, seconds since 1970.
    pub(crate) expires_at: u64,
    /// The page it was opened from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
}

impl Relay {
    /// The live sessions of a project.
    pub(crate) async fn sessions(&self, project_id: &str) -> Vec<SessionInfo> {
        let (answers, mut told) = mpsc::unbounded_channel();
        for session in self.shared.registry.all() {
            if session.owner().project_id == project_id {
                session.send(SessionMessage::Describe(answers.clone()));
            }
        }
        drop(answers);
        let mut list = Vec::new();
        // Each session answers or ends, and either drops its sender.
        while let Some(info) = told.recv().await {
            list.push(info);
        }
        list.sort_by(|a, b| a.id.cmp(&b.id));
        list
    }

    /// Ends sessions at once, and the calls they have; gives how many there were.
    pub(crate) async fn end(&self, which: Which, reason: &'static str) -> usize {
        let which = Arc::new(which);
        let (ends, mut told) = mpsc::unbounded_channel();
        for session in self.shared.registry.all() {
            session.send(SessionMessage::End {
                which: Arc::clone(&which),
                reason,
                ended: ends.clone(),
            });
        }
        drop(ends);
        let mut many = 0;
        while let Some(()) = told.recv().await {
            many += 1;
        }
        many
    }
}
