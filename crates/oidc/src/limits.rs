//! Bounds that several files need.

use std::time::Duration;

/// Longest token, in characters: those of EGI have 1,400 and more, Entra ID's with 200 groups about 10,000.
pub(crate) const LONGEST_TOKEN: usize = 16_384;
/// Longest answer of a provider, in bytes: 100 keys have about 60 KB.
pub(crate) const LONGEST_ANSWER: usize = 256 * 1_024;
/// How long a provider that could not be asked is not asked again.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);
