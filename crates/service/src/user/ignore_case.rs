//! Has names compared without case: finds what stands in the way, folds all names, and marks the store.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::accounts::Accounts;
use zonemint_base::model::{FoldedName, NameRule, User, UserId, UserName};
use zonemint_store::{Actor, Changed, FormerName, PAGE_SIZE, StoreError, UserRow};

/// Attempts to mark a store in which names are written at the same time.
const TRIES: usize = 5;

/// What came of marking the store.
#[derive(Debug)]
pub enum IgnoreCase {
    /// It is marked: so many accounts have names.
    Marked(usize),
    /// Nothing was changed: these accounts are in the way.
    Clashes(Vec<Clash>),
    /// Nothing was changed: names were written at the same time.
    Overtaken,
}

/// Why a store cannot be marked as it is.
#[derive(Debug)]
pub enum Clash {
    /// The names of these accounts differ in case only.
    Names(Vec<User>),
    /// A name that is reserved differs from this account's in case only: the account would get what comes with it.
    Reserved(User),
    /// Another account gave up this name, and this account then took one that differs in case only: it would be taken for that one.
    Former(User, UserName),
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

    /// Makes all nodes compare names without case from now on, unless some names differ in case only. Repairs a store that is marked
    /// already. `reserves` tells whether an account must not get a name that differs in case only, because the name carries rights.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails. A second call continues.
    pub async fn ignore_case(&self, reserves: impl Fn(&UserName) -> bool) -> Result<IgnoreCase, StoreError> {
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
            let mut clashes = self.gains(&accounts, &reserves).await?;
            clashes.extend(accounts.into_values().filter(|users| users.len() > 1).map(Clash::Names));
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

    /// What accounts would get by names that are theirs in another case only. Those that are found by each spelling have it already.
    async fn gains(
        &self,
        accounts: &BTreeMap<FoldedName, Vec<User>>,
        reserves: impl Fn(&UserName) -> bool,
    ) -> Result<Vec<Clash>, StoreError> {
        let new = |users: &Vec<User>| users.iter().filter(|user| !user.ignores_case).cloned().collect::<Vec<_>>();
        let is_reserved = |user: &User| user.name.as_ref().is_some_and(&reserves);
        let mut clashes: Vec<_> = accounts.values().flat_map(new).filter(is_reserved).map(Clash::Reserved).collect();
        let (mut since, mut same) = (BTreeMap::<UserId, u64>::new(), Vec::new());
        let mut after: Option<FormerName> = None;
        loop {
            let page = self.store.dump_names(after, PAGE_SIZE).await?;
            for former in &page {
                let last = since.entry(former.owner).or_default();
                *last = former.until_ms.max(*last);
            }
            let is_last = page.len() < PAGE_SIZE;
            after = page.last().cloned();
            same.extend(page.into_iter().filter(|former| accounts.contains_key(&former.name.folded())));
            if is_last {
                break;
            }
        }
        for former in same {
            // An account that had the name when the other one gave it up has not taken it. An account with the exact name was given
            // it, because nobody can take that.
            let is_gained = |user: &User| {
                user.id != former.owner
                    && user.name.as_ref() != Some(&former.name)
                    && since.get(&user.id).map_or(user.created_ms, |last| *last) >= former.until_ms
            };
            let users = accounts.get(&former.name.folded()).map(new).unwrap_or_default();
            clashes.extend(users.into_iter().filter(is_gained).map(|user| Clash::Former(user, former.name.clone())));
        }
        Ok(clashes)
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
            let page = self.store.dump_names(after, PAGE_SIZE).await?;
            after = page.last().cloned();
            let is_last = page.len() < PAGE_SIZE;
            if self.store.fold_names(Vec::new(), page).await? != Changed::Done {
                return Ok(Changed::NameTaken);
            }
            if is_last {
                return Ok(Changed::Done);
            }
        }
    }

    /// Some accounts that have a name, without their password hashes, which no comparison of names needs.
    async fn named(&self, after: Option<UserId>) -> Result<Page, StoreError> {
        let page = self.store.dump_users(after, PAGE_SIZE).await?;
        let next = page.last().filter(|_| page.len() == PAGE_SIZE).map(|row| row.user.id);
        let one = |UserRow { user, .. }| Some((user.name.clone()?, User { password: None, ..user }));
        let named = page.into_iter().filter_map(one).collect();
        Ok(Page { named, next })
    }
}
