//! Proof of work: a visitor's machine is kept busy before a public token is exchanged, which one visitor does not notice and a
//! flood of them does.
//!
//! The challenge is sealed by the key ring and says for whom it is, how hard and until when, so nothing is remembered but which
//! ones have been solved. A solution is a text, so that SHA-256 of the challenge, a full stop and the text begins with as many zero
//! bits as were asked for.

use offhook_proto::limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::encoding::{base64url, hex, random, sha256};
use crate::keys::KeyRing;

const TYP: &str = "Work";
/// Longest text that is looked at as a solution.
const SOLUTION_BYTES: usize = 64;

/// What a challenge says to this server.
#[derive(Serialize, Deserialize)]
struct Claims {
    /// For whom, hashed.
    #[serde(rename = "sub")]
    subject: String,
    bits: u8,
    #[serde(rename = "jti")]
    id: String,
    #[serde(rename = "exp")]
    expires_at: u64,
}

/// Something to be solved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// For the visitor.
    pub challenge: String,
    /// Seconds since 1970.
    pub expires_at: u64,
}

/// Why work was refused. The visitor's to mend, with a new challenge.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkError {
    /// Not a challenge of this server, or no text that can be a solution.
    #[error("the challenge or the solution is malformed")]
    Malformed,
    /// Made for something else, or for less work.
    #[error("the challenge was made for something else")]
    Foreign,
    /// It took too long.
    #[error("the challenge has expired")]
    Expired,
    /// Not a solution.
    #[error("the solution is wrong")]
    Wrong,
}

impl WorkError {
    /// A name that never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "work_malformed",
            Self::Foreign => "work_foreign",
            Self::Expired => "work_expired",
            Self::Wrong => "work_wrong",
        }
    }
}

impl KeyRing {
    /// A challenge of so many bits for the subject.
    pub fn challenge(&self, subject: &str, bits: u8, now_s: u64) -> Challenge {
        let expires_at = now_s + limits::WORK_TTL_S;
        let claims = Claims {
            subject: hashed(subject),
            bits,
            id: hex(&random::<16>()),
            expires_at,
        };
        Challenge {
            challenge: self.seal(TYP, &claims, |_| {}),
            expires_at,
        }
    }

    /// Checks work of at least so many bits for the subject. Gives the challenge's name, which is to be remembered until it
    /// expires: each is good once.
    ///
    /// # Errors
    /// See [`WorkError`].
    pub fn check_work(
        &self,
        challenge: &str,
        solution: &str,
        subject: &str,
        bits: u8,
        now_s: u64,
    ) -> Result<[u8; 16], WorkError> {
        if solution.len() > SOLUTION_BYTES {
            return Err(WorkError::Malformed);
        }
        let claims: Claims = self
            .open_token(TYP, challenge)
            .map_err(|_| WorkError::Malformed)?;
        if claims.subject != hashed(subject) || claims.bits < bits {
            return Err(WorkError::Foreign);
        }
        if claims.expires_at <= now_s {
            return Err(WorkError::Expired);
        }
        if zero_bits(challenge, solution) < u32::from(claims.bits) {
            return Err(WorkError::Wrong);
        }
        let mut name = [0; 16];
        name.copy_from_slice(&sha256(claims.id.as_bytes())[..16]);
        Ok(name)
    }
}

/// Does the work: twice as long for each bit. On one core of today about a million attempts a second.
pub fn solve(challenge: &str, bits: u8) -> String {
    (0_u64..)
        .map(|number| number.to_string())
        .find(|solution| zero_bits(challenge, solution) >= u32::from(bits))
        .unwrap_or_default()
}

fn zero_bits(challenge: &str, solution: &str) -> u32 {
    let hash = sha256(format!("{challenge}.{solution}").as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    u128::from_be_bytes(first).leading_zeros()
}

fn hashed(subject: &str) -> String {
    base64url(&sha256(subject.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BITS: u8 = 8;

    #[test]
    fn work_is_good_for_its_subject_until_it_expires() {
        let ring = KeyRing::ephemeral();
        let made = ring.challenge("token", BITS, 1_000);
        let solution = solve(&made.challenge, BITS);
        let check =
            |subject, bits, now| ring.check_work(&made.challenge, &solution, subject, bits, now);
        let name = check("token", BITS, 1_000).unwrap();
        assert_eq!(check("token", BITS, made.expires_at - 1), Ok(name));
        assert_eq!(
            check("token", BITS, made.expires_at),
            Err(WorkError::Expired)
        );
        assert_eq!(check("other", BITS, 1_000), Err(WorkError::Foreign));
        assert_eq!(check("token", BITS + 1, 1_000), Err(WorkError::Foreign));
        let other = ring.challenge("token", BITS, 1_000);
        assert_ne!(other.challenge, made.challenge);
    }

    #[test]
    fn what_is_no_solution_is_refused() {
        let ring = KeyRing::ephemeral();
        let made = ring.challenge("token", BITS, 1_000);
        let wrong = (0..)
            .map(|n: u32| n.to_string())
            .find(|text| zero_bits(&made.challenge, text) < u32::from(BITS))
            .unwrap();
        let check = |challenge: &str, solution: &str| {
            ring.check_work(challenge, solution, "token", BITS, 1_000)
        };
        assert_eq!(check(&made.challenge, &wrong), Err(WorkError::Wrong));
        assert_eq!(check("no challenge", "0"), Err(WorkError::Malformed));
        let long = "0".repeat(SOLUTION_BYTES + 1);
        assert_eq!(check(&made.challenge, &long), Err(WorkError::Malformed));
        let foreign = KeyRing::ephemeral().challenge("token", BITS, 1_000);
        let solution = solve(&foreign.challenge, BITS);
        assert_eq!(
            check(&foreign.challenge, &solution),
            Err(WorkError::Malformed)
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(challenge in ".{0,200}", solution in ".{0,80}") {
            let checked = KeyRing::ephemeral().check_work(&challenge, &solution, "s", 1, 0);
            prop_assert!(checked.is_err());
        }
    }
}
