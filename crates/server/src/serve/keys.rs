//! Keys that another process made or retired, such as `offhook keys rotate`, are taken up while the server runs.

use std::sync::Arc;
use std::time::Duration;

use offhook_auth::KeyRing;

use crate::clock::now_s;

/// Well within the time in which a new key settles.
const LOOK: Duration = Duration::from_secs(1);

/// Looks for ever.
pub(super) async fn watch(keys: Arc<KeyRing>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let ring = Arc::clone(&keys);
        let looked = tokio::task::spawn_blocking(move || ring.reload(now_s())).await;
        match looked {
            Ok(Ok(true)) => {
                let (sealing, known) = (keys.current_kid(), keys.summaries().len());
                tracing::info!(sealing, known, "the key ring has changed");
                failing = false;
            }
            Ok(Ok(false)) => failing = false,
            Ok(Err(error)) if !failing => {
                tracing::warn!(%error, "the key ring cannot be read again: it stays as it was");
                failing = true;
            }
            Ok(Err(_)) => {}
            // The runtime is ending.
            Err(_) => return,
        }
    }
}
