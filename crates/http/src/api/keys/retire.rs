//! `POST /keys/{id}/retire`: refuses all tokens minted with a root key permanently.

use super::{find, refused};
use crate::api::prelude::*;
use crate::path_parameter::KEY;
use zonemint_service::token::KeyState;

operation! {
    RetireKey: post "/keys/{id}/retire" retire = Update "key" Path "retirement" Private needs KeysManage, ends many
}

const RETIRED: &str = "it is already retired";
const ACTIVE: &str = "it is the active key; rotate first, and wait until another key is active";
const CHANGED: &str = "the keys were changed meanwhile";

pub(crate) fn document() -> Document {
    Document::by::<RetireKey>("Retire a root key: refuse its tokens permanently")
        .in_path(&KEY)
        .about("The active key cannot be retired: rotate first.")
        .no_keys()
        .says(StatusCode::NO_CONTENT, "The key is retired.")
        .fails([Denied::SomeWider.into(), refused(RETIRED), refused(ACTIVE), refused(CHANGED)])
}

/// Refuses the active key, which the command does not: there an operator types the id again. So a browser that is left open cannot end
/// the tokens that are being minted, and the last key stays in any case.
pub(crate) async fn retire(
    services: Shared,
    caller: Authorized<RetireKey>,
    path: InPath,
    Options(_): Options,
) -> Result<StatusCode> {
    let row = find(&services, path.read(&KEY)?).await?;
    match row.state {
        KeyState::Retired => return Err(refused(RETIRED)),
        KeyState::Active => return Err(refused(ACTIVE)),
        KeyState::Next | KeyState::VerifyOnly => {}
    }
    answer::changed(services.tokens.retire_key(row.key.id, &caller).await?, refused(CHANGED))
}
