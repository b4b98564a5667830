//! Pages of lists: what a caller asks for, and the links to the neighbours (wire-protocol.md 8.3).
//!
//! `page_token` is the place of a row, so that a list that changes meanwhile is neither repeated nor skipped. It is no
//! secret and no authority: it only says where to go on.

use axum::extract::{FromRequestParts, OriginalUri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use offhook_proto::limits;
use offhook_proto::rest::{Links, Page, code};
use url::form_urlencoded;

use super::error::ApiError;
use super::origin::Caller;
use crate::store::{Cursor, Order, PageRequest, Position, Slice};

const TOKEN_PREFIX: &str = "PA";

/// The query string of a list.
#[derive(Debug)]
pub(crate) struct ListQuery {
    path: String,
    pairs: Vec<(String, String)>,
    page_number: u64,
    /// The page asked for.
    pub(crate) page: PageRequest,
}

impl ListQuery {
    fn parse(path: &str, query: &str) -> Result<Self, ApiError> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let mut this = Self {
            path: path.to_owned(),
            pairs,
            page_number: 0,
            page: PageRequest::default(),
        };
        if let Some(size) = this.number("page_size")? {
            if size == 0 {
                return Err(ApiError::invalid(
                    "page_size",
                    code::INVALID_VALUE,
                    "page_size must be at least 1",
                ));
            }
            this.page.size = usize::try_from(size)
                .unwrap_or(usize::MAX)
                .min(limits::PAGE_SIZE_MAX);
        }
        if let Some(order) = this.value("sort_order") {
            this.page.order = match order {
                "asc" => Order::Ascending,
                "desc" => Order::Descending,
                _ => {
                    return Err(ApiError::invalid(
                        "sort_order",
                        code::INVALID_VALUE,
                        "sort_order must be asc or desc",
                    ));
                }
            };
        }
        this.page_number = this.number("page_number")?.unwrap_or(0);
        this.page.position = match this.value("page_token") {
            Some(token) => read_token(token).ok_or_else(|| {
                ApiError::invalid(
                    "page_token",
                    code::INVALID_VALUE,
                    "page_token is not one of ours",
                )
            })?,
            None => Position::Offset(this.page_number.saturating_mul(this.page.size as u64)),
        };
        Ok(this)
    }

    /// Lists of what has happened begin with the newest, unless the caller asks for another order.
    pub(crate) fn newest_first(&mut self) {
        if self.value("sort_order").is_none() {
            self.page.order = Order::Descending;
        }
    }

    /// The value of a filter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The answer: the rows and the links to the pages around them, on the host the caller used.
    pub(crate) fn answer<T>(&self, caller: &Caller, slice: Slice<T>) -> Page<T> {
        let neighbour =
            |number: u64, position: Position| self.link(caller, Some(number), Some(&position));
        let links = Links {
            this: self.this(caller),
            first: self.link(caller, None, None),
            next: slice
                .next
                .map(|cursor| neighbour(self.page_number + 1, Position::After(cursor))),
            prev: slice.prev.map(|cursor| {
                neighbour(self.page_number.saturating_sub(1), Position::Before(cursor))
            }),
        };
        Page {
            data: slice.items,
            links,
        }
    }

    fn this(&self, caller: &Caller) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.pairs);
        if self.value("page_number").is_none() {
            query.append_pair("page_number", &self.page_number.to_string());
        }
        if self.value("page_size").is_none() {
            query.append_pair("page_size", &self.page.size.to_string());
        }
        format!("{}{}?{}", caller.base, self.path, query.finish())
    }

    /// Keeps sort and filter; names another page.
    fn link(&self, caller: &Caller, number: Option<u64>, position: Option<&Position>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs.iter().filter(|(name, _)| {
            !matches!(name.as_str(), "page_number" | "page_size" | "page_token")
        }));
        if let Some(number) = number {
            query.append_pair("page_number", &number.to_string());
        }
        query.append_pair("page_size", &self.page.size.to_string());
        if let Some(token) = position.and_then(write_token) {
            query.append_pair("page_token", &token);
        }
        format!("{}{}?{}", caller.base, self.path, query.finish())
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, ApiError> {
        let parse = |text: &str| {
            text.parse().map_err(|_| {
                ApiError::invalid(name, code::INVALID, format!("{name} must be an integer"))
            })
        };
        self.value(name).map(parse).transpose()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // A nested router sees its own part of the path only; links need the whole.
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |original| &original.0);
        Self::parse(uri.path(), uri.query().unwrap_or_default())
    }
}

