//! The binary form of V2: read into the packets of V1, and written from them.
//!
//! `0x02`, then fields of a type, a length as a varint and so many bytes, in sections that end with `0x00`: location (optional)
//! and identifier; location, identifier and verification id of each caveat, or its identifier alone; an empty section; then the
//! signature. Each token has one form: fields in this order, lengths in the fewest bytes, nothing after the signature.

use super::layout::{BuildError, CaveatSpan, Layout, SIGNATURE_PACKET, append, append_caveat};
use super::parse::{Limits, ParseError, VID_LENGTH, work};
use super::signature::Signature;

const VERSION: u8 = 2;
const LOCATION: u8 = 1;
const IDENTIFIER: u8 = 2;
const VID: u8 = 4;
const SIGNATURE: u8 = 6;
const END: u8 = 0;
/// Bits of a length in one byte of a varint; the eighth says that another byte follows.
const VARINT_BITS: u32 = 7;
/// Longer ones have lengths beyond any packet of V1.
const LONGEST_VARINT: usize = 3;

/// The packets of the fields, and the positions of their values.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<(Vec<u8>, Layout), ParseError> {
    let mut fields = Fields(bytes);
    fields.expect(VERSION, "the version, 2")?;
    let location = utf8(fields.optional(LOCATION)?)?;
    let identifier = fields.required(IDENTIFIER, "location or identifier")?;
    fields.expect(END, "the end of the header")?;
    if identifier.is_empty() {
        return Err(ParseError::EmptyIdentifier);
    }
    // A packet has at most 14 bytes more than its field, a caveat's about 7.
    let mut packets = Vec::with_capacity(bytes.len() + 64 + bytes.len() / 4);
    let location = location.map(|location| append(&mut packets, "location", location)).transpose().map_err(too_long)?;
    let identifier = append(&mut packets, "identifier", identifier).map_err(too_long)?;
    let mut layout = Layout::new(location, identifier);
    while !fields.is_next(END) {
        let location = utf8(fields.optional(LOCATION)?)?;
        let cid = fields.required(IDENTIFIER, "a caveat's location or identifier")?;
        let vid = fields.optional(VID)?;
        fields.expect(END, "a caveat's verification id or end")?;
        limits.check(&layout, cid.len())?;
        let third_party = match (vid, location) {
            (None, None) => None,
            (Some(vid), Some(location)) if vid.len() == VID_LENGTH => Some((vid, location)),
            (Some(_), Some(_)) => return Err(ParseError::VerificationId),
            (Some(_), None) | (None, Some(_)) => return Err(ParseError::HalfThirdParty),
        };
        layout.caveats.push(append_caveat(&mut packets, cid, third_party).map_err(too_long)?);
    }
    fields.expect(END, "the end of the caveats")?;
    let signature = fields.required(SIGNATURE, "signature")?;
    if signature.len() != Signature::LENGTH {
        return Err(ParseError::SignatureLength);
    }
    if !fields.0.is_empty() {
        return Err(ParseError::TrailingData);
    }
    // A reallocation after this would leave a copy of the signature in memory.
    packets.reserve(SIGNATURE_PACKET);
    append(&mut packets, "signature", signature).map_err(too_long)?;
    Ok((packets, layout))
}

/// The fields at the positions of `layout` in the packets. They are never longer than the packets.
pub(super) fn write(packets: &[u8], layout: &Layout, signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(packets.len());
    out.push(VERSION);
    put(&mut out, LOCATION, layout.location.map(|location| location.of(packets)));
    put(&mut out, IDENTIFIER, Some(layout.identifier.of(packets)));
    out.push(END);
    for CaveatSpan { cid, third_party } in &layout.caveats {
        let (vid, location) = third_party.unzip();
        put(&mut out, LOCATION, location.map(|location| location.of(packets)));
        put(&mut out, IDENTIFIER, Some(cid.of(packets)));
        put(&mut out, VID, vid.map(|vid| vid.of(packets)));
        out.push(END);
    }
    out.push(END);
    put(&mut out, SIGNATURE, Some(signature));
    out
}

fn put(out: &mut Vec<u8>, kind: u8, value: Option<&[u8]>) {
    let Some(value) = value else { return };
    out.push(kind);
    let mut rest = value.len();
    while rest >> VARINT_BITS > 0 {
        out.push(rest.to_le_bytes()[0] | 1 << VARINT_BITS);
        rest >>= VARINT_BITS;
    }
    out.push(rest.to_le_bytes()[0]);
    out.extend_from_slice(value);
}

/// The unread rest.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn is_next(&self, byte: u8) -> bool {
        self.0.first() == Some(&byte)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), ParseError> {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                Ok(())
            }
            Some(_) => Err(ParseError::Field { expected }),
            None => Err(ParseError::Truncated),
        }
    }

    fn required(&mut self, kind: u8, expected: &'static str) -> Result<&'a [u8], ParseError> {
        self.expect(kind, expected)?;
        let length = self.length()?;
        let (value, rest) = self.0.split_at_checked(length).ok_or(ParseError::Truncated)?;
        work::add(self.0.len() - rest.len() + 2);
        self.0 = rest;
        Ok(value)
    }

    fn optional(&mut self, kind: u8) -> Result<Option<&'a [u8]>, ParseError> {
        if self.is_next(kind) { self.required(kind, "").map(Some) } else { Ok(None) }
    }

    fn length(&mut self) -> Result<usize, ParseError> {
        let mut length = 0;
        for at in 0..LONGEST_VARINT {
            let (&byte, rest) = self.0.split_first().ok_or(ParseError::Truncated)?;
            self.0 = rest;
            let goes_on = byte >> VARINT_BITS == 1;
            length |= usize::from(byte & !(1 << VARINT_BITS)) << (VARINT_BITS as usize * at);
            match goes_on {
                // The last byte has the highest bits: if they are zero, the byte is superfluous.
                false if at > 0 && byte == 0 => return Err(ParseError::Varint),
                false => return Ok(length),
                true => {}
            }
        }
        Err(ParseError::FieldTooLong)
    }
}

