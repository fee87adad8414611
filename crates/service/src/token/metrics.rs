//! What the token service counts.

use super::life::Counted;
use super::service::TokenService;
use super::verify::{Authenticated, Refused, VerifyError};
use zonemint_base::model::TokenForm;
use zonemint_telemetry::{Exposition, Lookup, Tally, label, real};

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
    enum Verdict {
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
    verdicts: Tally<Verdict>,
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
            Err(VerifyError::Refused(why)) => Verdict::of(why),
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

impl Verdict {
    fn of(why: &Refused) -> Self {
        match why {
            Refused::TooLong { .. } | Refused::Malformed(_) | Refused::Unreadable => Self::Malformed,
            Refused::Unknown => Self::Unknown,
            Refused::Signature => Self::Signature,
            Refused::Kind(_) | Refused::Session | Refused::Service(_) => Self::Kind,
            Refused::Revoked => Self::Revoked,
            Refused::Subject => Self::Subject,
            Refused::UnreadableCaveat(_) | Refused::Caveat(..) => Self::Caveat,
        }
    }
}

impl TokenService {
    /// Tells what was counted, and of each cache its name, its lookups and its entries for who tells of all caches together.
    #[must_use]
    pub fn measure(&self, into: &mut Exposition) -> [(&'static str, &Tally<Lookup>, f64); 3] {
        let Metrics { minted, verdicts, tokens, generations, signed_texts, lives } = &self.metrics;
        into.tally("zonemint_tokens_minted", "Tokens minted, durable when counted", "kind", minted);
        into.tally("zonemint_token_verifications", "Tokens judged, by the verdict", "result", verdicts);
        lives.measure(into);
        [
            ("tokens", tokens, real(self.remembered.len() as u64)),
            ("generations", generations, real(self.generations.len() as u64)),
            ("signed_texts", signed_texts, real(self.signed_texts.len() as u64)),
        ]
    }
}
