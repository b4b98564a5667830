//! Lists a page at a time, by position of the last row seen, so that what is made or deleted meanwhile neither
//! repeats nor hides a row.

use sqlx::QueryBuilder;

use super::{Db, to_sql};

/// Which way a list goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// From A.
    #[default]
    Ascending,
    /// To A.
    Descending,
}

/// The place of a row in a list: what the list is sorted by, and the id for rows that are equal in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Value of the sorted column.
    pub key: String,
    /// Id of the row.
    pub id: String,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// After so many rows.
    Offset(u64),
    /// Behind that row.
    After(Cursor),
    /// The page that ends before that row.
    Before(Cursor),
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Most rows on it.
    pub size: usize,
    /// Which way the list goes.
    pub order: Order,
    /// Where it begins.
    pub position: Position,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            size: offhook_proto::limits::PAGE_SIZE,
            order: Order::Ascending,
            position: Position::Offset(0),
        }
    }
}

/// A page's rows, and where its neighbours begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Last row, when there are more behind it.
    pub next: Option<Cursor>,
    /// First row, when there are more before it.
    pub prev: Option<Cursor>,
}

impl<T> Slice<T> {
    /// The same page of other things.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            items: self.items.into_iter().map(make).collect(),
            next: self.next,
            prev: self.prev,
        }
    }
}

impl PageRequest {
    /// Appends the condition, order and bound to a query that ends in its `WHERE` clause. `column` and `id` are names
    /// of columns, never a caller's text.
    pub(super) fn append(
        &self,
        query: &mut QueryBuilder<Db>,
        column: &'static str,
        id: &'static str,
    ) {
        self.append_sorted(query, column, id, |query, key| {
            query.push_bind(key.to_owned());
        });
    }

    /// The same where the column holds numbers.
    pub(super) fn append_by_number(
        &self,
        query: &mut QueryBuilder<Db>,
        column: &'static str,
        id: &'static str,
    ) {
        self.append_sorted(query, column, id, |query, key| {
            // A cursor says where to go on and nothing else: one that is not ours leads to the wrong page.
            query.push_bind(key.parse::<i64>().unwrap_or(0));
        });
    }

    fn append_sorted(
        &self,
        query: &mut QueryBuilder<Db>,
        column: &'static str,
        id: &'static str,
        bind_key: impl Fn(&mut QueryBuilder<Db>, &str),
    ) {
        let backwards = matches!(self.position, Position::Before(_));
        let ascending = (self.order == Order::Ascending) != backwards;
        if let Position::After(cursor) | Position::Before(cursor) = &self.position {
            let sign = if ascending { ">" } else { "<" };
            query.push(format!(" AND ({column}, {id}) {sign} ("));
            bind_key(query, &cursor.key);
            query.push(", ").push_bind(cursor.id.clone()).push(")");
        }
        let direction = if ascending { "ASC" } else { "DESC" };
        query.push(format!(
            " ORDER BY {column} {direction}, {id} {direction} LIMIT "
        ));
        // One more than is shown, to see whether there is more.
        query.push_bind(to_sql(self.size as u64 + 1));
        if let Position::Offset(rows) = self.position {
            query.push(" OFFSET ").push_bind(to_sql(rows));
        }
    }

    /// Makes the page of the rows that the query gave.
    pub(super) fn slice<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Slice<T> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let backwards = matches!(self.position, Position::Before(_));
        if backwards {
            rows.reverse();
        }
        let (more_behind, more_before) = match self.position {
            Position::Before(_) => (true, more),
            Position::After(_) => (more, true),
            Position::Offset(skipped) => (more, skipped > 0),
        };
        Slice {
            next: rows.last().filter(|_| more_behind).map(&cursor),
            prev: rows.first().filter(|_| more_before).map(&cursor),
            items: rows,
        }
    }
}
