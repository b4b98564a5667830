//! Records of calls, for a project's backend: listed, and exported whole. Ours: the hosted platform shows them elsewhere.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use offhook_proto::limits;
use offhook_proto::rest::{CallOutcome, CallRecord, LegQuality, Page, Timestamp, code};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::TEXT;
use super::origin::Caller;
use super::paging::ListQuery;
use crate::store::{CallFilter, Order, PageRequest, Position, Store, StoreError};

/// `GET /api/offhook/call_records`: the newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    caller: Caller,
    mut query: ListQuery,
) -> Result<Json<Page<CallRecord>>, ApiError> {
    let filter = filter(&query)?;
    query.newest_first();
    let slice = app
        .mint
        .store
        .call_records(&project.id, &filter, &query.page)
        .await?;
    let records = slice.map(|listed| listed.record);
    Ok(Json(query.answer(&caller, records)))
}

/// `GET /api/offhook/call_records/export`: all that the filter lets through, the oldest first, as `format=jsonl` (a record a line) or
/// `format=csv`. Read from the store page by page while the client reads.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    query: ListQuery,
) -> Result<Response, ApiError> {
    let format = match query.value("format") {
        None | Some("jsonl") => Format::JsonLines,
        Some("csv") => Format::Csv,
        Some(_) => {
            let message = "format must be jsonl or csv";
            return Err(ApiError::invalid("format", code::INVALID_VALUE, message));
        }
    };
    let export = Export {
        store: app.mint.store.clone(),
        project_id: project.id,
        filter: filter(&query)?,
        format,
        next: Some(PageRequest {
            size: limits::PAGE_SIZE_MAX,
            order: Order::Ascending,
            position: Position::Offset(0),
        }),
    };
    let head = match format {
        Format::Csv => CSV_HEAD,
        Format::JsonLines => "",
    };
    let first = stream::iter([Ok::<_, StoreError>(Bytes::from_static(head.as_bytes()))]);
    let pages = stream::unfold(export, Export::page);
    let body = Body::from_stream(futures_util::StreamExt::chain(first, pages));
    let mut response = Response::new(body);
    let (kind, disposition) = match format {
        Format::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"call_records.csv\"",
        ),
        Format::JsonLines => (
            "application/jsonl",
            "attachment; filename=\"call_records.jsonl\"",
        ),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}

fn filter(query: &ListQuery) -> Result<CallFilter, ApiError> {
    let time = |name: &'static str| {
        let parse = |text: &str| {
            text.parse::<Timestamp>()
                .map(|time| time.0.saturating_mul(1000))
                .map_err(|fault| {
                    ApiError::invalid(name, code::INVALID_VALUE, format!("{name} is {fault}"))
                })
        };
        query.value(name).map(parse).transpose()
    };
    let status = |name: &str| {
        CallOutcome::from_name(name).ok_or_else(|| {
            let names = CallOutcome::ALL.map(CallOutcome::as_str).join(", ");
            let message = format!("status must be one of {names}");
            ApiError::invalid("status", code::INVALID_VALUE, message)
        })
    };
    let destination = query.value("destination");
    if destination.is_some_and(|destination| destination.chars().count() > TEXT) {
        let message = format!("destination may have {TEXT} characters");
        return Err(ApiError::invalid(
            "destination",
            code::INVALID_VALUE,
            message,
        ));
    }
    Ok(CallFilter {
        from_ms: time("from")?,
        until_ms: time("until")?,
        // As it is dialled, or without its channel.
        destination: destination
            .map(|destination| destination.split('?').next().unwrap_or_default().to_owned()),
        status: query.value("status").map(status).transpose()?,
    })
}

#[derive(Clone, Copy)]
enum Format {
    JsonLines,
    Csv,
}

struct Export {
    store: Store,
    project_id: String,
    filter: CallFilter,
    format: Format,
    /// `None`: everything has been read.
    next: Option<PageRequest>,
}

