//! Which user names may be chosen, and how names are compared: with their case, until the store is marked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::accounts::Accounts;
use crate::model::{FoldedName, NameRule, User, UserId, UserName};
use crate::store::{Actor, Changed, FormerName, StoreError};

/// Names that are read or folded at a time.
const PAGE: usize = 1_000;
/// How often it is tried to mark a store in which many names are written at the same time.
const TRIES: usize = 5;

/// What this process knows of names. How they are compared, the store decides with each write: this is for what is remembered here.
pub(super) struct Names {
    rule: NameRule,
    ignores_case: AtomicBool,
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

/// What came of marking the store.
#[derive(Debug)]
pub enum IgnoreCase {
    /// It is marked: so many accounts have names.
    Marked(usize),
    /// Nothing was changed: these accounts have names that differ in case only, all of one name together.
    Clashes(Vec<Vec<User>>),
    /// Nothing was changed: names were written meanwhile.
    Overtaken,
}

/// Some accounts that have a name, and behind which one the next ones are.
struct Page {
    named: Vec<(UserName, User)>,
    next: Option<UserId>,
}

impl Accounts {
    /// Which names may be chosen.
    #[must_use]
    pub fn name_rule(&self) -> NameRule {
        self.names.rule
    }

    /// Whether names that differ in case only are one name, as this process knows.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        self.names.ignores_case.load(Ordering::Relaxed)
    }

    /// Reads from the store how names are compared.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub async fn reload_comparison(&self) -> Result<(), StoreError> {
        self.names.ignores_case.store(self.store.ignores_case().await?, Ordering::Relaxed);
        Ok(())
    }

    /// Has names compared without case from now on, by all nodes, unless there are some that differ in nothing else. A store that is
    /// marked is brought in order.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails. The same again goes on.
    pub async fn ignore_case(&self) -> Result<IgnoreCase, StoreError> {
        for _ in 0..TRIES {
            let mut accounts = BTreeMap::<FoldedName, Vec<User>>::new();
            let mut page = self.named(None).await?;
            loop {
                for (name, user) in page.named {
                    accounts.entry(name.folded()).or_default().push(user);
                }
                let Some(last) = page.next else { break };
                page = self.named(Some(last)).await?;
            }
            let names = accounts.len();
            let clashes: Vec<_> = accounts.into_values().filter(|users| users.len() > 1).collect();
            if !clashes.is_empty() {
                return Ok(IgnoreCase::Clashes(clashes));
            }
            if self.fold().await? == Changed::Done
                && self.store.ignore_case(Actor::Operator, self.clock.now_ms()).await? == Changed::Done
            {
                self.reload_comparison().await?;
                return Ok(IgnoreCase::Marked(names));
            }
        }
        Ok(IgnoreCase::Overtaken)
    }

    /// Folds all names, a page at a time.
    async fn fold(&self) -> Result<Changed, StoreError> {
        let mut page = self.named(None).await?;
        loop {
            let names = page.named.into_iter().map(|(name, user)| (user.id, name)).collect();
            if self.store.fold_names(names, Vec::new()).await? != Changed::Done {
                return Ok(Changed::NameTaken);
            }
            let Some(last) = page.next else { break };
            page = self.named(Some(last)).await?;
        }
        let mut after: Option<FormerName> = None;
        loop {
            let page = self.store.dump_names(after, PAGE).await?;
            after = page.last().cloned();
            let is_last = page.len() < PAGE;
            if self.store.fold_names(Vec::new(), page).await? != Changed::Done {
                return Ok(Changed::NameTaken);
            }
            if is_last {
                return Ok(Changed::Done);
            }
        }
    }

    /// Some accounts that have a name.
    async fn named(&self, after: Option<UserId>) -> Result<Page, StoreError> {
        let page = self.store.dump_users(after, PAGE).await?;
        let next = page.last().filter(|_| page.len() == PAGE).map(|row| row.user.id);
        let named = page.into_iter().filter_map(|row| Some((row.user.name.clone()?, row.user))).collect();
        Ok(Page { named, next })
    }
}
