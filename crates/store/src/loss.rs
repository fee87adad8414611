//! What a node notices of a store that was put back, and how it reports that.

use std::fmt;

use super::{AuditEntry, Chain};
use zonemint_telemetry::{Label as _, label};

/// Acknowledged writes of this process that the database does not hold any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostWrites {
    /// The numbers of the first and the last audit row that are gone; none when all are there.
    pub audit: Option<(u64, u64)>,
    /// The same of changes.
    pub changes: Option<(u64, u64)>,
}

impl LostWrites {
    /// What the note of an audit row says of it.
    #[must_use]
    pub fn note(&self) -> String {
        let told =
            |what, gone: Option<_>| gone.map_or(String::new(), |(first, last)| format!(" {what}={first}-{last}"));
        format!("{}=lost{}{}", AuditEntry::NOTICED, told("audit", self.audit), told("changes", self.changes))
    }
}

impl fmt::Display for LostWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut and = "";
        for (what, gone) in [("audit rows", self.audit), ("changes", self.changes)] {
            if let Some((first, last)) = gone {
                write!(f, "{and}{what} {first} to {last}")?;
                and = " and ";
            }
        }
        Ok(())
    }
}

/// Why what was read before says nothing about the feed as it is now, so that a reader has to forget everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// Changes that were read are gone: the chain was put back, and may since have grown again.
    PutBack {
        /// Which chain.
        chain: Chain,
        /// The number of the last change that was read, which is gone or another one now.
        seq: u64,
    },
    /// Changes were purged before they were read.
    Missed {
        /// Which chain.
        chain: Chain,
        /// The number of the first one that was missed.
        seq: u64,
    },
    /// Another server answers, or the same one on a new timeline, as after a failover.
    OtherServer {
        /// Who answered before.
        was: String,
        /// Who answers now.
        is: String,
    },
    /// A program that knows no hashes has taken over a chain: nothing shows whether that was put back before.
    Unhashed,
    /// The connection is a new one. Something may have been read from the server before of which the feed has not told yet, and
    /// which is lost since.
    Reconnected,
}

label! {
    /// A [`Break`] in one word, as metrics and audit rows have it.
    pub enum BreakReason {
        /// [`Break::PutBack`].
        PutBack = "put_back",
        /// [`Break::Missed`].
        Missed = "missed",
        /// [`Break::OtherServer`].
        OtherServer = "other_server",
        /// [`Break::Unhashed`].
        Unhashed = "unhashed",
        /// [`Break::Reconnected`].
        Reconnected = "reconnected",
    }
}

impl Break {
    /// The reason in one word.
    #[must_use]
    pub fn reason(&self) -> BreakReason {
        match self {
            Self::PutBack { .. } => BreakReason::PutBack,
            Self::Missed { .. } => BreakReason::Missed,
            Self::OtherServer { .. } => BreakReason::OtherServer,
            Self::Unhashed => BreakReason::Unhashed,
            Self::Reconnected => BreakReason::Reconnected,
        }
    }

    /// What the note of an audit row says of it; none for what is no sign of a loss, of which no row is written.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let details = match self {
            Self::PutBack { chain, seq } => format!("chain={} seq={seq}", chain.as_str()),
            Self::OtherServer { was, is } => format!("was={was} is={is}"),
            Self::Missed { .. } | Self::Unhashed | Self::Reconnected => return None,
        };
        Some(format!("{}={} {details}", AuditEntry::NOTICED, self.reason().value()))
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PutBack { chain, seq } => {
                let chain = chain.as_str();
                write!(f, "the change {seq} of the chain {chain:?} was read, and is gone or another one now")
            }
            Self::Missed { chain, seq } => {
                write!(f, "the change {seq} of the chain {:?} was purged before it was read", chain.as_str())
            }
            // Which one, only the log and the audit trail tell.
            Self::OtherServer { .. } => {
                f.write_str("another database server answers, or the same one on a new timeline")
            }
            Self::Unhashed => f.write_str("a program of an earlier version has taken over a chain"),
            Self::Reconnected => f.write_str("the connection on which the feed is followed is a new one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_as_a_note() {
        let lost = LostWrites { audit: Some((12, 15)), changes: Some((3, 3)) };
        assert_eq!(lost.note(), "noticed=lost audit=12-15 changes=3-3");
        assert_eq!(lost.to_string(), "audit rows 12 to 15 and changes 3 to 3");
        let lost = LostWrites { audit: None, ..lost };
        assert_eq!(
            (lost.note(), lost.to_string()),
            ("noticed=lost changes=3-3".to_owned(), "changes 3 to 3".to_owned())
        );
        let note = Break::PutBack { chain: Chain::parse("a").unwrap(), seq: 7 }.note();
        assert_eq!(note.as_deref(), Some("noticed=put_back chain=a seq=7"));
    }
}