impl Export {
    async fn page(mut self) -> Option<(Result<Bytes, StoreError>, Self)> {
        let page = self.next.take()?;
        let read = self
            .store
            .call_records(&self.project_id, &self.filter, &page)
            .await;
        let slice = match read {
            Ok(slice) => slice,
            Err(error) => {
                // The head has been sent: what is missing shows as a body that ends too early.
                tracing::error!(%error, "the export of call records breaks off");
                return Some((Err(error), self));
            }
        };
        self.next = slice.next.map(|cursor| PageRequest {
            position: Position::After(cursor),
            ..page
        });
        let mut text = String::new();
        for listed in &slice.items {
            match self.format {
                Format::JsonLines => {
                    text.push_str(&offhook_proto::relay::to_text(&listed.record));
                    text.push('\n');
                }
                Format::Csv => write_csv(&mut text, &listed.record),
            }
        }
        Some((Ok(text.into()), self))
    }
}

const CSV_HEAD: &str = "id,started_at,answered_at,ended_at,duration_ms,status,cause,ended_by,\
    from_name,from_number,from_subscriber_id,to_name,to_number,to_subscriber_id,\
    caller_loss,caller_loss_sent,caller_jitter_ms,caller_round_trip_ms,caller_mos,\
    callee_loss,callee_loss_sent,callee_jitter_ms,callee_round_trip_ms,callee_mos\r\n";

fn write_csv(text: &mut String, record: &CallRecord) {
    let caller = record.from.subscriber_id.as_deref();
    let is_caller = |index: usize| {
        index == 0 && record.legs.first().map(|leg| leg.subscriber_id.as_str()) == caller
    };
    let quality = |wanted: bool| {
        let mut legs = record.legs.iter().enumerate();
        legs.find(|(index, _)| is_caller(*index) == wanted)
            .and_then(|(_, leg)| leg.quality)
    };
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut cells = vec![
        record.id.clone(),
        record.started_at.to_string(),
        record
            .answered_at
            .map(|time| time.to_string())
            .unwrap_or_default(),
        record.ended_at.to_string(),
        record.duration_ms.to_string(),
        record.status.as_str().to_owned(),
        record.cause.clone(),
        record
            .ended_by
            .map(|end| end.as_str().to_owned())
            .unwrap_or_default(),
        record.from.name.clone(),
        record.from.number.clone(),
        optional(&record.from.subscriber_id),
        record.to.name.clone(),
        record.to.number.clone(),
        optional(&record.to.subscriber_id),
    ];
    cells.extend(quality_cells(quality(true)));
    cells.extend(quality_cells(quality(false)));
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell);
    }
    text.push_str("\r\n");
}

fn quality_cells(quality: Option<LegQuality>) -> [String; 5] {
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        number(quality.map(|quality| quality.loss)),
        number(quality.and_then(|quality| quality.loss_sent)),
        number(quality.map(|quality| quality.jitter_ms)),
        number(quality.and_then(|quality| quality.round_trip_ms)),
        number(quality.and_then(|quality| quality.mos)),
    ]
}

/// Names are other people's text: what a table program would take for a formula is made plain by an apostrophe.
fn write_cell(text: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = !formula && !cell.contains([',', '"', '\n', '\r']);
    if plain {
        text.push_str(cell);
        return;
    }
    let apostrophe = if formula { "'" } else { "" };
    // Writing to a text cannot fail.
    let _ = write!(text, "\"{apostrophe}{}\"", cell.replace('"', "\"\""));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@x", "\"'@x\""),
            ("-1", "\"'-1\""),
            ("", ""),
        ] {
            let mut text = String::new();
            write_cell(&mut text, cell);
            assert_eq!(text, expected);
        }
    }

    proptest! {
        #[test]
        fn no_cell_ends_its_line_or_begins_a_formula(cell in ".{0,40}") {
            let mut text = String::new();
            write_cell(&mut text, &cell);
            if text.starts_with('"') {
                let inner = &text[1..text.len() - 1];
                prop_assert!(!inner.replace("\"\"", "").contains('"'));
                prop_assert!(!inner.starts_with(['=', '+', '-', '@']));
            } else {
                prop_assert!(!text.contains(['"', ',', '\n', '\r']));
                prop_assert!(!text.starts_with(['=', '+', '-', '@']));
            }
        }
    }
}
