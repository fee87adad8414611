//! `GET /users/{id}`: shows a user.

use super::UserObject;
use crate::api::account::named;
use crate::api::prelude::*;
use crate::path_parameter::USER;

operation! { ShowUser: get "/users/{id}" show = Get "user" Path "instance" Protected needs UsersView, also by SERVICES }

pub(crate) fn document() -> Document {
    Document::by::<ShowUser>("Show a user").in_path(&USER).answers(StatusCode::OK, "The user.", &UserObject::example())
}

pub(crate) async fn show(services: Shared, _caller: Authorized<ShowUser>, path: InPath) -> Result<Response> {
    answer::json(&UserObject::new(&named(&services, path.read(&USER)?).await?))
}
