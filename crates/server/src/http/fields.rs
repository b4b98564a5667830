//! Reads a JSON object attribute by attribute and collects every fault under the attribute's name, so that a caller
//! mends a request in one go. Attributes nobody asks for are ignored; `null` is the same as leaving it out.

use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::FromRequest;
use axum::extract::Request;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use http::StatusCode;
use offhook_proto::rest::{ErrorItem, Timestamp, code};
use serde_json::{Map, Value};

use super::error::ApiError;

/// Longest text of an attribute that has no limit of its own, in characters.
pub(crate) const TEXT: usize = 200;

/// The attributes of a request, and what was wrong with those read so far.
#[derive(Debug)]
pub(crate) struct Fields {
    object: Map<String, Value>,
    errors: Vec<ErrorItem>,
}

impl Fields {
    /// An empty body is an object without attributes.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let object = match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                return Err(ApiError::BadRequest(
                    "the body must be a JSON object".to_owned(),
                ));
            }
            Err(_) if body.is_empty() => Map::new(),
            Err(error) => {
                return Err(ApiError::BadRequest(format!(
                    "the body is not JSON: {error}"
                )));
            }
        };
        Ok(Self {
            object,
            errors: Vec::new(),
        })
    }

    /// The attributes of an object inside another.
    pub(crate) fn of(object: Map<String, Value>) -> Self {
        Self {
            object,
            errors: Vec::new(),
        }
    }

    /// Ends the reading: fails if anything was wrong.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Invalid(self.errors))
        }
    }

    /// Notes a fault found outside.
    pub(crate) fn refuse(&mut self, attribute: &str, code: &str, message: impl Into<String>) {
        self.errors.push(ErrorItem::new(attribute, code, message));
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required_text(&mut self, name: &str, most_chars: usize) -> String {
        match self.take(name) {
            None => {
                self.missing(name);
                String::new()
            }
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.missing(name);
                text
            }
            Some(value) => self
                .checked_text(name, value, most_chars)
                .unwrap_or_default(),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str, most_chars: usize) -> Option<String> {
        let value = self.take(name)?;
        self.checked_text(name, value, most_chars)
    }

    /// A text that may be left out, and is not empty when it is there.
    pub(crate) fn optional_name(&mut self, name: &str, most_chars: usize) -> Option<String> {
        let text = self.text(name, most_chars)?;
        if text.trim().is_empty() {
            let message = format!("{name} must not be empty");
            self.refuse(name, code::INVALID_VALUE, message);
            return None;
        }
        Some(text)
    }

    /// A text that means something else.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name, TEXT)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.refuse(
                name,
                code::INVALID_VALUE,
                format!("{name} must be {expected}"),
            );
        }
        parsed
    }

    /// A moment.
    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, "an ISO 8601 time such as 2026-01-01T00:00:00Z")
    }

    /// A whole number in a range.
    pub(crate) fn integer(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        let number = match value.as_u64() {
            Some(number) => number,
            // A whole number in another spelling: 3.0, or one below zero, which the range will refuse.
            None => match value.as_f64().filter(|number| number.fract() == 0.0) {
                Some(number) if (0.0..9e15).contains(&number) => number as u64,
                Some(_) => {
                    self.out_of_range(name, &range);
                    return None;
                }
                None => {
                    self.refuse(name, code::INVALID, format!("{name} must be an integer"));
                    return None;
                }
            },
        };
        if range.contains(&number) {
            return Some(number);
        }
        self.out_of_range(name, &range);
        None
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.refuse(name, code::INVALID, format!("{name} must be true or false"));
                None
            }
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Object(object) => Some(object),
            _ => {
                self.refuse(name, code::INVALID, format!("{name} must be an object"));
                None
            }
        }
    }

    /// Anything.
    pub(crate) fn any(&mut self, name: &str) -> Option<Value> {
        self.take(name)
    }

    /// A list of texts, of so many at most.
    pub(crate) fn texts(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(name)? else {
            self.refuse(
                name,
                code::INVALID,
                format!("{name} must be an array of strings"),
            );
            return None;
        };
        if items.len() > most {
            self.refuse(
                name,
                code::INVALID_VALUE,
                format!("{name} may have {most} items"),
            );
            return None;
        }
        let mut texts = Vec::new();
        for item in items {
            texts.push(self.checked_text(name, item, TEXT)?);
        }
        Some(texts)
    }

    /// A text, or a list of texts.
    pub(crate) fn text_or_texts(&mut self, name: &str, most: usize) -> Vec<String> {
        if let Some(Value::String(_)) = self.object.get(name) {
            return self.text(name, TEXT).into_iter().collect();
        }
        self.texts(name, most).unwrap_or_default()
    }

    /// Notes that an attribute is missing.
    pub(crate) fn missing(&mut self, name: &str) {
        self.refuse(name, code::MISSING, format!("{name} is required"));
    }

    /// The same, unless what was there has been refused.
    pub(crate) fn missing_unless_refused(&mut self, name: &str) {
        if !self.errors.iter().any(|error| error.attribute == name) {
            self.missing(name);
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    fn checked_text(&mut self, name: &str, value: Value, most_chars: usize) -> Option<String> {
        let Value::String(text) = value else {
            self.refuse(name, code::INVALID, format!("{name} must be a string"));
            return None;
        };
        if text.chars().count() > most_chars {
            self.refuse(
                name,
                code::INVALID_VALUE,
                format!("{name} may have {most_chars} characters"),
            );
            return None;
        }
        if text.contains('\0') {
            self.refuse(
                name,
                code::INVALID_VALUE,
                format!("{name} must not contain a null character"),
            );
            return None;
        }
        Some(text)
    }

    fn out_of_range(&mut self, name: &str, range: &RangeInclusive<u64>) {
        let (least, most) = (range.start(), range.end());
        self.refuse(
            name,
            code::INVALID_VALUE,
            format!("{name} must be from {least} to {most}"),
        );
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(unreadable)?;
        Self::parse(&body)
    }
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge
    } else {
        ApiError::BadRequest("the body ended before it was complete".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults(fields: Fields) -> Vec<(String, String)> {
        match fields.finish() {
            Err(ApiError::Invalid(errors)) => errors
                .into_iter()
                .map(|error| (error.attribute, error.code))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn pair(attribute: &str, code: &str) -> (String, String) {
        (attribute.to_owned(), code.to_owned())
    }

    #[test]
    fn every_fault_is_reported_under_its_attribute() {
        let mut fields = Fields::parse(
            br#"{"a":1,"b":"x","c":"yes","d":-1,"e":"now","f":[1],"g":[],"h":"long"}"#,
        )
        .unwrap();
        fields.required_text("a", 10);
        fields.integer("b", 0..=9);
        fields.flag("c");
        fields.integer("d", 0..=9);
        fields.time("e");
        fields.texts("f", 3);
        fields.object("g");
        fields.text("h", 3);
        fields.required_text("i", 10);
        let invalid = |name| pair(name, code::INVALID);
        let value = |name| pair(name, code::INVALID_VALUE);
        assert_eq!(
            faults(fields),
            [
                invalid("a"),
                invalid("b"),
                invalid("c"),
                value("d"),
                value("e"),
                invalid("f"),
                invalid("g"),
                value("h"),
                pair("i", code::MISSING)
            ]
        );
    }

    #[test]
    fn null_and_unknown_attributes_are_nothing() {
        let mut fields = Fields::parse(br#"{"a":null,"z":{"deep":[]}}"#).unwrap();
        assert_eq!(fields.text("a", 10), None);
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn whole_numbers_may_have_a_point() {
        let mut fields = Fields::parse(br#"{"a":3.0,"b":3.5}"#).unwrap();
        assert_eq!(fields.integer("a", 0..=9), Some(3));
        fields.integer("b", 0..=9);
        assert_eq!(faults(fields), [pair("b", code::INVALID)]);
    }

    #[test]
    fn a_scope_is_one_text_or_several() {
        let mut fields = Fields::parse(br#"{"a":"x","b":["x","y"]}"#).unwrap();
        assert_eq!(fields.text_or_texts("a", 5), ["x"]);
        assert_eq!(fields.text_or_texts("b", 5), ["x", "y"]);
        assert!(fields.text_or_texts("c", 5).is_empty());
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::parse(&body);
        }

        #[test]
        fn no_number_makes_the_reader_panic(number in any::<f64>()) {
            let body = serde_json::json!({ "a": number }).to_string();
            let mut fields = Fields::parse(body.as_bytes()).unwrap();
            fields.integer("a", 0..=10);
        }
    }
}
