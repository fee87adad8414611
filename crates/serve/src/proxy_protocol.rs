//! PROXY protocol version 2: a binary header at the begin of a connection, in which a proxy names the client.
//!
//! The format is that of `proxy-protocol.txt`, section 2.2. Version 1, datagrams and Unix sockets are refused.
//! The acceptor decides whether a peer may send such a header, and how long it may take.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest part after the fixed one, in bytes. The format allows 65535; addresses need 36, and what proxies add
/// (names, a client certificate's subject) some hundreds.
const MOST: u16 = 4096;

/// Why a header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyProtocolError {
    #[error("the proxy sent no PROXY protocol header")]
    Signature,
    #[error("the proxy speaks PROXY protocol version 1; it must be set to version 2")]
    Version1,
    #[error("PROXY protocol version {0} is not known")]
    Version(u8),
    #[error("PROXY protocol command {0} is not known")]
    Command(u8),
    #[error("PROXY protocol header for neither TCP over IPv4 nor TCP over IPv6 but {0:#04x}")]
    Family(u8),
    #[error("PROXY protocol header of {0} bytes, which is too short for its addresses")]
    TooShort(u16),
    #[error("PROXY protocol header of {0} bytes; at most 4096 are taken")]
    TooLong(u16),
}

/// Reads a header and not one byte more. None for a connection of the proxy itself (LOCAL), as for a health check: its
/// client is the TCP peer. Skips extensions (TLVs, also a checksum).
///
/// The other end is unknown until it returns: call it with a timeout.
///
/// # Errors
/// `InvalidData` around a [`ProxyProtocolError`], `UnexpectedEof` for a truncated header, or the error of reading.
pub(super) async fn read_header<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<SocketAddr>> {
    let mut fixed = [0; 16];
    stream.read_exact(&mut fixed).await?;
    let (source, length) = parse_fixed(fixed).map_err(invalid)?;
    let mut rest = vec![0; usize::from(length)];
    stream.read_exact(&mut rest).await?;
    source.map(|family| family.source(&rest).ok_or_else(|| invalid(ProxyProtocolError::TooShort(length)))).transpose()
}

