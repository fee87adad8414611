//! The tables, and how older ones become these.
//!
//! Only what CockroachDB, YugabyteDB and Citus accept too: no sequences, no triggers, no advisory locks, no foreign keys.
//! What comes with time is spread over [`SHARDS`] places, so that a store that keeps rows in the order of their keys has no
//! hot end. Names are bytes: so they are sorted and compared in the same way under every locale, and an update of the system's
//! libraries cannot put an index out of order. Uniqueness of names is that of an index: on Citus, which wants the column of
//! distribution in each unique key, `tokens` and `users` therefore stay tables of the coordinator, or reference tables.

use super::fault::Fault;
use super::readers::Readers;
use super::session::Session;
use crate::Schema;

/// Over how many places tokens are spread. Never changed: it is in every key.
pub(super) const SHARDS: u8 = 16;

/// Applied in order; the number applied stands in `schema_version`. A released one is never changed. Each only adds what
/// a program of the version before can do without, because the nodes of a service are brought up to date one by one.
const MIGRATIONS: &[&str] = &[FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, EIGHTH];

/// How often a migration is tried when other nodes are at it too.
const TRIES: usize = 20;

/// A removed user stays as a row without name and password. `key` is the root key of a token without `sealed`, and of one
/// with it the key-encryption key. Without `created_ms`, the identifier tells. `form` is empty for a bare identifier.
const FIRST: &str = r#"
    CREATE TABLE IF NOT EXISTS users (
        id         BYTEA PRIMARY KEY,
        name       BYTEA,
        full_name  TEXT NOT NULL,
        password   TEXT NOT NULL,
        blocked    BOOLEAN NOT NULL,
        created_ms BIGINT NOT NULL,
        version    BIGINT NOT NULL,
        kind       TEXT NOT NULL,
        basic_auth BOOLEAN NOT NULL,
        privileges TEXT NOT NULL,
        generation BIGINT NOT NULL,
        removed_ms BIGINT
    );
    CREATE UNIQUE INDEX IF NOT EXISTS users_by_name ON users (name);
    CREATE INDEX IF NOT EXISTS users_in_order ON users ((coalesce(name, ''::bytea)), id) WHERE removed_ms IS NULL;

    CREATE TABLE IF NOT EXISTS tokens (
        shard         SMALLINT NOT NULL,
        id            BYTEA NOT NULL,
        owner         BYTEA NOT NULL,
        key           BYTEA NOT NULL,
        name          BYTEA,
        caveats       TEXT NOT NULL,
        revoked_ms    BIGINT,
        form          TEXT NOT NULL,
        kind          TEXT NOT NULL,
        metadata      TEXT,
        created_ms    BIGINT,
        expires_s     BIGINT,
        last_used_day INTEGER,
        sealed        BYTEA,
        deleted_ms    BIGINT,
        PRIMARY KEY (shard, id)
    );
    CREATE INDEX IF NOT EXISTS tokens_by_owner ON tokens (owner, id);
    CREATE UNIQUE INDEX IF NOT EXISTS tokens_by_name ON tokens (owner, name)
        WHERE name IS NOT NULL AND deleted_ms IS NULL;
    CREATE INDEX IF NOT EXISTS tokens_named ON tokens (shard, id) WHERE name IS NOT NULL AND deleted_ms IS NULL;
    CREATE INDEX IF NOT EXISTS tokens_sealed ON tokens (shard, id) WHERE sealed IS NOT NULL AND deleted_ms IS NULL;

    CREATE TABLE IF NOT EXISTS root_keys (
        id         BYTEA PRIMARY KEY,
        sealed_by  BYTEA NOT NULL,
        sealed     BYTEA NOT NULL,
        created_ms BIGINT NOT NULL,
        retired_ms BIGINT
    );

    CREATE TABLE IF NOT EXISTS heads (
        chain      TEXT PRIMARY KEY,
        audit_seq  BIGINT NOT NULL,
        audit_hash BYTEA NOT NULL,
        change_seq BIGINT NOT NULL
    );

    CREATE TABLE IF NOT EXISTS changes (
        chain TEXT NOT NULL,
        seq   BIGINT NOT NULL,
        kind  TEXT NOT NULL,
        id    BYTEA NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (chain, seq)
    );

    CREATE TABLE IF NOT EXISTS audit (
        chain  TEXT NOT NULL,
        seq    BIGINT NOT NULL,
        at_ms  BIGINT NOT NULL,
        action TEXT NOT NULL,
        actor  BYTEA,
        "user" BYTEA,
        token  BYTEA,
        note   TEXT,
        hash   BYTEA NOT NULL,
        PRIMARY KEY (chain, seq)
    );

    CREATE TABLE IF NOT EXISTS marks (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    );
"#;

