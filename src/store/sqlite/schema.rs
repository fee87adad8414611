//! The tables, and how older ones become these.

use std::sync::LazyLock;

use rusqlite_migration::{M, Migrations};

/// Applied in order; the number applied is SQLite's `user_version`. A released one is never changed.
pub(super) static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| Migrations::new(vec![M::up(FIRST)]));

/// A removed user stays as a row without name and password, so that nothing of theirs can be taken over.
/// Clustering tokens by their identifier, which starts with the time, keeps inserts at the end of the tree.
const FIRST: &str = "
    CREATE TABLE users (
        id         BLOB PRIMARY KEY,
        name       TEXT UNIQUE,
        full_name  TEXT NOT NULL,
        password   TEXT NOT NULL,
        blocked    INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        version    INTEGER NOT NULL,
        removed_ms INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tokens (
        id         BLOB PRIMARY KEY,
        user       BLOB NOT NULL,
        key        BLOB NOT NULL,
        name       TEXT,
        caveats    TEXT NOT NULL,
        revoked_ms INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tokens_by_user ON tokens (user, id);
    CREATE UNIQUE INDEX tokens_by_name ON tokens (user, name) WHERE name IS NOT NULL AND revoked_ms IS NULL;

    CREATE TABLE root_keys (
        id         BLOB PRIMARY KEY,
        sealed_by  BLOB NOT NULL,
        sealed     BLOB NOT NULL,
        created_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE changes (
        seq   INTEGER PRIMARY KEY AUTOINCREMENT,
        kind  TEXT NOT NULL,
        id    BLOB NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE audit (
        seq    INTEGER PRIMARY KEY,
        at_ms  INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor  BLOB,
        user   BLOB,
        token  BLOB,
        hash   BLOB NOT NULL
    ) STRICT;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid_sql() {
        assert_eq!(MIGRATIONS.validate(), Ok(()));
    }
}
