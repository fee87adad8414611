//! How user names are compared, in each engine alike.
//!
//! As they are, until the operator marks the store. From then on names that differ in case only are one name: each write of a name
//! reads the mark in its own transaction, and the unique index of folded names decides between two.

use super::Mark;
use zonemint_base::model::{User, UserName};

/// The name of the mark of a store in which case does not count, and its text.
pub(super) const MARK: &str = "user-names";
pub(super) const IGNORE_CASE: &str = "ignore-case";
/// Names that the transaction which marks the store may still fold. Others are folded before, a page at a time.
pub(super) const LEFT: usize = 1_000;

/// A node of the version before that removes an account leaves its name as it was folded.
pub(super) const CLEAR_REMOVED: &str = "UPDATE users SET folded = NULL WHERE name IS NULL AND folded IS NOT NULL";

/// That mark.
pub(super) fn mark() -> Mark {
    Mark { name: MARK.to_owned(), value: Some(IGNORE_CASE.to_owned()) }
}

/// The column `folded` where it counts.
macro_rules! folded {
    () => {
        "CASE WHEN EXISTS (SELECT 1 FROM marks WHERE marks.name = 'user-names') THEN folded END"
    };
}
pub(super) use folded;

/// Whether a user is found by names that differ in case only. `folded` is the column; a node of the version before that renames an
/// account leaves it as it was.
pub(super) fn ignores_case(name: Option<&UserName>, folded: Option<&str>) -> bool {
    name.is_some_and(|name| folded == Some(name.folded().as_str()))
}

/// Whether a marked store keeps a name as this program folds it, and nothing in the place of none.
pub(super) fn is_folded(name: Option<&UserName>, folded: Option<&[u8]>) -> bool {
    name.map(UserName::folded).as_ref().map(|name| name.as_str().as_bytes()) == folded
}

/// The finding of the check of a marked store: so many present and former names of accounts are not folded as this program folds
/// them.
pub(super) fn unfolded(names: u64) -> Option<String> {
    (names > 0).then(|| {
        format!(
            "{names} user names are not compared as they are to be in a marked store: a program of the version before wrote them, so \
             they are found by one spelling only, or kept for nobody; run `zonemint user names --ignore-case`"
        )
    })
}

/// Who of those that are found by a name as it is, or as it is folded, is called so.
pub(super) fn called(found: Vec<User>, name: &UserName) -> Option<User> {
    found.into_iter().filter(|user| user.is_called(name)).max_by_key(|user| user.ignores_case)
}