/// How often an account's tokens were used on a day, as far as the node of a chain has seen.
const SECOND: &str = "
    CREATE TABLE IF NOT EXISTS uses (
        owner BYTEA NOT NULL,
        day   INTEGER NOT NULL,
        chain TEXT NOT NULL,
        count BIGINT NOT NULL,
        PRIMARY KEY (owner, day, chain)
    );
    CREATE INDEX IF NOT EXISTS uses_by_day ON uses (day, owner, chain);
";

/// What entitles a caller to a write, and where tokens come from. `parent` is the identifier of the token that minted one, or
/// with a `parent_generation` the owner of the temporary tokens that did; `temporary_parents` says the same of temporary
/// tokens, once for each parent, owner and generation. Its rows of generations stay: what an ended one minted is found through
/// them. `former_names` are those that accounts have no more, and since when; `changing` accounts that a node waits to change,
/// until when at most; `known_addresses` the keyed hashes of addresses from which accounts signed in.
const THIRD: &str = "
    ALTER TABLE users ADD COLUMN IF NOT EXISTS password_version BIGINT NOT NULL DEFAULT 1;

    ALTER TABLE tokens ADD COLUMN IF NOT EXISTS parent BYTEA;
    ALTER TABLE tokens ADD COLUMN IF NOT EXISTS parent_generation BIGINT NOT NULL DEFAULT 0;
    CREATE INDEX IF NOT EXISTS tokens_by_parent ON tokens (parent, parent_generation, id) WHERE parent IS NOT NULL;
    CREATE TABLE IF NOT EXISTS temporary_parents (
        parent            BYTEA NOT NULL,
        parent_generation BIGINT NOT NULL,
        owner             BYTEA NOT NULL,
        generation        BIGINT NOT NULL,
        PRIMARY KEY (parent, parent_generation, owner, generation)
    );

    CREATE TABLE IF NOT EXISTS former_names (
        owner    BYTEA NOT NULL,
        until_ms BIGINT NOT NULL,
        name     BYTEA NOT NULL,
        PRIMARY KEY (owner, until_ms, name)
    );
    CREATE INDEX IF NOT EXISTS former_names_by_name ON former_names (name);

    CREATE TABLE IF NOT EXISTS changing (
        owner    BYTEA NOT NULL,
        chain    TEXT NOT NULL,
        until_ms BIGINT NOT NULL,
        PRIMARY KEY (owner, chain)
    );

    CREATE TABLE IF NOT EXISTS known_addresses (
        owner   BYTEA NOT NULL,
        address BYTEA NOT NULL,
        seen_ms BIGINT NOT NULL,
        PRIMARY KEY (owner, address)
    );
";

/// Hashes of changes. That of the last one is in `heads`, and counts only where `hashed_seq` is `change_seq`: nodes of the version
/// before move only `change_seq`. `heads` comes first, as it does in writes. `number`
/// is the order of root keys: those from before, and those that nodes of the version before add, have none until a key is added
/// ([`NUMBER_KEYS`](crate::statements::keys::NUMBER_KEYS)). Programs between two releases have applied this step without that column.
const FOURTH: &str = "
    ALTER TABLE heads ADD COLUMN IF NOT EXISTS change_hash BYTEA;
    ALTER TABLE heads ADD COLUMN IF NOT EXISTS hashed_seq BIGINT;
    ALTER TABLE changes ADD COLUMN IF NOT EXISTS hash BYTEA;
    ALTER TABLE root_keys ADD COLUMN IF NOT EXISTS number BIGINT;
";

/// User names as they are compared without case ([`zonemint_base::model::FoldedName`]). What stands there counts once the store is marked
/// ([`crate::user_names::MARK`]); the index is what keeps two names apart then. Nodes of the version before write names and
/// leave this as it is.
const FIFTH: &str = "
    ALTER TABLE root_keys ADD COLUMN IF NOT EXISTS number BIGINT;
    ALTER TABLE users ADD COLUMN IF NOT EXISTS folded BYTEA;
    CREATE UNIQUE INDEX IF NOT EXISTS users_by_folded ON users (folded);
    ALTER TABLE former_names ADD COLUMN IF NOT EXISTS folded BYTEA;
    CREATE INDEX IF NOT EXISTS former_names_by_folded ON former_names (folded);
";

/// Changes no table. The program of the version before applied it with the first name or identifier that programs which know four
/// steps cannot read, so that these refuse to start. They are two steps behind now, and do so in any case.
const SIXTH: &str = "SELECT 1";

