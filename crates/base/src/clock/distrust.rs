//! The report for the operator on a system clock that is not trusted.

use std::fmt;

/// The system's clock is not trusted, or has stepped back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distrust {
    /// How far it is ahead of the server's time, in milliseconds; negative if it is behind.
    pub ahead_ms: i64,
    /// Whether it is so little behind that the server follows it: only what has expired stays expired.
    pub is_followed: bool,
}

/// A sentence.
impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distance = self.ahead_ms.unsigned_abs();
        if self.is_followed {
            return write!(
                f,
                "the system's clock was set back: it is {}.{} s behind the latest time, and until that is reached again what \
                 has expired stays expired",
                distance / 1_000,
                distance % 1_000 / 100
            );
        }
        write!(f, "the system's clock is not believed: it is {}.{} s ", distance / 1_000, distance % 1_000 / 100)?;
        f.write_str(if self.ahead_ms < 0 {
            "behind the time that was confirmed last, which goes on; if it is right now, restart the server"
        } else {
            "ahead, and will be once it has gone on from there for 10 s"
        })
    }
}
