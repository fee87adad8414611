//! Accounts: whether there is an administrator, and how passwords are stored.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::finding::{CheckResult, Finding, WithRemedies as _, bytes, note, ok, warning};
use super::memory::room_for_a_hash;
use super::remedy::{Remedy, quoted};
use super::settings::counted;
use crate::cli::some_names::SomeNames;
use crate::config::Config;
use zonemint_base::model::{PasswordHash, Privilege, SubjectKind, User};
use zonemint_http::Member;
use zonemint_service::token::MANY_TOKENS;
use zonemint_service::user::{self, Kind};
use zonemint_store::{AfterUser, PAGE_SIZE};

/// The most accounts that are read.
pub(super) const MOST: usize = 10_000;
/// The most accounts for which a command is shown.
const NEW_PASSWORDS: usize = 5;
const MOST_TOLD: &str = "10,000";
/// Accounts whose tokens one statement counts: PostgreSQL needs 45 ms for a large one, and has a limit of time.
const LARGE_AT_ONCE: usize = 50;

/// The accounts that were read.
pub(super) struct AccountSample {
    pub(super) users: Vec<User>,
    /// Whether there may be more.
    pub(super) is_cut: bool,
}

impl AccountSample {
    /// Reads up to `most` of them.
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

    /// Adds to a finding that it is of the first accounts only, if there may be more.
    pub(super) fn describe(&self, found: &str) -> String {
        if !self.is_cut {
            return found.to_owned();
        }
        format!("of the first {MOST_TOLD} accounts: {found}")
    }
}

pub(super) fn administrator(facts: &Facts, _: &Config) -> CheckResult {
    looked_after(&AccountSample::first(facts, MOST)?)
}

pub(super) fn looked_after(seen: &AccountSample) -> CheckResult {
    let AccountSample { users, is_cut } = seen;
    if users.is_empty() && !is_cut {
        return note("there is no account yet; the first start makes admin, and prints its password once");
    }
    let found = users.iter().filter(|user| user.is_administrator()).count();
    let nobody = "no administrator can sign in with a password";
    if found == 0 && *is_cut {
        return note(seen.describe(nobody));
    }
    if found == 0 {
        let fix = "grant all privileges to a user who can sign in, or set an administrator's password";
        return warning(nobody, fix).with(new_administrator(users));
    }
    let count = counted(found, "administrator", "administrators");
    ok(seen.describe(&format!("{count} can sign in")))
}

/// A password for an administrator who has none; or privileges for a user who has a password, or for a new account.
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

/// Commands that set new passwords, for the first of the users.
fn new_passwords(users: &[&User]) -> Vec<Remedy> {
    let names = users.iter().filter_map(|user| user.name.as_ref()).take(NEW_PASSWORDS);
    names.map(|name| Remedy::zonemint(&format!("user password {} --generate", quoted(name.as_str())))).collect()
}

pub(super) fn hashes(facts: &Facts, config: &Config) -> CheckResult {
    let seen = AccountSample::first(facts, MOST)?;
    let with_hash = |is_wanted: &dyn Fn(&PasswordHash) -> bool| -> Vec<&User> {
        seen.users.iter().filter(|user| user.usable_password().is_some_and(is_wanted)).collect()
    };
    let unusable = with_hash(&|hash| user::check(hash.expose()).is_err());
    if !unusable.is_empty() {
        let count = counted(unusable.len(), "password hash", "password hashes");
        return warning(
            seen.describe(&format!("{count} cannot be verified: their users cannot sign in")),
            "check the store for damage, and set new passwords",
        )
        .with([Remedy::zonemint("store check")])
        .with(new_passwords(&unusable));
    }
    let room = room_for_a_hash(&facts.machine, config).unwrap_or(u64::MAX);
    let too_large = with_hash(&|hash| user::hash_memory(hash.expose()) > room);
    if !too_large.is_empty() {
        let count = counted(too_large.len(), "password hash takes", "password hashes take");
        let mut names = SomeNames::default();
        names.extend(too_large.iter().filter_map(|user| user.name.as_ref()));
        return warning(
            seen.describe(&format!("{count} more than the {} of memory available here: {names}", bytes(room))),
            "give the server more memory, or set new passwords",
        )
        .with(new_passwords(&too_large));
    }
    let revealing = with_hash(&user::reveals_its_account);
    if !revealing.is_empty() {
        let count = counted(revealing.len(), "password hash may need", "password hashes may need");
        return warning(
            seen.describe(&format!(
                "{count} more than a second to refuse a password: the delay can reveal that the account exists"
            )),
            "each becomes argon2id when its user signs in, or gets a new password",
        )
        .with(new_passwords(&revealing));
    }
    let mut kinds = BTreeMap::<Kind, usize>::new();
    for kind in seen.users.iter().filter_map(User::usable_password).flat_map(|hash| user::check(hash.expose())) {
        *kinds.entry(kind).or_default() += 1;
    }
    let own = kinds.remove(&Kind::Argon2id).unwrap_or_default();
    if kinds.is_empty() {
        return ok(seen.describe(&format!("{}, all of argon2id", counted(own, "password", "passwords"))));
    }
    let count = counted(kinds.values().sum(), "password hash is", "password hashes are");
    let longer = if kinds.contains_key(&Kind::Bcrypt) { ", of bcrypt with a password of at most 72 bytes" } else { "" };
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    note(seen.describe(&format!(
        "{count} of another program ({}); each becomes argon2id when its user signs in{longer}",
        kinds.join(", ")
    )))
}

pub(super) fn large(facts: &Facts, config: &Config) -> CheckResult {
    let (seen, store) = (AccountSample::first(facts, MOST)?, facts.store()?);
    let mut names = SomeNames::default();
    for users in seen.users.chunks(LARGE_AT_ONCE) {
        let large = facts.wait(store.large_accounts(users.iter().map(|user| user.id).collect(), MANY_TOKENS))?;
        let large = users.iter().filter(|user| large.contains(&user.id));
        names.extend(large.map(|user| user.name.as_ref().map_or_else(|| user.id.to_string(), ToString::to_string)));
    }
    if names.count() == 0 {
        return ok(seen.describe("none has more than 100,000 tokens in the store"));
    }
    let count = counted(names.count(), "account has", "accounts have");
    let found = seen.describe(&format!(
        "{count} more than 100,000 tokens in the store, ended ones included: {names}. Its lists are long, and searched in parts"
    ));
    let fix = "have scripts use a token again until it ends, or set a shorter token.ttl";
    if config.token.max_per_account > 0 {
        note(found)
    } else {
        warning(found, format!("{fix}, and token.max_per_account"))
    }
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
        return warning(
            format!("forward_auth.groups has members that do not exist: {}", unknown.join(", ")),
            "correct the names: an account that gets such a name later is in the group",
        );
    }
    match gate.members().count() {
        0 => ok("forward_auth.groups has no members"),
        count => ok(format!("{} of forward_auth.groups, all known", counted(count, "member", "members"))),
    }
}
