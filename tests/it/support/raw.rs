//! TLS connections that can send any bytes, and HTTP/2 frames.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

pub type Raw = StreamOwned<ClientConnection, TcpStream>;

/// Connects to a server with this certificate. The handshake comes with the first bytes.
pub fn connect(certificate: &Path, port: u16, alpn: &[u8]) -> Raw {
    connect_in_version(certificate, port, alpn, &rustls::version::TLS13)
}

pub fn connect_in_version(
    certificate: &Path,
    port: u16,
    alpn: &[u8],
    version: &'static SupportedProtocolVersion,
) -> Raw {
    super::install_crypto();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let mut config =
        ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap())
}

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const WINDOW_UPDATE: u8 = 8;
/// On SETTINGS and PING.
pub const ACK: u8 = 1;
/// On DATA and HEADERS.
pub const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// An HTTP/2 frame (RFC 9113 section 4.1).
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// The headers of a POST; its body follows.
    pub fn post(stream: u32, path: &str) -> Self {
        // Indexed: method POST, scheme https; named by index: path, authority (RFC 7541 appendix A).
        let mut block = vec![0x83, 0x87, 0x04, u8::try_from(path.len()).unwrap()];
        block.extend(path.as_bytes());
        block.extend(b"\x01\x09localhost");
        Self::new(HEADERS, END_HEADERS, stream, block)
    }

    /// A whole GET. `authorization` is shorter than 127 bytes.
    pub fn get(stream: u32, path: &str, authorization: &str) -> Self {
        // Indexed: method GET, scheme https; named by index: path, authority, authorization.
        let mut block = vec![0x82, 0x87, 0x04, u8::try_from(path.len()).unwrap()];
        block.extend(path.as_bytes());
        block.extend(b"\x01\x09localhost\x0f\x08");
        block.push(u8::try_from(authorization.len()).unwrap());
        block.extend(authorization.as_bytes());
        Self::new(HEADERS, END_HEADERS | END_STREAM, stream, block)
    }

    /// Whether it is the last frame of a stream's answer.
    pub fn ends(&self, stream: u32) -> bool {
        self.stream == stream && [DATA, HEADERS].contains(&self.kind) && self.flags & END_STREAM != 0
    }

    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 9];
        from.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        from.read_exact(&mut payload)?;
        Ok(Self { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend(&u32::try_from(self.payload.len()).unwrap().to_be_bytes()[1..]);
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend(&self.payload);
    }

    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.append_to(&mut bytes);
        to.write_all(&bytes)?;
        to.flush()
    }
}

/// Opens an HTTP/2 connection with our settings; its windows have room for every answer.
pub fn connect_http2(certificate: &Path, port: u16) -> Raw {
    let mut stream = connect(certificate, port, b"h2");
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    Frame::new(SETTINGS, 0, 0, []).append_to(&mut bytes);
    stream.write_all(&bytes).unwrap();
    stream.flush().unwrap();
    stream
}
