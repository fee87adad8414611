//! Pebble, a CA for tests, with a DNS server of its own, and servers that order from it.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use tempfile::TempDir;
use zonemint::config::Config;
use zonemint::tls::{Challenge, PairReport, inspect};

use super::dns::{Dns, Says};
use super::handshake::{HTTP, Handshake, handshake};
use crate::support::identity::Identity;
use crate::support::process::{Process, folder, free_port, installed};
use crate::support::{TestServer, install_crypto};

/// Set where a missing Pebble is to be a failure.
const REQUIRED: &str = "ZONEMINT_REQUIRE_PEBBLE";
/// What is ordered.
pub const NAMES: [&str; 2] = ["zonemint.test", "www.zonemint.test"];
/// How long anything may take.
pub const TIMEOUT: Duration = Duration::from_mins(2);

pub struct Stand {
    pub pebble: Process,
    pub dns: Dns,
    /// The port to which it connects for `tls-alpn-01`.
    pub tls_port: u16,
    /// For `http-01`.
    pub http_port: u16,
    pub port: u16,
    management: u16,
    files: TempDir,
}

impl Stand {
    /// None where Pebble is not installed.
    pub async fn start(says: Says) -> Option<Self> {
        Self::start_with(says, json!({})).await
    }

    /// As [`Stand::start`], with more in Pebble's configuration.
    pub async fn start_with(says: Says, more: serde_json::Value) -> Option<Self> {
        installed("pebble", REQUIRED)?;
        let (dns, files, identity) = (Dns::start(says), tempfile::tempdir().unwrap(), Identity::of_localhost());
        let at = |name: &str| files.path().join(name);
        let [port, management, tls_port, http_port] = [(); 4].map(|()| free_port());
        let mut pebble = json!({
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": at("cert.pem"),
            "privateKey": at("key.pem"),
            "httpPort": http_port,
            "tlsPort": tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        });
        pebble.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let config = json!({ "pebble": pebble }).to_string();
        let texts = [&identity.root, &identity.certificate, &identity.key, &config];
        for (name, text) in ["root.pem", "cert.pem", "key.pem", "config.json"].iter().zip(texts) {
            std::fs::write(at(name), text).unwrap();
        }
        let pebble = run(&files, &dns, port).await;
        Some(Self { pebble, dns, tls_port, http_port, port, management, files })
    }

    /// Ends Pebble and starts it again, without all that it knew.
    pub async fn forget_everything(self) -> Self {
        let Self { pebble, dns, port, files, .. } = self;
        drop(pebble);
        Self { pebble: run(&files, &dns, port).await, dns, files, ..self }
    }

    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    pub fn root(&self) -> PathBuf {
        self.files.path().join("root.pem")
    }

    /// Has a server order from here.
    pub fn settings(&self, config: &mut Config) {
        config.server.listen.set_port(self.tls_port);
        config.tls.watch = "100ms".parse().unwrap();
        let acme = &mut config.tls.acme;
        acme.enabled = true;
        acme.directory = self.directory();
        acme.agree_to_terms = true;
        acme.contact = vec!["admin@zonemint.test".to_owned()];
        acme.names = NAMES.map(str::to_owned).to_vec();
        acme.http_listen = ([127, 0, 0, 1], self.http_port).into();
        acme.root = self.root();
    }

    pub async fn server(&self, challenge: Challenge) -> TestServer {
        TestServer::start_with(|config| {
            self.settings(config);
            config.tls.acme.challenge = challenge;
        })
        .await
    }

    /// A client that believes Pebble.
    pub fn client(&self) -> reqwest::Client {
        install_crypto();
        let root = reqwest::Certificate::from_pem(&std::fs::read(self.root()).unwrap()).unwrap();
        reqwest::Client::builder().tls_certs_only([root]).no_proxy().build().unwrap()
    }

    /// The root that vouches for what Pebble issues.
    pub async fn issuing_root(&self) -> CertificateDer<'static> {
        let url = format!("https://localhost:{}/roots/0", self.management);
        let pem = self.client().get(url).send().await.unwrap().bytes().await.unwrap();
        CertificateDer::from_pem_slice(&pem).unwrap()
    }

    /// Waits until a server shows a certificate of Pebble's for our names, and gives it. At each look, its clock is moved on.
    pub async fn issued(&self, server: &TestServer, moved_s: u64) -> CertificateDer<'static> {
        let root = self.issuing_root().await;
        let issued = async {
            loop {
                let seen = NAMES.map(|name| handshake(server.port(), name, &[HTTP], Some(&root)));
                if let [Ok(Handshake { certificate, .. }), Ok(_)] = seen {
                    return certificate;
                }
                server.advance_s(moved_s);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, issued).await.expect("a certificate is issued and served")
    }

    /// How many orders were made. Pebble refuses some requests to have them sent again, and counts those too.
    pub fn orders(&self) -> usize {
        self.pebble.log().matches("Added order").count()
    }
}

async fn run(files: &TempDir, dns: &Dns, port: u16) -> Process {
    let (config, dns) = (files.path().join("config.json").display().to_string(), dns.address.to_string());
    let command = ["PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "pebble", "-config", &config, "-dnsserver", &dns];
    Process::start(folder(), "/usr/bin/env".as_ref(), &command, port).await
}

/// What lies in the place of a server's pair.
pub fn pair(server: &TestServer) -> PairReport {
    inspect(&server.config.tls.files()).unwrap()
}
