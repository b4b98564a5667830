//! Reading the engine's JSON values.

use miniserde::json::{Number, Value};

pub(crate) use offhook_core::json::{bool_of as flag, get, int_of as integer, str_of as text};

/// A text that is no longer borrowed.
pub(crate) fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(str::to_owned)
}

/// Any number.
pub(crate) fn float(value: &Value, key: &str) -> Option<f64> {
    match get(value, key)? {
        Value::Number(Number::F64(number)) => Some(*number),
        Value::Number(Number::I64(number)) => Some(*number as f64),
        Value::Number(Number::U64(number)) => Some(*number as f64),
        _ => None,
    }
}

/// A JSON number of a measure; what is no number becomes null.
pub(crate) fn number(value: f64) -> Value {
    if value.is_finite() {
        Value::Number(Number::F64(value))
    } else {
        Value::Null
    }
}

/// An object, or an empty one in place of anything else.
pub(crate) fn object_of(value: &Value, key: &str) -> Value {
    match get(value, key) {
        Some(object @ Value::Object(_)) => object.clone(),
        _ => offhook_core::json::empty(),
    }
}
