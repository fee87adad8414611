//! The caveats of a token whose signature is right, as a decision needs them.

use std::sync::Arc;

use zonemint_caveat::{Caveat, CaveatTextError};
use zonemint_macaroon::{self as macaroon, Verified, printable_beginning};

/// The caveats of a token whose signature is right, in the order in which they were added.
pub(super) struct SignedCaveats {
    /// All of them, or those before the first that cannot be read.
    pub(super) read: Arc<[Caveat]>,
    /// That one: the token is refused by it, unless one before it does not hold.
    pub(super) unreadable: Option<UnreadableCaveat>,
}

impl SignedCaveats {
    pub(super) fn read(verified: &Verified) -> Self {
        let mut unreadable = None;
        let read =
            verified.caveats().map_while(|caveat| read_caveat(caveat).map_err(|why| unreadable = Some(why)).ok());
        Self { read: read.collect(), unreadable }
    }
}

/// A caveat for which a token is refused, whatever it is used for. The texts are printable, and long ones are cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableCaveat {
    /// Of a kind that is not known here.
    #[error("a caveat of a kind that is not known here: {0}")]
    UnknownKind(String),
    /// Of a known kind, whose value is none.
    #[error("{error}, and here it is \"{text}\"")]
    BadValue {
        /// The caveat.
        text: String,
        /// How it must be written.
        error: CaveatTextError,
    },
    /// To be discharged by another party, whose location this is.
    #[error("a third-party caveat, to be discharged at \"{0}\": discharges are not accepted here")]
    ThirdParty(String),
}

impl UnreadableCaveat {
    fn new(cid: &[u8], error: CaveatTextError) -> Self {
        match error {
            CaveatTextError::UnknownKind => Self::UnknownKind(shown(cid)),
            CaveatTextError::BadValue { .. } => Self::BadValue { text: shown(cid), error },
        }
    }
}

/// How many bytes of a caveat or a third party's location an error shows. Either may fill a token.
const LONGEST_SHOWN: usize = 500;

fn shown(field: &[u8]) -> String {
    printable_beginning(field, LONGEST_SHOWN)
}

/// Reads a caveat as a decision needs it.
pub(super) fn read_caveat(caveat: macaroon::Caveat<'_>) -> Result<Caveat, UnreadableCaveat> {
    if let Some(third_party) = caveat.third_party {
        return Err(UnreadableCaveat::ThirdParty(shown(third_party.location)));
    }
    Caveat::parse(caveat.cid).map_err(|error| UnreadableCaveat::new(caveat.cid, error))
}
