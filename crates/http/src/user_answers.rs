//! A cache of the answers to `GET /user`, by which services verify tokens, as ready bytes.

use std::ptr;
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use quick_cache::sync::Cache;

use zonemint_base::model::{User, UserId};

/// How many answers are kept. Each has about half a kilobyte.
const ENTRIES: usize = 1_024;

/// The latest answers, by user.
pub struct UserAnswers(Cache<UserId, Answer>);

#[derive(Clone)]
struct Answer {
    /// The record that the bytes show. They are used only for this very record: a change makes a new one, and no other record gets this
    /// one's place in memory while the answer is kept.
    user: Weak<User>,
    bytes: Bytes,
}

impl Default for UserAnswers {
    fn default() -> Self {
        Self(Cache::new(ENTRIES))
    }
}

impl UserAnswers {
    /// The answer that shows `user`: the one that is kept, or else what `write` returns.
    ///
    /// # Errors
    /// Those of `write`.
    pub(crate) fn of<E>(&self, user: &Arc<User>, write: impl FnOnce() -> Result<Bytes, E>) -> Result<Bytes, E> {
        if let Some(kept) = self.0.get(&user.id).filter(|kept| ptr::eq(kept.user.as_ptr(), Arc::as_ptr(user))) {
            return Ok(kept.bytes);
        }
        // A copy is as long as the answer; what it was written to is longer.
        let bytes = Bytes::copy_from_slice(&write()?);
        self.0.insert(user.id, Answer { user: Arc::downgrade(user), bytes: bytes.clone() });
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::{FullName, SubjectKind};

    #[test]
    fn bytes_are_those_of_the_very_record() {
        let answers = UserAnswers::default();
        let user =
            Arc::new(User::new(UserId::from_bytes([1; 16]), SubjectKind::User, FullName::parse("Alice").unwrap(), 0));
        let of = |user: &Arc<User>, text: &'static str| {
            answers.of(user, || Ok::<_, ()>(Bytes::from_static(text.as_bytes())))
        };
        assert_eq!(of(&user, "first").unwrap(), "first");
        assert_eq!(of(&Arc::clone(&user), "again").unwrap(), "first");
        let changed = Arc::new((*user).clone());
        assert_eq!(of(&changed, "changed").unwrap(), "changed");
        assert_eq!(of(&user, "an older record").unwrap(), "an older record");
        assert_eq!(answers.of(&changed, || Err("the store fails")), Err("the store fails"));
    }
}
