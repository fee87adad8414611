//! Resumed TLS sessions: by any node, for 12 hours, and for as long as the root key and the certificate are in force.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};
use zonemint::caller::Caller;
use zonemint::clock::Clock;
use zonemint::random::Random;
use zonemint::store::Changed;
use zonemint::token::{KeyEncryptionKey, KeyEncryptionKeys, SESSION_LIFETIME_S};

use crate::support::left_out::CLIENTS;
use crate::support::process::installed;
use crate::support::{Node, Shared, TestServer, install_crypto};

const HOUR_MS: u64 = 3_600_000;
/// The begin of an hour.
const NOW_MS: u64 = 500_000 * HOUR_MS;
const CHAIN: [u8; 32] = [7; 32];
const SESSION: &[u8] = b"a session";

/// A client that keeps its sessions, and would send early data if a session allowed it.
fn client(server: &TestServer) -> Arc<ClientConfig> {
    install_crypto();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.config.tls.files().certificate).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.enable_early_data = true;
    Arc::new(config)
}

/// One request on a new connection; how its handshake was.
async fn request(server: &TestServer, client: &Arc<ClientConfig>) -> HandshakeKind {
    let (port, client) = (server.port(), Arc::clone(client));
    let exchange = move || {
        let mut connection = ClientConnection::new(client, "localhost".try_into().unwrap()).unwrap();
        assert!(connection.early_data().is_none(), "a session allows early data");
        let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        stream.conn.handshake_kind().unwrap()
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

#[tokio::test]
async fn a_session_is_resumed_without_early_data_and_after_a_restart_too() {
    let server = TestServer::start().await;
    let client = client(&server);
    assert_eq!(request(&server, &client).await, HandshakeKind::Full);
    assert_eq!(request(&server, &client).await, HandshakeKind::Resumed);
    let server = server.restart().await;
    assert_eq!(request(&server, &client).await, HandshakeKind::Resumed);
    server.advance_s(24 * 3_600);
    assert_eq!(request(&server, &client).await, HandshakeKind::Full);
}

#[tokio::test]
async fn nodes_of_one_store_resume_the_sessions_of_each_other() {
    let Some(one) = TestServer::start_shared(|_| {}).await else { return };
    let other = one.start_beside("other").await;
    let client = client(&one);
    assert_eq!(request(&one, &client).await, HandshakeKind::Full);
    assert_eq!(request(&other, &client).await, HandshakeKind::Resumed);
    assert_eq!(request(&one, &client).await, HandshakeKind::Resumed);
}

/// What `openssl s_client` says of a connection. It ends when it has read the server's answer.
fn openssl(program: &Path, port: u16, arguments: &[&str]) -> String {
    let address = format!("localhost:{port}");
    let mut command = Command::new(program);
    command.args(["s_client", "-connect", &address, "-servername", "localhost", "-ign_eof"]).args(arguments);
    let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = client.stdin.take().unwrap();
    input.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let output = client.wait_with_output().unwrap();
    drop(input);
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.contains("HTTP/1.1 200 "), "{output}");
    output
}

#[tokio::test]
async fn openssl_resumes_a_session_that_it_has_saved_of_version_1_3_alone() {
    let Some(program) = installed("openssl", CLIENTS) else { return };
    let server = TestServer::start().await;
    let port = server.port();
    let session = server.folder.path().join("session");
    let asked = move |version: &str, option: &str, session: &Path| {
        openssl(&program, port, &[version, option, session.to_str().unwrap()])
    };
    let talk = move || {
        let first = asked("-tls1_3", "-sess_out", &session);
        assert!(first.contains("New, TLSv1.3") && first.contains("Max Early Data: 0"), "{first}");
        assert_eq!(first.matches("TLS session ticket lifetime hint: 43200").count(), 1, "{first}");
        let second = asked("-tls1_3", "-sess_in", &session);
        assert!(second.contains("Reused, TLSv1.3"), "{second}");
        // A ticket of version 1.2 would hold the secret of the connection.
        let old = asked("-tls1_2", "-sess_out", &session);
        assert!(old.contains("New, TLSv1.2") && !old.contains("TLS session ticket:"), "{old}");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}

/// A node with the key-encryption key of others.
async fn node(shared: &Shared, name: &str, keks: &KeyEncryptionKeys, clock: &Clock) -> Node {
    Node::on(shared.open(name).await, Arc::new(keks.clone()), clock).await
}

fn keks() -> KeyEncryptionKeys {
    KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system()))
}

