//! `GET …/tokens/uses`: counts the uses of an account's tokens per day.

use crate::api::prelude::*;
use zonemint_base::clock;
use zonemint_service::token::DAYS_OF_USES;

operation! { ListUses: get on "/uses" uses = Get Null "user_token_uses" "provider_token_uses" }

/// The default number of days.
const USUAL: usize = 30;

#[derive(Serialize, ToSchema)]
struct TokenUses {
    uses: Vec<UsesOfDay>,
}

#[derive(Serialize, ToSchema)]
struct UsesOfDay {
    /// In UTC, as `2026-11-24`.
    day: String,
    count: u64,
}

pub(crate) fn document() -> Document {
    let example = TokenUses { uses: vec![UsesOfDay { day: "2026-11-24".to_owned(), count: 12 }] };
    Document::on::<ListUses>("Count the uses of an account's tokens per day")
        .about("Lists the oldest day first, up to today. A node's uses are included once it has written them.")
        .query(days)
        .answers(StatusCode::OK, "The uses per day.", &example)
}

/// The oldest day first, up to today. A node's uses are there once it has written them (`token.write_counts`).
pub(crate) async fn uses(services: Shared, on: AuthorizedOn<ListUses>, query: Parameters) -> Result<Response> {
    let days = u32::try_from(query.read(days)?).unwrap_or(DAYS_OF_USES);
    let uses = services.tokens.uses_of(on.target.id, days, &on.caller).await?;
    let uses = uses.into_iter().map(|(day, count)| UsesOfDay { day: clock::date(day), count }).collect();
    answer::json(&TokenUses { uses })
}

fn days(query: &mut Query<'_>) -> Result<usize> {
    Ok(query.limit("days", USUAL, DAYS_OF_USES as usize)?)
}
