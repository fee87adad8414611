//! `GET …/tokens/temporary`: shows the current generation of temporary tokens.

use crate::api::prelude::*;
use crate::rule::{TargetNamed, TargetRule};
use zonemint_caveat::OperationKind;

operation! { get on "/temporary" show_generation }

pub(crate) struct ShowGeneration;

impl TargetRule for ShowGeneration {
    const OPERATION: TargetNamed = TargetNamed::Secret(OperationKind::Get);
}

#[derive(Serialize, ToSchema)]
struct TokenGeneration {
    generation: u64,
}

pub(crate) fn document() -> Document {
    Document::on::<ShowGeneration>("Show the current generation of temporary tokens")
        .answers(StatusCode::OK, "The generation.", &TokenGeneration { generation: 1 })
        .fails([ApiError::NotFound])
}

pub(crate) async fn show_generation(services: Shared, on: AuthorizedOn<ShowGeneration>) -> Result<Response> {
    let user = services.accounts.get(on.target.id).await?.ok_or(ApiError::NotFound)?;
    answer::json(&TokenGeneration { generation: user.generation })
}
