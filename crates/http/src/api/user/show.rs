//! `GET /user`: shows the caller.

use crate::api::prelude::*;
use crate::api::users::UserObject;

operation! { ShowSelf: get "/user" show = Get "user" Caller "instance" Protected, also by SERVICES }

pub(crate) fn document() -> Document {
    Document::by::<ShowSelf>("Show the caller").answers(StatusCode::OK, "The caller.", &UserObject::example())
}

pub(crate) async fn show(services: Shared, caller: Authorized<ShowSelf>) -> Result<Response> {
    let write = || answer::json_bytes(&UserObject::new(&caller.user));
    services.user_answers.of(&caller.user, write).map(answer::ready_json)
}
