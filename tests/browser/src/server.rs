//! A zonemint server with a data folder of its own, an administrator and a user; and calls of its API, by curl.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::processes::{bound_to_this, start};

pub const ADMIN: &str = "admin";
pub const USER: &str = "alice";
/// Of both. Long enough for every rule about passwords.
pub const PASSWORD: &str = "correct-horse-battery";

/// The program, and the certificate that all its servers share.
pub struct Program {
    zonemint: PathBuf,
    certificates: TempDir,
}

/// What somebody shows who calls.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    Nobody,
    Password(&'a str, &'a str),
    Token(&'a str),
}

impl Program {
    /// Has it make a certificate, which lasts as long as this.
    pub async fn new(zonemint: &Path) -> Self {
        let zonemint = std::fs::canonicalize(zonemint).expect("the zonemint program is there");
        let program = Self { zonemint, certificates: tempfile::tempdir().unwrap() };
        Server::start_empty(&program).await.end().await;
        program
    }

    pub fn certificate(&self) -> PathBuf {
        self.certificates.path().join("cert.pem")
    }

    /// The hash of the certificate's public key, as browsers take it for the only one to be believed in.
    pub fn key_hash(&self) -> String {
        let text = std::fs::read_to_string(self.certificate()).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).unwrap().into();
        let certificate = webpki::EndEntityCert::try_from(&der).unwrap();
        STANDARD.encode(Sha256::digest(certificate.subject_public_key_info()))
    }

    /// The caveats of a token, as `zonemint token inspect` prints them.
    pub async fn caveats(&self, token: &str) -> Vec<String> {
        let output = Command::new(&self.zonemint).args(["token", "inspect", token]).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let told = printed.lines().filter_map(|line| line.strip_prefix("caveat"));
        told.map(|caveat| caveat.split("  (").next().unwrap().trim().to_owned()).collect()
    }
}

pub struct Server {
    process: Child,
    /// Where the program is.
    programs: PathBuf,
    certificate: PathBuf,
    /// As in `https://localhost:40123`.
    pub origin: String,
    folder: TempDir,
}

impl Server {
    /// With two accounts.
    pub async fn start(program: &Program) -> Self {
        let server = Self::start_empty(program).await;
        let user = json!({ "username": USER, "password": PASSWORD, "fullName": "Alice Nowak" });
        let (status, answer) = server.call(Credential::Password(ADMIN, PASSWORD), "POST", "/users", Some(user)).await;
        assert_eq!(status, 201, "{answer}");
        server
    }

    async fn start_empty(program: &Program) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = bound_to_this(&program.zonemint);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env_clear()
            .env("ZONEMINT_ADMIN_PASSWORD", PASSWORD)
            .env("ZONEMINT_TLS__FOLDER", program.certificates.path())
            .env("ZONEMINT_TOKEN__WRITE_USES", "100ms")
            .env("ZONEMINT_TOKEN__WRITE_COUNTS", "100ms");
        let (process, line) = start(command, &folder.path().join("log"), "zonemint listens on ").await;
        let origin = line.split(' ').next().unwrap().to_owned();
        let programs = program.zonemint.parent().unwrap().to_owned();
        Self { process, programs, certificate: program.certificate(), origin, folder }
    }

    /// Ends it, and removes its folder when nothing writes there any more.
    pub async fn end(mut self) {
        self.process.kill().await.unwrap();
        self.folder.close().unwrap();
    }

    /// A call of the API: status and body, null when there is none.
    pub async fn call(
        &self,
        credential: Credential<'_>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--request", method, "--write-out", "\n%{http_code}", "--cacert"]);
        curl.arg(&self.certificate).arg(format!("{}/api/v3/onezone{path}", self.origin));
        match credential {
            Credential::Nobody => {}
            Credential::Password(name, password) => _ = curl.arg("--user").arg(format!("{name}:{password}")),
            Credential::Token(token) => _ = curl.arg("--header").arg(format!("X-Auth-Token: {token}")),
        }
        if let Some(body) = body {
            curl.args(["--header", "content-type: application/json", "--data", &body.to_string()]);
        }
        let output = curl.output().await.unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (body, status) = printed.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() })
    }

    /// Whether the server takes the token.
    pub async fn accepts(&self, token: &str) -> bool {
        match self.call(Credential::Token(token), "GET", "/user", None).await {
            (200, _) => true,
            (401, _) => false,
            other => panic!("{other:?}"),
        }
    }

    /// Makes a named token, as a program of the user's would.
    pub async fn mint(&self, user: &str, name: &str, caveats: &Value) -> String {
        let body = json!({ "name": name, "type": { "accessToken": {} }, "caveats": caveats });
        let made = self.call(Credential::Password(user, PASSWORD), "POST", "/user/tokens/named", Some(body)).await;
        assert_eq!(made.0, 201, "{}", made.1);
        made.1["token"].as_str().unwrap().to_owned()
    }

    /// Runs lines of a shell with programs that believe in the server's certificate, zonemint's own command among them, and know
    /// nothing of whoever runs this; gives what they print.
    pub async fn shell(&self, lines: &str) -> String {
        let mut shell = Command::new("bash");
        shell.args(["-euc", lines]);
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", self.programs.display())).env("HOME", self.folder.path());
        for variable in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            shell.env(variable, &self.certificate);
        }
        let output = shell.output().await.unwrap();
        assert!(output.status.success(), "{lines}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
