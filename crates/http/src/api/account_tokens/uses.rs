//! `GET …/tokens/uses`: how often an account's tokens were used, day by day.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::error::{ApiError, DataError};
use crate::extract::AuthorizedOn;
use crate::openapi::{Document, value};
use crate::query;
use crate::rule::ListUses;
use crate::state::SharedServices;
use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;
use zonemint_base::clock;
use zonemint_service::token::DAYS_OF_USES;

/// Days, if the request does not say.
const USUAL: usize = 30;

/// What is expected in the query.
const SOME_DAYS: &str = "a whole number from 1 to 90";

/// What the query may hold.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct UsesQuery {
    days: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TokenUses)]
struct Uses {
    uses: Vec<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UsesOfDay)]
struct Day {
    /// In UTC, as `2026-11-24`.
    day: String,
    count: u64,
}

pub(crate) fn document() -> Document {
    let example = Uses { uses: vec![Day { day: "2026-11-24".to_owned(), count: 12 }] };
    Document::on::<ListUses>("How often an account's tokens were used, day by day")
        .about("The oldest day first, up to today. A node's uses are there once it has written them.")
        .query("days", value::expected(Type::Integer, "How many, 1 to 90; 30 if absent", SOME_DAYS))
        .answers(StatusCode::OK, "The days.", &example)
        .fails([DataError::BadData { key: "query", hint: None }])
}

/// The oldest day first, up to today. A node's uses are there once it has written them (`token.write_counts`).
pub(crate) async fn uses(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ListUses>,
    query: Result<Query<UsesQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let days = query::limit("days", query::read(query)?.days.as_deref(), USUAL, DAYS_OF_USES as usize)?;
    let days = u32::try_from(days).unwrap_or(DAYS_OF_USES);
    let uses = services.tokens.uses_of(on.target.id, days, &on.caller).await?;
    let uses = uses.into_iter().map(|(day, count)| Day { day: clock::date(day), count }).collect();
    answer::json(&Uses { uses })
}
