//! PgBouncer in front of the tests' PostgreSQL server, where it is installed.

use std::os::unix::fs::PermissionsExt as _;

use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use zonemint::store::{Address, Settings, Tls};

use super::postgres::Database;
use super::process::{Process, folder, free_port, installed};

/// If set, a missing PgBouncer is a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_POSTGRES";

/// A running pooler for all databases of one server.
pub struct Pooler {
    process: Process,
    port: u16,
}

static TRANSACTION: OnceCell<Option<Pooler>> = OnceCell::const_new();

impl Pooler {
    /// One for many tests, with transaction pooling. None if it is neither installed nor required; the reason is printed.
    pub async fn shared(database: &Database) -> Option<&'static Self> {
        let start = || Self::start(database.place().1, "pool_mode = transaction");
        TRANSACTION.get_or_init(start).await.as_ref()
    }

    /// A separate one in front of the server at a port, with additional settings. None as for [`Pooler::shared`].
    pub async fn start(server: u16, settings: &str) -> Option<Self> {
        let program = installed("pgbouncer", REQUIRED)?;
        let (folder, port) = (folder(), free_port());
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(folder.join("ini"), ini(server, port, settings, "zonemint")).unwrap();
        let mut arguments = vec!["ini"];
        // PgBouncer refuses to run as root.
        if rustix::process::geteuid().is_root() {
            arguments.splice(..0, ["-u", "postgres"]);
        }
        Some(Self { process: Process::start(folder, &program, &arguments, port).await, port })
    }

    /// Points it to a server at another port, with other settings.
    pub async fn change(&self, server: u16, settings: &str) {
        self.change_user(server, settings, "zonemint").await;
    }

    /// As [`Pooler::change`], and connects there as another role.
    pub async fn change_user(&self, server: u16, settings: &str, role: &str) {
        std::fs::write(self.process.folder.join("ini"), ini(server, self.port, settings, role)).unwrap();
        let console = self.connect("pgbouncer").await;
        console.simple_query("RELOAD").await.unwrap();
        console.simple_query("RECONNECT").await.unwrap();
    }

    async fn connect(&self, database: &str) -> Client {
        let url = format!("postgres://zonemint@127.0.0.1:{}/{database}", self.port);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// The address of a database through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://zonemint@127.0.0.1:{}/{database}", self.port)
    }

    /// Settings of a store on a database through the pooler.
    pub fn settings(&self, database: &Database) -> Settings {
        Settings { url: Address::parse(&self.url(database.place().0)), tls: Tls::Disable, ..database.settings() }
    }
}

fn ini(server: u16, port: u16, settings: &str, role: &str) -> String {
    format!(
        "[databases]\n* = host=127.0.0.1 port={server} user={role}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = any\nadmin_users = zonemint\nmax_client_conn = 1000\n\
         server_idle_timeout = 5\n{settings}\n"
    )
}
