//! A program that ends with its test, even if the test is killed.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

use super::left_out::needed;

/// `$1` is the folder, the rest the command. The shell's standard input ends with the test's process; then it ends the program
/// and removes the folder. Ctrl-C goes to the shell, too, which is not to end before the program.
const WATCH: &str = r#"
    folder=$1; shift
    trap : HUP INT PIPE TERM
    trap 'cd /; rm -rf "$folder"' EXIT
    cd "$folder" || exit 1
    "$@" >log 2>&1 &
    cat >/dev/null
    kill -KILL $!
    { wait $!; } 2>/dev/null
"#;

/// A running program, in a folder of its own.
pub struct Process {
    pub folder: PathBuf,
    watch: Child,
}

/// Where a program is; none, and the test is left out, where it is not installed and need not be: the variable `required` is
/// set where it must.
pub fn installed(program: &str, required: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(program)).find(|file| file.exists());
    needed(found.ok_or(&format!("{program} is not installed")), required)
}

/// A port that is free, and that the system gives to no other test for a minute: a connection to it has just ended on this side
/// (TIME-WAIT, RFC 9293 section 3.3.2). A program that opens it with `SO_REUSEADDR`, as servers do, gets it.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = std::net::TcpStream::connect(address).unwrap();
    drop(listener.accept().unwrap());
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    address.port()
}

/// A folder for a program, which [`Process`] removes.
pub fn folder() -> PathBuf {
    tempfile::Builder::new().prefix("zonemint-program").tempdir().unwrap().keep()
}

impl Process {
    /// Starts a program in `folder`, and waits until it listens on `port`.
    pub async fn start(folder: PathBuf, program: &Path, arguments: &[&str], port: u16) -> Self {
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "watch"]).args([folder.as_path(), program]).args(arguments);
        // Caddy stores its data here.
        watch.env("HOME", &folder).env("XDG_DATA_HOME", &folder).env("XDG_CONFIG_HOME", &folder);
        let watch = watch.stdin(Stdio::piped()).spawn().unwrap();
        let process = Self { folder, watch };
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let listening = tokio::time::timeout(Duration::from_secs(30), listens).await;
        assert!(listening.is_ok(), "{} does not listen", program.display());
        process
    }

    /// Its output so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
        drop(self.watch.stdin.take());
        let _ = self.watch.wait();
    }
}

#[tokio::test]
async fn a_program_and_its_folder_go_with_the_test() {
    let Some(haproxy) = installed("haproxy", "ZONEMINT_REQUIRE_PROXIES") else { return };
    let (folder, port) = (folder(), free_port());
    let config = format!(
        "defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten one\n bind 127.0.0.1:{port}\n"
    );
    std::fs::write(folder.join("cfg"), config).unwrap();
    drop(Process::start(folder.clone(), &haproxy, &["-db", "-f", "cfg"], port).await);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err() && !folder.exists());
}
