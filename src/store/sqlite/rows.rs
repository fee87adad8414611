//! Statements that add many rows at once.
//!
//! A statement for one row opens each tree and looks for the row's place from its root; one for many stays where the row before
//! went, which is beside the next one's place where keys rise with time.

use std::iter;

use rusqlite::{Statement, ToSql};

/// The same `INSERT` for several numbers of rows.
pub(super) struct Inserts([(usize, String); 3]);

impl Inserts {
    /// As `columns` columns are told after `into`, the beginning of the statement.
    pub(super) fn new(into: &str, columns: usize) -> Self {
        let row = format!("({})", iter::repeat_n("?", columns).collect::<Vec<_>>().join(","));
        let sql = |rows| (rows, format!("{into} VALUES {}", iter::repeat_n(&*row, rows).collect::<Vec<_>>().join(",")));
        Self([16, 4, 1].map(sql))
    }

    /// The one for the most rows, but for no more than `waiting`, and for how many it is.
    pub(super) fn of_at_most(&self, waiting: usize) -> (usize, &str) {
        let [.., (_, one)] = &self.0;
        self.0.iter().find(|(rows, _)| *rows <= waiting).map_or((1, one), |(rows, sql)| (*rows, sql))
    }
}

/// Gives a statement its values, one after the other.
pub(super) struct Values<'a, 'c> {
    statement: &'a mut Statement<'c>,
    given: usize,
}

impl<'a, 'c> Values<'a, 'c> {
    /// From the first on.
    pub(super) fn of(statement: &'a mut Statement<'c>) -> Self {
        Self { statement, given: 0 }
    }

    pub(super) fn give(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.given += 1;
        self.statement.raw_bind_parameter(self.given, value)
    }

    /// Runs the statement with them.
    pub(super) fn execute(self) -> rusqlite::Result<usize> {
        self.statement.raw_execute()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_rows_go_together_as_there_are() {
        let inserts = Inserts::new("INSERT INTO t (a, b)", 2);
        assert_eq!(inserts.of_at_most(1), (1, "INSERT INTO t (a, b) VALUES (?,?)"));
        assert_eq!(inserts.of_at_most(7), (4, "INSERT INTO t (a, b) VALUES (?,?),(?,?),(?,?),(?,?)"));
        assert_eq!(inserts.of_at_most(1_000).0, 16);
    }
}
