//! A TCP stream that shows its first byte before the handshake, and writes the end of a handshake together with the first answer.
//!
//! The last bytes of a handshake of TLS 1.3 are the session's ticket, for which no client waits. One write instead of two saves a system
//! call, a packet, and waking the client.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is read at first, and what is held back, in bytes: more than a client's first message has, or a chain of two certificates.
const AT_ONCE: usize = 4 << 10;
/// How many slices of an answer are written together with what is held back.
const SLICES: usize = 8;

pub(super) struct HandshakeStream {
    tcp: TcpStream,
    /// What was read before the handshake, up to `taken` given out already; then what is held back. A handshake begins with the client's
    /// bytes, so it is never both.
    bytes: Vec<u8>,
    taken: usize,
    state: State,
    /// The client may wait for what is held back: it goes out when nothing is left to read.
    client_waits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `bytes` are to be read.
    Begins,
    /// What is written is held back.
    Handshake,
    /// What is held back goes out with the next bytes.
    Open,
}

impl HandshakeStream {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, bytes: Vec::new(), taken: 0, state: State::Begins, client_waits: true }
    }

    /// Waits for the client's first byte, which the handshake gets too. None if the client sends nothing more.
    pub(super) async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        // A client that sends nothing needs no memory.
        self.tcp.readable().await?;
        self.bytes.reserve_exact(AT_ONCE);
        self.tcp.read_buf(&mut self.bytes).await?;
        Ok(self.bytes.first().copied())
    }

    /// The stream without what was read of it.
    pub(super) fn rest(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }

    /// The handshake is done. `client_waits` for its last bytes before it sends a request.
    pub(super) fn open(&mut self, client_waits: bool) {
        self.state = State::Open;
        self.client_waits = client_waits;
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
    }

    /// Writes what is held back.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with_held(cx, &[]).map_ok(drop)
    }

    /// Writes what is held back, and as much of `slices` as goes out with it; how much that was.
    fn poll_with_held(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        while !self.held().is_empty() {
            let mut all = [IoSlice::new(&[]); SLICES];
            all[0] = IoSlice::new(&self.bytes);
            for (to, from) in all[1..].iter_mut().zip(slices) {
                *to = *from;
            }
            let written = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, &all))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if let Some(of_slices) = written.checked_sub(self.bytes.len()) {
                self.bytes = Vec::new();
                return Poll::Ready(Ok(of_slices));
            }
            self.bytes.drain(..written);
        }
        Poll::Ready(Ok(0))
    }

    fn held(&self) -> &[u8] {
        if self.state == State::Begins { &[] } else { &self.bytes }
    }

    /// Gives out what was read before the handshake. Whether there was something.
    fn take_first(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        if self.state != State::Begins {
            return false;
        }
        let left = &self.bytes[self.taken..];
        let length = left.len().min(buf.remaining());
        buf.put_slice(&left[..length]);
        self.taken += length;
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.state = State::Handshake;
        }
        length > 0
    }
}

impl AsyncRead for HandshakeStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.take_first(buf) {
            return Poll::Ready(Ok(()));
        }
        let read = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if read.is_pending() && self.client_waits && !self.held().is_empty() {
            // If it does not go out now, the socket wakes this task when it can.
            if let Poll::Ready(Err(error)) = self.poll_held(cx) {
                return Poll::Ready(Err(error));
            }
        }
        read
    }
}

