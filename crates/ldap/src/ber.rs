//! A reader of BER elements (X.690), as LDAP uses them: one byte of tag, definite lengths. It never recurses.

/// One element, and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// Class, constructed bit and number.
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) rest: &'a [u8],
}

/// A header: the tag, and the length of the content in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tag: u8,
    pub(crate) length: usize,
    /// Bytes of the header itself.
    pub(crate) size: usize,
}

impl Header {
    /// Bytes of the longest header.
    pub(crate) const LONGEST: usize = 6;

    /// Reads the header with which `bytes` begins. None if it is incomplete, or its length is indefinite or has more than four bytes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        match first {
            0..=0x7f => Some(Self { tag, length: first.into(), size: 2 }),
            0x81..=0x84 => {
                let count = usize::from(first - 0x80);
                let length = rest.get(..count)?.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
                Some(Self { tag, length, size: 2 + count })
            }
            _ => None,
        }
    }
}

/// Reads the element with which `bytes` begins.
pub(crate) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let header = Header::read(bytes)?;
    let after = bytes.get(header.size..)?;
    let (content, rest) = after.split_at_checked(header.length)?;
    Some(Element { tag: header.tag, content, rest })
}

/// Reads the element with which `bytes` begins, if it has this tag.
pub(crate) fn expect(bytes: &[u8], tag: u8) -> Option<Element<'_>> {
    element(bytes).filter(|element| element.tag == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_with_short_and_long_lengths_and_never_beyond_the_end() {
        let read = element(&[4, 1, 7, 9]).unwrap();
        assert_eq!((read.tag, read.content, read.rest), (4, &[7][..], &[9][..]));
        // Active Directory writes every length in four bytes.
        assert_eq!(element(&[4, 0x84, 0, 0, 0, 1, 7]).unwrap().content, [7]);
        for broken in
            [&[][..], &[4], &[4, 2, 7], &[4, 0x80, 0, 0], &[4, 0x82, 1], &[4, 0x85, 0, 0, 0, 0, 1, 7], &[4, 0xff]]
        {
            assert_eq!(element(broken), None, "{broken:?}");
        }
        assert_eq!(expect(&[4, 1, 7], 5), None);
    }
}
