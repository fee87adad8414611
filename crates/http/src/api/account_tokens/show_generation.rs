//! `GET …/tokens/temporary`: which generation of temporary tokens is good now.

use crate::api::prelude::*;
use crate::rule::{TargetNamed, TargetRule};
use zonemint_caveat::OperationKind;

operation! { get on "/temporary" show_generation }

pub(crate) struct ShowGeneration;

impl TargetRule for ShowGeneration {
    const OPERATION: TargetNamed = TargetNamed::Secret(OperationKind::Get);
}

#[derive(Serialize, ToSchema)]
#[schema(as = TokenGeneration)]
struct Generation {
    generation: u64,
}

pub(crate) fn document() -> Document {
    Document::on::<ShowGeneration>("Show the current generation of temporary tokens")
        .answers(StatusCode::OK, "The generation.", &Generation { generation: 1 })
        .fails([ApiError::NotFound])
}

pub(crate) async fn show_generation(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ShowGeneration>,
) -> Result<Response, ApiError> {
    let user = services.accounts.get(on.target.id).await?.ok_or(ApiError::NotFound)?;
    answer::json(&Generation { generation: user.generation })
}
