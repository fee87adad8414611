//! A zonemint, a service, and a proxy between clients and the service that asks the former.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use zonemint::config::Config;

use super::client::{self, Reply};
use super::upstream::Upstream;
use crate::support::process::{Process, folder, free_port, installed};
use crate::support::{As, Ground, TestServer};

/// Set where a missing proxy is to be a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_PROXIES";

/// How a proxy is started with its snippet.
pub struct Program {
    pub name: &'static str,
    /// Files of `config/proxy`.
    pub files: &'static [&'static str],
    /// What is replaced in them, in this order, and by what. Names in braces stand for what each test has of its own.
    pub replaced: &'static [(&'static str, &'static str)],
    /// The file that takes in the snippet, if it is not the whole configuration, and its text.
    pub around: Option<(&'static str, &'static str)>,
    /// Whether it asks about the path as it has cleaned it, and serves that; otherwise about what came.
    pub cleans: bool,
    /// The status for a request with two tokens: 200 where the first one counts.
    pub answer_to_two_tokens: u16,
    /// What is replaced, too, where the service is to get the token, as the snippet says.
    pub passing_on: &'static [(&'static str, &'static str)],
    pub arguments: &'static [&'static str],
}

/// Whom a proxy takes for zonemint.
pub struct Believed<'a> {
    /// Not zonemint's own certificate.
    pub authority: Option<&'a Path>,
    pub name: &'a str,
}

/// Where a proxy connects from whose PROXY protocol is believed.
pub const PASSES_ON: &str = "127.0.0.3";

pub struct Stand {
    pub program: &'static Program,
    pub zonemint: TestServer,
    pub upstream: Upstream,
    /// Of the administrator, for everything.
    pub token: String,
    /// Its id.
    pub token_id: String,
    pub port: u16,
    certificate: PathBuf,
    proxy: Process,
}

/// As it is.
pub const ZONEMINT: Believed<'static> = Believed { authority: None, name: "localhost" };

/// A proxy whose zonemint is away.
pub struct Bereft {
    pub upstream: Upstream,
    pub port: u16,
    pub token: String,
    pub certificate: PathBuf,
    _kept: (Ground, Process),
}

/// A file of `config/proxy`.
pub fn snippet(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/proxy").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

impl Stand {
    /// None where the program is not installed.
    pub async fn start(program: &'static Program) -> Option<Self> {
        Self::start_with(program, ZONEMINT, |_| {}).await
    }

    /// As [`Stand::start`], with a proxy that may take somebody else for zonemint, and with other settings.
    pub async fn start_with(
        program: &'static Program,
        believed: Believed<'_>,
        change: impl FnOnce(&mut Config),
    ) -> Option<Self> {
        let file = installed(program.name, REQUIRED)?;
        let zonemint = TestServer::start_with(|config| {
            config.http.trusted_proxies = vec!["127.0.0.1".to_owned()];
            config.server.proxy_protocol_from = vec![PASSES_ON.to_owned()];
            config.forward_auth.groups = vec!["staff = admin".to_owned(), "others = carol".to_owned()];
            change(config);
        })
        .await;
        let upstream = Upstream::start().await;
        let (port, folder) = (free_port(), folder());
        let tls = zonemint.config.tls.files();
        let both = [&tls.certificate, &tls.key].map(|file| std::fs::read_to_string(file).unwrap()).concat();
        std::fs::write(folder.join("both.pem"), both).unwrap();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let names = [
            ("{port}", port.to_string()),
            ("{zonemint}", format!("127.0.0.1:{}", zonemint.port())),
            ("{zonemint-port}", zonemint.port().to_string()),
            ("{named-zonemint}", format!("{}:{}", believed.name, zonemint.port())),
            ("{service}", format!("127.0.0.1:{}", upstream.port)),
            ("{service-port}", upstream.port.to_string()),
            ("{certificate}", path(&tls.certificate)),
            ("{key}", path(&tls.key)),
            ("{authority}", path(believed.authority.unwrap_or(&tls.certificate))),
            ("{name}", believed.name.to_owned()),
            ("{folder}", path(&folder)),
            ("{passes-on}", PASSES_ON.to_owned()),
        ];
        let filled = |text: &str| names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        for &name in program.files {
            std::fs::write(folder.join(name), snippet(name)).unwrap();
        }
        for (from, to) in program.replaced {
            replace(&folder, program.files, from, &filled(to));
        }
        if let Some((name, text)) = program.around {
            std::fs::write(folder.join(name), filled(text)).unwrap();
        }
        let arguments: Vec<_> = program.arguments.iter().map(|argument| filled(argument)).collect();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let proxy = Process::start(folder, &file, &arguments, port).await;
        until_it_serves(&tls.certificate, port).await;
        let (token_id, token) = zonemint.named("/user", json!({"name": "one"}), As::Admin).await;
        Some(Self { program, zonemint, upstream, token, token_id, port, certificate: tls.certificate, proxy })
    }

    /// Sends a request through the proxy, without a body.
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let lines = lines.concat();
        let close = if lines.to_ascii_lowercase().contains("connection: ") { "" } else { "connection: close\r\n" };
        let host = if headers.iter().any(|(name, _)| *name == "host") { "" } else { "host: localhost\r\n" };
        let request = format!("{method} {target} HTTP/1.1\r\n{host}{close}{lines}\r\n");
        client::send(&self.certificate, self.port, &request).await
    }

    /// A GET with a token.
    pub async fn get(&self, target: &str, token: &str) -> Reply {
        self.send("GET", target, &[("x-auth-token", token)]).await
    }

    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Stops zonemint; what is left.
    pub async fn without_zonemint(self) -> Bereft {
        let (ground, ..) = self.zonemint.stop().await;
        Bereft {
            upstream: self.upstream,
            port: self.port,
            token: self.token,
            certificate: self.certificate,
            _kept: (ground, self.proxy),
        }
    }
}

/// Waits until a proxy has taken its snippet up. Traefik listens before that, with a certificate of its own.
async fn until_it_serves(certificate: &Path, port: u16) {
    let client = client::keeping(certificate);
    let url = format!("https://localhost:{port}/");
    let serves = async {
        while client.get(&url).send().await.map_or(true, |answer| answer.status() == 404) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), serves).await.expect("the proxy takes its snippet up");
}

/// Replaces a text, which must be there, in the files of a folder.
fn replace(folder: &Path, files: &[&str], from: &str, to: &str) {
    let mut found = false;
    for name in files {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        found |= text.contains(from);
        std::fs::write(folder.join(name), text.replace(from, to)).unwrap();
    }
    assert!(found, "{from:?} is not in {files:?}");
}