fn utf8(location: Option<&[u8]>) -> Result<Option<&[u8]>, ParseError> {
    match location.map(str::from_utf8) {
        Some(Err(_)) => Err(ParseError::Location),
        None | Some(Ok(_)) => Ok(location),
    }
}

fn too_long(_: BuildError) -> ParseError {
    ParseError::FieldTooLong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token of the fields that the bakery family writes, and what it says.
    const SAMPLE: &[u8] = b"\x02\x01\x04zone\x02\x02id\0\x02\x08time < 9\0\0\x06\x2001234567890123456789012345678901";

    fn rule(bytes: &[u8]) -> ParseError {
        read(bytes, &Limits::FORMAT).expect_err("the bytes are refused")
    }

    fn changed(from: &str, to: &[u8]) -> Vec<u8> {
        let at = SAMPLE.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        [&SAMPLE[..at], to, &SAMPLE[at + from.len()..]].concat()
    }

    #[test]
    fn fields_become_packets_and_come_back() {
        let (packets, layout) = read(SAMPLE, &Limits::FORMAT).unwrap();
        let signature = &SAMPLE[SAMPLE.len() - Signature::LENGTH..];
        assert!(packets.starts_with(b"0012location zone\n0012identifier id\n0011cid time < 9\n002fsignature 0123"));
        assert_eq!(write(&packets, &layout, signature), SAMPLE);
    }

    #[test]
    fn every_part_of_a_token_is_needed() {
        for length in 0..SAMPLE.len() {
            assert_eq!(rule(&SAMPLE[..length]), ParseError::Truncated, "{length}");
        }
        assert_eq!(rule(&[SAMPLE, b"\0"].concat()), ParseError::TrailingData);
    }

    #[test]
    fn a_second_form_of_the_same_fields_is_refused() {
        let field = |error| matches!(error, ParseError::Field { .. });
        assert_eq!(rule(&changed("\x02\x02id", b"\x02\x82\0id")), ParseError::Varint);
        assert_eq!(rule(&changed("\x02\x02id", b"\x02\x82\x80\0id")), ParseError::Varint);
        assert_eq!(rule(&changed("\x02\x02id", b"\x02\x82\x80\x80\0id")), ParseError::FieldTooLong);
        assert!(field(rule(&changed("\x02\x02id", b"\x02\x02id\x01\x04zone"))), "out of order");
        assert!(field(rule(&changed("\x02\x02id", b"\x02\x02id\x02\x02id"))), "twice");
        assert!(field(rule(&changed("\x02\x02id", b"\x82\0\x02id"))), "a longer type");
        assert!(field(rule(&changed("\x02\x02id", b"\x02\x02id\x04\0"))), "a vid in the header");
        assert!(field(rule(&changed("\x02\x08time < 9", b"\x02\x08time < 9\x05\x01x"))), "an unknown field");
    }

    #[test]
    fn fields_have_the_bounds_of_packets() {
        assert_eq!(rule(&changed("\x02\x02id", b"\x02\0")), ParseError::EmptyIdentifier);
        assert_eq!(rule(&changed("\x02\x08time < 9", b"\x02\0")), ParseError::EmptyCaveat);
        assert_eq!(rule(&changed("\x04zone", b"\x04zon\xff")), ParseError::Location);
        assert_eq!(rule(&changed("\x06\x2001", b"\x06\x1f1")), ParseError::SignatureLength);
        let vid = |length: u8| [b"\x01\x01z\x02\x08time < 9\x04", &[length; 1][..], &vec![7; length.into()]].concat();
        assert!(read(&changed("\x02\x08time < 9", &vid(72)), &Limits::FORMAT).is_ok());
        assert_eq!(rule(&changed("\x02\x08time < 9", &vid(71))), ParseError::VerificationId);
        assert_eq!(rule(&changed("\x02\x08time < 9", &vid(72)[3..])), ParseError::HalfThirdParty);
        assert_eq!(rule(&changed("\x02\x08time < 9", b"\x01\x01z\x02\x08time < 9")), ParseError::HalfThirdParty);
        // 65,526 bytes, the most that a packet has room for, are 0xf6 0xff 0x03 as a varint.
        let long = |low: u8, length: usize| [b"\x02", &[low, 0xff, 3][..], &vec![b'x'; length]].concat();
        assert!(read(&changed("\x02\x08time < 9", &long(0xf6, 65_526)), &Limits::FORMAT).is_ok());
        assert_eq!(rule(&changed("\x02\x08time < 9", &long(0xf7, 65_527))), ParseError::FieldTooLong);
    }
}
