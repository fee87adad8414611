//! `POST /keys/{id}/activate`: mints tokens with an existing root key, instead of the active one.

use super::{find, refused};
use crate::api::prelude::*;
use crate::path_parameter::KEY;
use zonemint_service::token::KeyState;

operation! {
    ActivateKey: post "/keys/{id}/activate" activate = Update "key" Path "activation" Private needs KeysManage
}

const RETIRED: &str = "it is retired, and its tokens are refused permanently; choose another key, or rotate";

pub(crate) fn document() -> Document {
    Document::by::<ActivateKey>("Activate a root key")
        .in_path(&KEY)
        .about(
            "Every node mints tokens with it at most a second later. The previously active key still verifies tokens.",
        )
        .no_keys()
        .says(StatusCode::NO_CONTENT, "The key is active.")
        .fails([refused(RETIRED)])
}

pub(crate) async fn activate(
    services: Shared,
    caller: Authorized<ActivateKey>,
    path: InPath,
    Options(_): Options,
) -> Result<StatusCode> {
    let row = find(&services, path.read(&KEY)?).await?;
    if row.state == KeyState::Retired {
        return Err(refused(RETIRED));
    }
    // It may have been retired in the meantime.
    answer::changed(services.tokens.activate_key(row.key.id, &caller).await?, refused(RETIRED))
}