#[tokio::test]
async fn a_session_is_opened_in_the_hour_in_which_it_was_sealed_the_one_before_and_the_eleven_after() {
    let (shared, keks) = (Shared::file(), keks());
    let sealed =
        node(&shared, "one", &keks, &Clock::manual(NOW_MS)).await.tokens.seal_session(&CHAIN, SESSION).unwrap();
    let lifetime_ms = u64::from(SESSION_LIFETIME_S) * 1_000;
    for (opened_ms, opens) in [
        (0, false),
        (NOW_MS - HOUR_MS - 1, false),
        // The other node's clock is behind.
        (NOW_MS - HOUR_MS, true),
        (NOW_MS, true),
        (NOW_MS + lifetime_ms - 1, true),
        (NOW_MS + lifetime_ms, false),
        (NOW_MS + 2 * lifetime_ms, false),
    ] {
        let other = node(&shared, "other", &keks, &Clock::manual(opened_ms)).await;
        let opened = other.tokens.open_session(&CHAIN, &sealed);
        assert_eq!(opened.as_deref(), opens.then_some(SESSION), "{opened_ms}");
    }
}

#[tokio::test]
async fn nothing_opens_but_what_was_sealed_by_the_same_keyring_for_the_same_certificate() {
    let (clock, keks) = (Clock::manual(NOW_MS), keks());
    let shared = Shared::file();
    let node_of = async |shared: &Shared| node(shared, "one", &keks, &clock).await;
    let one = node_of(&shared).await;
    let sealed = one.tokens.seal_session(&CHAIN, SESSION).unwrap();
    assert_ne!(one.tokens.seal_session(&CHAIN, SESSION).unwrap(), sealed, "each has a nonce of its own");
    assert!(!sealed.windows(SESSION.len()).any(|window| window == SESSION));
    assert_eq!(one.tokens.open_session(&[8; 32], &sealed), None, "of another certificate");
    assert_eq!(node_of(&Shared::file()).await.tokens.open_session(&CHAIN, &sealed), None, "of another store");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(one.tokens.open_session(&CHAIN, &changed), None, "byte {at} is changed");
        assert_eq!(one.tokens.open_session(&CHAIN, &sealed[..at]), None, "it ends after {at} bytes");
    }
    assert_eq!(one.tokens.open_session(&CHAIN, &[sealed.as_slice(), &[0]].concat()), None, "it is longer");
    let long = one.tokens.seal_session(&CHAIN, &vec![0; 60_000]).unwrap();
    assert_eq!(one.tokens.open_session(&CHAIN, &long), None, "no session is so long");
}

#[tokio::test]
async fn a_session_outlives_the_rotation_of_the_root_key_and_ends_when_it_is_retired() {
    let (clock, shared) = (Clock::manual(NOW_MS), Shared::file());
    let one = node(&shared, "one", &keks(), &clock).await;
    let by = Caller::operator();
    let old = one.tokens.keyring().ids().next().unwrap();
    let sealed = one.tokens.seal_session(&CHAIN, SESSION).unwrap();
    one.tokens.rotate_key(&by).await.unwrap();
    clock.set_ms(NOW_MS + 2_000);
    assert_eq!(one.tokens.open_session(&CHAIN, &sealed).as_deref(), Some(SESSION));
    let by_the_new_one = one.tokens.seal_session(&CHAIN, SESSION).unwrap();
    assert_eq!(one.tokens.retire_key(old, &by).await.unwrap(), Changed::Done);
    assert_eq!(one.tokens.open_session(&CHAIN, &sealed), None);
    assert_eq!(one.tokens.open_session(&CHAIN, &by_the_new_one).as_deref(), Some(SESSION));
}
