//! Looking at a database server and its database without changing anything.

use std::fmt;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::config::SslMode;

use super::connect::Connector;
use super::fault::Fault;
use super::following::Following;
use super::inspect_hosts::{self, Host};
use super::readers::Readers;
use super::session_name::is_of_earlier_program;
use super::{PostgresStore, feed, pooler, schema, session_name, tls};
use crate::{Chain, DatabaseClock, Schema, Settings, StoreError, Tls};
use zonemint_base::clock::Clock;

/// How often, and at which distance, it is looked for sessions of others until they count.
const LOOKS: u32 = 11;
const PACE: Duration = Duration::from_millis(100);

/// What every node does with each table. Audit rows are only added by it: to take more away from it is no mistake.
const RIGHTS: [(&str, &[&str]); 13] = [
    ("users", &["SELECT", "INSERT", "UPDATE"]),
    ("tokens", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("root_keys", &["SELECT", "INSERT", "UPDATE"]),
    ("heads", &["SELECT", "INSERT", "UPDATE"]),
    ("changes", &["SELECT", "INSERT", "DELETE"]),
    ("audit", &["SELECT", "INSERT"]),
    ("marks", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("schema_version", &["SELECT", "UPDATE"]),
    ("uses", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("temporary_parents", &["SELECT", "INSERT", "DELETE"]),
    ("former_names", &["SELECT", "INSERT"]),
    ("changing", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("known_addresses", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
];

/// Connections of a node that have done nothing for longer are not those of a process that runs: each looks at the change feed
/// every `store.follow`, 10 s at most. Those of a machine that was lost stay at the server until it notices.
const ALIVE: &str = "interval '1 minute'";

/// What a database is like. Servers that speak PostgreSQL's language but are others lack some of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerReport {
    /// What the server calls itself.
    pub version: String,
    /// Which tables there are.
    pub schema: Schema,
    /// Whether the way to it leaves this machine.
    pub is_remote: bool,
    /// What protects the connection in fact: a unix socket has no TLS even if the settings ask for it.
    pub tls: Tls,
    /// Whether it is a replica, or a server that only reads.
    pub is_read_only: bool,
    /// Whether commits are written to the disk: its settings `fsync`, `full_page_writes` and `synchronous_commit`.
    pub durability: Vec<(String, String)>,
    /// Connections that it allows, and those that there are, those of others included.
    pub connections: Option<(u64, u64)>,
    /// How many transactions could be open at the same time, of as many as a node needs: fewer where a pooler, or a limit of the role or
    /// the database, does not let more in. It is not tried where the server itself has few left.
    pub at_once: usize,
    /// Whether a pooler gives each transaction another process of the server (transaction pooling).
    pub pooled_by_transaction: bool,
    /// How far its clock is ahead of ours, in milliseconds.
    pub clock_ahead_ms: i64,
    /// What this program may not do there and must.
    pub missing_rights: Vec<MissingRight>,
    /// What statements call who is connected, and to what.
    pub names: SqlNames,
    /// How many processes of our node's name are connected. None where the server, or the address of the settings, hides it.
    pub processes_of_node: Option<u64>,
    /// Each host of the address by itself; empty when it names one only.
    pub hosts: Vec<Host>,
}

/// Names as statements have them, in quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlNames {
    /// The role that the settings name.
    pub role: String,
    /// Their database.
    pub database: String,
}

/// A right that the role does not have. Schemas are named as statements name them, in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingRight {
    /// To find what is in a schema, or to make tables in it.
    Schema {
        /// `USAGE` or `CREATE`.
        right: &'static str,
        /// Where tables are, or would be made.
        schema: String,
    },
    /// To use a table in this way.
    Table {
        /// As in `INSERT`.
        right: &'static str,
        /// Its name, which needs no quotes.
        table: &'static str,
        /// Where that table was found: the search path may name others before.
        schema: String,
    },
}

impl ServerReport {
    /// The settings that commits are not durable without, and that are off. Other values of `synchronous_commit` wait for replicas, or
    /// for the local disk at least.
    #[must_use]
    pub fn turned_off(&self) -> Vec<&str> {
        self.durability.iter().filter(|(_, value)| value == "off").map(|(name, _)| name.as_str()).collect()
    }

    /// The statements that turn them on. What is set for a role or a database counts more than what is set for the server; of these
    /// settings, only `synchronous_commit` can be.
    #[must_use]
    pub fn make_durable(&self) -> Vec<String> {
        let (off, SqlNames { role, database }) = (self.turned_off(), &self.names);
        let mut statements: Vec<_> = off.iter().map(|name| format!("ALTER SYSTEM SET {name} = on;")).collect();
        if off.contains(&"synchronous_commit") {
            let places =
                [format!("ROLE {role}"), format!("DATABASE {database}"), format!("ROLE {role} IN DATABASE {database}")];
            statements.extend(places.map(|place| format!("ALTER {place} RESET synchronous_commit;")));
        }
        statements.push("SELECT pg_reload_conf();".to_owned());
        statements
    }

    /// The statements that give what is missing.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        let role = &self.names.role;
        let mut objects: Vec<(String, Vec<&str>)> = Vec::new();
        for missing in &self.missing_rights {
            let (object, right) = match missing {
                MissingRight::Schema { right, schema } => (format!("SCHEMA {schema}"), right),
                MissingRight::Table { right, table, schema } => (format!("TABLE {schema}.{table}"), right),
            };
            match objects.iter_mut().find(|(known, _)| *known == object) {
                Some((_, rights)) => rights.push(right),
                None => objects.push((object, vec![right])),
            }
        }
        objects.iter().map(|(object, rights)| format!("GRANT {} ON {object} TO {role};", rights.join(", "))).collect()
    }
}

impl fmt::Display for MissingRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema { right, schema } => write!(f, "{right} in the schema {schema}"),
            Self::Table { right, table, .. } => write!(f, "{right} on {table}"),
        }
    }
}

