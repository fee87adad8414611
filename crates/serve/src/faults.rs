//! Answers to requests that never reach a handler.
//!
//! If the HTTP library cannot read a request's head, it answers with a status and without a body, and closes the connection. Our
//! contract is that each error has a text, so the text is inserted when the answer is written.

/// The answer to plain HTTP on the TLS port.
pub(super) fn plain_http() -> String {
    const TEXT: &str = r#"{"error":"This port speaks HTTPS; plain HTTP is not served here"}"#;
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{TEXT}",
        TEXT.len()
    )
}

const TEXTS: [(&[u8], &str); 3] = [
    (b"HTTP/1.1 400 ", r#"{"error":"The request is not valid HTTP"}"#),
    (b"HTTP/1.1 414 ", r#"{"error":"The request target is too long"}"#),
    (b"HTTP/1.1 431 ", r#"{"error":"The request headers are too large"}"#),
];

/// The library's answer without a body, with one. None for everything else: all of our own answers have a request id.
pub(super) fn with_body(answer: &[u8]) -> Option<Vec<u8>> {
    const EMPTY: &str = "content-length: 0\r\n";
    let (_, text) = TEXTS.iter().find(|(start, _)| answer.starts_with(start))?;
    let head = std::str::from_utf8(answer).ok()?;
    if !head.ends_with("\r\n\r\n") || !head.contains(EMPTY) || head.contains("x-request-id") {
        return None;
    }
    let headers =
        format!("content-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\n", text.len());
    Some((head.replacen(EMPTY, &headers, 1) + text).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bodiless_errors_of_the_library_get_a_body() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let whole = String::from_utf8(with_body(bare).unwrap()).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())) && !head.contains("content-length: 0"));
        for other in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 5\r\n\r\nerror",
        ] {
            assert_eq!(with_body(other), None);
        }
    }
}
