//! `POST /keys/rotate`: a new root key, with which tokens are made a second later; earlier ones go on verifying.

use super::EXAMPLE_KEY;
use crate::api::prelude::*;

operation! { RotateKey: post "/keys/rotate" rotate = Create "key" Null "instance" Private needs KeysManage }

#[derive(Serialize, ToSchema)]
#[schema(as = MadeKey)]
struct CreatedBody {
    id: String,
}

pub(crate) fn document() -> Document {
    Document::by::<RotateKey>("Create a new root key")
        .about("Tokens are minted with it a second later, when every node knows it. Earlier keys still verify tokens.")
        .no_keys()
        .answers(StatusCode::CREATED, "Created.", &CreatedBody { id: EXAMPLE_KEY.to_owned() })
}

pub(crate) async fn rotate(
    State(services): State<SharedServices>,
    caller: Authorized<RotateKey>,
    Options(_): Options,
) -> Result<Response, ApiError> {
    let id = services.tokens.rotate_key(&caller).await?;
    answer::json_with(StatusCode::CREATED, &CreatedBody { id: id.to_string() })
}
