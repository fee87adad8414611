//! The servers under measurement, as processes of their own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// Name and password of the account that the load uses.
pub const USER: &str = "admin:correct-horse-battery";

pub struct Program {
    pub port: u16,
    child: Child,
    scratch: TempDir,
    /// Kept open, so that what the server prints later finds a reader.
    _out: BufReader<ChildStdout>,
}

impl Program {
    /// Starts the server, with settings as variables of the environment.
    pub fn zonemint(path: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::fs::canonicalize(path).unwrap());
        command.envs(settings.iter().copied());
        Self::serve(command)
    }

    /// Starts the server below another program, whose command line `outer` begins.
    pub fn zonemint_below(outer: &[&str], path: &str) -> Self {
        let mut command = Command::new(outer[0]);
        command.args(&outer[1..]).arg(std::fs::canonicalize(path).unwrap());
        Self::serve(command)
    }

    fn serve(mut command: Command) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.env("ZONEMINT_ADMIN_PASSWORD", USER.split_once(':').unwrap().1);
        Self::start(command, tempfile::tempdir().unwrap(), |line| {
            line.strip_prefix("zonemint listens on https://localhost:")?.split(' ').next()
        })
    }

    pub fn bare(folder: &Path) -> Self {
        Self::serve_bare(Command::new(std::env::current_exe().unwrap()), folder)
    }

    /// As [`Program::zonemint_below`].
    pub fn bare_below(outer: &[&str], folder: &Path) -> Self {
        let mut command = Command::new(outer[0]);
        command.args(&outer[1..]).arg(std::env::current_exe().unwrap());
        Self::serve_bare(command, folder)
    }

    fn serve_bare(mut command: Command, folder: &Path) -> Self {
        command.arg("bare").arg(folder.join("certs"));
        Self::start(command, tempfile::tempdir().unwrap(), |line| line.strip_prefix("port "))
    }

    fn start(mut command: Command, scratch: TempDir, port: impl Fn(&str) -> Option<&str>) -> Self {
        let log = File::create(scratch.path().join("log")).unwrap();
        let mut child = command.current_dir(scratch.path()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = port(line.trim()).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        Self { port, child, scratch, _out: out }
    }

    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Runs a command of the program while this server runs.
    pub fn command(&self, path: &str, arguments: &[&str], input: &str) {
        let path = std::fs::canonicalize(path).unwrap();
        let mut command = Command::new(path);
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }

    pub fn certificate(&self) -> PathBuf {
        self.scratch.path().join("certs/cert.pem")
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processor time of the process, in seconds.
    pub fn processor_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // What follows the name, which may have spaces and brackets in it: utime and stime are the 12th and 13th (proc(5)), in
        // hundredths of a second.
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }

    /// A line of the process's status in `/proc`, in KiB.
    pub fn memory(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|found| found.starts_with(line)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
