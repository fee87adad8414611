//! `GET …/tokens/uses`: how often an account's tokens were used, day by day.

use crate::api::prelude::*;
use zonemint_base::clock;
use zonemint_service::token::DAYS_OF_USES;

operation! { ListUses: get on "/uses" uses = Get Null "user_token_uses" "provider_token_uses" }

/// Days, if the request does not say.
const USUAL: usize = 30;

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
    Document::on::<ListUses>("Count the uses of an account's tokens per day")
        .about("Lists the oldest day first, up to today. A node's uses are included once it has written them.")
        .query(days)
        .answers(StatusCode::OK, "The uses per day.", &example)
}

/// The oldest day first, up to today. A node's uses are there once it has written them (`token.write_counts`).
pub(crate) async fn uses(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ListUses>,
    query: Parameters,
) -> Result<Response, ApiError> {
    let days = u32::try_from(query.read(days)?).unwrap_or(DAYS_OF_USES);
    let uses = services.tokens.uses_of(on.target.id, days, &on.caller).await?;
    let uses = uses.into_iter().map(|(day, count)| Day { day: clock::date(day), count }).collect();
    answer::json(&Uses { uses })
}

fn days(query: &mut Query<'_>) -> Result<usize, ApiError> {
    Ok(query.limit("days", USUAL, DAYS_OF_USES as usize)?)
}