/// Connects to the database that the settings name. `node` is the chain of the server that would use it, `needed` how many
/// connections that has. What is returned with it is for reading, and only if the tables are there.
///
/// # Errors
/// [`StoreError::Unavailable`] when it cannot be reached, or the settings or the files they name cannot be used.
pub async fn inspect(
    settings: &Settings,
    (node, needed): (&Chain, usize),
    chain: Chain,
    clock: &Clock,
) -> Result<(ServerReport, PostgresStore), StoreError> {
    let connector = pooler::connector(settings, &chain).await?;
    let session = connector.session().await?;
    let readers = Readers::new(&connector, 1)?;
    let version = readers.first("SELECT version()", &[], |row| Ok(row.try_get(0)?)).await?.unwrap_or_default();
    let schema = schema::inspect(&readers).await?;
    let connections = connections(&readers).await;
    // The last ones are left to others, who may need them now.
    let has_room = connections.is_none_or(|(most, used)| used + 2 * needed as u64 <= most);
    // With a name in the address, all nodes have that name.
    let is_named = settings.url.config().is_some_and(|config| config.get_application_name().is_some());
    let report = ServerReport {
        version,
        schema,
        is_remote: connector.is_remote(),
        tls: tls_in_effect(settings)?,
        is_read_only: setting(&readers, "transaction_read_only").await?.as_deref() == Some("on"),
        durability: durability(&readers).await?,
        connections,
        pooled_by_transaction: connector.is_pooled_by_transaction(),
        clock_ahead_ms: clock_ahead_ms(&readers, clock).await?,
        missing_rights: missing_rights(&readers, schema).await?,
        names: names(&readers).await?,
        processes_of_node: if is_named { None } else { processes(&readers, node).await },
        at_once: if has_room { pooler::at_once(&connector, needed).await } else { needed },
        hosts: inspect_hosts::each(&connector, clock).await,
    };
    let database_clock = DatabaseClock::new(clock.clone(), settings.max_clock_skew);
    let following = Following::new(&connector, database_clock)?;
    Ok((report, PostgresStore::start(connector, session, chain, readers, following, clock.clone())))
}

/// Reads the settings and the files that they name, as for a connection, without connecting.
///
/// # Errors
/// What cannot be used, which begins with the setting that it is about.
pub fn check(settings: &Settings, chain: &Chain) -> Result<(), String> {
    Connector::new(settings, chain).map(drop).map_err(|fault| fault.describe())
}

/// Whether sessions count that have the name of the one which asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnName {
    /// They count: this process has no others.
    Counts,
    /// They may be those of this process.
    DoesNotCount,
}

/// The names of the sessions that other processes of this program have in the database, for as long as they stay: sessions of a process
/// that has just ended are given a second. `chain` is the one of this process. None where the server refuses to show them.
///
/// # Errors
/// [`StoreError`] when the settings or the files they name cannot be used, or the server gives no answer.
pub async fn sessions(settings: &Settings, chain: &Chain, own: OwnName) -> Result<Vec<String>, StoreError> {
    sessions_that(settings, chain, own, |_| true).await
}

