//! Attributes of requests as tables: one table says what is read, what is refused and why, and what the OpenAPI document shows.

use offhook_proto::limits;
use offhook_proto::rest::code;
use serde_json::{Map, Value, json};
use url::Url;

use super::fields::{Fields, TEXT};

/// An attribute of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    /// As callers spell it.
    pub(super) name: &'static str,
    pub(super) what: What,
    /// Must be there when a thing is made.
    pub(super) required: bool,
    /// Taken when it is left out then.
    pub(super) default: Option<&'static str>,
    /// For people.
    pub(super) about: &'static str,
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A text of so many characters.
    Text(usize),
    /// The same, not empty.
    Name(usize),
    /// A text that is not shown again, of so many characters.
    Password(usize, usize),
    /// An http or https URL.
    Url,
    /// An ISO 8601 time.
    Time,
    Flag,
    /// A whole number from and to.
    Integer(u64, u64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// So many texts.
    Texts(usize),
    /// One text or so many.
    TextOrTexts(usize),
    /// An object of so many bytes.
    Object(usize),
    /// The same, or its text.
    Document(usize),
}

impl Attribute {
    pub(super) const fn new(name: &'static str, what: What, about: &'static str) -> Self {
        Self {
            name,
            what,
            required: false,
            default: None,
            about,
        }
    }

    pub(super) const fn required(name: &'static str, what: What, about: &'static str) -> Self {
        Self {
            required: true,
            ..Self::new(name, what, about)
        }
    }

