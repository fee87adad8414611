//! A directory in front of Pebble, with what Pebble has not: it suggests when to renew (RFC 9773), and has rate limits.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use zonemint::clock::rfc3339;

use super::stand::{Stand, TIMEOUT};

#[derive(Clone)]
pub struct Facade(Arc<Inner>);

struct Inner {
    port: u16,
    pebble: Value,
    limits: Mutex<Option<u64>>,
    suggests: Mutex<u64>,
    lines: Mutex<Vec<String>>,
    asked: Notify,
}

impl Facade {
    pub async fn start(stand: &Stand) -> Self {
        let read = |name: &str| stand.root().with_file_name(name);
        let chain = vec![CertificateDer::from_pem_file(read("cert.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(read("key.pem")).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let facade = Self(Arc::new(Inner {
            port: listener.local_addr().unwrap().port(),
            pebble: stand.client().get(stand.directory()).send().await.unwrap().json().await.unwrap(),
            limits: Mutex::new(None),
            suggests: Mutex::new(0),
            lines: Mutex::default(),
            asked: Notify::new(),
        }));
        let (theirs, acceptor) = (facade.clone(), TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (facade, acceptor) = (theirs.clone(), acceptor.clone());
                tokio::spawn(async move { facade.one(acceptor, stream).await });
            }
        });
        facade
    }

    /// Refuses orders, for so many seconds as it says.
    pub fn limits(&self, seconds: Option<u64>) {
        *self.0.limits.lock().unwrap() = seconds;
    }

    /// Suggests this moment, in Unix seconds.
    pub fn suggests(&self, moment_s: u64) {
        *self.0.suggests.lock().unwrap() = moment_s;
    }

    pub fn directory(&self) -> String {
        self.at("/dir")
    }

    /// Not under Pebble's name: a TLS client keeps what it needs to resume by the name alone, and would try Pebble's here.
    fn at(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.0.port)
    }

    /// Waits for a request that begins so, and gives its first line.
    pub async fn asked_for(&self, start: &str) -> String {
        let asked = async {
            loop {
                let next = self.0.asked.notified();
                if let Some(line) = self.0.lines.lock().unwrap().iter().find(|line| line.starts_with(start)) {
                    return line.clone();
                }
                next.await;
            }
        };
        tokio::time::timeout(TIMEOUT, asked).await.expect("it is asked")
    }

    async fn one(self, acceptor: TlsAcceptor, stream: TcpStream) {
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        let mut request = Vec::new();
        while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let line = String::from_utf8_lossy(&request).lines().next().unwrap().to_owned();
        let (status, wait_s, body) = self.answer(&line);
        self.0.lines.lock().unwrap().push(line);
        let answer = format!(
            "HTTP/1.1 {status} -\r\nretry-after: {wait_s}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        self.0.asked.notify_waiters();
    }

    fn answer(&self, line: &str) -> (u16, u64, String) {
        let limits = *self.0.limits.lock().unwrap();
        if line.starts_with("GET /dir") {
            let mut directory = self.0.pebble.clone();
            directory["renewalInfo"] = self.at("/renewal").into();
            if limits.is_some() {
                directory["newOrder"] = self.at("/order").into();
            }
            return (200, 0, directory.to_string());
        }
        if line.starts_with("GET /renewal/") {
            let moment = rfc3339(*self.0.suggests.lock().unwrap());
            return (200, 3_600, json!({"suggestedWindow": {"start": moment, "end": moment}}).to_string());
        }
        let problem = json!({"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many orders"});
        (429, limits.unwrap_or(0), problem.to_string())
    }
}
