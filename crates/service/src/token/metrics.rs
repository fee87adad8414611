//! What the token service counts.

use super::life::Counted;
use super::verdict::{Authenticated, Refused, VerifyError};
use zonemint_base::model::TokenForm;
use zonemint_telemetry::{Lookup, Tally, label};

label! {
    /// Kinds of tokens that are minted.
    pub(super) enum MintedKind {
        /// Those of the reference endpoint.
        Client = "client",
        /// With a name, kept.
        Named = "named",
        /// Kept nowhere.
        Temporary = "temporary",
    }
}

label! {
    /// What became of verifications, without what an outsider sent: reasons, not texts.
    pub(super) enum Verdict {
        Valid = "valid",
        /// Too long, not canonical, or no identifier of ours.
        Malformed = "malformed",
        Unknown = "unknown",
        Signature = "signature",
        /// Of another kind than what was asked for.
        Kind = "kind",
        Revoked = "revoked",
        Caveat = "caveat",
        /// Another subject than the store has.
        Subject = "subject",
        /// No verdict: the store failed.
        Unavailable = "unavailable",
    }
}

#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) minted: Tally<MintedKind>,
    pub(super) verdicts: Tally<Verdict>,
    pub(super) tokens: Tally<Lookup>,
    pub(super) generations: Tally<Lookup>,
    pub(super) signed_texts: Tally<Lookup>,
    pub(super) lives: Counted,
}

impl Metrics {
    /// Counts a verification.
    pub(super) fn verified(&self, verdict: &Result<Authenticated, VerifyError>) {
        self.verdicts.count(match verdict {
            Ok(_) => Verdict::Valid,
            Err(VerifyError::Store(_)) => Verdict::Unavailable,
            Err(VerifyError::Refused(why)) => match why {
                Refused::TooLong { .. } | Refused::Malformed(_) | Refused::Unreadable => Verdict::Malformed,
                Refused::Unknown => Verdict::Unknown,
                Refused::Signature => Verdict::Signature,
                Refused::Kind(_) | Refused::Session | Refused::Service(_) => Verdict::Kind,
                Refused::Revoked => Verdict::Revoked,
                Refused::Subject => Verdict::Subject,
                Refused::UnreadableCaveat(_) | Refused::Caveat(..) => Verdict::Caveat,
            },
        });
    }
}

impl MintedKind {
    pub(super) fn of(form: TokenForm) -> Self {
        match form {
            TokenForm::Bare => Self::Client,
            TokenForm::Structured(_) => Self::Named,
        }
    }
}
