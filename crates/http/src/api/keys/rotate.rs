//! `POST /keys/rotate`: creates a root key, with which tokens are minted a second later; earlier keys still verify tokens.

use super::EXAMPLE_KEY;
use crate::api::prelude::*;

operation! { RotateKey: post "/keys/rotate" rotate = Create "key" Null "instance" Private needs KeysManage }

#[derive(Serialize, ToSchema)]
struct MadeKey {
    id: String,
}

pub(crate) fn document() -> Document {
    Document::by::<RotateKey>("Create a new root key")
        .about("Tokens are minted with it a second later, when every node knows it. Earlier keys still verify tokens.")
        .no_keys()
        .answers(StatusCode::CREATED, "Created.", &MadeKey { id: EXAMPLE_KEY.to_owned() })
}

pub(crate) async fn rotate(services: Shared, caller: Authorized<RotateKey>, Options(_): Options) -> Result<Response> {
    let id = services.tokens.rotate_key(&caller).await?;
    answer::json_with(StatusCode::CREATED, &MadeKey { id: id.to_string() })
}
