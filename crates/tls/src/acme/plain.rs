//! The listener of `http-01`: it answers `/.well-known/acme-challenge/TOKEN` while an order uses that token, and nothing else.
//!
//! It never redirects: a client's next request would contain its password in clear, as this one may have done.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::challenge_answers::HttpAnswers;
use zonemint_telemetry::{Task, error_chain, task};

/// The path of the answer (RFC 8555 section 8.3).
const PATH: &str = "/.well-known/acme-challenge/";
/// Connections at the same time. An authority needs a few. Beyond it the oldest are closed, so that open connections of others do not
/// block the authority.
const MOST: usize = 256;
/// Bytes of a request's head. An authority's has some hundreds.
const HEAD: u64 = 8 << 10;
/// Timeout of a connection, from its start to its end.
const TIME: Duration = Duration::from_secs(5);
/// Pause after an error of accepting, mostly for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Opens the listening socket.
///
/// # Errors
/// An error of the operating system, as when the port is taken or needs a privilege.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answers without end.
pub(super) async fn answer(listener: io::Result<TcpListener>, answers: HttpAnswers) {
    let listener = match listener.and_then(tokio::net::TcpListener::from_std) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::error!(error = %error_chain(&error), "tls.acme.http_listen cannot be listened on");
        }
    };
    let mut connections: VecDeque<AbortHandle> = VecDeque::with_capacity(MOST);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            #[expect(clippy::disallowed_methods, reason = "nothing tells when there are file descriptors again")]
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let answers = answers.clone();
        let connection = task::once(Task::AcmeAnswer, async move {
            // An error of one connection concerns only its client.
            let _ = timeout(TIME, one(stream, &answers)).await;
        });
        if connections.len() == MOST
            && let Some(oldest) = connections.pop_front()
        {
            oldest.abort();
        }
        connections.push_back(connection.abort_handle());
    }
}

async fn one(mut stream: TcpStream, answers: &HttpAnswers) -> io::Result<()> {
    let mut head = Vec::new();
    let mut limited = (&mut stream).take(HEAD);
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if limited.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let answer = token(&head).and_then(|token| answers.find(token));
    let (status, text) = answer.as_deref().map_or(("404 Not Found", ""), |answer| ("200 OK", answer));
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/octet-stream\r\ncache-control: no-store\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// The token that a GET asks for.
fn token(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let target = std::str::from_utf8(line).ok()?.strip_prefix("GET ")?;
    let (path, _version) = target.split_once(" HTTP/1.")?;
    path.strip_prefix(PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_keeps_an_authority_out_by_holding_connections() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let answers = HttpAnswers::default();
        answers.add("token".to_owned(), "answer".to_owned());
        let listening = tokio::spawn(answer(Ok(listener), answers));
        let mut held = Vec::new();
        for _ in 0..=MOST {
            held.push(TcpStream::connect(address).await.unwrap());
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {PATH}token HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).await.unwrap();
        listening.abort();
        assert!(told.starts_with("HTTP/1.1 200 OK") && told.ends_with("answer"), "{told}");
        // The oldest one was closed for it, long before its time was over.
        assert_eq!(held[0].read(&mut [0; 1]).await.unwrap_or(0), 0);
    }

    #[test]
    fn only_a_get_of_a_challenge_asks_for_a_token() {
        let path = "/.well-known/acme-challenge/a-b_c";
        assert_eq!(token(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()), Some("a-b_c"));
        for head in ["", "GET / HTTP/1.1\r\n\r\n", "GET /.well-known/acme-challenge HTTP/1.1\r\n\r\n"] {
            assert_eq!(token(head.as_bytes()), None, "{head}");
        }
        assert_eq!(token(format!("POST {path} HTTP/1.1\r\n\r\n").as_bytes()), None);
        assert_eq!(token(format!("GET {path}\r\n\r\n").as_bytes()), None);
    }
}
