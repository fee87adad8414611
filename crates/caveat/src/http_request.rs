//! A request to a service behind a proxy, for the check of caveats.

use std::fmt::Write as _;

/// The method and path of a request to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub(super) method: String,
    /// In normal form; none if it has none.
    pub(super) path: Option<String>,
}

impl HttpRequest {
    /// Takes method and target of a request (RFC 9112 section 3.2.1: a path and perhaps a query) as they were sent.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        Self { method: method.to_owned(), path: normal(path).filter(|path| !is_encoded_twice(path)) }
    }
}

/// The normal form of a path: percent-encoded where RFC 3986 section 3.3 demands it, `| * [ ] ^` too, and nowhere else. None for
/// a path that programs are known to read differently: relative, with empty components but at its end, with components that are
/// `.` or `..` before a `;`, with encoded slashes, backslashes or control characters, or with bytes that no path has.
pub(super) fn normal(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut normal = String::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        let (byte, encoded) = if byte == b'%' {
            let digits = [char::from(bytes.next()?).to_digit(16)?, char::from(bytes.next()?).to_digit(16)?];
            (u8::try_from(digits[0] << 4 | digits[1]).ok()?, true)
        } else {
            (byte, false)
        };
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if byte.is_ascii_control() || byte == b'\\' || (encoded && byte == b'/') {
            return None;
        } else if plain || (!encoded && b"/!$&'()+,;=:@".contains(&byte)) {
            normal.push(char::from(byte));
        } else if encoded || b"|*[]^".contains(&byte) {
            let _ = write!(normal, "%{byte:02X}");
        } else {
            return None;
        }
    }
    let components = normal.strip_prefix('/')?;
    let last = components.matches('/').count();
    let is_clear = |(at, component): (usize, &str)| match component.split(';').next() {
        Some("" | "." | "..") => component.is_empty() && at == last,
        _ => true,
    };
    components.split('/').enumerate().all(is_clear).then_some(normal)
}

/// Whether a normal path has escapes once it is decoded: programs that decode twice read it as another one.
fn is_encoded_twice(normal: &str) -> bool {
    let is_hex = |text: &[u8], at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    let bytes = |at: usize| &normal.as_bytes()[at..];
    normal.match_indices("%25").any(|(at, _)| is_hex(bytes(at), 3) && is_hex(bytes(at), 4))
}
