//! The tables, and how older ones become these.

use std::sync::LazyLock;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::columns;
use zonemint_caveat as caveat;

/// Applied in order; the number applied is SQLite's `user_version`. A released one is never changed.
pub(super) static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(FIRST),
        M::up_with_hook(SECOND, |transaction| Ok(fill_in_ends(transaction)?)),
        M::up(THIRD),
        M::up(FOURTH),
        M::up(FIFTH),
        M::up(SIXTH),
        M::up_with_hook(SEVENTH, |transaction| Ok(complete_sixth(transaction)?)),
        M::up(EIGHTH),
        M::up(NINTH),
    ])
});

/// The number of the last.
pub(super) const LAST: usize = 9;

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

/// Named tokens, services, privileges. What was revoked before is what is called deleted from here on. `key` is the root
/// key of a token without `sealed`, and of one with it the key-encryption key. Without `created_ms`, the identifier tells.
const SECOND: &str = "
    ALTER TABLE users ADD COLUMN kind TEXT NOT NULL DEFAULT 'usr';
    ALTER TABLE users ADD COLUMN basic_auth INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE users ADD COLUMN privileges TEXT NOT NULL DEFAULT '';
    ALTER TABLE users ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
    UPDATE users SET privileges = 'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete '
        || 'oz_users_manage_passwords oz_tokens_manage' WHERE name = 'admin';
    CREATE INDEX users_in_order ON users (coalesce(name, ''), id) WHERE removed_ms IS NULL;

    ALTER TABLE tokens ADD COLUMN form TEXT NOT NULL DEFAULT '';
    ALTER TABLE tokens ADD COLUMN kind TEXT NOT NULL DEFAULT 'act';
    ALTER TABLE tokens ADD COLUMN metadata TEXT;
    ALTER TABLE tokens ADD COLUMN created_ms INTEGER;
    ALTER TABLE tokens ADD COLUMN expires_s INTEGER;
    ALTER TABLE tokens ADD COLUMN last_used_day INTEGER;
    ALTER TABLE tokens ADD COLUMN sealed BLOB;
    ALTER TABLE tokens ADD COLUMN deleted_ms INTEGER;
    UPDATE tokens SET deleted_ms = revoked_ms;
    DROP INDEX tokens_by_name;
    CREATE UNIQUE INDEX tokens_by_name ON tokens (user, name) WHERE name IS NOT NULL AND deleted_ms IS NULL;
    CREATE INDEX tokens_named ON tokens (id) WHERE name IS NOT NULL AND deleted_ms IS NULL;
";

