//! Stands between a server and the library that reads its messages.
//!
//! The library's parser recurses as deep as a message nests, so a message of a megabyte could end the process, and it collects as many
//! bytes as a message announces. Only messages that are short and flat enough pass.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, split};

use crate::ber::Header;

/// Longest message, in bytes: a schema has some hundred thousand, an entry with its attributes less.
const LONGEST: usize = 4 << 20;
/// Deepest nesting: an entry's values are at 5, and no answer to our requests goes deeper.
const DEEPEST: usize = 16;
/// The bit of a tag that says that its content is made of elements.
const CONSTRUCTED: u8 = 0x20;

/// Passes on requests as they are and answers one by one, until a side closes or the server sends what is no acceptable message.
pub(crate) async fn guard<S, L>(server: S, library: L)
where
    S: AsyncRead + AsyncWrite,
    L: AsyncRead + AsyncWrite,
{
    let (mut from_server, mut to_server) = split(server);
    let (mut from_library, mut to_library) = split(library);
    tokio::select! {
        _ = copy(&mut from_library, &mut to_server) => {}
        _ = pass_messages(&mut from_server, &mut to_library) => {}
    }
}

async fn pass_messages(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let whole = match Header::read(&buffer) {
            Some(header) if header.length > LONGEST => return Err(refused("a message is too long")),
            Some(header) => (buffer.len() >= header.size + header.length).then_some(header.size + header.length),
            None if buffer.len() < Header::LONGEST => None,
            None => return Err(refused("a message has no length")),
        };
        match whole {
            Some(length) if is_flat(&buffer[..length]) => {
                to.write_all(&buffer[..length]).await?;
                buffer.drain(..length);
            }
            Some(_) => {
                return Err(refused("a message is nested too deeply, or an element of it is longer than itself"));
            }
            None if from.read_buf(&mut buffer).await? == 0 => return Ok(()),
            None => {}
        }
    }
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Whether elements end where those around them do, or before, and nest no deeper than is accepted.
fn is_flat(message: &[u8]) -> bool {
    // Where the elements end that the position is in.
    let mut ends = vec![message.len()];
    let mut at = 0;
    while let Some(&end) = ends.last() {
        if at == end {
            ends.pop();
            continue;
        }
        let Some(header) = Header::read(&message[at..end]) else { return false };
        let content = at + header.size;
        let next = content + header.length;
        if next > end {
            return false;
        }
        if header.tag & CONSTRUCTED == 0 {
            at = next;
        } else if ends.len() > DEEPEST {
            return false;
        } else {
            ends.push(next);
            at = content;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constructed elements, one in another.
    fn nested(levels: u32) -> Vec<u8> {
        let level = |inside: u32| [&[0x30, 0x84][..], &(inside * 6).to_be_bytes()].concat();
        (0..levels).rev().flat_map(level).collect()
    }

    /// What passes before the connection ends, if this comes in pieces.
    async fn passed(bytes: &[u8], piece: usize) -> Vec<u8> {
        let (mut server, ours) = tokio::io::duplex(1 << 16);
        let (theirs, mut library) = tokio::io::duplex(1 << 24);
        let guarding = guard(ours, theirs);
        let sending = async {
            for piece in bytes.chunks(piece) {
                if server.write_all(piece).await.is_err() {
                    break;
                }
            }
            drop(server);
        };
        tokio::join!(guarding, sending);
        let mut passed = Vec::new();
        library.read_to_end(&mut passed).await.unwrap();
        passed
    }

    #[tokio::test]
    async fn whole_messages_pass_as_they_are() {
        let long = [&[0x30, 0x84, 0, 0x10, 0, 6, 0x04, 0x84, 0, 0x10, 0, 0][..], &vec![0xff; 0x10_0000]].concat();
        let messages = [&[0x30, 3, 2, 1, 1][..], &long, &nested(16)].concat();
        assert!(passed(&messages, 65_536).await == messages);
        assert_eq!(passed(&messages[..9], 1).await, messages[..5], "one is whole");
    }

    #[tokio::test]
    async fn what_the_library_could_not_read_to_its_end_does_not_pass() {
        let good = [0x30, 3, 2, 1, 1];
        for bad in [
            &nested(17)[..],
            &nested(200_000),
            &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2],
            &[0x30, 0x84, 0, 0x40, 0, 1, 2],
            &[0x30, 0x80, 2, 1, 1, 0, 0],
            &[0x30, 3, 2, 2, 1],
            &[0x30, 4, 0x30, 3, 1, 1],
        ] {
            assert_eq!(passed(&[&good, bad, &good].concat(), 65_536).await, good, "{:?}", &bad[..5]);
        }
    }

    #[tokio::test]
    async fn requests_pass_and_the_end_of_a_side_ends_both() {
        let (mut server, ours) = tokio::io::duplex(64);
        let (theirs, mut library) = tokio::io::duplex(64);
        let guarding = tokio::spawn(guard(ours, theirs));
        library.write_all(b"anything").await.unwrap();
        let mut request = [0; 8];
        server.read_exact(&mut request).await.unwrap();
        assert_eq!(&request, b"anything");
        drop(library);
        guarding.await.unwrap();
        assert_eq!(server.read(&mut request).await.unwrap(), 0);
    }
}