    pub(super) const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    /// The value as it is kept; `None` when it is left out or wrong.
    fn read(&self, fields: &mut Fields) -> Option<Value> {
        let name = self.name;
        let refuse = |fields: &mut Fields, message: String| {
            fields.refuse(name, code::INVALID_VALUE, message);
            None
        };
        Some(match self.what {
            What::Text(most) => fields.text(name, most)?.into(),
            What::Name(most) => fields.optional_name(name, most)?.into(),
            What::Password(least, most) => {
                let text = fields.text(name, most)?;
                if text.chars().count() < least {
                    return refuse(fields, format!("{name} must have {least} characters"));
                }
                text.into()
            }
            What::Url => {
                let text = fields.text(name, limits::URL_CHARS)?;
                let is_web =
                    Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                if !is_web {
                    return refuse(fields, format!("{name} must be an http or https URL"));
                }
                text.into()
            }
            What::Time => fields.time(name)?.to_string().into(),
            What::Flag => fields.flag(name)?.into(),
            What::Integer(least, most) => fields.integer(name, least..=most)?.into(),
            What::OneOf(known) => {
                let text = fields.text(name, TEXT)?;
                if !known.contains(&text.as_str()) {
                    return refuse(
                        fields,
                        format!("{name} must be one of {}", known.join(", ")),
                    );
                }
                text.into()
            }
            What::Texts(most) => fields.texts(name, most)?.into(),
            What::TextOrTexts(most) => fields.text_or_texts(name, most).into(),
            What::Object(most) => {
                let object = Value::Object(fields.object(name)?);
                return self.sized(fields, object, most);
            }
            What::Document(most) => {
                let document = match fields.any(name)? {
                    Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::Null),
                    other => other,
                };
                if !document.is_object() {
                    return refuse(
                        fields,
                        format!("{name} must be a JSON object, or the text of one"),
                    );
                }
                return self.sized(fields, document, most);
            }
        })
    }

    fn sized(&self, fields: &mut Fields, value: Value, most: usize) -> Option<Value> {
        if offhook_proto::relay::to_text(&value).len() > most {
            let message = format!("{} may have {most} bytes", self.name);
            fields.refuse(self.name, code::INVALID_VALUE, message);
            return None;
        }
        Some(value)
    }

    fn schema(&self) -> Value {
        let mut schema = match self.what {
            What::Text(most) => json!({"type": "string", "maxLength": most}),
            What::Name(most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
            What::Password(least, most) => {
                json!({"type": "string", "format": "password", "writeOnly": true, "minLength": least, "maxLength": most})
            }
            What::Url => json!({"type": "string", "format": "uri", "maxLength": limits::URL_CHARS}),
            What::Time => json!({"type": "string", "format": "date-time"}),
            What::Flag => json!({"type": "boolean"}),
            What::Integer(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            What::OneOf(known) => json!({"type": "string", "enum": known}),
            What::Texts(most) => {
                json!({"type": "array", "items": {"type": "string"}, "maxItems": most})
            }
            What::TextOrTexts(most) => {
                json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": most}]})
            }
            What::Object(_) => json!({"type": "object"}),
            What::Document(_) => json!({"oneOf": [{"type": "object"}, {"type": "string"}]}),
        };
        schema["description"] = self.about.into();
        if let Some(default) = self.default {
            schema["default"] = default.into();
        }
        schema
    }
}

/// Reads what the table knows: what is named replaces what was in `old`. A thing that is made (`old` is `None`) needs what is required.
pub(super) fn read(
    table: &[Attribute],
    fields: &mut Fields,
    old: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let mut values = old.cloned().unwrap_or_default();
    for attribute in table {
        match attribute.read(fields) {
            // What is not shown again is not kept: nothing here signs in with it.
            Some(_) if matches!(attribute.what, What::Password(..)) => {}
            Some(value) => {
                values.insert(attribute.name.to_owned(), value);
            }
            None if old.is_none() && attribute.required => {
                fields.missing_unless_refused(attribute.name);
            }
            None => {
                if let (None, Some(default)) = (old, attribute.default) {
                    values.insert(attribute.name.to_owned(), default.into());
                }
            }
        }
    }
    values
}

/// The table as a JSON Schema.
pub(super) fn schema(table: &[Attribute], making: bool) -> Value {
    let properties: Map<String, Value> = table
        .iter()
        .map(|attribute| (attribute.name.to_owned(), attribute.schema()))
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    let required: Vec<&str> = table
        .iter()
        .filter(|attribute| making && attribute.required)
        .map(|attribute| attribute.name)
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::super::error::ApiError;
    use super::*;

    const TABLE: &[Attribute] = &[
        Attribute::required("name", What::Name(5), ""),
        Attribute::new("kind", What::OneOf(&["a", "b"]), "").or("a"),
        Attribute::new("url", What::Url, ""),
        Attribute::new("password", What::Password(3, 9), ""),
        Attribute::new("contents", What::Document(20), ""),
    ];

    fn read_text(
        body: &str,
        old: Option<&Map<String, Value>>,
    ) -> Result<Map<String, Value>, Vec<String>> {
        let mut fields = Fields::parse(body.as_bytes()).unwrap();
        let values = read(TABLE, &mut fields, old);
        match fields.finish() {
            Ok(()) => Ok(values),
            Err(ApiError::Invalid(errors)) => {
                Err(errors.into_iter().map(|error| error.attribute).collect())
            }
            Err(_) => Err(Vec::new()),
        }
    }

    #[test]
    fn what_is_named_replaces_what_was_and_passwords_are_not_kept() {
        let made = read_text(
            r#"{"name":"x","password":"secret","contents":"{\"a\":1}"}"#,
            None,
        )
        .unwrap();
        assert_eq!(
            Value::Object(made.clone()),
            json!({"name": "x", "kind": "a", "contents": {"a": 1}})
        );
        let changed = read_text(r#"{"kind":"b","url":"https://x/"}"#, Some(&made)).unwrap();
        assert_eq!(
            Value::Object(changed),
            json!({"name": "x", "kind": "b", "url": "https://x/", "contents": {"a": 1}})
        );
    }

    #[test]
    fn every_fault_is_reported() {
        let wrong = r#"{"name":"","kind":"c","url":"ftp://x","password":"x","contents":[]}"#;
        let every = ["name", "kind", "url", "password", "contents"];
        assert_eq!(read_text(wrong, None).unwrap_err(), every);
        assert_eq!(read_text("{}", None).unwrap_err(), ["name"]);
        let long = r#"{"name":"x","contents":{"a":"xxxxxxxxxxxxxxxxxxxx"}}"#;
        assert_eq!(read_text(long, None).unwrap_err(), ["contents"]);
        assert!(read_text("{}", Some(&Map::new())).is_ok());
    }
}
