//! The handshake of a connection.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

use super::Certificates;

impl Certificates {
    /// Does a handshake with the pair in force. None after one in which an authority saw that a name is ours (RFC 8737): such a
    /// connection is closed, and carries nothing.
    ///
    /// # Errors
    /// An error of TLS or of the stream.
    pub async fn accept<S>(&self, stream: S) -> io::Result<Option<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // Looking at what a client offers costs a little; it is done only while an order is under way.
        if self.answers.is_empty() {
            return TlsAcceptor::from(self.current()).accept(stream).await.map(Some);
        }
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let Some(answer) = self.answers.to(&start.client_hello()) else {
            return start.into_stream(self.current()).await.map(Some);
        };
        start.into_stream(answer).await?.shutdown().await?;
        Ok(None)
    }
}