/// The same of programs that know less of the tables than this one.
///
/// # Errors
/// As of [`sessions`].
pub async fn earlier_sessions(settings: &Settings, chain: &Chain) -> Result<Vec<String>, StoreError> {
    sessions_that(settings, chain, OwnName::DoesNotCount, is_of_earlier_program).await
}

/// Whether a node has made tables in the database.
///
/// # Errors
/// As of [`sessions`].
pub async fn holds_a_store(settings: &Settings, chain: &Chain) -> Result<bool, StoreError> {
    let session = pooler::connector(settings, chain).await?.session().await?;
    Ok(schema::is_there(&session).await?)
}

async fn sessions_that(
    settings: &Settings,
    chain: &Chain,
    own: OwnName,
    count: fn(&str) -> bool,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT application_name FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND CASE WHEN application_name = current_setting('application_name') THEN $1
                        ELSE application_name LIKE 'zonemint %' END
               ORDER BY 1";
    let connector = pooler::connector(settings, chain).await?;
    let readers = Readers::new(&connector, 1)?;
    let mut pace = tokio::time::interval(PACE);
    let mut found = Ok(Vec::<String>::new());
    for _ in 0..LOOKS {
        pace.tick().await;
        found = readers.all(sql, &[&(own == OwnName::Counts)], |row| Ok(row.try_get(0)?)).await;
        if let Ok(names) = &mut found {
            names.retain(|name| count(name));
        }
        if found.as_ref().map_or(true, Vec::is_empty) {
            break;
        }
    }
    readers.close();
    match found {
        Err(fault) if fault.is_answer() && !fault.is_lost() => Ok(Vec::new()),
        found => Ok(found?),
    }
}

fn tls_in_effect(settings: &Settings) -> Result<Tls, Fault> {
    Ok(match settings.url.config().map(|config| tls::ssl_mode(settings, config)).transpose()? {
        Some(SslMode::Require) => settings.tls,
        _ => Tls::Disable,
    })
}

async fn setting(readers: &Readers, name: &str) -> Result<Option<String>, Fault> {
    readers.first("SELECT current_setting($1, true)", &[&name], |row| Ok(row.try_get(0)?)).await.map(Option::flatten)
}

async fn durability(readers: &Readers) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        if let Some(value) = setting(readers, name).await? {
            found.push((name.to_owned(), value));
        }
    }
    Ok(found)
}

/// None where the server does not show them.
async fn connections(readers: &Readers) -> Option<(u64, u64)> {
    let most = setting(readers, "max_connections").await.ok()??.parse().ok()?;
    let reserved = setting(readers, "superuser_reserved_connections").await.ok().flatten();
    let reserved = reserved.and_then(|text| text.parse().ok()).unwrap_or(0);
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    let used = readers.first(sql, &[], count).await.ok()??;
    Some((u64::saturating_sub(most, reserved), used))
}

/// By the middle of the time that the answer took.
async fn clock_ahead_ms(readers: &Readers, clock: &Clock) -> Result<i64, Fault> {
    let before = clock.now_ms();
    let theirs = readers.first(feed::NOW_MS, &[], |row| Ok(row.try_get::<_, i64>(0)?)).await?.unwrap_or_default();
    let ours = u64::midpoint(before, clock.now_ms());
    Ok(theirs.saturating_sub_unsigned(ours))
}

async fn names(readers: &Readers) -> Result<SqlNames, Fault> {
    let sql = "SELECT current_user::text, current_database()::text";
    let read = |row: &Row| Ok(SqlNames { role: quoted(row.try_get(0)?)?, database: quoted(row.try_get(1)?)? });
    Ok(readers.first(sql, &[], read).await?.unwrap_or_default())
}

/// A name as statements have it, which somebody runs as a superuser: a line break in it could begin a command of the server's choice.
fn quoted(name: &str) -> Result<String, Fault> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Fault::Other(format!("the database gives a name that cannot be written in a statement: {name:?}")));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