/// The last use of a token, by minute, network and service; whether a user must change the password at the next sign-in; the hash
/// of the secret of a reset link, and when the link ends. Nodes of the version before read and write none of it: they ask nobody for
/// another password, and what they do ends no link before its time.
const SEVENTH: &str = "
    ALTER TABLE tokens ADD COLUMN IF NOT EXISTS last_use_minute INTEGER;
    ALTER TABLE tokens ADD COLUMN IF NOT EXISTS last_use_network TEXT;
    ALTER TABLE tokens ADD COLUMN IF NOT EXISTS last_use_service TEXT;

    ALTER TABLE users ADD COLUMN IF NOT EXISTS must_change BOOLEAN NOT NULL DEFAULT false;
    ALTER TABLE users ADD COLUMN IF NOT EXISTS reset_hash BYTEA;
    ALTER TABLE users ADD COLUMN IF NOT EXISTS reset_until_ms BIGINT;
    CREATE UNIQUE INDEX IF NOT EXISTS users_by_reset ON users (reset_hash) WHERE reset_hash IS NOT NULL;
";

/// How many tokens an account was given, and how many of these are known to have ended ([`crate::TokenCount`]). Nodes of the version
/// before count nothing: what they mint is counted by the next correction.
const EIGHTH: &str = "
    ALTER TABLE users ADD COLUMN IF NOT EXISTS tokens_added BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE users ADD COLUMN IF NOT EXISTS tokens_ended BIGINT NOT NULL DEFAULT 0;
";

/// Its row is also the lock for what must be decided among all nodes at once.
const VERSION_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
        id      SMALLINT PRIMARY KEY,
        version INTEGER NOT NULL
    );
    INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
";
const VERSION: &str = "SELECT version FROM schema_version WHERE id = 1";

/// Takes the lock of [`VERSION_TABLE`] until the transaction ends.
pub(super) const LOCK: &str = "SELECT version FROM schema_version WHERE id = 1 FOR UPDATE";

/// Takes the same lock as a shared one: what was decided under the exclusive lock holds until the transaction ends.
pub(super) const SHARED_LOCK: &str = "SELECT version FROM schema_version WHERE id = 1 FOR SHARE";

/// Whether there are tables.
pub(super) async fn is_there(client: &Session) -> Result<bool, Fault> {
    match version(client, VERSION).await {
        Err(fault) if fault.is_missing_table() => Ok(false),
        found => Ok(found? > 0),
    }
}

/// Brings the tables up to date, next to other nodes that may do the same.
pub(super) async fn migrate(client: &Session) -> Result<(), Fault> {
    let mut last = None;
    for _ in 0..TRIES {
        match migrate_once(client).await {
            Err(fault) if fault.is_race() => {
                client.batch_execute("ROLLBACK").await?;
                last = Some(fault);
            }
            other => return other,
        }
    }
    Err(last.unwrap_or(Fault::Overtaken))
}

async fn migrate_once(client: &Session) -> Result<(), Fault> {
    let found = match version(client, VERSION).await {
        Err(fault) if fault.is_missing_table() => {
            client.batch_execute(VERSION_TABLE).await?;
            0
        }
        other => other?,
    };
    if found >= MIGRATIONS.len() {
        return supported(found);
    }
    client.batch_execute("BEGIN").await?;
    let found = version(client, LOCK).await?;
    for migration in MIGRATIONS.iter().skip(found) {
        client.batch_execute(migration).await?;
    }
    if found < MIGRATIONS.len() {
        let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
        client.execute("UPDATE schema_version SET version = $1 WHERE id = 1", &[&newest]).await?;
    }
    client.batch_execute("COMMIT").await?;
    supported(found)
}

/// Which tables there are.
pub(super) async fn inspect(readers: &Readers) -> Result<Schema, Fault> {
    let found = match readers.first(VERSION, &[], |row| Ok(row.try_get::<_, i32>(0)?)).await {
        Err(fault) if fault.is_missing_table() => None,
        other => other?,
    };
    let found = usize::try_from(found.unwrap_or(0)).map_err(|_| Fault::Corrupt("schema version"))?;
    Ok(match found {
        0 => Schema::Empty,
        found if found < MIGRATIONS.len() => Schema::Older,
        found if supported(found).is_ok() => Schema::Present,
        _ => Schema::Newer,
    })
}

async fn version(client: &Session, sql: &str) -> Result<usize, Fault> {
    let rows = client.query(sql, &[]).await?;
    // Between the table and its row there is a moment without the row.
    let Some(row) = rows.first() else { return Err(Fault::Overtaken) };
    usize::try_from(row.try_get::<_, i32>(0)?).map_err(|_| Fault::Corrupt("schema version"))
}

/// Tables of the next version are not much different, so that a node may be brought up to date while others are not yet.
fn supported(found: usize) -> Result<(), Fault> {
    if found <= MIGRATIONS.len() + 1 {
        return Ok(());
    }
    Err(Fault::Other(format!(
        "the database's tables were made by a newer version of this program (they are at {found}, this program knows {} and \
         can work with {}); run that version",
        MIGRATIONS.len(),
        MIGRATIONS.len() + 1
    )))
}
