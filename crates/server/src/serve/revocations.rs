//! Revocations that another process wrote, such as the command line or a second server, reach the sessions that live here.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::now_ms;
use crate::http::App;
use crate::relay::Which;

const LOOK: Duration = Duration::from_secs(1);
/// Two machines' clocks may differ by that much.
const OVERLAP_MS: u64 = 60_000;

/// Looks for ever.
pub(super) async fn watch(app: Arc<App>) {
    let mut seen = HashSet::new();
    let mut since = now_ms();
    loop {
        tokio::time::sleep(LOOK).await;
        let from = since.saturating_sub(OVERLAP_MS);
        let list = match app.mint.store.revocations_since(from).await {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(%error, "revocations cannot be read");
                continue;
            }
        };
        // What is past the overlap comes no more.
        seen.retain(|(_, created_ms)| *created_ms >= from);
        for entry in list {
            since = since.max(entry.created_ms);
            if seen.insert((entry.revoked.clone(), entry.created_ms)) {
                let which = Which::Revoked {
                    revoked: entry.revoked,
                    up_to: entry.up_to,
                };
                let ended = app.relay.end(which, "revoked").await;
                if ended > 0 {
                    tracing::info!(
                        ended,
                        project = entry.project_id,
                        "sessions ended by a revocation"
                    );
                }
            }
        }
    }
}
