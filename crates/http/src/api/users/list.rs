//! `GET /users`: lists the ids of all users, or of those whose name contains a text.

use super::EXAMPLE_ID;
use super::show::ShowUser;
use crate::api::prelude::*;
use crate::extract::on_account;
use crate::query::any;
use zonemint_base::model::{Privilege, SubjectKind, User, caseless};
use zonemint_store::AfterUser;

operation! { ListUsers: get "/users" list = Get "user" Null "list" Private needs UsersList }

/// Users read at a time.
const BATCH_SIZE: usize = 500;

/// A caller who may not see users must not find out their names by a search.
const NOT_SEEN: &str = "searching by name also needs the privilege oz_users_view";

pub(crate) fn document() -> Document {
    Document::by::<ListUsers>("List the ids of all users")
        .about("Services are not users.")
        .about(
            "With `name`, lists users whose user name or full name contains the text, ignoring case. This also needs the \
             privilege `oz_users_view`. A token that may view only some users finds only these.",
        )
        .query(text)
        .fails([ApiError::Forbidden { hint: Some(NOT_SEEN) }])
        .lists("users", "The ids.", EXAMPLE_ID)
}

pub(crate) async fn list(services: Shared, caller: Authorized<ListUsers>, query: Parameters) -> Result<Response> {
    let text = query.read(text)?;
    // A search reveals names.
    if text.is_some() && !caller.has(Privilege::UsersView) {
        return Err(ApiError::Forbidden { hint: Some(NOT_SEEN) });
    }
    pages::list("users", (services, caller, text), |with, after| async move {
        let (services, caller, text) = &*with;
        let holds = |name: &str| text.as_ref().is_none_or(|text| caseless(name).contains(text));
        let is_meant = |user: &User| {
            let has_name = user.name.as_ref().is_some_and(|name| holds(name.as_str()));
            (has_name || holds(user.full_name.as_str())) && (text.is_none() || may_see(caller, user))
        };
        let users = services.accounts.list(after, BATCH_SIZE).await?;
        let next = users.last().filter(|_| users.len() == BATCH_SIZE);
        let next = next.map(|user| AfterUser { name: user.name.clone(), id: user.id });
        let people = users.iter().filter(|user| user.kind == SubjectKind::User && is_meant(user));
        Ok(Page { texts: people.map(|user| user.id.to_string()).collect(), next })
    })
    .await
}

/// The text that names must contain.
fn text(query: &mut Query<'_>) -> Result<Option<String>> {
    Ok(query.optional("name", any("A part of a user name or a full name", "alice"))?.map(caseless))
}

/// Whether the caller's token allows to see the user.
fn may_see(caller: &Authorized<ListUsers>, user: &User) -> bool {
    caller.allows(&on_account::<ShowUser>(&user.id.to_string())).is_ok()
}
