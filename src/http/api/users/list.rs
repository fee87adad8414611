//! `GET /users`: the ids of all users.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::EXAMPLE_ID;
use crate::http::error::ApiError;
use crate::http::extract::By;
use crate::http::openapi::Document;
use crate::http::pages::{self, Page};
use crate::http::rule::ListUsers;
use crate::http::state::SharedServices;
use crate::model::SubjectKind;
use crate::store::AfterUser;

/// Users read at a time.
const AT_ONCE: usize = 500;

pub(in crate::http) fn document() -> Document {
    Document::by::<ListUsers>("The ids of all users")
        .about("Services are not users.")
        .lists("users", "All users.", EXAMPLE_ID)
}

pub(in crate::http) async fn list(
    State(services): State<SharedServices>,
    _caller: By<ListUsers>,
) -> Result<Response, ApiError> {
    pages::list("users", move |after| {
        let services = Arc::clone(&services);
        async move {
            let users = services.accounts.list(after, AT_ONCE).await?;
            let next = users.last().filter(|_| users.len() == AT_ONCE);
            let next = next.map(|user| AfterUser { name: user.name.clone(), id: user.id });
            let people = users.iter().filter(|user| user.kind == SubjectKind::User);
            Ok(Page { texts: people.map(|user| user.id.to_string()).collect(), next })
        }
    })
    .await
}