/// Retired keys, notes in audit rows, and what comes from other stores: chains of audit rows that are not written here.
const THIRD: &str = "
    ALTER TABLE root_keys ADD COLUMN retired_ms INTEGER;

    ALTER TABLE audit ADD COLUMN note TEXT;
    CREATE TABLE audit_elsewhere (
        chain  TEXT NOT NULL,
        seq    INTEGER NOT NULL,
        at_ms  INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor  BLOB,
        user   BLOB,
        token  BLOB,
        hash   BLOB NOT NULL,
        note   TEXT,
        PRIMARY KEY (chain, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE marks (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// How often an account's tokens were used on a day. Rows of other chains come from other stores.
const FOURTH: &str = "
    CREATE TABLE uses (
        owner BLOB NOT NULL,
        day   INTEGER NOT NULL,
        chain TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (owner, day, chain)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX uses_by_day ON uses (day);
";

/// What entitles a caller to a write, and where tokens come from. `parent` is the identifier of the token that minted one, or
/// with a `parent_generation` the owner of the temporary tokens that did; `temporary_parents` says the same of temporary
/// tokens, once for each parent, owner and generation. Its rows of generations stay: what an ended one minted is found through
/// them. `former_names` are those that accounts have no more, and since when; `known_addresses` the keyed hashes of addresses
/// from which accounts signed in.
const FIFTH: &str = "
    ALTER TABLE users ADD COLUMN password_version INTEGER NOT NULL DEFAULT 1;

    ALTER TABLE tokens ADD COLUMN parent BLOB;
    ALTER TABLE tokens ADD COLUMN parent_generation INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX tokens_by_parent ON tokens (parent, parent_generation) WHERE parent IS NOT NULL;
    CREATE TABLE temporary_parents (
        parent            BLOB NOT NULL,
        parent_generation INTEGER NOT NULL,
        owner             BLOB NOT NULL,
        generation        INTEGER NOT NULL,
        PRIMARY KEY (parent, parent_generation, owner, generation)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE former_names (
        owner    BLOB NOT NULL,
        until_ms INTEGER NOT NULL,
        name     TEXT NOT NULL,
        PRIMARY KEY (owner, until_ms, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX former_names_by_name ON former_names (name);

    CREATE TABLE known_addresses (
        owner   BLOB NOT NULL,
        address BLOB NOT NULL,
        seen_ms INTEGER NOT NULL,
        PRIMARY KEY (owner, address)
    ) STRICT, WITHOUT ROWID;
";

/// Hashes of changes. Those from before have none. [`ORDER_OF_KEYS`] belongs to this step: programs between two releases have applied
/// it without.
const SIXTH: &str = "
    ALTER TABLE changes ADD COLUMN hash BLOB;
";

/// User names as they are compared without case ([`zonemint_base::model::FoldedName`]). What stands there counts once the store is marked
/// ([`crate::user_names::MARK`]); the index is what keeps two names apart then.
const SEVENTH: &str = "
    ALTER TABLE users ADD COLUMN folded TEXT;
    CREATE UNIQUE INDEX users_by_folded ON users (folded);
    ALTER TABLE former_names ADD COLUMN folded TEXT;
    CREATE INDEX former_names_by_folded ON former_names (folded);
";

/// The last use of a token, by minute, network and service; whether a user must change the password at the next sign-in; the hash
/// of the secret of a reset link, and when the link ends.
const EIGHTH: &str = "
    ALTER TABLE tokens ADD COLUMN last_use_minute INTEGER;
    ALTER TABLE tokens ADD COLUMN last_use_network TEXT;
    ALTER TABLE tokens ADD COLUMN last_use_service TEXT;

    ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE users ADD COLUMN reset_hash BLOB;
    ALTER TABLE users ADD COLUMN reset_until_ms INTEGER;
    CREATE UNIQUE INDEX users_by_reset ON users (reset_hash) WHERE reset_hash IS NOT NULL;
";

/// How many tokens an account was given, and how many of these are known to have ended ([`crate::TokenCount`]).
const NINTH: &str = "
    ALTER TABLE users ADD COLUMN tokens_added INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE users ADD COLUMN tokens_ended INTEGER NOT NULL DEFAULT 0;
";

/// The order of root keys. Those from before have no number until a key is added
/// ([`NUMBER_KEYS`](crate::statements::keys::NUMBER_KEYS)).
const ORDER_OF_KEYS: &str = "
    ALTER TABLE root_keys ADD COLUMN number INTEGER;
";

/// Brings the tables up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), rusqlite_migration::Error> {
    MIGRATIONS.to_latest(connection)
}

fn complete_sixth(connection: &Connection) -> rusqlite::Result<()> {
    let is_whole = "SELECT 1 FROM pragma_table_info('root_keys') WHERE name = 'number'";
    if connection.prepare(is_whole)?.exists([])? { Ok(()) } else { connection.execute_batch(ORDER_OF_KEYS) }
}

/// Notes when the tokens of the first tables end.
fn fill_in_ends(connection: &Connection) -> rusqlite::Result<()> {
    let mut update = connection.prepare("UPDATE tokens SET expires_s = ? WHERE id = ?")?;
    let mut select = connection.prepare("SELECT id, caveats FROM tokens")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (id, caveats): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        let caveats = columns::caveats_from_text(&caveats).unwrap_or_default();
        update.execute((caveat::valid_until(&caveats), id))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::execute::fetch;
    use super::super::tokens;
    use super::*;
    use crate::UserKey;
    use zonemint_base::model::{Privilege, Privileges, SubjectKind, TokenName, UserId};

    #[test]
    fn the_migrations_are_valid_sql() {
        assert_eq!(MIGRATIONS.validate(), Ok(()));
        let pending = MIGRATIONS.pending_migrations(&Connection::open_in_memory().unwrap()).unwrap();
        assert_eq!(usize::try_from(pending), Ok(LAST));
    }

    #[test]
    fn the_first_tables_become_the_present_ones() {
        let mut connection = Connection::open_in_memory().unwrap();
        MIGRATIONS.to_version(&mut connection, 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO users VALUES (zeroblob(16), 'admin', 'Administrator', '$argon2id$', 0, 1, 1, NULL);
                 INSERT INTO tokens VALUES (zeroblob(32), zeroblob(16), zeroblob(8), 'kept', 'time < 99', NULL);
                 INSERT INTO tokens VALUES (randomblob(32), zeroblob(16), zeroblob(8), 'kept', 'time < 99', 5);",
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let admin = UserId::from_bytes([0; 16]);
        let user = fetch(&connection, &UserKey::Id(admin).query()).ok().unwrap().remove(0);
        let had = Privilege::ALL.into_iter().take(7).collect::<Privileges>();
        assert_eq!(
            (user.privileges, user.kind, user.basic_auth),
            (had, SubjectKind::User, true),
            "and none that came later"
        );
        let token = tokens::by_name(&connection, user.id, &TokenName::parse("kept").unwrap()).ok().unwrap().unwrap();
        assert_eq!((token.id.as_bytes(), token.revoked_ms), (&[0; 32][..], None));
        let ends: Vec<u64> = connection
            .prepare("SELECT expires_s FROM tokens")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert_eq!(ends, [99, 99]);
    }
}
