//! Session tickets (RFC 8446 section 4.6.1): a client keeps its session sealed, and resumes it at any server that opens it.
//!
//! What TLS 1.3 seals is a secret for later handshakes, each of which has a key exchange of its own: who opens a recorded ticket reads no
//! connection. The ticket of TLS 1.2 has the secret of the connection itself, so there are none of these.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::server::ProducesTickets;
use sha2::{Digest as _, Sha256};

/// Tickets of one handshake. A client that opens one connection after the other gets the next ticket with each.
pub(super) const A_HANDSHAKE: usize = 1;
/// TLS 1.3 (RFC 8446 section 4.1.3), as it stands in a session.
const TLS_1_3: [u8; 2] = [3, 4];

/// Seals sessions, and opens what any node has sealed. `chain` is the SHA-256 of the certificate chain that the session's client has seen:
/// a resumed session shows none, so a session does not outlive its certificate.
pub trait SessionSealer: Send + Sync {
    /// How long a sealed session may be resumed at the most, in seconds. At most 604,800 (RFC 8446 section 4.6.1).
    fn lifetime_s(&self) -> u32;
    /// Seals. None when it cannot: the client does without then.
    fn seal(&self, chain: &[u8; 32], session: &[u8]) -> Option<Vec<u8>>;
    /// Opens. None when it is nothing that was sealed, or is too old: a full handshake follows.
    fn open(&self, chain: &[u8; 32], ticket: &[u8]) -> Option<Vec<u8>>;
}

/// The sealer, once there is one.
pub(super) type SharedSealer = Arc<OnceLock<Box<dyn SessionSealer>>>;

/// The tickets of one certificate chain.
pub(super) struct Tickets {
    sealer: SharedSealer,
    chain: [u8; 32],
}

zonemint_base::opaque_debug!(Tickets);

