//! A PostgreSQL server for the tests, where it is installed: one for all of them, a database for each.
//!
//! A shell watches over the server. Its standard input ends with this process, however that ends; then it stops the server and
//! removes its folder.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{LazyLock, Mutex};
use std::thread;

use tokio::runtime;
use tokio_postgres::{Client, NoTls};
use zonemint::clock::Clock;
use zonemint::store::postgres::PostgresStore;
use zonemint::store::{Address, Chain, Settings, Store as _, Tls};

use super::default_settings;
use super::left_out::needed;

/// If set, a missing PostgreSQL is a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_POSTGRES";

/// The folder of another server's `initdb`, `pg_ctl` and `postgres`, for tests of other versions than the installed one.
const OTHER: &str = "ZONEMINT_TEST_POSTGRES";

/// `$1` is the folder of the programs, `$2` that of the server, `$3` its port, `$4` who runs it if not the caller.
/// The server runs as somebody else when this is root, whom it refuses. What is written need not outlive a test. The shell is
/// not to end before the server: Ctrl-C goes to it, too, and nobody may hear that the server is ready.
const WATCH: &str = r#"
    bin=$1 folder=$2 port=$3 owner=$4
    run() { if [ -n "$owner" ]; then runuser -u "$owner" -- "$@"; else "$@"; fi; }
    trap : HUP INT PIPE TERM
    trap 'cd /; rm -rf "$folder"' EXIT
    [ -z "$owner" ] || chown "$owner" "$folder"
    cd "$folder" || exit 1
    run "$bin/initdb" -D "$folder/data" -U zonemint --auth=trust -E UTF8 --no-locale --no-sync >&2 || exit 1
    hba=$folder/data/pg_hba.conf
    { echo "host all +with_password all scram-sha-256"; cat "$hba"; } >"$folder/hba" && cat "$folder/hba" >"$hba"
    run "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start -o "-p $port -k $folder -c listen_addresses=127.0.0.1 \
        -c fsync=off -c full_page_writes=off -c max_connections=300" >&2 || { cat "$folder/log" >&2; exit 1; }
    echo ready
    cat >/dev/null
    run "$bin/pg_ctl" -D "$folder/data" -m immediate stop >&2
"#;

static SERVER: LazyLock<Result<Server, String>> = LazyLock::new(Server::start);

struct Server {
    programs: PathBuf,
    port: u16,
    stock: Mutex<Receiver<String>>,
    dropped: Sender<Dropped>,
    /// Its standard input is closed when this process ends.
    _watch: Child,
}

impl Server {
    fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed")?;
        let folder = tempfile::Builder::new().prefix("zonemint-postgres").tempdir().unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let owner = if rustix::process::geteuid().is_root() { "postgres" } else { "" };
        let server = servers_programs(&programs);
        let mut watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .args([&server, &folder])
            .args([&port.to_string(), owner])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(watch.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line == "ready\n" {
            let (stock, dropped) = (Mutex::new(maker(port)), dropper(port));
            return Ok(Self { programs, port, stock, dropped, _watch: watch });
        }
        let _ = watch.wait();
        Err(format!("PostgreSQL does not start in {}", folder.display()))
    }
}

/// Unused databases, so that a test does not wait until one is created.
const STOCK: usize = 4;

/// Creates databases in a separate thread, and keeps some ready.
fn maker(port: u16) -> Receiver<String> {
    let (sender, stock) = mpsc::sync_channel(STOCK);
    thread::spawn(move || {
        let execute = executor(port);
        for number in 0.. {
            let name = format!("test_{number}");
            execute(&format!("CREATE DATABASE {name}")).unwrap();
            sender.send(name).unwrap();
        }
    });
    stock
}

/// The result of a statement.
type Executed = Result<(), tokio_postgres::Error>;

/// A database to drop, and the channel that reports it when done.
type Dropped = (String, Sender<Executed>);

/// Drops databases in a thread of its own. The server first sends away who is connected, and looks after a tenth of a second whether
/// they have gone.
fn dropper(port: u16) -> Sender<Dropped> {
    let (sender, dropped) = mpsc::channel::<Dropped>();
    thread::spawn(move || {
        let execute = executor(port);
        for (name, done) in dropped {
            // Most callers do not wait. A database that cannot be dropped is removed with the server.
            let _ = done.send(execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    });
    sender
}

/// Executes statements on a connection that stays open: neither a program nor a process of the server is started for each.
fn executor(port: u16) -> impl Fn(&str) -> Executed {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("postgres://zonemint@127.0.0.1:{port}/postgres");
    let client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    });
    move |statement: &str| runtime.block_on(client.batch_execute(statement))
}

/// The folder of the tested server's programs: the one that the variable names, or `installed`.
pub fn servers_programs(installed: &Path) -> PathBuf {
    std::env::var_os(OTHER).map_or_else(|| installed.to_owned(), PathBuf::from)
}

/// The folder of the newest server's programs.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "createdb", "dropdb", "pg_dump", "pg_restore"]
            .iter()
            .all(|name| folder.join(name).exists())
    };
    debian.chain(std::env::split_paths(&path)).filter(has_all).max_by_key(|folder| version(folder))
}

