//! Whatever a server sends, what is read of it is read without a panic, and nothing without an id becomes an entity.

use miniserde::json::Value;
use offhook_core::json;
use proptest::prelude::*;

use crate::address::AddressRecord;
use crate::client::{CredentialStatus, Warning};
use crate::conversation::entry::Entry as _;
use crate::conversation::{AddressHistory, TextMessage};
use crate::layout::LayoutLayer;
use crate::participant::Member;
use crate::user::User;

/// Names that are read somewhere, and one that is not.
const NAMES: [&str; 18] = [
    "id",
    "member_id",
    "name",
    "type",
    "channels",
    "audio",
    "position",
    "layers",
    "x",
    "layer_index",
    "input_volume",
    "meta",
    "fabric_addresses",
    "details",
    "ts",
    "message",
    "expiresAt",
    "other",
];

/// JSON of any shape in which those names come up.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has no others", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        "[ -!#-\\[\\]-~]{0,12}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let member = (prop::sample::select(&NAMES[..]), inner.clone())
            .prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn has(value: &Value, name: &str) -> bool {
    json::str_of(value, name).is_some()
}

proptest! {
    #[test]
    fn entities_are_read_from_any_json(text in any_json()) {
        let value = json::parse(&text).expect("it is JSON");
        prop_assert_eq!(Member::parse(&value).is_some(), has(&value, "member_id"));
        prop_assert_eq!(AddressRecord::parse(&value).is_some(), has(&value, "id"));
        let user = User::parse(&value);
        prop_assert!(matches!(user.sat_claims, Value::Object(_)));
        prop_assert!(user.addresses.len() <= json::array_of(&value, "fabric_addresses").len());
        let (message, noted) = (TextMessage::parse(&value), AddressHistory::parse(&value));
        prop_assert_eq!(message.as_ref().map(|one| one.place().1), json::str_of(&value, "id"));
        prop_assert_eq!(noted.as_ref().map(|one| one.place().1), json::str_of(&value, "id"));
        let warning = Warning::from_event(&value);
        prop_assert_eq!(&warning.message, json::str_of(&value, "message").unwrap_or_default());
        let _ = CredentialStatus::from_event(&value);
        let layers = LayoutLayer::parse_all(&value);
        prop_assert_eq!(layers.len(), json::array_of(&value, "layers").len());
    }
}
