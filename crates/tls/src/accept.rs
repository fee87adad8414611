//! The handshake of a connection.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

use super::Certificates;

impl Certificates {
    /// Does a handshake with the current pair. None after the handshake of an authority that validates a name (RFC 8737): such a
    /// connection is closed without a request.
    ///
    /// # Errors
    /// An error of TLS or of the stream.
    pub async fn accept<S>(&self, stream: S) -> io::Result<Option<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // Reading the client's offer first costs time: only while an order is under way.
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