fn write_token(position: &Position) -> Option<String> {
    let (direction, cursor) = match position {
        Position::After(cursor) => ("a", cursor),
        Position::Before(cursor) => ("b", cursor),
        Position::Offset(_) => return None,
    };
    let text = serde_json::json!([direction, cursor.key, cursor.id]).to_string();
    Some(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(text)))
}

fn read_token(token: &str) -> Option<Position> {
    let text = URL_SAFE_NO_PAD
        .decode(token.strip_prefix(TOKEN_PREFIX)?)
        .ok()?;
    let (direction, key, id): (String, String, String) = serde_json::from_slice(&text).ok()?;
    let cursor = Cursor { key, id };
    match direction.as_str() {
        "a" => Some(Position::After(cursor)),
        "b" => Some(Position::Before(cursor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn caller() -> Caller {
        Caller {
            ip: [192, 0, 2, 1].into(),
            base: "https://fabric.example.test:8743".to_owned(),
        }
    }

    #[test]
    fn links_keep_sort_and_filter_and_are_absolute() {
        let query = ListQuery::parse(
            "/api/fabric/addresses",
            "sort_by=name&sort_order=asc&page_size=2&page_number=1&page_token=PAWyJhIiwiayIsImkiXQ",
        )
        .unwrap();
        assert_eq!(
            query.page.position,
            Position::After(Cursor {
                key: "k".into(),
                id: "i".into()
            })
        );
        let cursor = |key: &str| {
            Some(Cursor {
                key: key.into(),
                id: "x".into(),
            })
        };
        let page = query.answer(
            &caller(),
            Slice {
                items: vec![1, 2],
                next: cursor("n"),
                prev: cursor("p"),
            },
        );
        let start =
            "https://fabric.example.test:8743/api/fabric/addresses?sort_by=name&sort_order=asc&";
        assert_eq!(page.links.first, format!("{start}page_size=2"));
        assert_eq!(
            page.links.this,
            format!("{start}page_size=2&page_number=1&page_token=PAWyJhIiwiayIsImkiXQ")
        );
        for (link, number, position) in [
            (
                page.links.next.unwrap(),
                2,
                Position::After(Cursor {
                    key: "n".into(),
                    id: "x".into(),
                }),
            ),
            (
                page.links.prev.unwrap(),
                0,
                Position::Before(Cursor {
                    key: "p".into(),
                    id: "x".into(),
                }),
            ),
        ] {
            assert!(
                link.starts_with(&format!(
                    "{start}page_number={number}&page_size=2&page_token=PA"
                )),
                "{link}"
            );
            let (path, rest) = link["https://fabric.example.test:8743".len()..]
                .split_once('?')
                .unwrap();
            assert_eq!(
                ListQuery::parse(path, rest).unwrap().page.position,
                position
            );
        }
    }

    #[test]
    fn a_list_of_one_page_still_has_links() {
        let query = ListQuery::parse("/x", "").unwrap();
        let page = query.answer(
            &caller(),
            Slice {
                items: Vec::<u8>::new(),
                next: None,
                prev: None,
            },
        );
        assert_eq!(page.links.next, None);
        assert_eq!(
            page.links.first,
            "https://fabric.example.test:8743/x?page_size=50"
        );
    }

    #[test]
    fn faults_are_named() {
        for (query, attribute) in [
            ("page_size=0", "page_size"),
            ("page_size=x", "page_size"),
            ("page_number=-1", "page_number"),
            ("sort_order=up", "sort_order"),
            ("page_token=PAxx", "page_token"),
            ("page_token=", "page_token"),
        ] {
            match ListQuery::parse("/x", query) {
                Err(ApiError::Invalid(errors)) => assert_eq!(errors[0].attribute, attribute),
                other => panic!("{query}: {other:?}"),
            }
        }
        assert_eq!(
            ListQuery::parse("/x", "page_size=999999")
                .unwrap()
                .page
                .size,
            limits::PAGE_SIZE_MAX
        );
    }

    proptest! {
        #[test]
        fn no_query_makes_the_parser_panic(query in ".{0,200}") {
            let _ = ListQuery::parse("/x", &query);
        }

        #[test]
        fn page_tokens_come_back(key in ".{0,40}", id in ".{0,40}") {
            let position = Position::Before(Cursor { key, id });
            prop_assert_eq!(read_token(&write_token(&position).unwrap()), Some(position));
        }
    }
}
