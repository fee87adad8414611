//! The wire between a store and its database, in a test's hands: it counts round trips, and breaks or falls silent where it is
//! told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Where a connection is to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// The client's message is not passed on.
    BeforeCommit,
    /// The server's answer is not passed on.
    AfterCommit,
}

#[derive(Default)]
struct WireOrders {
    breaks: Mutex<Option<Break>>,
    is_silent: AtomicBool,
    broken: AtomicUsize,
    round_trips: AtomicU64,
}

/// A proxy in front of a database.
pub(super) struct Wire {
    address: SocketAddr,
    told: Arc<WireOrders>,
}

impl Wire {
    /// Listens for connections to the server at `host:port`.
    pub(super) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::new(WireOrders::default());
        let shared = Arc::clone(&told);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(pass_on(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, told }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks the next connection that commits.
    pub(super) fn break_next(&self, at: Break) {
        *self.told.breaks.lock().unwrap() = Some(at);
    }

    /// Whether what the server says gets lost. A connection of which something was lost is of no more use.
    pub(super) fn set_silent(&self, is_silent: bool) {
        self.told.is_silent.store(is_silent, Ordering::SeqCst);
    }

    /// How many connections were broken.
    pub(super) fn broken(&self) -> usize {
        self.told.broken.load(Ordering::SeqCst)
    }

    /// How often a client that writes has said something after it was answered.
    pub(super) fn round_trips(&self) -> u64 {
        self.told.round_trips.load(Ordering::SeqCst)
    }
}

async fn pass_on(mut client: TcpStream, mut server: TcpStream, told: Arc<WireOrders>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (mut servers_turn, mut writes) = (false, false);
    let mut cut = None;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                writes |= holds(&asked[..length], b"BEGIN");
                if writes && !servers_turn {
                    told.round_trips.fetch_add(1, Ordering::SeqCst);
                }
                servers_turn = true;
                if holds(&asked[..length], b"; COMMIT\0") {
                    cut = told.breaks.lock().unwrap().take();
                }
                if cut == Some(Break::BeforeCommit) {
                    told.broken.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if told.is_silent.load(Ordering::SeqCst) {
                    continue;
                }
                servers_turn = false;
                // The commit is the last of what was sent together, so its answer comes last.
                if cut == Some(Break::AfterCommit) {
                    if holds(&answered[..length], b"COMMIT\0") {
                        told.broken.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                    continue;
                }
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A database that speaks TLS, as one with that name: the address, and the certificate of who vouches for it.
pub(super) async fn encrypted(server: String, name: &str) -> (SocketAddr, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (encrypted_with(server, certificate.der().clone(), private).await, certificate.pem())
}

/// A database that speaks TLS with a certificate: after it was asked for it, or at once, and then only to who says what it speaks,
/// as PostgreSQL 17 demands.
pub(super) async fn encrypted_with(
    server: String,
    certificate: CertificateDer<'static>,
    private: PrivateKeyDer<'static>,
) -> SocketAddr {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], private)
        .unwrap();
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (server, acceptor) = (server.clone(), acceptor.clone());
            tokio::spawn(async move {
                let mut first = [0; 1];
                client.peek(&mut first).await.unwrap();
                // A handshake begins so (RFC 8446 section 5.1).
                let is_direct = first == [22];
                if !is_direct {
                    // Length and code of an SSLRequest, which is answered with one letter.
                    let mut request = [0; 8];
                    client.read_exact(&mut request).await.unwrap();
                    assert_eq!(request[4..], 80_877_103_u32.to_be_bytes(), "it asks for TLS first");
                    client.write_all(b"S").await.unwrap();
                }
                let Ok(mut client) = acceptor.accept(client).await else { return };
                if is_direct && client.get_ref().1.alpn_protocol() != Some(b"postgresql") {
                    return;
                }
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}
