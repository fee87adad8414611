//! The positions of a macaroon's fields in its packets, and how packets are written.

/// The longest packet that four hexadecimal digits can announce, in bytes.
pub(super) const MAX_PACKET: usize = 0xffff;
/// `002fsignature `, 32 bytes, LF.
pub(super) const SIGNATURE_PACKET: usize = 0x2f;

/// A place in the buffer. 32 bits are enough: a text is at most 1 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the text's bound keeps every position far below 2^32")]
        Self { start: start as u32, end: end as u32 }
    }

    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    pub(super) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The positions of the fields. The signature needs no entry: it is always the last 33 bytes without the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Always present in V1.
    pub(super) location: Option<Span>,
    pub(super) identifier: Span,
    pub(super) caveats: Vec<CaveatSpan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CaveatSpan {
    pub(super) cid: Span,
    /// The verification id and the location.
    pub(super) third_party: Option<(Span, Span)>,
}

impl Layout {
    pub(super) fn new(location: Option<Span>, identifier: Span) -> Self {
        Self { location, identifier, caveats: Vec::with_capacity(4) }
    }
}

/// Why a macaroon cannot be built as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A field would need a packet longer than 65,535 bytes.
    #[error("a field is too long for a packet of 65535 bytes")]
    TooLong,
    /// Identifier and caveats must not be empty.
    #[error("the identifier and every caveat must have at least one byte")]
    Empty,
    /// A control character would not survive being shown, logged or pasted.
    #[error("control characters cannot be minted")]
    ControlCharacter,
    /// A verification id must have 72 bytes.
    #[error("a verification id has 72 bytes")]
    VerificationId,
    /// A token of V2 without a location.
    #[error("the token has no location, without which version 1 of the format cannot write it")]
    NoLocation,
}

/// How many bytes a packet has.
pub(super) fn packet_length(key: &str, value: &[u8]) -> Result<usize, BuildError> {
    let length = 4 + key.len() + 1 + value.len() + 1;
    if length > MAX_PACKET { Err(BuildError::TooLong) } else { Ok(length) }
}

/// Adds a caveat's packets; `third_party` is its verification id and location.
pub(super) fn append_caveat(
    bytes: &mut Vec<u8>,
    cid: &[u8],
    third_party: Option<(&[u8], &[u8])>,
) -> Result<CaveatSpan, BuildError> {
    let cid = append(bytes, "cid", cid)?;
    let third_party = match third_party {
        None => None,
        Some((vid, location)) => Some((append(bytes, "vid", vid)?, append(bytes, "cl", location)?)),
    };
    Ok(CaveatSpan { cid, third_party })
}

/// Adds a packet; returns the position of its value.
pub(super) fn append(bytes: &mut Vec<u8>, key: &str, value: &[u8]) -> Result<Span, BuildError> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let length = packet_length(key, value)?;
    bytes.extend([12, 8, 4, 0].map(|shift| HEX[length >> shift & 0xf]));
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(b' ');
    let start = bytes.len();
    bytes.extend_from_slice(value);
    bytes.push(b'\n');
    Ok(Span::new(start, start + value.len()))
}