async fn missing_rights(readers: &Readers, schema: Schema) -> Result<Vec<MissingRight>, Fault> {
    let mut missing = Vec::new();
    if matches!(schema, Schema::Empty | Schema::Older) {
        // Where there is none of the schemas of the search path, tables would be made in `public`.
        let sql = "SELECT coalesce(current_schema(), 'public')::text,
                          coalesce(has_schema_privilege(current_schema(), 'USAGE'), false),
                          coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";
        let read = |row: &Row| Ok((quoted(row.try_get(0)?)?, row.try_get::<_, bool>(1)?, row.try_get::<_, bool>(2)?));
        if let Some((schema, may_use, may_create)) = readers.first(sql, &[], read).await? {
            let rights = [("USAGE", may_use), ("CREATE", may_create)].into_iter().filter(|(_, has)| !has);
            missing.extend(rights.map(|(right, _)| MissingRight::Schema { right, schema: schema.clone() }));
        }
    }
    if schema == Schema::Empty {
        return Ok(missing);
    }
    for (table, rights) in RIGHTS {
        let sql = "SELECT place.nspname::text, has_schema_privilege(place.oid, 'USAGE')
                   FROM pg_catalog.pg_class found JOIN pg_catalog.pg_namespace place ON place.oid = found.relnamespace
                   WHERE found.oid = to_regclass($1)";
        let read = |row: &Row| Ok((quoted(row.try_get(0)?)?, row.try_get::<_, bool>(1)?));
        let Some((schema, may_use)) = readers.first(sql, &[&table], read).await? else { continue };
        let usage = MissingRight::Schema { right: "USAGE", schema: schema.clone() };
        if !may_use && !missing.contains(&usage) {
            missing.push(usage);
        }
        for right in rights {
            let sql = "SELECT coalesce(has_table_privilege(to_regclass($1), $2), true)";
            if readers.first(sql, &[&table, right], |row| Ok(row.try_get(0)?)).await? == Some(false) {
                missing.push(MissingRight::Table { right, table, schema: schema.clone() });
            }
        }
    }
    Ok(missing)
}

/// Programs of the version before had one name for all processes of a node: of these, each address counts as one.
async fn processes(readers: &Readers, node: &Chain) -> Option<u64> {
    let sql = format!(
        "SELECT count(DISTINCT CASE WHEN application_name = $1 THEN coalesce(host(client_addr), '') ELSE application_name END)
         FROM pg_stat_activity
         WHERE datname = current_database()
             AND (application_name = $1 OR left(application_name, length($2::text)) = $2::text)
             AND coalesce(greatest(state_change, backend_start) > now() - {ALIVE}, true)"
    );
    let (old, new) = (session_name::without_process(node), session_name::of_node(node));
    readers.first(&sql, &[&old, &new], count).await.ok().flatten()
}

fn count(row: &Row) -> Result<u64, Fault> {
    u64::try_from(row.try_get::<_, i64>(0)?).map_err(|_| Fault::Corrupt("count"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Done by commands of an operator, who needs more than a node.
    const OF_COMMANDS: [(&str, &str); 2] = [("audit", "DELETE"), ("former_names", "UPDATE")];

    /// Who makes the tables owns them; and this file.
    const OTHERS: [&str; 2] = ["schema.rs", "inspect.rs"];

    /// The statements of this engine that change a table, as far as they name one.
    fn changes(source: &str) -> Vec<(String, &'static str)> {
        let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
        let mut found = Vec::new();
        for (start, right) in [("INSERT INTO ", "INSERT"), ("DELETE FROM ", "DELETE"), ("UPDATE ", "UPDATE")] {
            for rest in source.split(start).skip(1) {
                found.push((name(rest), right));
                let statement = rest.split(['"', ';']).next().unwrap_or_default();
                if right == "INSERT" && statement.contains("DO UPDATE") {
                    found.push((name(rest), "UPDATE"));
                }
            }
        }
        found
    }

    #[test]
    fn a_name_that_a_server_gives_stays_one_name() {
        assert_eq!(quoted("zm").unwrap(), "\"zm\"");
        assert_eq!(quoted("My \"zone\"; DROP").unwrap(), "\"My \"\"zone\"\"; DROP\"");
        for name in ["", "zm\n\\! id", "zm\r", "zm\0", "zm\u{85}"] {
            let Err(Fault::Other(told)) = quoted(name) else { panic!("{name:?} is taken") };
            assert!(!told.chars().any(char::is_control), "{told:?}");
        }
    }

    #[test]
    fn what_statements_do_to_a_table_is_among_the_rights() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let folders = ["postgres", "statements"].map(|folder| std::fs::read_dir(source.join(folder)).unwrap());
        let mut sources: Vec<_> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        sources.push(source.join("statements.rs"));
        let changes: Vec<_> = sources
            .iter()
            .filter(|path| !OTHERS.iter().any(|name| path.ends_with(name)))
            .flat_map(|path| changes(&std::fs::read_to_string(path).unwrap()))
            .collect();
        let mut looked = 0;
        for (table, right) in changes.iter().filter(|(table, right)| !OF_COMMANDS.contains(&(table, right))) {
            let Some((_, rights)) = RIGHTS.iter().find(|(name, _)| name == table) else { continue };
            looked += 1;
            assert!(rights.contains(right), "{right} on {table}");
        }
        assert!(looked > 25, "{looked}: the statements were not found");
    }
}