impl Tickets {
    pub(super) fn new(sealer: &SharedSealer, chain: &[CertificateDer<'_>]) -> Self {
        let mut hash = Sha256::new();
        for certificate in chain {
            hash.update((certificate.len() as u64).to_be_bytes());
            hash.update(certificate);
        }
        Self { sealer: Arc::clone(sealer), chain: hash.finalize().into() }
    }
}

impl ProducesTickets for Tickets {
    /// Otherwise the library would keep sessions of TLS 1.3 in memory.
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.sealer.get().map_or(0, |sealer| sealer.lifetime_s())
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if version(plain)? != TLS_1_3 {
            return None;
        }
        self.sealer.get()?.seal(&self.chain, plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        self.sealer.get()?.open(&self.chain, cipher)
    }
}

/// The version of a session as rustls writes it: after a byte that says whether there is a name of the server, and the name with its length
/// in a byte. Should that change, no ticket is sent, and a test fails.
fn version(session: &[u8]) -> Option<&[u8]> {
    let at = match session.first()? {
        0 => 1,
        1 => 2 + usize::from(*session.get(1)?),
        _ => return None,
    };
    session.get(at..at + 2)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rustls::crypto::aws_lc_rs;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::version::{TLS12, TLS13};
    use rustls::{
        ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
        SupportedProtocolVersion,
    };
    use tempfile::TempDir;

    use super::*;
    use crate::{Certificates, PairFiles, ensure_pair};

    /// Tells what it has sealed, and opens that alone.
    #[derive(Clone, Default)]
    struct Sealer(Arc<Mutex<Vec<Vec<u8>>>>);

    impl SessionSealer for Sealer {
        fn lifetime_s(&self) -> u32 {
            60
        }

        fn seal(&self, chain: &[u8; 32], session: &[u8]) -> Option<Vec<u8>> {
            let ticket = [chain, session].concat();
            self.0.lock().unwrap().push(ticket.clone());
            Some(ticket)
        }

        fn open(&self, chain: &[u8; 32], ticket: &[u8]) -> Option<Vec<u8>> {
            let is_sealed = self.0.lock().unwrap().iter().any(|sealed| sealed == ticket);
            ticket.strip_prefix(chain).filter(|_| is_sealed).map(<[u8]>::to_vec)
        }
    }

    fn pair() -> (TempDir, PairFiles) {
        let folder = tempfile::tempdir().unwrap();
        let files = PairFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        ensure_pair(&files, &["localhost".to_owned()]).unwrap();
        (folder, files)
    }

    fn certificates(files: &PairFiles, sealer: &Sealer) -> Certificates {
        let certificates = Certificates::load(files.clone()).unwrap();
        certificates.resume_with(sealer.clone());
        certificates
    }

    /// A client that keeps its sessions, and trusts the certificate that is in the files now.
    fn client(files: &PairFiles) -> Arc<ClientConfig> {
        client_of(&TLS13, files)
    }

    fn client_of(version: &'static SupportedProtocolVersion, files: &PairFiles) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&files.certificate).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap();
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    }

    /// A whole connection; how its handshake was.
    fn connect(server: Arc<ServerConfig>, client: &Arc<ClientConfig>) -> Result<HandshakeKind, rustls::Error> {
        let mut server = ServerConnection::new(server).unwrap();
        let mut client = ClientConnection::new(Arc::clone(client), "localhost".try_into().unwrap()).unwrap();
        for _ in 0..4 {
            let mut bytes = Vec::new();
            client.write_tls(&mut bytes).unwrap();
            server.read_tls(&mut bytes.as_slice()).unwrap();
            server.process_new_packets()?;
            let mut bytes = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut bytes).unwrap();
            }
            client.read_tls(&mut bytes.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        assert!(!client.is_handshaking() && !server.is_handshaking());
        Ok(server.handshake_kind().unwrap())
    }

    #[test]
    fn a_session_is_resumed_by_every_server_that_opens_it() {
        let (_folder, files) = pair();
        let (sealer, client) = (Sealer::default(), client(&files));
        let [one, other] = [(); 2].map(|()| certificates(&files, &sealer));
        let kinds = [&one, &other, &one].map(|server| connect(server.current(), &client));
        assert_eq!(kinds, [Ok(HandshakeKind::Full), Ok(HandshakeKind::Resumed), Ok(HandshakeKind::Resumed)]);
        assert_eq!(sealer.0.lock().unwrap().len(), 3 * A_HANDSHAKE);
        sealer.0.lock().unwrap().clear();
        assert_eq!(connect(one.current(), &client), Ok(HandshakeKind::Full), "nothing opens it");
        sealer.0.lock().unwrap().iter_mut().for_each(|ticket| ticket[40] ^= 1);
        assert_eq!(connect(one.current(), &client), Ok(HandshakeKind::Full), "what opens is another one");
    }

    #[test]
    fn before_there_is_a_sealer_connections_are_made_and_none_is_resumed() {
        let (_folder, files) = pair();
        let (server, client) = (Certificates::load(files.clone()).unwrap(), client(&files));
        for _ in 0..2 {
            assert_eq!(connect(server.current(), &client), Ok(HandshakeKind::Full));
        }
    }

    #[test]
    fn no_session_outlives_its_certificate() {
        let ((_folder, files), (_other_folder, new)) = (pair(), pair());
        let sealer = Sealer::default();
        let (server, before) = (certificates(&files, &sealer), client(&files));
        connect(server.current(), &before).unwrap();
        server.reload().unwrap();
        assert_eq!(connect(server.current(), &before), Ok(HandshakeKind::Resumed), "it is the same certificate");
        std::fs::copy(&new.certificate, &files.certificate).unwrap();
        std::fs::copy(&new.key, &files.key).unwrap();
        server.reload().unwrap();
        // The client sees the new certificate, which it does not trust. A resumed session would show none.
        connect(server.current(), &before).unwrap_err();
        assert_eq!(connect(server.current(), &client(&files)), Ok(HandshakeKind::Full));
    }

    #[test]
    fn version_1_2_of_tls_has_no_tickets() {
        let (_folder, files) = pair();
        let sealer = Sealer::default();
        let server = certificates(&files, &sealer);
        for (version, tickets) in [(&TLS12, 0), (&TLS13, A_HANDSHAKE)] {
            connect(server.current(), &client_of(version, &files)).unwrap();
            assert_eq!(sealer.0.lock().unwrap().len(), tickets, "{version:?}");
        }
    }
}
