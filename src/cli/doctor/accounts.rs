//! Accounts: whether somebody can look after them, and how their passwords are kept.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::finding::{CheckResult, Finding, bytes};
use super::memory::room_for_a_hash;
use super::remedy::{Remedy, quoted};
use super::settings::counted;
use crate::cli::some_names::SomeNames;
use crate::config::Config;
use zonemint_base::model::{Privilege, SubjectKind, User};
use zonemint_http::Member;
use zonemint_service::user::{self, Kind};
use zonemint_store::{AfterUser, PAGE_SIZE};

/// Accounts that are read in all: a look, no audit.
pub(super) const MOST: usize = 10_000;
/// Accounts for which a command is told.
const NEW_PASSWORDS: usize = 5;
const MOST_TOLD: &str = "10,000";

/// The accounts that were looked at.
pub(super) struct AccountSample {
    pub(super) users: Vec<User>,
    /// There may be more.
    pub(super) is_cut: bool,
}

impl AccountSample {
    /// Up to `most` of them.
    pub(super) fn first(facts: &Facts, most: usize) -> Result<Self, Finding> {
        let store = facts.store()?;
        let mut users: Vec<User> = Vec::new();
        while users.len() < most {
            let after = users.last().map(|user| AfterUser { name: user.name.clone(), id: user.id });
            let wanted = PAGE_SIZE.min(most - users.len());
            let page = facts.wait(store.users(after, wanted))?;
            let is_last = page.len() < wanted;
            users.extend(page);
            if is_last {
                return Ok(Self { users, is_cut: false });
            }
        }
        Ok(Self { users, is_cut: true })
    }

    /// Says what part of the accounts something was found in, unless it is all of them.
    pub(super) fn describe(&self, found: &str) -> String {
        if !self.is_cut {
            return found.to_owned();
        }
        format!("of the first {MOST_TOLD} accounts: {found}")
    }
}

pub(super) fn administrator(facts: &Facts, _: &Config) -> CheckResult {
    Ok(looked_after(&AccountSample::first(facts, MOST)?))
}

pub(super) fn looked_after(seen: &AccountSample) -> Finding {
    let AccountSample { users, is_cut } = seen;
    if users.is_empty() && !is_cut {
        return Finding::note("there is no account yet; the first start makes admin, and prints its password once");
    }
    let found = users.iter().filter(|user| user.is_administrator()).count();
    let nobody = "no administrator can sign in with a password";
    if found == 0 && *is_cut {
        return Finding::note(seen.describe(nobody));
    }
    if found == 0 {
        let fix = "grant all privileges to a user who can sign in, or set an administrator's password";
        return Finding::warning(nobody, fix).with(new_administrator(users));
    }
    let count = counted(found, "administrator", "administrators");
    Finding::ok(seen.describe(&format!("{count} can sign in")))
}

/// A password for an administrator who has none; or rights for somebody who has one, or for a new account.
fn new_administrator(users: &[User]) -> Vec<Remedy> {
    let is_person = |user: &&User| user.kind == SubjectKind::User && !user.blocked;
    let named = |wanted: &dyn Fn(&&User) -> bool| {
        let mut found = users.iter().filter(is_person).filter(wanted);
        found.find_map(|user| user.name.as_ref()).map(|name| quoted(name.as_str()))
    };
    if let Some(name) = named(&|user| user.privileges.contain(Privilege::UsersManagePasswords)) {
        return vec![Remedy::zonemint(&format!("user password {name} --generate"))];
    }
    if let Some(name) = named(&|user| user.usable_password().is_some()) {
        return vec![Remedy::zonemint(&format!("user grant {name} --all"))];
    }
    let is_free = |name: &&str| users.iter().all(|user| user.name.as_ref().is_none_or(|taken| taken.as_str() != *name));
    let name = ["admin", "administrator"].into_iter().find(is_free).unwrap_or("new-administrator");
    vec![
        Remedy::zonemint(&format!("user add {name} --generate")),
        Remedy::zonemint(&format!("user grant {name} --all")),
    ]
}

