//! Statements that add many rows at once.
//!
//! A statement for one row opens each tree and looks for the row's place from its root; one for many stays where the row before
//! went, which is next to the next one's place where keys rise with time.

use std::iter;

use rusqlite::{Connection, Statement, ToSql};

/// The same `INSERT` for several numbers of rows. It stops at the first row that breaks a constraint, and those before stay: to be able
/// to undo them, SQLite would copy each page that the statement changes.
pub(super) struct Inserts([(usize, String); 3]);

impl Inserts {
    /// For a table with its columns in brackets, of which there are so many.
    pub(super) fn new(table: &str, columns: usize) -> Self {
        let row = format!("({})", iter::repeat_n("?", columns).collect::<Vec<_>>().join(","));
        let sql = |rows| {
            (
                rows,
                format!(
                    "INSERT OR FAIL INTO {table} VALUES {}",
                    iter::repeat_n(&*row, rows).collect::<Vec<_>>().join(",")
                ),
            )
        };
        Self([16, 4, 1].map(sql))
    }

    /// How many rows a statement has added that has just broken a constraint.
    pub(super) fn rows_before_failure(connection: &Connection) -> usize {
        usize::try_from(connection.changes()).unwrap_or_default()
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
        let inserts = Inserts::new("t (a, b)", 2);
        assert_eq!(inserts.of_at_most(1), (1, "INSERT OR FAIL INTO t (a, b) VALUES (?,?)"));
        assert_eq!(inserts.of_at_most(7), (4, "INSERT OR FAIL INTO t (a, b) VALUES (?,?),(?,?),(?,?),(?,?)"));
        assert_eq!(inserts.of_at_most(1_000).0, 16);
    }

    #[test]
    fn rows_before_the_one_that_cannot_be_stay() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (3)").unwrap();
        let inserts = Inserts::new("t (a)", 1);
        let insert = |rows: &[u64]| {
            let mut statement = connection.prepare(inserts.of_at_most(rows.len()).1).unwrap();
            let mut values = Values::of(&mut statement);
            for row in rows {
                values.give(row).unwrap();
            }
            values.execute().is_err().then(|| Inserts::rows_before_failure(&connection))
        };
        assert_eq!(insert(&[1, 2, 3, 4]), Some(2));
        assert_eq!(insert(&[2]), Some(0));
        assert_eq!(insert(&[4]), None);
        let all: u64 = connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(all, 4);
    }
}
