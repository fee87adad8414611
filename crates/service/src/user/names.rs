//! Which user names may be chosen, and how names are compared: with their case, until the store is marked.

use std::sync::atomic::{AtomicBool, Ordering};

use zonemint_base::model::{NameRule, UserName};

/// What this process knows of names. How they are compared, the store decides with each write: this is for what is remembered here.
pub(super) struct Names {
    pub(super) rule: NameRule,
    pub(super) ignores_case: AtomicBool,
}

impl Names {
    pub(super) fn new(rule: NameRule) -> Self {
        Self { rule, ignores_case: AtomicBool::new(false) }
    }

    /// By what attempts under a name are counted and remembered: the same for all names that are one.
    pub(super) fn key(&self, typed: &str) -> String {
        match UserName::parse(typed) {
            Ok(name) if self.ignores_case.load(Ordering::Relaxed) => name.folded().as_str().to_owned(),
            Ok(name) => name.to_string(),
            Err(_) => typed.to_owned(),
        }
    }
}
