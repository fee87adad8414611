//! The load: keep-alive connections, each with one request under way.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub const CONNECTIONS: usize = 64;

pub struct Load {
    runtime: Arc<Runtime>,
    tls: TlsConnector,
}

/// What becomes of the sessions of connections that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    Forgotten,
    Resumed,
}

pub struct Measured {
    pub answers: usize,
    /// Answers a second.
    pub rate: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

pub fn request(method: &str, path: &str, headers: &str) -> String {
    let length = if method == "POST" { "content-length: 0\r\n" } else { "" };
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}{length}\r\n")
}

pub fn post_json(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

impl Load {
    pub fn new(certificate: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { runtime: Arc::new(runtime), tls: connector(certificate) }
    }

    /// The same, for a server with another certificate.
    pub fn trusting(&self, certificate: &Path) -> Self {
        Self { runtime: Arc::clone(&self.runtime), tls: connector(certificate) }
    }

    /// The runtime that the load runs on.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Opens a connection.
    pub async fn connect(&self, port: u16) -> Connection {
        Connection::open(&self.tls, port).await
    }

    /// Mints one token.
    pub fn token(&self, port: u16, authorization: &str) -> String {
        self.runtime.block_on(async {
            let mut connection = Connection::open(&self.tls, port).await;
            let request = request("POST", "/api/v3/onezone/user/client_tokens", authorization);
            connection.exchange(request.as_bytes()).await;
            let answer = String::from_utf8_lossy(&connection.buffer[..connection.filled]).into_owned();
            answer.rsplit('"').nth(1).unwrap_or_else(|| panic!("{answer}")).to_owned()
        })
    }

    /// Sends `request` again and again on every connection for about `span`. The connections go to the ports in turn.
    pub fn run(&self, ports: &[u16], request: &str, span: Duration) -> Measured {
        self.run_each(ports, |_| request.to_owned(), span)
    }

    /// The same with a request of its own for each connection.
    pub fn run_each(&self, ports: &[u16], request: impl Fn(usize) -> String, span: Duration) -> Measured {
        self.run_on(&mut self.open(ports), request, span)
    }

    /// Sends `request` once on one new connection after the other, [`CONNECTIONS`] at a time, for about `span`; how many there were.
    pub fn run_fresh(&self, port: u16, request: &str, span: Duration, sessions: Sessions) -> usize {
        let mut config = ClientConfig::clone(self.tls.config());
        if sessions == Sessions::Forgotten {
            config.resumption = Resumption::disabled();
        }
        let tls = TlsConnector::from(Arc::new(config));
        self.runtime.block_on(async {
            let started = Instant::now();
            let each = |_| {
                let (tls, request) = (tls.clone(), request.as_bytes().to_vec());
                tokio::spawn(async move {
                    let mut connections = 0;
                    while started.elapsed() < span {
                        let mut connection = Connection::open(&tls, port).await;
                        connection.exchange(&request).await;
                        connection.stream.shutdown().await.unwrap();
                        connections += 1;
                    }
                    connections
                })
            };
            let tasks: Vec<_> = (0..CONNECTIONS).map(each).collect();
            let mut connections = 0;
            for task in tasks {
                connections += task.await.unwrap();
            }
            connections
        })
    }

    /// Opens all connections, to the ports in turn.
    pub fn open(&self, ports: &[u16]) -> Vec<Connection> {
        self.runtime.block_on(async {
            let mut connections = Vec::new();
            for port in ports.iter().cycle().take(CONNECTIONS) {
                connections.push(Connection::open(&self.tls, *port).await);
            }
            connections
        })
    }

    /// Sends again and again on connections that are open.
    pub fn run_on(
        &self,
        connections: &mut Vec<Connection>,
        request: impl Fn(usize) -> String,
        span: Duration,
    ) -> Measured {
        self.runtime.block_on(async {
            let started = Instant::now();
            let tasks: Vec<_> = std::mem::take(connections)
                .into_iter()
                .enumerate()
                .map(|(number, mut connection)| {
                    let request = request(number).into_bytes();
                    tokio::spawn(async move {
                        let mut latencies = Vec::new();
                        while started.elapsed() < span {
                            let sent = Instant::now();
                            connection.exchange(&request).await;
                            latencies.push(sent.elapsed());
                        }
                        (connection, latencies)
                    })
                })
                .collect();
            let mut latencies = Vec::new();
            for task in tasks {
                let (connection, of_task) = task.await.unwrap();
                connections.push(connection);
                latencies.extend(of_task);
            }
            let elapsed = started.elapsed().as_secs_f64();
            latencies.sort();
            let at = |share: usize| latencies[latencies.len() * share / 100].as_secs_f64() * 1e6;
            #[expect(clippy::cast_precision_loss, reason = "a count of answers is far below 2^52")]
            let rate = latencies.len() as f64 / elapsed;
            Measured { answers: latencies.len(), rate, p50_us: at(50), p99_us: at(99) }
        })
    }
}

fn connector(certificate: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

pub struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    async fn open(tls: &TlsConnector, port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = tls.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        Self { stream, buffer: vec![0; 64 << 10], filled: 0 }
    }

    /// One request and its whole answer, which must be a 200.
    pub async fn exchange(&mut self, request: &[u8]) {
        let status = self.send(request).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&self.buffer[..self.filled]));
    }

    /// One request and its whole answer; its status.
    pub async fn send(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).await.unwrap();
        self.filled = 0;
        let mut whole = None;
        while whole.is_none_or(|length| self.filled < length) {
            let read = self.stream.read(&mut self.buffer[self.filled..]).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            self.filled += read;
            whole = whole.or_else(|| whole_length(&self.buffer[..self.filled]));
        }
        std::str::from_utf8(&self.buffer[9..12]).unwrap().parse().unwrap()
    }
}

/// The length of head and body together, once the head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    const FIELD: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let at = answer[..head].windows(FIELD.len()).position(|window| window == FIELD)? + FIELD.len();
    let digits = answer[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(head + digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}
