//! The strict parser: one pass, no recursion, memory bounded by the input.

use super::layout::{CaveatSpan, Layout, MAX_PACKET, Span};
use super::signature::Signature;
use super::text::TextError;

/// Limits of the parser. It checks them before it works on data that exceeds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest token text, in characters.
    pub text: usize,
    /// Most caveats in a token.
    pub caveats: usize,
    /// Longest caveat, in bytes.
    pub caveat: usize,
}

impl Limits {
    /// What the format itself allows (a packet's length has four hexadecimal digits), within Onezone's bound of 1 MiB on a
    /// token's text. For offline inspection and for vectors.
    pub const FORMAT: Self = Self { text: 1 << 20, caveats: usize::MAX, caveat: MAX_PACKET };

    /// The highest limits of a server. A token of 10,000 caveats, each in 4 bytes, needs 40 kB, and the parser's positions half a
    /// megabyte: the most memory that a request's body needs besides its own size, whatever the settings are.
    pub const MOST: Self = Self { text: 1 << 20, caveats: 10_000, caveat: LONGEST_CAVEAT };

    /// The limits of caveats that can be reached within the limit of the text. The smallest token (version 2, no location, an
    /// identifier of one byte) has 40 bytes, and a caveat 3 more than its text.
    #[must_use]
    pub fn within_text(self) -> Self {
        let room = (self.text / 4 * 3 + self.text % 4 * 3 / 4).saturating_sub(40);
        Self { caveats: self.caveats.min(room / 4), caveat: self.caveat.min(room.saturating_sub(3)), ..self }
    }

    /// Whether one more caveat, of so many bytes, is allowed.
    pub(super) fn check(&self, so_far: &Layout, caveat: usize) -> Result<(), ParseError> {
        if so_far.caveats.len() == self.caveats {
            return Err(ParseError::TooManyCaveats { limit: self.caveats });
        }
        match caveat {
            0 => Err(ParseError::EmptyCaveat),
            length if length > self.caveat => Err(ParseError::CaveatTooLong { limit: self.caveat }),
            _ => Ok(()),
        }
    }
}

impl Default for Limits {
    /// What the server accepts by default (`token.max_length`, `token.max_caveats` and `token.max_caveat`): a text that is short
    /// enough for a header, and in it caveats of any length that the format has, as in Onezone.
    fn default() -> Self {
        Self { text: 8 << 10, caveats: 1_000, caveat: LONGEST_CAVEAT }
    }
}

/// The rule of the format that an input breaks. It never contains the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is not canonical.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A packet must start with four lower-case hexadecimal digits.
    #[error("a packet does not start with its length in four lower-case hexadecimal digits")]
    Length,
    /// A length is smaller than a packet's own frame, or reaches past the end.
    #[error("a length does not fit the data")]
    Truncated,
    /// In V2, a length must be written in as few bytes as it needs.
    #[error("a length is not written in the fewest bytes")]
    Varint,
    /// In V2, a field longer than V1 can hold.
    #[error("a field is too long: a packet of version 1 of the format has at most {MAX_PACKET} bytes")]
    FieldTooLong,
    /// A packet must end with LF.
    #[error("a packet does not end with a line feed")]
    Terminator,
    /// A packet with another name than the one expected here: unknown, repeated or out of order.
    #[error("expected {expected} here")]
    Field {
        /// What the grammar asks for at this place.
        expected: &'static str,
    },
    /// The identifier must not be empty.
    #[error("the identifier is empty")]
    EmptyIdentifier,
    /// A caveat must not be empty.
    #[error("a caveat is empty")]
    EmptyCaveat,
    /// A location, the token's own or that of a third-party caveat, must be UTF-8.
    #[error("a location is not UTF-8")]
    Location,
    /// A third-party caveat's verification id must have 72 bytes.
    #[error("a verification id (vid) is not 72 bytes long")]
    VerificationId,
    /// In V2, a caveat with one of them and without the other.
    #[error("a caveat has only one of location and verification id (vid), which version 1 of the format cannot write")]
    HalfThirdParty,
    /// The signature must have 32 bytes.
    #[error("the signature is not 32 bytes long")]
    SignatureLength,
    /// Nothing may follow the signature.
    #[error("data follows the signature")]
    TrailingData,
    /// More caveats than allowed.
    #[error("more than {limit} caveats")]
    TooManyCaveats {
        /// The bound.
        limit: usize,
    },
    /// A caveat longer than allowed.
    #[error("a caveat is longer than {limit} bytes")]
    CaveatTooLong {
        /// The bound, in bytes.
        limit: usize,
    },
}