fn version(folder: &Path) -> u32 {
    let told = Command::new(folder.join("postgres")).arg("--version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let digits = told.split_whitespace().nth(2).unwrap_or_default();
    digits.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

/// An empty database, which is dropped some time after this value.
pub struct Database {
    name: String,
    server: &'static Server,
}

/// A database. None if PostgreSQL is neither installed nor required; the reason is printed.
pub fn database() -> Option<Database> {
    let server = needed(SERVER.as_ref().map_err(String::as_str), REQUIRED)?;
    let name = server.stock.lock().unwrap().recv().expect("a database is made");
    Some(Database { name, server })
}

impl Database {
    /// A database that another caller created; it is dropped with this value.
    pub fn made_elsewhere(&self, name: &str) -> Self {
        Self { name: name.to_owned(), server: self.server }
    }

    /// Queues the drop; returns the channel that reports it.
    fn leave(&self) -> Receiver<Executed> {
        let (done, gone) = mpsc::channel();
        let _ = self.server.dropped.send((self.name.clone(), done));
        gone
    }

    /// Drops it even if it is in use. Returns when it is dropped.
    pub fn take_away(self) {
        self.leave().recv().unwrap().unwrap();
    }

    /// Its name, and the port of its server.
    pub fn place(&self) -> (&str, u16) {
        (&self.name, self.server.port)
    }

    /// The environment variables for PostgreSQL's own tools.
    pub fn tools(&self) -> Vec<(&'static str, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.server.programs.display());
        let host = "127.0.0.1".to_owned();
        vec![
            ("PATH", path),
            ("PGHOST", host),
            ("PGPORT", self.server.port.to_string()),
            ("PGUSER", "zonemint".to_owned()),
        ]
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://zonemint@127.0.0.1:{}/{}", self.server.port, self.name)
    }

    /// A direct connection, without the program.
    pub async fn connect(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Its address for a new owner, which the server authenticates by password.
    pub async fn url_with_password(&self, owner: &str, password: &str) -> String {
        let client = self.connect().await;
        let statements = format!(
            "CREATE ROLE with_password; CREATE ROLE {owner} LOGIN PASSWORD '{password}' IN ROLE with_password; \
             ALTER DATABASE {} OWNER TO {owner}",
            self.name
        );
        for statement in statements.split("; ") {
            client.batch_execute(statement).await.unwrap();
        }
        self.url().replace("zonemint@", &format!("{owner}:{password}@"))
    }

    /// Every row of every table, as text.
    pub async fn rows(&self) -> String {
        let client = self.connect().await;
        let mut rows = String::new();
        for table in tables(&client).await {
            for row in client.query(&format!("SELECT {table}::text FROM {table}"), &[]).await.unwrap() {
                rows.push_str(row.get(0));
                rows.push('\n');
            }
        }
        rows
    }

    /// Saves the content of the tables for [`Database::put_back`].
    pub async fn keep(&self) {
        let client = self.connect().await;
        client.batch_execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept").await.unwrap();
        for table in tables(&client).await {
            client.batch_execute(&format!("CREATE TABLE kept.{table} AS TABLE {table}")).await.unwrap();
        }
    }

    /// Puts the tables back to what was kept, under whoever is connected: as a restore from a backup does, or a failover that loses
    /// the last transactions.
    pub async fn put_back(&self) {
        let client = self.connect().await;
        let each = tables(&client)
            .await
            .into_iter()
            .map(|table| format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept.{table};"));
        client.batch_execute(&format!("BEGIN; {} COMMIT", each.collect::<String>())).await.unwrap();
    }

    /// Writes a change as versions without hashes did.
    pub async fn write_change_without_hash(&self, chain: &str) {
        let sql = format!(
            "BEGIN;
             INSERT INTO heads (chain, audit_seq, audit_hash, change_seq)
                 VALUES ('{chain}', 0, sha256('zonemint audit chain 1{chain}'), 0) ON CONFLICT DO NOTHING;
             UPDATE heads SET change_seq = change_seq + 1 WHERE chain = '{chain}';
             INSERT INTO changes (chain, seq, kind, id, at_ms) SELECT chain, change_seq, 'keys', '', 7 FROM heads
                 WHERE chain = '{chain}';
             COMMIT"
        );
        self.connect().await.batch_execute(&sql).await.unwrap();
    }

    /// Ends all connections except its own.
    pub async fn end_connections(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.connect().await.query(sql, &[]).await.unwrap();
    }

    /// Creates the tables as a first start does, but without an account.
    pub async fn make_store(&self) {
        let chain = Chain::parse("node-1").unwrap();
        PostgresStore::open(&self.settings(), chain, Clock::system()).await.unwrap().close().await;
    }

    /// Settings of a store on this database.
    pub fn settings(&self) -> Settings {
        Settings { url: self.address(), tls: Tls::Disable, ..default_settings().store }
    }

    /// Its address, in the form that the settings use.
    pub fn address(&self) -> Address {
        Address::parse(&self.url())
    }
}

/// The tables of a database.
async fn tables(client: &Client) -> Vec<String> {
    let sql = "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

impl Drop for Database {
    fn drop(&mut self) {
        self.leave();
    }
}