impl AsyncWrite for HandshakeStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        if self.state == State::Handshake && self.bytes.len() + length <= AT_ONCE {
            for slice in slices {
                self.bytes.extend_from_slice(slice);
            }
            return Poll::Ready(Ok(length));
        }
        match ready!(self.poll_with_held(cx, slices))? {
            0 => Pin::new(&mut self.tcp).poll_write_vectored(cx, slices),
            written => Poll::Ready(Ok(written)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.state == State::Open {
            ready!(self.poll_held(cx))?;
        }
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_held(cx))?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl Drop for HandshakeStream {
    /// The alert of a handshake that failed.
    fn drop(&mut self) {
        if !self.held().is_empty() {
            let _ = self.tcp.try_write(self.held());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (TcpStream, HandshakeStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, HandshakeStream::new(listener.accept().await.unwrap().0))
    }

    async fn read(stream: &mut (impl AsyncRead + Unpin), length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn the_first_bytes_are_read_after_they_were_looked_at() {
        let (mut client, mut stream) = pair().await;
        client.write_all(b"hello").await.unwrap();
        assert_eq!(stream.first_byte().await.unwrap(), Some(b'h'));
        assert_eq!(read(&mut stream, 2).await, b"he");
        client.write_all(b", world").await.unwrap();
        assert_eq!(read(&mut stream, 10).await, b"llo, world");
    }

    #[tokio::test]
    async fn who_sends_nothing_has_no_first_byte() {
        let (client, mut stream) = pair().await;
        drop(client);
        assert_eq!(stream.first_byte().await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_written_in_a_handshake_goes_out_when_nothing_is_left_to_read() {
        let (mut client, mut stream) = pair().await;
        client.write_all(b"1").await.unwrap();
        stream.first_byte().await.unwrap();
        read(&mut stream, 1).await;
        stream.write_all(b"answer").await.unwrap();
        stream.flush().await.unwrap();
        assert_eq!(client.try_read(&mut [0; 9]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        // The second read waits for the client, which waits for the answer.
        let talk = async {
            assert_eq!(read(&mut client, 6).await, b"answer");
            client.write_all(b"2").await.unwrap();
        };
        assert_eq!(tokio::join!(read(&mut stream, 1), talk).0, b"2");
    }

    /// A stream after a handshake whose last bytes are held back.
    async fn opened() -> (TcpStream, HandshakeStream) {
        let (mut client, mut stream) = pair().await;
        client.write_all(b"1").await.unwrap();
        stream.first_byte().await.unwrap();
        read(&mut stream, 1).await;
        stream.write_all(b"ticket ").await.unwrap();
        stream.open(false);
        (client, stream)
    }

    #[tokio::test]
    async fn the_end_of_a_handshake_goes_out_with_the_next_bytes_at_a_flush_at_the_end_or_when_the_client_waits() {
        let (mut client, mut stream) = opened().await;
        assert_eq!(stream.write_vectored(&[IoSlice::new(b"an"), IoSlice::new(b"swer")]).await.unwrap(), 6);
        assert_eq!(stream.write(b" two").await.unwrap(), 4);
        assert_eq!(read(&mut client, 17).await, b"ticket answer two");
        let (mut client, mut stream) = opened().await;
        let mut byte = [0];
        let mut reading = Box::pin(stream.read(&mut byte));
        assert!(futures_util::poll!(&mut reading).is_pending());
        drop(reading);
        assert_eq!(client.try_read(&mut [0; 9]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        stream.client_waits = true;
        assert!(futures_util::poll!(Box::pin(stream.read(&mut byte))).is_pending());
        assert_eq!(read(&mut client, 7).await, b"ticket ");
        let (mut client, mut stream) = opened().await;
        stream.flush().await.unwrap();
        assert_eq!(read(&mut client, 7).await, b"ticket ");
        let (mut client, mut stream) = opened().await;
        stream.shutdown().await.unwrap();
        assert_eq!(read(&mut client, 7).await, b"ticket ");
        let (mut client, stream) = opened().await;
        drop(stream);
        assert_eq!(read(&mut client, 7).await, b"ticket ");
    }

    #[tokio::test]
    async fn what_is_too_long_to_be_held_back_goes_out_in_order() {
        let (mut client, mut stream) = opened().await;
        stream.state = State::Handshake;
        let long: Vec<u8> = (0..2_000_000_u32).map(|at| at.to_le_bytes()[at as usize % 3]).collect();
        let (_, all) = tokio::join!(stream.write_all(&long), read(&mut client, 7 + long.len()));
        assert!(all[..7] == *b"ticket " && all[7..] == long);
    }
}
