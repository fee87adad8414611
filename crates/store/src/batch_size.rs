//! How many records one step of work on a store handles.

/// Records that one transaction changes where there are many, so that other writes get their turn.
pub const BATCH_SIZE: usize = 1_000;
/// Records that one read gives where a caller walks through many.
pub const PAGE_SIZE: usize = 1_000;
/// Rows that one statement reads where an engine checks a whole table: larger than a page, because few of them leave the engine.
pub(super) const SCAN_SIZE: usize = 10_000;
