//! How many records one step of work on a store handles.

/// Records that one transaction changes where there are many, so that other writes get their turn.
pub const BATCH_SIZE: usize = 1_000;
/// Records that one read gives where a caller walks through many.
pub const PAGE_SIZE: usize = 1_000;
/// Rows that one statement reads where an engine checks a whole table: larger than a page, because few of them leave the engine.
pub(super) const SCAN_SIZE: usize = 10_000;
/// Tokens of one account that one page of a list looks at, however few of them it shows. About 15 ms of SQLite on a slow core, which reads
/// a row in 1.4 µs.
pub const LOOK_SIZE: usize = 10_000;
