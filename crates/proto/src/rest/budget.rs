//! How much may be done with the public token of a call button.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Limits, each with a name that is the same in REST, in the configuration file and on the command line. What is left out
/// is the default of the place it is left out from; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Exchanges of the token for an access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchanges_per_minute: Option<u32>,
    /// Calls going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_at_once: Option<u32>,
    /// Calls begun, whether or not anybody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u32>,
    /// Minutes in calls. No call is begun beyond it; one that is going on is not cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_per_day: Option<u32>,
}

/// Not a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotABudget;

impl fmt::Display for NotABudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected limits such as exchanges_per_minute=600,calls_at_once=50,calls_per_hour=500,minutes_per_day=3000; 0 is no limit")
    }
}

impl std::error::Error for NotABudget {}

impl Budget {
    /// These limits, and where they say nothing, those.
    pub fn or(self, lower: Self) -> Self {
        Self {
            exchanges_per_minute: self.exchanges_per_minute.or(lower.exchanges_per_minute),
            calls_at_once: self.calls_at_once.or(lower.calls_at_once),
            calls_per_hour: self.calls_per_hour.or(lower.calls_per_hour),
            minutes_per_day: self.minutes_per_day.or(lower.minutes_per_day),
        }
    }
}

impl FromStr for Budget {
    type Err = NotABudget;

    fn from_str(text: &str) -> Result<Self, NotABudget> {
        let mut budget = Self::default();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or(NotABudget)?;
            let limit = match name.trim() {
                "exchanges_per_minute" => &mut budget.exchanges_per_minute,
                "calls_at_once" => &mut budget.calls_at_once,
                "calls_per_hour" => &mut budget.calls_per_hour,
                "minutes_per_day" => &mut budget.minutes_per_day,
                _ => return Err(NotABudget),
            };
            let value = value.trim().parse().map_err(|_| NotABudget)?;
            if limit.replace(value).is_some() {
                return Err(NotABudget);
            }
        }
        Ok(budget)
    }
}

/// What has been used of a budget, and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BudgetUse {
    /// Exchanges in the last minute.
    pub exchanges_last_minute: u64,
    /// Calls going on.
    pub calls_at_once: u32,
    /// Calls begun in the last hour.
    pub calls_last_hour: u64,
    /// Minutes in calls in the last 24 hours, those going on included.
    pub minutes_last_day: u64,
    /// Exchanges and calls refused since the server was started.
    pub refused: u64,
    /// The limits in force; 0 is no limit.
    pub limits: Budget,
}

/// `GET /api/offhook/click_to_call/{id}/usage`. Of one server, since it was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ButtonUsage {
    /// The call button.
    pub resource_id: String,
    /// With its token.
    pub token: BudgetUse,
    /// Of all call buttons that lead to the same address.
    pub destination: BudgetUse,
}

/// Work to be done before a public token is exchanged: find a text, so that SHA-256 of the challenge, a full stop and the text
/// begins with so many zero bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkChallenge {
    /// Always `sha-256`.
    pub algorithm: String,
    /// Good once, and for this embed token.
    pub challenge: String,
    /// Zero bits.
    pub bits: u8,
    /// Seconds since 1970.
    pub expires_at: u64,
    /// The same from now.
    pub expires_in: u64,
}

/// Body of the 428 that asks for work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkNeeded {
    /// `Precondition Required`.
    pub error: String,
    /// For people.
    pub message: String,
    /// `work_needed`, or why the work that came was refused: `work_malformed`, `work_foreign`, `work_expired`, `work_wrong` or
    /// `work_used`.
    pub code: String,
    /// What to do.
    pub proof_of_work: WorkChallenge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_from_text() {
        let budget: Budget = "calls_at_once=5, minutes_per_day=0".parse().unwrap();
        let expected = Budget {
            calls_at_once: Some(5),
            minutes_per_day: Some(0),
            ..Budget::default()
        };
        assert_eq!(budget, expected);
        for wrong in [
            "",
            "calls_at_once",
            "calls=5",
            "calls_at_once=-1",
            "calls_at_once=1,calls_at_once=2",
        ] {
            assert_eq!(wrong.parse::<Budget>(), Err(NotABudget), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}|([a-z_]{0,20}=[0-9 -]{0,12},?){0,5}") {
            if let Ok(budget) = text.parse::<Budget>() {
                proptest::prop_assert_ne!(budget, Budget::default(), "a text sets something");
            }
        }

        #[test]
        fn limits_are_read_as_they_are_written(calls: u32, exchanges: u32) {
            let text = format!("calls_per_hour={calls}, exchanges_per_minute={exchanges}");
            let budget: Budget = text.parse().unwrap();
            proptest::prop_assert_eq!(budget.calls_per_hour, Some(calls));
            proptest::prop_assert_eq!(budget.exchanges_per_minute, Some(exchanges));
        }
    }
}