const DIGITS: usize = 4;
/// A packet's length, `cid`, a space and a line feed go around a caveat, in bytes.
const LONGEST_CAVEAT: usize = MAX_PACKET - DIGITS - 5;
/// Nonce of 24 bytes, and a 32-byte key sealed by secretbox, which adds 16.
pub(super) const VID_LENGTH: usize = 24 + 16 + 32;

struct Packet<'a> {
    key: &'a [u8],
    value: Span,
    end: usize,
}

/// Finds the fields of a macaroon in `bytes`.
pub(super) fn layout(bytes: &[u8], limits: &Limits) -> Result<Layout, ParseError> {
    let location = utf8(bytes, field(bytes, 0, b"location", "location")?)?;
    let identifier = field(bytes, location.end, b"identifier", "identifier")?;
    if identifier.value.is_empty() {
        return Err(ParseError::EmptyIdentifier);
    }
    let mut layout = Layout::new(Some(location.value), identifier.value);
    let mut packet = next(bytes, identifier.end)?;
    while packet.key == b"cid" {
        let cid = packet.value;
        limits.check(&layout, cid.len())?;
        packet = next(bytes, packet.end)?;
        if packet.key == b"vid" {
            if packet.value.len() != VID_LENGTH {
                return Err(ParseError::VerificationId);
            }
            let vid = packet.value;
            let cl = utf8(bytes, field(bytes, packet.end, b"cl", "cl after vid")?)?;
            layout.caveats.push(CaveatSpan { cid, third_party: Some((vid, cl.value)) });
            packet = next(bytes, cl.end)?;
        } else {
            layout.caveats.push(CaveatSpan { cid, third_party: None });
        }
    }
    if packet.key != b"signature" {
        return Err(ParseError::Field { expected: "cid or signature" });
    }
    if packet.value.len() != Signature::LENGTH {
        return Err(ParseError::SignatureLength);
    }
    if packet.end != bytes.len() {
        return Err(ParseError::TrailingData);
    }
    Ok(layout)
}

fn field<'a>(bytes: &'a [u8], at: usize, key: &[u8], expected: &'static str) -> Result<Packet<'a>, ParseError> {
    let packet = next(bytes, at)?;
    if packet.key == key { Ok(packet) } else { Err(ParseError::Field { expected }) }
}

fn utf8<'a>(bytes: &[u8], location: Packet<'a>) -> Result<Packet<'a>, ParseError> {
    if std::str::from_utf8(location.value.of(bytes)).is_ok() { Ok(location) } else { Err(ParseError::Location) }
}

fn next(bytes: &[u8], at: usize) -> Result<Packet<'_>, ParseError> {
    let rest = bytes.get(at..).unwrap_or_default();
    let digits = rest.get(..DIGITS).ok_or(ParseError::Length)?;
    let length = digits.iter().try_fold(0, |length, &digit| match digit {
        b'0'..=b'9' => Ok(length << 4 | usize::from(digit - b'0')),
        b'a'..=b'f' => Ok(length << 4 | usize::from(digit - b'a' + 10)),
        _ => Err(ParseError::Length),
    })?;
    let body = rest.get(DIGITS..length).ok_or(ParseError::Truncated)?;
    work::add(length);
    let Some((b'\n', content)) = body.split_last() else { return Err(ParseError::Terminator) };
    let Some(space) = content.iter().position(|&byte| byte == b' ') else {
        return Err(ParseError::Field { expected: "a name and a space" });
    };
    Ok(Packet { key: &content[..space], value: Span::new(at + DIGITS + space + 1, at + length - 1), end: at + length })
}

/// The work of the parser, in bytes read, which tests count.
pub(super) mod work {
    #[cfg(test)]
    thread_local! {
        static BYTES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[cfg(not(test))]
    pub(crate) const fn add(_: usize) {}

    #[cfg(test)]
    pub(crate) fn add(bytes: usize) {
        BYTES.with(|all| all.set(all.get() + bytes));
    }

    /// What `done` took on this thread.
    #[cfg(test)]
    pub(crate) fn of(done: impl FnOnce()) -> usize {
        let before = BYTES.get();
        done();
        BYTES.get() - before
    }
}

#[cfg(test)]
mod tests;
