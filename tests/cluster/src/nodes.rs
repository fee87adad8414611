//! The nodes, and the balancer before them: processes that end with this one.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::database::NODES;
use crate::proxy::{Mode, Proxy};

/// The account that the load uses.
pub const USER: &str = "admin";
pub const PASSWORD: &str = "correct-horse-battery";
/// For how long a node may believe what it remembers without news.
pub const MAX_STALENESS: Duration = Duration::from_secs(1);
/// How long a connection may take to be made, and a statement.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
/// Who the balancer is to the nodes. Others on this machine come from 127.0.0.1, and without a header.
const BALANCER: &str = "127.0.0.9";
/// What is shipped, of which only addresses are changed.
const BALANCER_SETTINGS: &str = include_str!("../../../config/docker/haproxy.cfg");

/// Ports that are free, and that the system gives to nobody else for a minute: a connection to each has just ended on this side
/// (TIME-WAIT, RFC 9293 section 3.3.2). A program that opens one with `SO_REUSEADDR`, as servers do, gets it.
pub fn free_ports<const N: usize>() -> [u16; N] {
    [(); N].map(|()| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        drop(listener.accept().unwrap());
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        address.port()
    })
}

/// Has a program end when this one does, also when this one is killed.
fn bound_to_this(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).stdin(Stdio::null());
    command
}

/// What all nodes have in common.
pub struct Shared {
    zonemint: PathBuf,
    folder: PathBuf,
    /// Where what it printed is kept.
    pub certificate: PathBuf,
}

impl Shared {
    pub fn new(zonemint: &Path, folder: &Path) -> Self {
        let zonemint = std::fs::canonicalize(zonemint).expect("the zonemint program is there");
        let key = Command::new(&zonemint).args(["key", "generate"]).current_dir(folder).output().unwrap();
        assert!(key.status.success(), "{key:?}");
        let mut file =
            File::options().write(true).create_new(true).mode(0o600).open(folder.join("zonemint.kek")).unwrap();
        file.write_all(&key.stdout).unwrap();
        let certificate = folder.join("certs/cert.pem");
        Self { zonemint, folder: folder.to_owned(), certificate }
    }

    /// `zonemint audit verify`; an error is what it printed.
    pub fn verify_audit(&self, database: &str) -> Result<(), String> {
        let output = Command::new(&self.zonemint)
            .args(["audit", "verify"])
            .current_dir(&self.folder)
            .env_clear()
            .env("ZONEMINT_STORE__URL", database)
            .env("ZONEMINT_STORE__TLS", "disable")
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&told).into_owned()) }
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn appended(&self, name: &str) -> File {
        File::options().append(true).create(true).open(self.log(name)).unwrap()
    }
}

/// A node and its two ways to the database: to the server that is the primary at first, and to the other.
pub struct Node {
    pub name: String,
    pub port: u16,
    ways: [Proxy; 2],
    process: Option<Child>,
}

impl Node {
    pub async fn new(number: usize, port: u16, databases: [u16; 2]) -> Self {
        let [first, second] = databases;
        let ways = [Proxy::to(first).await, Proxy::to(second).await];
        Self { name: format!("node{number}"), port, ways, process: None }
    }

    /// How it is connected with both servers.
    pub fn set_ways(&self, mode: Mode) {
        for way in &self.ways {
            way.set(mode);
        }
    }

    /// How it is connected with one of the servers.
    pub fn set_way(&self, server: usize, mode: Mode) {
        self.ways[server].set(mode);
    }

    /// Starts it; comes back when it listens.
    pub fn start(&mut self, shared: &Shared) {
        let [first, second] = [&self.ways[0], &self.ways[1]].map(|way| way.port);
        let folder = &shared.folder;
        let url =
            format!("postgres://{NODES}@127.0.0.1:{first},127.0.0.1:{second}/zonemint?target_session_attrs=read-write");
        let mut process = bound_to_this(&shared.zonemint)
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)])
            .current_dir(folder)
            .env_clear()
            .env("ZONEMINT_ADMIN_PASSWORD", PASSWORD)
            .env("ZONEMINT_KEYS__FILE", folder.join("zonemint.kek"))
            .env("ZONEMINT_TLS__FOLDER", shared.certificate.parent().unwrap())
            .env("ZONEMINT_STORE__URL", url)
            .env("ZONEMINT_STORE__TLS", "disable")
            .env("ZONEMINT_STORE__NODE", &self.name)
            // Small, so that what goes beyond them shows while this runs.
            .env("ZONEMINT_STORE__POOL", "4")
            .env("ZONEMINT_STORE__CONNECT_TIMEOUT", setting(CONNECT_TIMEOUT))
            .env("ZONEMINT_STORE__STATEMENT_TIMEOUT", setting(STATEMENT_TIMEOUT))
            .env("ZONEMINT_TOKEN__MAX_STALENESS", setting(MAX_STALENESS))
            .env("ZONEMINT_SERVER__PROXY_PROTOCOL_FROM", BALANCER)
            .env("ZONEMINT_LOG__REQUESTS", "false")
            .stdout(Stdio::piped())
            .stderr(shared.appended(&self.name))
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("zonemint listens on "), "{} does not start: {line:?}", self.name);
        self.process = Some(process);
    }

    /// SIGKILL: nothing is finished, nothing is flushed.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

/// As settings have a length of time.
fn setting(period: Duration) -> String {
    format!("{}ms", period.as_millis())
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// HAProxy with the settings that are shipped.
pub struct Balancer {
    pub port: u16,
    process: Child,
}

impl Balancer {
    pub fn start(shared: &Shared, nodes: &[Node]) -> Self {
        let [port, health] = free_ports();
        let path = shared.folder.join("haproxy.cfg");
        std::fs::write(&path, settings(nodes, port, health)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let (out, err) = (shared.appended("haproxy"), shared.appended("haproxy"));
        let mut command = bound_to_this(Path::new("haproxy"));
        let process = command.args(["-db", "-f"]).arg(&path).stdout(out).stderr(err).spawn().unwrap();
        Self { port, process }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn settings(nodes: &[Node], port: u16, health: u16) -> String {
    let mut settings = BALANCER_SETTINGS.to_owned();
    let mut put = |there: &str, here: &str| {
        assert!(settings.contains(there), "config/docker/haproxy.cfg has no {there:?} any more");
        settings = settings.replace(there, here);
    };
    put("maxconn 9000", "maxconn 400");
    put("bind :8443", &format!("bind 127.0.0.1:{port}"));
    put("bind 127.0.0.1:8404", &format!("bind 127.0.0.1:{health}"));
    put("default-server ", &format!("default-server source {BALANCER} "));
    for node in nodes {
        let name = &node.name;
        put(&format!("{name} {name}:8443"), &format!("{name} 127.0.0.1:{}", node.port));
    }
    settings
}
