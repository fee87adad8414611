//! What can be done with a token's text alone, by anybody: reading what it says, and narrowing it. Nothing is verified.

use super::service::TokenService;
use super::signed_caveats::read_caveat;
use super::verdict::Refused;
use zonemint_base::model::{Identifier, TokenType, split_service};
use zonemint_caveat::Caveat;
use zonemint_macaroon::{BuildError, Macaroon, ParseError, printable};

/// What a token claims. It may be expired, revoked, or made by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedToken {
    /// Its location, printable: the domain of the service that made it, if it tells the truth.
    pub location: String,
    /// `named` or `temporary`.
    pub persistence: &'static str,
    /// What kind of subject it names, and which one; none in the older form, which names none.
    pub subject: Option<(zonemint_base::model::SubjectKind, String)>,
    /// What it is for.
    pub kind: TokenType,
    /// Which token it says that it is.
    pub id: String,
    /// Its caveats.
    pub caveats: Vec<Caveat>,
}

/// Why a token was not narrowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfineError {
    /// The text is no token.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The token would be longer, or have more caveats, than is accepted.
    #[error("the narrowed token would not be accepted: {0}")]
    Bounds(ParseError),
    /// A caveat does not fit the format.
    #[error("the caveat cannot be added")]
    Build(#[from] BuildError),
}

impl TokenService {
    /// Reads a token of this service or any other one of the kind.
    ///
    /// # Errors
    /// [`Refused`] when the text is no token, or has an unreadable caveat.
    pub fn inspect(&self, text: &str) -> Result<InspectedToken, Refused> {
        let (_, macaroon, _) = self.read(text)?;
        let caveats = macaroon.danger_unverified_caveats().map(read_caveat).collect::<Result<_, _>>();
        let caveats = caveats.map_err(Refused::UnreadableCaveat)?;
        let identifier = Identifier::parse(macaroon.identifier()).ok_or(Refused::Unreadable)?;
        let kind = identifier.kind();
        let (persistence, subject, id) = match identifier {
            Identifier::Bare(id) => ("named", None, id.to_owned()),
            Identifier::Structured { persistence, subject, subject_id, id, .. } => {
                (persistence.name(), Some((subject, subject_id.to_owned())), id.to_owned())
            }
        };
        Ok(InspectedToken {
            location: printable(macaroon.location().as_bytes()),
            persistence,
            subject,
            kind,
            id,
            caveats,
        })
    }

    /// Adds caveats to a token of this service or any other one of the kind, in the order given.
    ///
    /// # Errors
    /// [`ConfineError`] when the text is no token, or would not be accepted when narrowed.
    pub fn confine(&self, text: &str, caveats: &[Caveat]) -> Result<String, ConfineError> {
        let (_, mut macaroon, encoding) = self.read(text)?;
        Identifier::parse(macaroon.identifier()).ok_or(Refused::Unreadable)?;
        for caveat in caveats {
            let cid = caveat.to_string();
            if cid.len() > self.limits.caveat {
                return Err(ConfineError::Bounds(ParseError::CaveatTooLong { limit: self.limits.caveat }));
            }
            macaroon.narrow(cid.as_bytes())?;
        }
        let prefix = &text[..text.len() - split_service(text).1.len()];
        let confined = macaroon.to_text(encoding)?;
        // The same bounds as for reading: nobody is handed a token that is then refused.
        Macaroon::parse(&confined, &self.limits).map_err(ConfineError::Bounds)?;
        Ok(format!("{prefix}{confined}"))
    }
}
