//! Asks a server to begin TLS on a plain connection (RFC 4511, section 4.14), and reads exactly its answer.
//!
//! The library never sees a byte of this: what comes before TLS may come from anybody on the way to the server.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::ber::{Header, expect};

/// Message 1, an extended request for 1.3.6.1.4.1.1466.20037.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// Tags of the answer.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const EXTENDED_RESPONSE: u8 = 0x78;
const ENUMERATED: u8 = 0x0a;

/// Longest answer, in bytes: a result code with a short text.
const LONGEST: usize = 4096;

/// Why TLS cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartTlsError {
    #[error("the connection broke before TLS")]
    Io(#[from] std::io::Error),
    #[error("the server answers StartTLS with something else than LDAP")]
    Answer,
    #[error(
        "the server offers no StartTLS (result {0}): it may have no certificate; passwords are not sent without TLS"
    )]
    Refused(u8),
}

/// Returns when the next byte must be one of TLS. Reads no byte after the answer: nothing that was sent before TLS is taken for
/// something from within it.
pub(crate) async fn start_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Result<(), StartTlsError> {
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::with_capacity(64);
    let header = loop {
        answer.push(stream.read_u8().await?);
        match Header::read(&answer) {
            Some(header) => break header,
            None if answer.len() < Header::LONGEST => {}
            None => return Err(StartTlsError::Answer),
        }
    };
    if header.tag != SEQUENCE || header.length > LONGEST {
        return Err(StartTlsError::Answer);
    }
    let mut message = vec![0; header.length];
    stream.read_exact(&mut message).await?;
    match result(&message) {
        Some(0) => Ok(()),
        Some(result) => Err(StartTlsError::Refused(result)),
        None => Err(StartTlsError::Answer),
    }
}

/// The result code of an answer to message 1.
fn result(message: &[u8]) -> Option<u8> {
    let id = expect(message, INTEGER)?;
    let response = expect(id.rest, EXTENDED_RESPONSE)?;
    let result = expect(response.content, ENUMERATED)?;
    match (id.content, result.content) {
        ([1], [result]) => Some(*result),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(answer: &[u8]) -> (Result<(), StartTlsError>, Vec<u8>) {
        let (mut client, mut server) = tokio::io::duplex(64 * 1024);
        server.write_all(answer).await.unwrap();
        server.shutdown().await.unwrap();
        let outcome = start_tls(&mut client).await;
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        (outcome, rest)
    }

    #[tokio::test]
    async fn only_the_answer_is_read() {
        let openldap = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let active_directory = b"\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\x00\x04\x00\x04\x00";
        for answer in [&openldap[..], active_directory] {
            let (outcome, rest) = after(&[answer, b"injected"].concat()).await;
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(rest, b"injected", "TLS reads this, and refuses it");
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_begin_tls_is_given_up() {
        let refused = after(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00").await.0;
        assert!(matches!(refused, Err(StartTlsError::Refused(2))), "{refused:?}");
        for answer in [
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            b"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
            b"\x30\x84\x7f\xff\xff\xff\x02",
            b"\x30\x80\x02\x01\x01\x00\x00",
            b"\x30\x00",
        ] {
            let outcome = after(answer).await.0;
            assert!(matches!(outcome, Err(StartTlsError::Answer)), "{answer:?}: {outcome:?}");
        }
        for answer in [&b""[..], b"\x30", b"\x30\x0c\x02\x01"] {
            let outcome = after(answer).await.0;
            assert!(matches!(outcome, Err(StartTlsError::Io(_))), "{answer:?}: {outcome:?}");
        }
    }
}
