//! Who the session belongs to (sdk-api reference, section 12).

use miniserde::json::Value;
use offhook_core::json;

use crate::address::AddressRecord;
use crate::value;

/// The subscriber or guest of a session, as the server knows them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct User {
    /// Subscriber id; of a guest, one that stands for the token.
    pub id: String,
    /// Mail address.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Shown name.
    pub display_name: Option<String>,
    /// What they do.
    pub job_title: Option<String>,
    /// Offset of their time, hours.
    pub time_zone: Option<f64>,
    /// Country.
    pub country: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Where they work.
    pub company_name: Option<String>,
    /// Their addresses, the one messages are sent from first.
    pub addresses: Vec<AddressRecord>,
    /// What the token says of itself: an object.
    pub sat_claims: Value,
}

impl User {
    pub(crate) fn parse(info: &Value) -> Self {
        let text = |key| value::owned(info, key);
        let addresses = json::array_of(info, "fabric_addresses");
        Self {
            id: text("id").unwrap_or_default(),
            email: text("email"),
            first_name: text("first_name"),
            last_name: text("last_name"),
            display_name: text("display_name"),
            job_title: text("job_title"),
            time_zone: value::float(info, "time_zone"),
            country: text("country"),
            region: text("region"),
            company_name: text("company_name"),
            addresses: addresses.iter().filter_map(AddressRecord::parse).collect(),
            sat_claims: value::object_of(info, "sat_claims"),
        }
    }

    /// The address messages are sent from.
    pub(crate) fn own_address(&self) -> Option<&str> {
        self.addresses.first().map(|address| address.id.as_str())
    }
}
