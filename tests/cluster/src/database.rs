//! A PostgreSQL primary with a synchronous standby, on this machine.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::proxy::{Mode, Proxy};
use crate::wait;

/// The name under which a standby is waited for.
const STANDBY: &str = "standby";
/// As whom nodes connect: not as who may do everything.
pub const NODES: &str = "nodes";
const TIMEOUT: Duration = Duration::from_secs(20);
/// The folders of the servers.
const NAMES: [&str; 2] = ["one", "two"];

/// Gives the table of tokens places that hold nothing any more and are not free either. Used once so that it is longer than a
/// file of WAL: what limits the length of files then stops the table, and not the server. Used once more, behind that limit,
/// it takes all places that are still free.
const FILL: &str = "
    BEGIN;
    INSERT INTO tokens (shard, id, owner, key, caveats, form, kind)
        SELECT n % 16, decode(md5(n::text), 'hex'), '', '', repeat('-', 200), '', '' FROM generate_series(1, 9000) n;
    ROLLBACK";
/// Limits the length of files that processes write: `$1` bytes. The first process must be there.
const LIMIT: &str = r#"
    limit=--fsize=$1: first=$2
    shift 2
    prlimit --pid "$first" "$limit" || exit
    for process; do prlimit --pid "$process" "$limit"; done
    exit 0
"#;

/// `$1` is the folder of the programs, `$2` that of the servers, `$3` who runs them if not the caller. Stops the servers and
/// removes the folder when its standard input ends, which it does with the program that started it, however that ends.
const WATCH: &str = r#"
    trap : HUP INT PIPE TERM
    cat >/dev/null
    for data in "$2"/one "$2"/two; do
        if [ -z "$3" ]; then "$1/pg_ctl" -D "$data" -m immediate stop; else runuser -u "$3" -- "$1/pg_ctl" -D "$data" -m immediate stop; fi
    done
    rm -rf "$2"
"#;

/// Both servers: the primary, and the standby that it waits for at each commit.
pub struct Pair {
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<&'static str>,
    ports: [u16; 2],
    /// Which of the two is the primary.
    pub primary: usize,
    /// What a standby that lags hears the primary through.
    link: Option<Proxy>,
    watch: Child,
}

