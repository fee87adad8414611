//! Accounts: whether somebody can look after them, and how their passwords are kept.

use super::finding::{Finding, Found};
use super::patient::Patient;
use super::settings::counted;
use crate::config::Config;
use crate::http::Member;
use crate::model::{Privilege, User};
use crate::store::AfterUser;
use crate::user::{self, Kind};

/// Accounts read at a time, and in all: a look, no audit.
const PAGE: usize = 500;
const MOST: usize = 10_000;

fn users(patient: &Patient) -> Result<Vec<User>, Finding> {
    let store = patient.store()?;
    let mut users: Vec<User> = Vec::new();
    while users.len() < MOST {
        let after = users.last().map(|user| AfterUser { name: user.name.clone(), id: user.id });
        let page = patient.wait(store.users(after, PAGE))?;
        let is_last = page.len() < PAGE;
        users.extend(page);
        if is_last {
            break;
        }
    }
    Ok(users)
}

pub(super) fn administrator(patient: &Patient, _: &Config) -> Found {
    let users = users(patient)?;
    if users.is_empty() {
        return Ok(Finding::note("there is no account yet; the first start makes admin, and prints its password once"));
    }
    let may = |user: &&User| user.privileges.contain(Privilege::UsersManagePasswords) && !user.blocked;
    let found = users.iter().filter(may).filter(|user| user.usable_password().is_some()).count();
    if found == 0 {
        return Ok(Finding::warning(
            "nobody who may look after accounts can sign in with a password",
            "`zonemint user password NAME` gives one; `zonemint user grant NAME --all` makes an administrator",
        ));
    }
    Ok(Finding::ok(format!(
        "{} may look after the others",
        counted(found, "account that can sign in", "accounts that can sign in")
    )))
}

pub(super) fn hashes(patient: &Patient, _: &Config) -> Found {
    let users = users(patient)?;
    let kinds = users.iter().filter_map(User::usable_password).map(|hash| user::check(hash.expose()));
    let (mut own, mut foreign, mut unusable) = (0, 0, 0);
    for kind in kinds {
        match kind {
            Ok(Kind::Argon2id) => own += 1,
            Ok(_) => foreign += 1,
            Err(_) => unusable += 1,
        }
    }
    if unusable > 0 {
        return Ok(Finding::warning(
            format!(
                "{} cannot be verified: their users cannot sign in",
                counted(unusable, "password hash", "password hashes")
            ),
            "`zonemint store check` looks for damage; `zonemint user password NAME` sets a new password",
        ));
    }
    if foreign > 0 {
        return Ok(Finding::note(format!(
            "{} of another program; each becomes argon2id when its user signs in",
            counted(foreign, "password hash is", "password hashes are")
        )));
    }
    Ok(Finding::ok(format!("{}, all of argon2id", counted(own, "password", "passwords"))))
}

pub(super) fn groups(patient: &Patient, config: &Config) -> Found {
    let gate = config.forward_auth.gate();
    let mut unknown = Vec::new();
    for (group, member) in gate.members() {
        let store = patient.store()?;
        let (found, name) = match &member {
            Member::Name(name) => (patient.wait(store.user_by_name(name))?, name.as_str().to_owned()),
            Member::Id(id) => (patient.wait(store.user(*id))?, id.to_string()),
        };
        if found.is_none() {
            unknown.push(format!("{name} ({group})"));
        }
    }
    if !unknown.is_empty() {
        return Ok(Finding::warning(
            format!("forward_auth.groups has members that there are not: {}", unknown.join(", ")),
            "mend the names: who is given such a name later is in the group",
        ));
    }
    match gate.members().count() {
        0 => Ok(Finding::ok("forward_auth.groups names nobody")),
        count => Ok(Finding::ok(format!("{} of forward_auth.groups, all known", counted(count, "member", "members")))),
    }
}
