//! `GET /users/{id}`: shows a user.

use super::UserObject;
use crate::api::account::named;
use crate::api::prelude::*;
use crate::path_parameter::USER;

operation! { ShowUser: get "/users/{id}" show = Get "user" Path "instance" Protected needs UsersView, also by SERVICES }

/// A user, and whether the account is large.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShownUser<'a> {
    #[serde(flatten)]
    user: UserObject<'a>,
    /// Whether the store has more than 100,000 tokens of the account, ended ones included; an extension of zonemint.
    many_tokens: bool,
}

pub(crate) fn document() -> Document {
    let example = ShownUser { user: UserObject::example(), many_tokens: false };
    Document::by::<ShowUser>("Show a user").in_path(&USER).answers(StatusCode::OK, "The user.", &example)
}

pub(crate) async fn show(services: Shared, _caller: Authorized<ShowUser>, path: InPath) -> Result<Response> {
    let user = named(&services, path.read(&USER)?).await?;
    answer::json(&ShownUser { user: UserObject::new(&user), many_tokens: services.tokens.has_many(user.id).await? })
}
