//! Whether tokens are alive: not revoked, and whoever stands behind them still there.
//!
//! What has been found out is remembered, and believed only as long as the database's count of deaths stands where it stood
//! (`migrations/0006_token_deaths.sql`). The count is read for every question, after it was asked, once for all that ask at the
//! same time: what this process or another has revoked or deleted is dead for the next request.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock};

use offhook_auth::{SatClaims, SatKind};
use sqlx::Row as _;

use super::revocation::Revoked;
use super::together::{Answers, Together};
use super::{Pool, Store, StoreError, from_sql};
use crate::clock::now_s;

/// Living subjects remembered in each of two halves, 8 bytes each, of which the older is dropped as a whole.
const SUBJECTS: usize = 65_536;
/// Revocations are looked through for those that are past when so many have come since.
const SWEEP: usize = 4_096;

/// What is known, and since when.
#[derive(Clone, Debug)]
pub(super) struct Liveness {
    known: Arc<RwLock<Known>>,
    epoch: Together<(), i64>,
    hasher: Arc<RandomState>,
}

#[derive(Debug, Default)]
struct Known {
    /// The database's count when this was found out; 0: nothing has been.
    epoch: i64,
    /// Every revocation there is, and up to which second it kills; then until when it matters.
    revoked: HashMap<Revoked, (u64, u64)>,
    came: usize,
    /// Hashes of subjects that were there.
    alive: HashSet<u64>,
    alive_before: HashSet<u64>,
}

impl Liveness {
    pub(super) fn start(pool: Pool) -> Self {
        let known = Arc::default();
        let epoch = Together::spawn(Watch {
            pool,
            known: Arc::clone(&known),
        });
        Self {
            known,
            epoch,
            hasher: Arc::default(),
        }
    }

    /// `None`: it is not revoked, and whether its subject is there must be looked up and [noted](Self::note).
    fn judge(&self, claims: &SatClaims) -> Option<bool> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_revoked(claims) {
            return Some(false);
        }
        let subject = self.hasher.hash_one(subject(claims)?);
        known.has_seen(subject).then_some(true)
    }

    /// The subject was there at a moment when the count was `epoch` at least.
    fn note(&self, claims: &SatClaims, epoch: i64) {
        let Some(subject) = subject(claims) else {
            return;
        };
        let subject = self.hasher.hash_one(subject);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Else it was perhaps deleted while it was looked up.
        if known.epoch == epoch {
            known.see(subject);
        }
    }
}

impl Known {
    fn is_revoked(&self, claims: &SatClaims) -> bool {
        // Few stores have any.
        if self.revoked.is_empty() {
            return false;
        }
        let up_to = |revoked| self.revoked.get(&revoked).map(|(up_to, _)| *up_to);
        if up_to(Revoked::Token(claims.jti.clone())).is_some() {
            return true;
        }
        let button = claims.resource_id.clone().map(Revoked::Button);
        let inviter = claims.resource_id.clone().map(Revoked::Subscriber);
        let subscriber = Revoked::Subscriber(claims.subscriber_id.clone());
        let project = Revoked::Project(claims.project_id.clone());
        [Some(subscriber), Some(project), button, inviter]
            .into_iter()
            .flatten()
            .filter_map(up_to)
            .any(|up_to| up_to >= claims.issued_at)
    }

    fn has_seen(&self, subject: u64) -> bool {
        self.alive.contains(&subject) || self.alive_before.contains(&subject)
    }

    fn see(&mut self, subject: u64) {
        if self.alive.len() >= SUBJECTS {
            self.alive_before = std::mem::take(&mut self.alive);
        }
        self.alive.insert(subject);
    }

    /// Takes up what has happened up to `epoch`.
    fn learn(&mut self, epoch: i64, revocations: Vec<(Revoked, u64, u64)>, now_s: u64) {
        self.epoch = epoch;
        self.alive.clear();
        self.alive_before.clear();
        self.came += revocations.len();
        for (revoked, up_to, matters_until) in revocations {
            self.revoked.insert(revoked, (up_to, matters_until));
        }
        if self.came >= SWEEP {
            self.came = 0;
            self.revoked.retain(|_, (_, until)| *until >= now_s);
        }
    }
}

