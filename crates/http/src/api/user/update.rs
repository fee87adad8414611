//! `PATCH /user`: changes the caller's own names.
//!
//! The groups of `forward_auth` list users by name, so a name in a group counts as taken: its user would join the group. This holds in
//! any case, because the store may ignore case later. A name that another account had also counts as taken, because services may still
//! know that account by it.

use crate::api::prelude::*;
use crate::kind::{NAMES, full_name, known_user_name};
use zonemint_base::model::{FullName, NameRule, UserName};
use zonemint_store::{Changed, UserChange};

operation! { UpdateSelf: patch "/user" update = Update "user" Caller "instance" Private }

pub(crate) fn document() -> Document {
    Document::by::<UpdateSelf>("Change the caller's own names")
        .about(NAMES)
        .about("A user name is taken if a group of `forward_auth.groups` lists it, in any case, or if another account had it.")
        .body(
            json!({"fullName": "Alice Doe"}),
            |body| read(body, NameRule::Onezone),
        )
        .says(StatusCode::NO_CONTENT, "Changed.")
        .fails([
            ApiError::from(Denied::Confined(Unlimited::UserName)),
            DataError::BadValueIdentifierOccupied { key: "username" }.into(),
        ])
}

pub(crate) async fn update(
    services: Shared,
    caller: Authorized<UpdateSelf>,
    Options(options): Options,
) -> Result<StatusCode> {
    let rule = services.accounts.name_rule();
    let (full_name, mut name) = read(&mut Body::new(&options), rule)?;
    if let Some(wanted) = &name {
        // For every name, because the answer would reveal which names are taken or listed.
        caller.must_not_be_narrowed(Unlimited::UserName)?;
        // From the store, not the cache: an administrator may have removed the name from the account.
        let user = services.accounts.get(caller.user.id).await?.ok_or(ApiError::NotFound)?;
        if user.name.as_ref() == Some(wanted) {
            // No change, even if the name is removed at this moment, or could not be chosen any more.
            name = None;
        } else if let Err(error) = rule.check(wanted) {
            return Err(DataError::from(error).into());
        } else if !user.is_called(wanted) && !services.gate.groups_listing(wanted, true).is_empty() {
            return Err(DataError::BadValueIdentifierOccupied { key: "username" }.into());
        }
    }
    match services.accounts.change(caller.user.id, UserChange::Names { name, full_name }, &caller).await? {
        Changed::Done => Ok(StatusCode::NO_CONTENT),
        Changed::NotFound | Changed::TooMany => Err(ApiError::NotFound),
        Changed::NameTaken => Err(DataError::BadValueIdentifierOccupied { key: "username" }.into()),
    }
}

fn read(body: &mut Body<'_>, rule: NameRule) -> Result<(Option<FullName>, Option<UserName>), DataError> {
    let names = (body.optional("fullName", full_name())?, body.optional("username", known_user_name(rule))?);
    body.at_least_one_of(&["fullName", "username"])?;
    Ok(names)
}
