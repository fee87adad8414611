//! Why a text or a JSON value is no caveat.

/// A text that is no known caveat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaveatTextError {
    /// No known kind starts like this.
    #[error("a caveat of a kind that is not known here")]
    UnknownKind,
    /// A known kind with an invalid value.
    #[error("a caveat of the kind \"{kind}\" with a bad value: it must be written {form}")]
    BadValue {
        /// The kind.
        kind: &'static str,
        /// How such a caveat is written.
        form: &'static str,
    },
}

impl CaveatTextError {
    /// How each kind is written, exactly: without other text before, between or after its parts.
    const FORMS: [(&str, &str); 15] = [
        ("time", "\"time < 1571147494\", in whole seconds since 1970, without leading zeros, signs or blanks"),
        ("ip", "\"ip = 192.0.2.0/24|2001:db8::/32\", without leading zeros, signs or blanks"),
        ("asn", "\"asn = 64500|64501\", without leading zeros, signs or blanks"),
        ("geo.country", "\"geo.country = PL|FR\", or with != instead of ="),
        ("geo.region", "\"geo.region = Europe|Asia\", or with != instead of ="),
        ("service", "\"service = ozw-onezone|opw-*\""),
        ("consumer", "\"consumer = usr-abc|prv-*\""),
        ("interface", "\"interface = rest\", or with oneclient or graphsync"),
        ("api", "\"api = ozw/get/user.*.*:*\""),
        ("data.readonly", "\"data.readonly\" alone"),
        ("data.path", "\"data.path = L2E=|L2I=\", absolute paths in base64 with padding"),
        ("data.objectid", "\"data.objectid = 0000000000081BF36775696423612362\", in hexadecimal digits"),
        ("http.method", "\"http.method = GET|HEAD\""),
        ("http.path", "\"http.path = /data/*|/status\""),
        ("authorization", "\"authorization = none\""),
    ];

    /// The error of a text that no kind accepts.
    pub(super) fn of(cid: &[u8]) -> Self {
        let name = cid.split(|byte| matches!(byte, b'!' | b'<' | b'=' | b'>' | ..=b' ')).next().unwrap_or_default();
        match Self::FORMS.into_iter().find(|(kind, _)| kind.as_bytes() == name) {
            Some((kind, form)) => Self::BadValue { kind, form },
            None => Self::UnknownKind,
        }
    }
}

/// A JSON value that describes no caveat, and how to fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not an object.
    #[error("a caveat is an object, as in {{\"type\":\"time\",\"validUntil\":1571147494}}")]
    NotAnObject,
    /// No `type` that is known here.
    #[error(
        "\"type\" must be one of time, ip, asn, geo.country, geo.region, service, consumer, interface, api, \
         data.readonly, data.path, data.objectid, http.method and http.path"
    )]
    Type,
    /// The end of a time caveat is missing or of another type.
    #[error("a caveat of type \"time\" needs \"validUntil\", a whole number of seconds since 1970")]
    ValidUntil,
    /// The end of a new time caveat is so late that it limits nothing.
    #[error(
        "\"validUntil\" is after the year 9999: it must be in seconds since 1970, and this looks like milliseconds"
    )]
    EndTooLate,
    /// A caveat about a place does not say whether it names what is allowed or what is not.
    #[error("a caveat of type \"{kind}\" needs \"filter\", either \"whitelist\" or \"blacklist\"")]
    Filter {
        /// The caveat's `type`.
        kind: &'static str,
    },
    /// An interface caveat names no interface.
    #[error("a caveat of type \"interface\" needs \"interface\", one of \"rest\", \"oneclient\" and \"graphsync\"")]
    Interface,
    /// The list of a caveat is missing, empty or of another type.
    #[error("a caveat of type \"{kind}\" needs \"{field}\", a list of one or more items, each {item}")]
    List {
        /// The caveat's `type`.
        kind: &'static str,
        /// The list's key.
        field: &'static str,
        /// What an item must be.
        item: &'static str,
    },
    /// One item of the list of a caveat is not what it must be.
    #[error("{field}[{index}] of a caveat of type \"{kind}\" must be {expected}")]
    Item {
        /// The caveat's `type`.
        kind: &'static str,
        /// The list's key.
        field: &'static str,
        /// The item's place in the list, counted from 0.
        index: usize,
        /// What the item must be.
        expected: &'static str,
    },
}