/// Whose existence a token's life hangs on; `None`: nobody's, it is dead.
fn subject(claims: &SatClaims) -> Option<(&str, SatKind, &str)> {
    let id = match claims.kind {
        SatKind::Subscriber => &claims.subscriber_id,
        SatKind::Embed | SatKind::Invite => claims.resource_id.as_ref()?,
        SatKind::Guest => &claims.project_id,
    };
    Some((&claims.project_id, claims.kind, id))
}

/// Reads the count, and what came with it when it has grown.
struct Watch {
    pool: Pool,
    known: Arc<RwLock<Known>>,
}

impl Answers for Watch {
    type Question = ();
    type Answer = i64;

    async fn answer(&mut self, questions: Vec<()>) -> Result<Vec<i64>, StoreError> {
        let row = sqlx::query("SELECT epoch FROM token_deaths")
            .fetch_one(&self.pool)
            .await?;
        let epoch: i64 = row.try_get(0)?;
        let before = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .epoch;
        // Smaller after a backup was put in place: everything is read anew.
        if epoch != before {
            let after = if epoch > before && before > 0 {
                before
            } else {
                -1
            };
            let rows =
                sqlx::query("SELECT kind, id, up_to, expires_at FROM revocations WHERE epoch > $1")
                    .bind(after)
                    .fetch_all(&self.pool)
                    .await?;
            let mut revocations = Vec::with_capacity(rows.len());
            for row in rows {
                let (kind, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                if let Some(revoked) = Revoked::of(&kind, id) {
                    revocations.push((
                        revoked,
                        from_sql(row.try_get(2)?),
                        from_sql(row.try_get(3)?),
                    ));
                }
            }
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.learn(epoch, revocations, now_s());
        }
        Ok(vec![epoch; questions.len()])
    }
}

impl Store {
    /// Whether an access token has not been revoked and whoever stands behind it still exists: its subscriber, and for an embed token the
    /// click-to-call resource, enabled. Guests live as long as their project.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn token_is_live(&self, claims: &SatClaims) -> Result<bool, StoreError> {
        let epoch = self.liveness.epoch.ask(()).await?;
        if let Some(alive) = self.liveness.judge(claims) {
            return Ok(alive);
        }
        let alive = self.subject_is_there(claims).await?;
        if alive {
            self.liveness.note(claims, epoch);
        }
        Ok(alive)
    }

