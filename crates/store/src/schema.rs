//! Whether the tables of a database are those of this program.

/// Which tables a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// None yet.
    Empty,
    /// Those of an older program: the next start brings them up to date.
    Older,
    /// Those of this one.
    Present,
    /// Those of a newer one, which this one cannot work with.
    Newer,
}
