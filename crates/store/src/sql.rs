//! Statements as data: their text, their values, and the record that a row of the result becomes.
//!
//! Parameters are called `$1`, `$2` and so on in the order in which they first appear, because SQLite numbers them so.

use std::borrow::Cow;

use super::row::Kind;
use zonemint_base::model::{FoldedName, UserId};

/// A statement, and its values. These may be secret, so it cannot be printed.
pub(super) struct Statement<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
}

/// A statement that reads records of one kind.
pub(super) struct Query<'a, T: 'static> {
    pub(super) statement: Statement<'a>,
    pub(super) kind: &'static Kind<T>,
}

/// A value of a statement.
pub(super) enum Value<'a> {
    Bytes(Option<&'a [u8]>),
    Flag(Option<bool>),
    /// The name of a user, folded or not: a text in SQLite, bytes in PostgreSQL.
    Name(Option<Cow<'a, [u8]>>),
    Number(Option<i64>),
    /// A day since the Unix epoch.
    Time(i32),
    Text(Option<&'a str>),
    Owned(String),
}

impl<'a> Value<'a> {
    pub(super) fn id(id: &'a UserId) -> Self {
        Self::bytes(id.as_bytes())
    }

    pub(super) fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }

    pub(super) fn name(name: Option<&'a str>) -> Self {
        Self::Name(name.map(|name| Cow::Borrowed(name.as_bytes())))
    }

    pub(super) fn folded(name: Option<&FoldedName>) -> Self {
        Self::Name(name.map(|name| Cow::Owned(name.as_str().as_bytes().to_vec())))
    }

    /// A moment in milliseconds, or a count. The databases' integers have a sign.
    pub(super) fn number(number: u64) -> Self {
        Self::number_or_null(Some(number))
    }

    pub(super) fn number_or_null(number: Option<u64>) -> Self {
        Self::Number(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// How many rows a statement may give.
    pub(super) fn limit(rows: usize) -> Self {
        Self::number(rows as u64)
    }

    pub(super) fn time(day: u32) -> Self {
        Self::Time(i32::try_from(day).unwrap_or(i32::MAX))
    }
}

pub(super) fn statement<'a>(sql: &'static str, values: impl IntoIterator<Item = Value<'a>>) -> Statement<'a> {
    let values: Vec<_> = values.into_iter().collect();
    debug_assert!(is_in_order(sql, values.len()), "{sql}");
    Statement { sql, values }
}

pub(super) fn query<'a, T>(
    kind: &'static Kind<T>,
    sql: &'static str,
    values: impl IntoIterator<Item = Value<'a>>,
) -> Query<'a, T> {
    Query { statement: statement(sql, values), kind }
}

/// Whether the parameters are numbered from 1 in the order in which they first appear, and are as many as the values: in any other
/// order SQLite would take one value for another one.
fn is_in_order(sql: &str, values: usize) -> bool {
    let mut seen = 0;
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit);
        digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    });
    for number in numbers {
        match number.checked_sub(seen) {
            Some(1) => seen += 1,
            Some(0) | None if number > 0 => {}
            _ => return false,
        }
    }
    seen == values
}

/// Whether a hash and a moment are those of a link that is good.
macro_rules! good_link {
    ($hash:literal, $now:literal) => {
        concat!("reset_hash = ", $hash, " AND reset_until_ms > ", $now, " AND NOT blocked AND name IS NOT NULL")
    };
}
pub(super) use good_link;

/// Whether a token is neither deleted nor revoked at a moment.
macro_rules! good_token {
    ($now:literal) => {
        concat!("deleted_ms IS NULL AND (revoked_ms IS NULL OR revoked_ms > ", $now, ")")
    };
}
pub(super) use good_token;

/// What deletes a token at a moment.
macro_rules! delete_token {
    ($now:literal) => {
        concat!("deleted_ms = ", $now, ", metadata = NULL")
    };
}
pub(super) use delete_token;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_as_they_appear() {
        for (sql, values) in [("a = $1, b = $2 WHERE a <> $1", 2), ("$1 $2 $3 $4 $5 $6 $7 $8 $9 $10", 10), ("true", 0)]
        {
            assert!(is_in_order(sql, values), "{sql}");
        }
        for (sql, values) in [("$2 $1", 2), ("$1 $3", 2), ("$1 $2", 1), ("$1", 2), ("$0", 0), ("$", 0)] {
            assert!(!is_in_order(sql, values), "{sql}");
        }
    }
}
