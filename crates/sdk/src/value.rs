//! Reading the engine's JSON values.

use miniserde::json::{Number, Value};

pub(crate) fn get<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(object) => object.get(key),
        _ => None,
    }
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    match get(value, key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

pub(crate) fn flag(value: &Value, key: &str) -> Option<bool> {
    match get(value, key)? {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// An integer, also one sent as text, as causes of a call's end are.
pub(crate) fn integer(value: &Value, key: &str) -> Option<i64> {
    match get(value, key)? {
        Value::Number(Number::I64(number)) => Some(*number),
        Value::Number(Number::U64(number)) => i64::try_from(*number).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