fn invalid(error: ProxyProtocolError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The kind of the addresses that follow, none for LOCAL, and the number of bytes.
fn parse_fixed(bytes: [u8; 16]) -> Result<(Option<Family>, u16), ProxyProtocolError> {
    let [signature @ .., command, family, high, low] = bytes;
    if signature != SIGNATURE {
        let version1 = signature.starts_with(b"PROXY ");
        return Err(if version1 { ProxyProtocolError::Version1 } else { ProxyProtocolError::Signature });
    }
    if command >> 4 != 2 {
        return Err(ProxyProtocolError::Version(command >> 4));
    }
    let source = match command & 0x0f {
        0 => None,
        1 => Some(Family::parse(family)?),
        other => return Err(ProxyProtocolError::Command(other)),
    };
    let length = u16::from_be_bytes([high, low]);
    if length > MOST {
        return Err(ProxyProtocolError::TooLong(length));
    }
    Ok((source, length))
}

/// The kind of connection that the proxy passes on.
#[derive(Debug, Clone, Copy)]
enum Family {
    Tcp4,
    Tcp6,
}

impl Family {
    /// The high half is the family, the low half the transport. UNSPEC (0) is refused as well: the proxy's own
    /// address would count as the client's.
    fn parse(byte: u8) -> Result<Self, ProxyProtocolError> {
        match byte {
            0x11 => Ok(Self::Tcp4),
            0x21 => Ok(Self::Tcp6),
            other => Err(ProxyProtocolError::Family(other)),
        }
    }

    /// The first of two addresses, with the first of the two ports after them. None if one is missing.
    fn source(self, bytes: &[u8]) -> Option<SocketAddr> {
        let (source, ports) = match self {
            Self::Tcp4 => {
                let (source, rest) = bytes.split_first_chunk::<4>()?;
                let (_destination, ports) = rest.split_first_chunk::<4>()?;
                (IpAddr::from(*source), ports)
            }
            Self::Tcp6 => {
                let (source, rest) = bytes.split_first_chunk::<16>()?;
                let (_destination, ports) = rest.split_first_chunk::<16>()?;
                (IpAddr::from(*source).to_canonical(), ports)
            }
        };
        let [high, low, _, _, ..] = *ports else { return None };
        Some(SocketAddr::new(source, u16::from_be_bytes([high, low])))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOCAL: u8 = 0x20;
    const PROXY: u8 = 0x21;
    const TCP4: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 7, 0xd4, 0x31, 0x01, 0xbb];

    fn tcp6(source: [u8; 16]) -> Vec<u8> {
        [&source[..], &[0xfe; 16], &[0x00, 0x50, 0x01, 0xbb]].concat()
    }

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    /// What is read, and what is left in the stream.
    fn read(mut bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, &[u8]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let header = runtime.block_on(read_header(&mut bytes));
        (header, bytes)
    }

    #[test]
    fn a_header_gives_the_source_and_leaves_what_follows() {
        let v6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9];
        let extended = [&TCP4[..], &[0x03, 0, 4, 1, 2, 3, 4], &[0x05, 0, 2, 8, 9]].concat();
        let long = [&TCP4[..], &[0; 4084]].concat();
        let rows = [
            ("TCP over IPv4", header(PROXY, 0x11, &TCP4), Some("192.0.2.1:54321")),
            ("TCP over IPv6", header(PROXY, 0x21, &tcp6(v6)), Some("[2001:db8::7]:80")),
            ("IPv4 in IPv6 form", header(PROXY, 0x21, &tcp6(mapped)), Some("192.0.2.9:80")),
            ("with extensions", header(PROXY, 0x11, &extended), Some("192.0.2.1:54321")),
            ("as long as may be", header(PROXY, 0x11, &long), Some("192.0.2.1:54321")),
            ("LOCAL", header(LOCAL, 0x00, &[]), None),
            ("LOCAL with addresses to be ignored", header(LOCAL, 0x11, &TCP4), None),
            ("LOCAL of any family", header(LOCAL, 0x31, &[7; 216]), None),
        ];
        for (name, bytes, source) in rows {
            for after in [&b""[..], &b"\x16\x03\x01"[..], &SIGNATURE[..]] {
                let stream = [&bytes[..], after].concat();
                let (read, left) = read(&stream);
                assert_eq!(read.unwrap().map(|source| source.to_string()).as_deref(), source, "{name}");
                assert_eq!(left, after, "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_usable_header_is_refused_with_its_reason() {
        let mut signature = header(PROXY, 0x11, &TCP4);
        signature[11] = b' ';
        let rows = [
            ("the TLS handshake itself", vec![22; 60], "sent no PROXY protocol header"),
            ("a plain request", b"GET / HTTP/1.1\r\n\r\n".to_vec(), "sent no PROXY protocol header"),
            ("a wrong last byte of the signature", signature, "sent no PROXY protocol header"),
            ("version 1", b"PROXY TCP4 192.0.2.1 198.51.100.7 54321 443\r\n".to_vec(), "must be set to version 2"),
            ("version 3", header(0x31, 0x11, &TCP4), "version 3 is not known"),
            ("version 0", header(0x01, 0x11, &TCP4), "version 0 is not known"),
            ("a command of the future", header(0x22, 0x11, &TCP4), "command 2 is not known"),
            ("UNSPEC", header(PROXY, 0x00, &[]), "but 0x00"),
            ("UDP over IPv4", header(PROXY, 0x12, &TCP4), "but 0x12"),
            ("UDP over IPv6", header(PROXY, 0x22, &tcp6([1; 16])), "but 0x22"),
            ("a Unix socket", header(PROXY, 0x31, &[b'/'; 216]), "but 0x31"),
            ("a family of the future", header(PROXY, 0x41, &TCP4), "but 0x41"),
            ("IPv4 without its last byte", header(PROXY, 0x11, &TCP4[..11]), "11 bytes, which is too short"),
            ("IPv6 without its last byte", header(PROXY, 0x21, &tcp6([1; 16])[..35]), "35 bytes, which is too short"),
            ("IPv4 announced as IPv6", header(PROXY, 0x21, &TCP4), "12 bytes, which is too short"),
            ("one byte too long", header(PROXY, 0x11, &[0; 4097]), "4097 bytes; at most 4096"),
            ("LOCAL, far too long", header(LOCAL, 0x00, &vec![0; 65_535]), "65535 bytes; at most 4096"),
        ];
        for (name, bytes, reason) in rows {
            let error = read(&bytes).0.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{name}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }

    #[test]
    fn a_header_that_breaks_off_is_an_error() {
        let whole = header(PROXY, 0x21, &tcp6([7; 16]));
        for length in 0..whole.len() {
            let error = read(&whole[..length]).0.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "after {length} bytes");
        }
    }

    #[test]
    fn a_header_may_arrive_byte_by_byte() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let source = runtime.block_on(async {
            let (mut near, mut far) = tokio::io::duplex(1);
            let bytes = header(PROXY, 0x11, &TCP4);
            let write = async { tokio::io::AsyncWriteExt::write_all(&mut far, &bytes).await.unwrap() };
            tokio::join!(read_header(&mut near), write).0
        });
        assert_eq!(source.unwrap(), Some("192.0.2.1:54321".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn never_more_is_read_than_the_header(command: u8, family: u8, length: u16, after in 0..9_000_usize) {
            let announced = length.to_be_bytes();
            let bytes = [&SIGNATURE[..], &[command, family], &announced, &vec![1; after]].concat();
            let (_, left) = read(&bytes);
            prop_assert!(bytes.len() - left.len() <= 16 + usize::from(length));
        }

        #[test]
        fn arbitrary_bytes_are_no_header(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(read(&bytes).0.is_err());
        }
    }
}
