//! What the server asks of proofs of possession, over HTTP and over the relay alike: each is good once, and what the
//! official client needs beyond RFC 9449 holds where it needs it and nowhere else (wire-protocol.md 2.5).
mod nonce;
mod replay;

use std::sync::{Mutex, PoisonError};

use offhook_auth::ProofError;
use offhook_auth::dpop::Proof;
use offhook_proto::limits;

use crate::clock::now_s;
use crate::metrics::{Counter, Metrics};
use crate::store::{Store, StoreError};
use nonce::Nonces;
use replay::{Use, UsedProofs};

/// What an owner may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProofPolicy {
    /// No exceptions: absolute `htu`, proof in the header, `ath` always, and a proof with every request of a bound token.
    /// The official client cannot renew its tokens then.
    pub strict: bool,
    /// Proofs over HTTP carry a nonce of the server's (RFC 9449, section 8).
    pub nonce: bool,
    /// Several servers work on one store: a proof that one has seen is refused by all.
    pub shared: bool,
}

/// An exception that was made for the official client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exception {
    RelativeTarget,
    InBody,
    NoHash,
    NoNonce,
    NoProof,
    Stale,
}

const EXCEPTIONS: [(Exception, &str); 6] = [
    (Exception::RelativeTarget, "relative_htu"),
    (Exception::InBody, "in_body"),
    (Exception::NoHash, "no_ath"),
    (Exception::NoNonce, "no_nonce"),
    (Exception::NoProof, "no_proof"),
    (Exception::Stale, "stale_iat"),
];

/// Checks that proofs are used once, and counts exceptions and refusals.
pub struct Proofs {
    pub(crate) policy: ProofPolicy,
    store: Store,
    used: Mutex<UsedProofs>,
    /// Challenges: whoever solves many must not fill the memory of proofs.
    solved: Mutex<UsedProofs>,
    nonces: Nonces,
    exceptions: [(Exception, Counter); 6],
    refused: Metrics,
}

impl Proofs {
    /// With nothing used yet.
    pub fn new(policy: ProofPolicy, store: Store, metrics: &Metrics) -> Self {
        let exceptions = EXCEPTIONS.map(|(exception, name)| {
            let help = "Exceptions from RFC 9449 made for the official client.";
            let labels = [("exception", name)];
            (
                exception,
                metrics.counter("offhook_proof_exceptions_total", help, &labels),
            )
        });
        Self {
            policy,
            store,
            used: Mutex::new(UsedProofs::new(now_s())),
            solved: Mutex::new(UsedProofs::new(now_s())),
            nonces: Nonces::new(),
            exceptions,
            refused: metrics.clone(),
        }
    }

    pub(crate) fn count(&self, exception: Exception) {
        for (known, counter) in &self.exceptions {
            if *known == exception {
                counter.increment();
            }
        }
    }

    pub(crate) fn count_refusal(&self, code: &str) {
        let help = "Proofs of possession refused, by reason.";
        self.refused
            .counter("offhook_proofs_refused_total", help, &[("code", code)])
            .increment();
    }

    /// Remembers a proof that holds, by a holder who is known, or refuses it. To be called after the token was looked at, so
    /// that filling the memory takes valid tokens.
    pub(crate) async fn spend(
        &self,
        proof: &Proof,
        now_s: u64,
    ) -> Result<Result<(), ProofError>, StoreError> {
        let key = replay::key(proof);
        let spent = self.show(&self.used, &key, proof.iat, now_s).await?;
        Ok(match spent {
            Use::First => Ok(()),
            Use::Again => Err(ProofError::Replayed),
            // Another, by this server's time, will do.
            Use::Unknown => Err(ProofError::Stale {
                iat: proof.iat,
                now_s,
            }),
        })
    }

    /// The same for the name of a challenge that was solved; `false`: it has been used before.
    pub(crate) async fn first_use_of_work(
        &self,
        name: &[u8; 16],
        now_s: u64,
    ) -> Result<bool, StoreError> {
        let shown = self.show(&self.solved, name, now_s, now_s).await?;
        Ok(shown == Use::First)
    }

    async fn show(
        &self,
        used: &Mutex<UsedProofs>,
        key: &[u8; 16],
        made_s: u64,
        now_s: u64,
    ) -> Result<Use, StoreError> {
        let shown = {
            // Nothing that can panic runs under this lock.
            let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
            used.show(key, made_s, now_s)
        };
        if shown != Use::First || !self.policy.shared {
            return Ok(shown);
        }
        let until = now_s + 2 * limits::PROOF_SKEW_S + 1;
        let first = self.store.first_use_of_proof(key, until, now_s).await?;
        Ok(if first { shown } else { Use::Again })
    }

    /// The nonce to show, and those that are accepted.
    pub(crate) fn nonces(&self, now_s: u64) -> [String; 2] {
        self.nonces.at(now_s)
    }
}
