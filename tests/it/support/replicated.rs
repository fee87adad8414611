//! A PostgreSQL primary and its standby, for a single test.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tokio_postgres::{Client, NoTls};
use zonemint::store::{Address, Settings, Tls};

use super::{default_settings, postgres};

/// Connections that each of the servers allows, and how many of them are for superusers.
const CONNECTIONS: usize = 20;
const RESERVED: usize = 3;

/// `$1` is the folder of the programs, `$2` that of the servers, `$3` and `$4` their ports, `$5` who runs them if not the caller, `$6`
/// the folder of the servers' own programs, which are `initdb`, `pg_ctl` and `postgres` alone.
/// Reads `promote`, `stop AT` and `start AT [OPTIONS]` until its standard input ends, then stops the servers and removes them. The
/// primary alone asks the role `guarded` for a password. The standby is a copy, and follows at once.
const WATCH: &str = r#"
    bin=$1 folder=$2 owner=$5 server=$6
    run() { if [ -n "$owner" ]; then runuser -u "$owner" -- "$@"; else "$@"; fi; }
    start() {
        at=$1
        if [ "$at" = 0 ]; then port=$first; else port=$second; fi
        run "$server/pg_ctl" -D "$folder/$at" -l "$folder/log$at" "${3:--W}" start -o "-p $port -k $folder $2 \
            -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=20" >&2
    }
    first=$3 second=$4
    trap : HUP INT PIPE TERM
    trap 'cd /; rm -rf "$folder"' EXIT
    [ -z "$owner" ] || chown "$owner" "$folder"
    cd "$folder" || exit 1
    as="-h 127.0.0.1 -p $first -U zonemint"
    run "$server/initdb" -D "$folder/0" -U zonemint --auth=trust -E UTF8 --no-locale --no-sync >&2 || exit 1
    start 0 "" -w && run "$bin/createdb" $as zonemint && run "$bin/createuser" $as nodes && run "$bin/createuser" $as guarded || exit 1
    # As pg_basebackup does, which must be as new as the server.
    run "$server/pg_ctl" -D "$folder/0" -m fast stop >&2 && run cp -R "$folder/0" "$folder/1" || exit 1
    run touch "$folder/1/standby.signal" || exit 1
    echo "primary_conninfo = 'host=127.0.0.1 port=$first user=zonemint'" >>"$folder/1/postgresql.auto.conf"
    hba=$folder/0/pg_hba.conf
    { echo "host all guarded all scram-sha-256"; cat "$hba"; } >"$folder/hba" && cat "$folder/hba" >"$hba"
    start 0 "" -w || exit 1
    start 1 || exit 1
    echo ready
    while read -r what at options; do
        case $what in
            promote) run "$server/pg_ctl" -D "$folder/1" promote >&2 ;;
            stop) run "$server/pg_ctl" -D "$folder/$at" -m fast stop >&2 ;;
            start) start "$at" "$options" ;;
        esac
        echo "$what"
    done
    run "$server/pg_ctl" -D "$folder/1" -m immediate stop >&2
    run "$server/pg_ctl" -D "$folder/0" -m immediate stop >&2
"#;

/// Both servers. The first is the primary.
pub struct Replicated {
    ports: [u16; 2],
    /// Its standard input is closed when this process ends.
    watch: Child,
    told: BufReader<std::process::ChildStdout>,
}

pub const PRIMARY: usize = 0;
pub const STANDBY: usize = 1;

impl Replicated {
    /// None if PostgreSQL is neither installed nor required; the reason is printed.
    pub async fn start() -> Option<Self> {
        // This also checks whether a server may be missing.
        postgres::database()?;
        let folder = tempfile::Builder::new().prefix("zonemint-replicated").tempdir().unwrap().keep();
        let listening = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listening.map(|listening| listening.local_addr().unwrap().port());
        let mut watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .args([postgres::programs().unwrap(), PathBuf::from(&folder)])
            .args(ports.map(|port| port.to_string()))
            .arg(if rustix::process::geteuid().is_root() { "postgres" } else { "" })
            .arg(postgres::servers_programs(&postgres::programs().unwrap()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(watch.stdout.take().unwrap());
        let mut pair = Self { ports, watch, told };
        assert_eq!(pair.line(), "ready", "two PostgreSQL servers start in {}", folder.display());
        pair.execute(PRIMARY, "ALTER DATABASE zonemint OWNER TO nodes").await;
        pair.until(STANDBY, "SELECT pg_is_in_recovery()").await;
        Some(pair)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Sends a command to the shell that owns the servers.
    fn order(&mut self, order: &str) {
        use std::io::Write as _;
        writeln!(self.watch.stdin.as_mut().unwrap(), "{order}").unwrap();
        assert_eq!(Some(self.line().as_str()), order.split(' ').next());
    }

    pub fn stop(&mut self, at: usize) {
        self.order(&format!("stop {at}"));
    }

    /// Starts a stopped server, and does not wait until it is ready.
    pub fn start_again(&mut self, at: usize, options: &str) {
        self.order(&format!("start {at} {options}"));
    }

    /// Promotes the standby to a primary; the other server does not change.
    pub async fn promote(&mut self) {
        self.order("promote");
        self.until(STANDBY, "SELECT NOT pg_is_in_recovery()").await;
    }

    /// Host and port, in the form that the address uses.
    pub fn name(&self, at: usize) -> String {
        format!("127.0.0.1:{}", self.ports[at])
    }

    /// The address of both.
    pub fn url(&self, role: &str) -> String {
        format!("postgres://{role}@{},{}/zonemint", self.name(PRIMARY), self.name(STANDBY))
    }

    /// Settings of a store on both.
    pub fn settings(&self, role: &str) -> Settings {
        Settings { url: Address::parse(&self.url(role)), tls: Tls::Disable, ..default_settings().store }
    }

    /// A connection to one of them.
    pub async fn connect(&self, at: usize, role: &str) -> Result<Client, tokio_postgres::Error> {
        let url = format!("postgres://{role}@{}/zonemint", self.name(at));
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs statements as a superuser, one by one.
    pub async fn execute(&self, at: usize, statements: &str) {
        let client = self.connect(at, "zonemint").await.unwrap();
        for statement in statements.split("; ") {
            client.batch_execute(statement).await.unwrap();
        }
    }

    /// Waits until a query returns true.
    pub async fn until(&self, at: usize, question: &str) {
        let yes = async || {
            let client = self.connect(at, "zonemint").await.ok()?;
            client.query_one(question, &[]).await.ok()?.try_get::<_, bool>(0).ok()
        };
        for _ in 0..200 {
            if yes().await == Some(true) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{question}");
    }

    /// Opens all connections that the role may have, and returns them.
    pub async fn fill(&self, at: usize, role: &str) -> Vec<Client> {
        let mut all = Vec::new();
        while let Ok(client) = self.connect(at, role).await {
            all.push(client);
            assert!(all.len() <= CONNECTIONS - RESERVED, "the server has a limit");
        }
        all
    }
}