impl Pair {
    /// # Panics
    /// When PostgreSQL is not installed, or does not start.
    pub async fn start(ports: [u16; 2]) -> Self {
        let programs = programs().expect("PostgreSQL is installed");
        let folder = TempDir::with_prefix("zonemint-cluster-postgres").unwrap().keep();
        let owner = rustix::process::geteuid().is_root().then_some("postgres");
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .args([&programs, &folder])
            .arg(owner.unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if let Some(owner) = owner {
            assert!(Command::new("chown").arg(owner).arg(&folder).status().unwrap().success());
        }
        let pair = Self { programs, folder, owner, ports, primary: 0, link: None, watch };
        let data = pair.data(pair.primary);
        // Small files of WAL: see FILL.
        pair.done(
            "initdb",
            &[
                "-D", &data, "-U", "zonemint", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync",
                "--wal-segsize=1",
            ],
        );
        pair.run(pair.primary);
        let port = pair.ports[pair.primary].to_string();
        let server = ["-h", "127.0.0.1", "-p", &port, "-U", "zonemint"];
        pair.done("createuser", &[&server[..], &[NODES]].concat());
        pair.done("createdb", &[&server[..], &["-O", NODES, "zonemint"]].concat());
        pair.add_standby().await;
        pair
    }

    /// Makes the server that is not the primary its standby, and has the primary wait for it.
    pub async fn add_standby(&self) {
        self.copy_primary(self.ports[self.primary]);
        // Said to the primary alone, and after the copy was made: once promoted, the standby has nobody to wait for.
        self.wait_for(STANDBY).await;
        let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        wait::until(TIMEOUT, async || self.sql(synchronous).is_ok_and(|count| count == "1")).await.unwrap();
    }

    /// Makes it a standby for which the primary does not wait, and which hears everything so much later.
    pub async fn add_lagging_standby(&mut self, lag: Duration) {
        self.wait_for("").await;
        self.stop_standby();
        let link = Proxy::to(self.ports[self.primary]).await;
        self.copy_primary(link.port);
        let streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        wait::until(TIMEOUT, async || self.sql(streams).is_ok_and(|count| count == "1")).await.unwrap();
        link.set(Mode::Slow(lag));
        self.link = Some(link);
    }

    /// Stops the standby, if there is one.
    pub fn stop_standby(&self) {
        let mut stop = self.as_owner(&self.programs.join("pg_ctl"));
        stop.args(["-D", &self.data(1 - self.primary), "-m", "immediate", "stop"]);
        let _ = stop.current_dir(&self.folder).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    }

    /// Starts it again.
    pub fn start_standby(&self) {
        self.run(1 - self.primary);
    }

    /// From now on a standby hears nothing of the primary any more, not even what is under way.
    pub fn cut_standby_off(&self) {
        self.link.iter().for_each(|link| link.set(Mode::Cut));
    }

    /// Says which standby the primary waits for.
    async fn wait_for(&self, standby: &str) {
        self.sql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'")).unwrap();
        self.sql("SELECT pg_reload_conf()").unwrap();
        let shown = async || self.sql("SHOW synchronous_standby_names").is_ok_and(|shown| shown == standby);
        wait::until(TIMEOUT, shown).await.unwrap();
    }

    /// Makes the server that is not the primary its standby; `port` leads to the primary.
    fn copy_primary(&self, port: u16) {
        let standby = 1 - self.primary;
        let data = self.data(standby);
        let _ = std::fs::remove_dir_all(&data);
        let from = format!("host=127.0.0.1 port={port} user=zonemint application_name={STANDBY}");
        self.done("pg_basebackup", &["-D", &data, "-d", &from, "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        self.run(standby);
    }

    fn run(&self, server: usize) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=100 -c autovacuum=off",
            self.ports[server],
            self.folder.display()
        );
        let log = self.folder.join(format!("{}.log", NAMES[server]));
        self.done("pg_ctl", &["-D", &self.data(server), "-l", log.to_str().unwrap(), "-w", "-o", &options, "start"]);
    }

    /// Ends the primary at once, as when its machine fails, with all its processes.
    pub fn kill_primary(&self) {
        let kill = |signal: &str, processes: &[String]| {
            assert!(Command::new("kill").arg(signal).args(processes).status().unwrap().success());
        };
        // Stopped, the first one neither starts others nor takes leave of those that end: their numbers stay theirs.
        kill("-STOP", &self.processes()[..1]);
        kill("-KILL", &self.processes());
    }

    /// Makes the standby the primary.
    pub fn promote(&mut self) {
        self.primary = 1 - self.primary;
        self.done("pg_ctl", &["-D", &self.data(self.primary), "-w", "promote"]);
    }

    /// From now on the table of tokens cannot grow.
    pub fn fill_up(&self) {
        self.sql(FILL).unwrap();
        let length = self.sql("SELECT pg_relation_size('tokens')").unwrap();
        self.limit_files(&length);
        let told = self.sql(FILL).expect_err("there is no room");
        assert!(told.contains("could not extend file"), "{told}");
    }

    /// There is room again.
    pub fn make_room(&self) {
        self.limit_files("unlimited");
    }

    fn limit_files(&self, length: &str) {
        // The first process hands it down to those that it starts.
        let mut command = self.as_owner(Path::new("sh"));
        command.args(["-c", LIMIT, "limit", length]).args(self.processes()).stderr(Stdio::null());
        assert!(command.status().unwrap().success(), "the length of files is limited");
    }

    /// The processes of the primary, the one that starts the others first.
    fn processes(&self) -> Vec<String> {
        let file = Path::new(&self.data(self.primary)).join("postmaster.pid");
        let server = std::fs::read_to_string(file).unwrap().lines().next().unwrap().to_owned();
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        std::iter::once(server).chain(children.split_whitespace().map(str::to_owned)).collect()
    }

    /// The address of the primary.
    pub fn url(&self) -> String {
        format!("postgres://zonemint@127.0.0.1:{}/zonemint", self.ports[self.primary])
    }

    /// Runs statements on the primary; gives what they answer.
    pub fn sql(&self, statements: &str) -> Result<String, String> {
        let output = self.psql(statements).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    fn psql(&self, statements: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", statements]);
        command
    }

    fn data(&self, server: usize) -> String {
        self.folder.join(NAMES[server]).to_str().unwrap().to_owned()
    }

    /// A command of him who runs the servers: another one than root, whom they refuse.
    fn as_owner(&self, program: &Path) -> Command {
        let Some(owner) = self.owner else { return Command::new(program) };
        let mut command = Command::new("runuser");
        command.args(["-u", owner, "--"]).arg(program);
        command
    }

    /// Runs a program that must succeed.
    fn done(&self, program: &str, arguments: &[&str]) {
        let mut command = self.as_owner(&self.programs.join(program));
        // A server that outlives the command keeps what that writes to: a file can be read to its end.
        let told = tempfile::NamedTempFile::new().unwrap();
        command.current_dir(&self.folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(told.reopen().unwrap()).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {}", std::fs::read_to_string(told).unwrap());
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

/// Where the newest server's programs lie. Debian keeps them out of PATH.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all =
        |folder: &PathBuf| ["initdb", "pg_basebackup", "pgbench"].iter().all(|name| folder.join(name).exists());
    let number = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    debian.chain(std::env::split_paths(&path)).filter(has_all).max_by_key(number)
}
