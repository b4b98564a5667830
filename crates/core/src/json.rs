//! Reading and building JSON values with little code: the browser module pays for every line.

use miniserde::json::{self, Array, Number, Object, Value};

/// Deepest nesting taken in: copying a value recurses, so depth must be bounded before anything else looks at it.
const DEPTH: usize = 64;

/// Parses a text; `None` when it is not JSON, or nested too deeply.
pub fn parse(text: &str) -> Option<Value> {
    if depth(text) > DEPTH {
        return None;
    }
    json::from_str(text).ok()
}

/// How deeply a text is nested, without parsing it.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The text of a value.
pub fn write(value: &Value) -> String {
    json::to_string(value)
}

/// A whole number that is not negative.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(Number::U64(number)) => Some(*number),
        _ => None,
    }
}

/// A time in seconds, whole or not, as milliseconds.
pub(crate) fn seconds_as_ms(value: &Value) -> Option<u64> {
    let ms = match value {
        Value::Number(Number::U64(seconds)) => seconds.checked_mul(1000)?,
        Value::Number(Number::F64(seconds)) if (0.0..1e12).contains(seconds) => {
            (seconds * 1000.0) as u64
        }
        _ => return None,
    };
    Some(ms)
}

/// An object of these members; those that are [`Value::Null`] are left out.
pub fn object<const N: usize>(mut members: [(&str, Value); N]) -> Value {
    build(&mut members, false)
}

/// An object of these members, null or not.
pub fn whole_object<const N: usize>(mut members: [(&str, Value); N]) -> Value {
    build(&mut members, true)
}

/// One body for every number of members: the browser module would pay for each.
#[inline(never)]
fn build(members: &mut [(&str, Value)], keep_null: bool) -> Value {
    let mut object = Object::new();
    for (name, value) in members {
        if keep_null || !matches!(value, Value::Null) {
            object.insert((*name).to_owned(), std::mem::take(value));
        }
    }
    Value::Object(object)
}

/// A string value.
pub fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// A string value, or null.
pub fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, self::text)
}

/// A whole number.
pub fn number(number: u64) -> Value {
    Value::Number(Number::U64(number))
}

/// An array of strings.
pub fn texts(items: &[&str]) -> Value {
    Value::Array(items.iter().map(|item| text(item)).collect::<Array>())
}

/// A member of an object.
pub fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(object) => object.get(name),
        _ => None,
    }
}

/// What a path of member names leads to.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| get(value, name))
}

/// A member that is a string.
pub fn str_of<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    as_str(get(value, name)?)
}

/// The text of a string value.
pub fn as_str(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A member that is a boolean.
pub fn bool_of(value: &Value, name: &str) -> Option<bool> {
    match get(value, name)? {
        Value::Bool(flag) => Some(*flag),
        _ => None,
    }
}

/// A member that is a number, or a string that reads as one; fractions are cut.
pub fn int_of(value: &Value, name: &str) -> Option<i64> {
    match get(value, name)? {
        Value::Number(Number::I64(number)) => Some(*number),
        Value::Number(Number::U64(number)) => i64::try_from(*number).ok(),
        Value::Number(Number::F64(number)) => Some(*number as i64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A member that is an array; empty when there is none.
pub fn array_of<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    match get(value, name) {
        Some(Value::Array(array)) => array,
        _ => &[],
    }
}

/// Writes the members of `change` over those of `target`; anything that is not an object is left alone.
pub fn merge(target: &mut Value, change: &Value) {
    if let (Value::Object(target), Value::Object(change)) = (target, change) {
        for (name, value) in change {
            target.insert(name.clone(), value.clone());
        }
    }
}

/// Sets a member of an object.
pub fn set(target: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = target {
        object.insert(name.to_owned(), value);
    }
}

/// Takes a member out of an object.
pub fn take(target: &mut Value, name: &str) -> Option<Value> {
    match target {
        Value::Object(members) => members.remove(name),
        _ => None,
    }
}

/// An empty object.
pub fn empty() -> Value {
    Value::Object(Object::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_nesting_is_no_json() {
        assert!(parse(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_some());
        assert!(parse(&format!("{}{}", "[".repeat(65), "]".repeat(65))).is_none());
        assert!(parse(&format!("\"{}\"", "[".repeat(100))).is_some());
        assert!(parse(&format!("\"\\\"{}\"", "{".repeat(100))).is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,200}|[\\[\\]{}\",:0-9a-z\\\\ .eE+-]{0,200}") {
            if let Some(value) = parse(&text) {
                // What was read once is read the same again.
                let written = write(&value);
                let again = parse(&written).map(|value| write(&value));
                proptest::prop_assert_eq!(again.as_deref(), Some(&written[..]));
            }
        }
    }
}