/// New passwords for the first of some users.
fn new_passwords(users: &[User], wanted: impl Fn(&&User) -> bool) -> Vec<Remedy> {
    let names = users.iter().filter(wanted).filter_map(|user| user.name.as_ref()).take(NEW_PASSWORDS);
    names.map(|name| Remedy::zonemint(&format!("user password {} --generate", quoted(name.as_str())))).collect()
}

pub(super) fn hashes(facts: &Facts, config: &Config) -> CheckResult {
    let seen = AccountSample::first(facts, MOST)?;
    let kinds = seen.users.iter().filter_map(User::usable_password).map(|hash| user::check(hash.expose()));
    let is_unusable = |user: &&User| user.usable_password().is_some_and(|hash| user::check(hash.expose()).is_err());
    let is_revealing = |user: &&User| user.usable_password().is_some_and(user::reveals_its_account);
    let revealing = seen.users.iter().filter(is_revealing).count();
    let (mut own, mut foreign, mut unusable) = (0, BTreeMap::<Kind, usize>::new(), 0);
    for kind in kinds {
        match kind {
            Ok(Kind::Argon2id) => own += 1,
            Ok(kind) => *foreign.entry(kind).or_default() += 1,
            Err(_) => unusable += 1,
        }
    }
    if unusable > 0 {
        return Ok(Finding::warning(
            seen.describe(&format!(
                "{} cannot be verified: their users cannot sign in",
                counted(unusable, "password hash", "password hashes")
            )),
            "check the store for damage, and set new passwords",
        )
        .with([Remedy::zonemint("store check")])
        .with(new_passwords(&seen.users, is_unusable)));
    }
    let room = room_for_a_hash(&facts.machine, config).unwrap_or(u64::MAX);
    let is_too_large =
        |user: &&User| user.usable_password().is_some_and(|hash| user::hash_memory(hash.expose()) > room);
    let mut too_large = SomeNames::default();
    too_large.extend(seen.users.iter().filter(is_too_large).filter_map(|user| user.name.as_ref()));
    if too_large.count() > 0 {
        return Ok(Finding::warning(
            seen.describe(&format!(
                "{} more than the {} of memory available here: {}",
                counted(too_large.count(), "password hash takes", "password hashes take"),
                bytes(room),
                too_large
            )),
            "give the server more memory, or set new passwords",
        )
        .with(new_passwords(&seen.users, is_too_large)));
    }
    if revealing > 0 {
        return Ok(Finding::warning(
            seen.describe(&format!(
                "{} more than a second to refuse a password: the delay can reveal that the account exists",
                counted(revealing, "password hash may need", "password hashes may need")
            )),
            "each becomes argon2id when its user signs in, or gets a new password",
        )
        .with(new_passwords(&seen.users, is_revealing)));
    }
    if !foreign.is_empty() {
        let kinds: Vec<_> = foreign.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
        let longer =
            if foreign.contains_key(&Kind::Bcrypt) { ", of bcrypt with a password of at most 72 bytes" } else { "" };
        return Ok(Finding::note(seen.describe(&format!(
            "{} of another program ({}); each becomes argon2id when its user signs in{longer}",
            counted(foreign.values().sum(), "password hash is", "password hashes are"),
            kinds.join(", "),
        ))));
    }
    Ok(Finding::ok(seen.describe(&format!("{}, all of argon2id", counted(own, "password", "passwords")))))
}

pub(super) fn groups(facts: &Facts, config: &Config) -> CheckResult {
    let gate = config.forward_auth.gate();
    let mut unknown = Vec::new();
    for (group, member) in gate.members() {
        let store = facts.store()?;
        let (found, name) = match &member {
            Member::Name(name) => (facts.wait(store.user_by_name(name))?, name.as_str().to_owned()),
            Member::Id(id) => (facts.wait(store.user(*id))?, id.to_string()),
        };
        if found.is_none() {
            unknown.push(format!("{name} ({group})"));
        }
    }
    if !unknown.is_empty() {
        return Ok(Finding::warning(
            format!("forward_auth.groups has members that do not exist: {}", unknown.join(", ")),
            "correct the names: an account that gets such a name later is in the group",
        ));
    }
    match gate.members().count() {
        0 => Ok(Finding::ok("forward_auth.groups has no members")),
        count => Ok(Finding::ok(format!("{} of forward_auth.groups, all known", counted(count, "member", "members")))),
    }
}
