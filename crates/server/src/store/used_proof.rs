//! Proofs of possession that were used, for all servers on one store. Those that come at the same time are written at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sqlx::{QueryBuilder, Row as _};

use super::together::Answers;
use super::{Pool, Store, StoreError, to_sql};

/// How often those that nobody could show any more are deleted.
const SWEEP: Duration = Duration::from_secs(1);
/// The clocks of servers on one store differ by no more than that: what one could not be shown any more is kept for the others.
const CLOCKS_DIFFER_S: u64 = 60;

#[derive(Debug)]
pub(super) struct UsedProof {
    hash: String,
    expires_at: u64,
    now_s: u64,
}

/// Writes, and says of each whether it is the first.
pub(super) struct UsedProofs {
    writer: Pool,
    swept: Option<Instant>,
}

impl UsedProofs {
    pub(super) fn new(writer: Pool) -> Self {
        Self {
            writer,
            swept: None,
        }
    }

    async fn sweep(&mut self, now_s: u64) -> Result<(), StoreError> {
        if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            sqlx::query("DELETE FROM used_proofs WHERE expires_at < $1")
                .bind(to_sql(now_s.saturating_sub(CLOCKS_DIFFER_S)))
                .execute(&self.writer)
                .await?;
            self.swept = Some(Instant::now());
        }
        Ok(())
    }
}

impl Answers for UsedProofs {
    type Question = UsedProof;
    type Answer = bool;

    async fn answer(&mut self, proofs: Vec<UsedProof>) -> Result<Vec<bool>, StoreError> {
        let now_s = proofs.iter().map(|proof| proof.now_s).max().unwrap_or(0);
        self.sweep(now_s).await?;
        let mut query = QueryBuilder::new("INSERT INTO used_proofs (hash, expires_at) ");
        query.push_values(&proofs, |mut row, proof| {
            row.push_bind(&proof.hash)
                .push_bind(to_sql(proof.expires_at));
        });
        query.push(" ON CONFLICT (hash) DO NOTHING RETURNING hash");
        // One statement: it is written as a whole, and by then nobody else could have written the same.
        let rows = query.build().fetch_all(&self.writer).await?;
        let mut first = HashSet::with_capacity(rows.len());
        for row in rows {
            first.insert(row.try_get::<String, _>(0)?);
        }
        // Twice in this round: the first of them.
        Ok(proofs
            .iter()
            .map(|proof| first.remove(&proof.hash))
            .collect())
    }
}

impl Store {
    /// Remembers a proof for all servers on this store; `false`: one of them has seen it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn first_use_of_proof(
        &self,
        hash: &[u8],
        expires_at: u64,
        now_s: u64,
    ) -> Result<bool, StoreError> {
        let hash = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, hash));
        let proof = UsedProof {
            hash,
            expires_at,
            now_s,
        };
        self.used_proofs.ask(proof).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_proof_is_good_once_on_every_server_of_a_store() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offhook.db");
        let (a, b) = (
            Store::open(&file).await.unwrap(),
            Store::open(&file).await.unwrap(),
        );
        assert!(a.first_use_of_proof(b"one", 100, 1).await.unwrap());
        assert!(!b.first_use_of_proof(b"one", 100, 1).await.unwrap());
        assert!(b.first_use_of_proof(b"two", 100, 1).await.unwrap());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_many_servers_that_are_shown_a_proof_at_the_same_time_one_takes_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offhook.db");
        let (a, b) = (
            Store::open(&file).await.unwrap(),
            Store::open(&file).await.unwrap(),
        );
        for proof in 0..50_u32 {
            let hash = proof.to_be_bytes();
            let shown = (0..8).map(|turn| {
                let store = if turn % 2 == 0 { &a } else { &b };
                store.first_use_of_proof(&hash, 100, 1)
            });
            let taken = futures_util::future::join_all(shown).await;
            let first = taken.into_iter().filter(|taken| *taken.as_ref().unwrap());
            assert_eq!(first.count(), 1);
        }
    }

    #[tokio::test]
    async fn what_nobody_could_show_any_more_is_forgotten() {
        let mut proofs = {
            let store = Store::in_memory().await.unwrap();
            UsedProofs::new(store.writer.clone())
        };
        let show = |expires_at, now_s| {
            vec![UsedProof {
                hash: "one".into(),
                expires_at,
                now_s,
            }]
        };
        assert_eq!(proofs.answer(show(100, 1)).await.unwrap(), [true]);
        // By the clock of a server that is ahead of that of the server before.
        let ahead = 100 + CLOCKS_DIFFER_S;
        proofs.swept = None;
        assert_eq!(proofs.answer(show(200, ahead)).await.unwrap(), [false]);
        proofs.swept = None;
        assert_eq!(proofs.answer(show(200, ahead + 1)).await.unwrap(), [true]);
    }
}
