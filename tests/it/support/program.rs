//! The real program, started as a user starts it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

use super::PASSWORD;

/// A command of the program in a folder, with a clean environment.
pub fn zonemint(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zonemint"));
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// `zonemint serve`, killed when dropped.
pub struct Program {
    pub folder: TempDir,
    pub port: u16,
    /// Its output up to and including the line that says it listens.
    pub welcome: String,
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Program {
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)])
    }

    /// Starts with the default folders inside `folder`.
    pub fn start_in(folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let command = zonemint(folder.path(), &SERVE);
        Self::run(command, folder, environment)
    }

    /// Starts it by a bash script, which gets the command as `"$@"`.
    pub fn start_by(script: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_zonemint")]).args(SERVE).current_dir(folder.path());
        Self::run(command, folder, environment)
    }

    fn run(mut command: Command, folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        out.read_line(&mut welcome).unwrap();
        let port = welcome
            .strip_prefix("zonemint listens on https://localhost:")
            .and_then(|rest| rest.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("{welcome:?}, {}", std::fs::read_to_string(folder.path().join("log")).unwrap()));
        Self { folder, port, welcome, child, out }
    }

    pub fn signal(&self, name: &str) {
        assert!(
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap().success()
        );
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The peak memory of the process, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    /// The memory of the process, in KiB: `VmRSS:`, or another line of its status file.
    pub fn memory_kib(&self, of: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(of)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub fn certificate(&self) -> std::path::PathBuf {
        self.folder.path().join("certs/cert.pem")
    }

    /// Waits for the end; returns the output, the exit code, and the folder.
    fn wait(mut self) -> (String, Option<i32>, TempDir) {
        let mut printed = std::mem::take(&mut self.welcome);
        self.out.read_to_string(&mut printed).unwrap();
        let code = self.child.wait().unwrap().code();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (printed, code, folder)
    }

    /// Sends SIGTERM, then calls [`Program::wait`].
    pub fn stop(self) -> (String, Option<i32>, TempDir) {
        self.signal("TERM");
        self.wait()
    }

    /// Sends SIGKILL: the program finishes and flushes nothing.
    pub fn kill(self) -> TempDir {
        self.signal("KILL");
        self.wait().2
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command with a text on its standard input.
pub fn with_input(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
