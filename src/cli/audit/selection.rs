//! Selects the audit rows of a command.

use std::str::FromStr;
use std::sync::Arc;

use crate::cli::{CommandError, Failure, fail};
use zonemint_base::clock;
use zonemint_base::model::Period;
use zonemint_service::audit::called;
use zonemint_store::{Chain, Head, Store};

/// A moment: `2026-11-23T12:00:00Z`, or a length of time ago.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    At(u64),
    Ago(Period),
}

impl Moment {
    /// In milliseconds since the Unix epoch.
    pub(super) fn ms(self) -> u64 {
        match self {
            Self::At(ms) => ms,
            Self::Ago(period) => clock::Clock::system().now_ms().saturating_sub(period.ms()),
        }
    }
}

impl FromStr for Moment {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let at = clock::from_rfc3339(text).map(Self::At);
        at.or_else(|| Some(Self::Ago(text.parse().ok()?))).ok_or_else(|| {
            CommandError("expected a moment as in 2026-11-23T12:00:00Z, or how long ago as in 12h or 30d".to_owned())
        })
    }
}

/// Where all chains end, or the chain with the name `only`.
pub(super) async fn heads(store: &Arc<dyn Store>, only: Option<&str>) -> Result<Vec<Head>, Failure> {
    let mut heads = store.heads().await?;
    let Some(name) = only else { return Ok(heads) };
    let all: Vec<_> = heads.iter().map(|head| called(&head.chain)).collect();
    heads.retain(|head| head.chain.as_str() == name);
    if heads.is_empty() {
        let all =
            if all.is_empty() { "nothing was recorded yet".to_owned() } else { format!("there is {}", all.join(", ")) };
        return fail(format!("there is no chain {name:?}; {all}"));
    }
    Ok(heads)
}

/// Whether this is the chain of an embedded store, which has no name.
pub(super) fn is_plain(chain: &Chain) -> bool {
    chain.as_str().is_empty()
}