    async fn subject_is_there(&self, claims: &SatClaims) -> Result<bool, StoreError> {
        let project = &claims.project_id;
        let Some((_, kind, id)) = subject(claims) else {
            return Ok(false);
        };
        Ok(match kind {
            SatKind::Subscriber | SatKind::Invite => self.subscriber(project, id).await?.is_some(),
            SatKind::Embed => {
                let button = self.click_to_call(project, id).await?;
                button.is_some_and(|button| button.settings.enabled)
            }
            SatKind::Guest => self.project(project).await?.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ClickToCallChange, ClickToCallSettings, SubscriberChange};
    use offhook_proto::rest::ResourceType;

    const NOW: u64 = 1_800_000_000;

    /// What this process knows, and another that works on the same file.
    struct Two {
        here: Store,
        there: Store,
        project: String,
        directory: tempfile::TempDir,
    }

    impl Two {
        async fn open() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("offhook.db");
            let (here, there) = (
                Store::open(&file).await.unwrap(),
                Store::open(&file).await.unwrap(),
            );
            let (project, _) = here.create_project("P", NOW).await.unwrap();
            Self {
                here,
                there,
                project: project.id,
                directory,
            }
        }

        async fn subscriber(&self, reference: &str) -> SatClaims {
            let change = SubscriberChange::default();
            let made = self
                .here
                .create_subscriber(&self.project, reference, &change, NOW);
            self.claims(SatKind::Subscriber, &made.await.unwrap().id)
        }

        fn claims(&self, kind: SatKind, subject: &str) -> SatClaims {
            let whose = kind == SatKind::Subscriber;
            SatClaims {
                jti: uuid::Uuid::new_v4().to_string(),
                project_id: self.project.clone(),
                subscriber_id: if whose { subject.into() } else { "x".into() },
                kind,
                scope: vec![],
                cnf_jkt: None,
                issued_at: NOW,
                expires_at: NOW + 60,
                allowed: None,
                resource_id: (!whose).then(|| subject.into()),
                display_name: None,
            }
        }

        /// Asked twice: what was found out the first time is remembered the second.
        async fn lives(&self, claims: &SatClaims) -> bool {
            let first = self.here.token_is_live(claims).await.unwrap();
            assert_eq!(self.here.token_is_live(claims).await.unwrap(), first);
            first
        }
    }

    #[tokio::test]
    async fn what_another_process_revokes_is_dead_for_the_next_request() {
        let two = Two::open().await;
        let (ann, bob) = (two.subscriber("ann").await, two.subscriber("bob").await);
        let another = SatClaims {
            jti: "another".into(),
            ..ann.clone()
        };
        assert!(two.lives(&ann).await && two.lives(&bob).await && two.lives(&another).await);
        let revoke = async |revoked| {
            let revoked = two.there.revoke(&two.project, &revoked, NOW * 1000);
            revoked.await.unwrap();
        };
        revoke(Revoked::Token(ann.jti.clone())).await;
        assert!(!two.lives(&ann).await && two.lives(&another).await);
        revoke(Revoked::Subscriber(ann.subscriber_id.clone())).await;
        assert!(!two.lives(&another).await && two.lives(&bob).await);
        // What was issued after it lives, until it is revoked once more.
        let later = SatClaims {
            issued_at: NOW + 1,
            ..another
        };
        assert!(two.lives(&later).await);
        let again = Revoked::Subscriber(ann.subscriber_id.clone());
        let again = two.there.revoke(&two.project, &again, (NOW + 1) * 1000);
        again.await.unwrap();
        assert!(!two.lives(&later).await);
        revoke(Revoked::Project(two.project.clone())).await;
        assert!(!two.lives(&bob).await);
        // And a process that starts now knows all of it.
        let file = two.directory.path().join("offhook.db");
        let fresh = Store::open(&file).await.unwrap();
        assert!(!fresh.token_is_live(&bob).await.unwrap());
    }

    #[tokio::test]
    async fn what_another_process_deletes_or_switches_off_is_dead_for_the_next_request() {
        let two = Two::open().await;
        let ann = two.subscriber("ann").await;
        let invited = two.claims(SatKind::Invite, &ann.subscriber_id);
        let settings: ClickToCallSettings = serde_json::from_value(serde_json::json!({
            "destination": "/private/ann", "allowed_origins": ["*"], "enabled": true
        }))
        .unwrap();
        let made = two
            .here
            .create_click_to_call(&two.project, "b", &settings, NOW);
        let (button, _) = made.await.unwrap();
        let visitor = two.claims(SatKind::Embed, &button.id);
        let guest = two.claims(SatKind::Guest, "g");
        for claims in [&ann, &invited, &visitor, &guest] {
            assert!(two.lives(claims).await, "{:?}", claims.kind);
        }
        for enabled in [false, true] {
            let change = ClickToCallChange {
                enabled: Some(enabled),
                ..ClickToCallChange::default()
            };
            let changed = two
                .there
                .update_click_to_call(&two.project, &button.id, change, NOW);
            changed.await.unwrap();
            assert_eq!(two.lives(&visitor).await, enabled);
        }
        for (kind, id) in [
            (ResourceType::Subscriber, &ann.subscriber_id),
            (ResourceType::ClickToCall, &button.id),
        ] {
            let deleted = two.there.delete_resource(&two.project, Some(kind), id);
            assert!(deleted.await.unwrap());
        }
        for claims in [&ann, &invited, &visitor] {
            assert!(!two.lives(claims).await, "{:?}", claims.kind);
        }
        assert!(two.lives(&guest).await);
    }

    #[test]
    fn what_is_remembered_of_subjects_is_bounded() {
        let mut known = Known::default();
        for subject in 0..3 * SUBJECTS as u64 {
            known.see(subject);
        }
        assert!(known.alive.len() + known.alive_before.len() <= 2 * SUBJECTS);
        assert!(known.has_seen(3 * SUBJECTS as u64 - 1) && !known.has_seen(0));
    }
}
