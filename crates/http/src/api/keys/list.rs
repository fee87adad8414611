//! `GET /keys`: lists the root keys and their states, the last in order first.

use super::EXAMPLE_KEY;
use crate::api::prelude::*;
use crate::query::flag;
use zonemint_service::token::{KeyState, RootKeyRow};

operation! { ListKeys: get "/keys" list = Get "key" Null "list" Private needs KeysManage }

#[derive(Serialize, ToSchema)]
struct Keyring {
    keys: Vec<RootKey>,
}

/// A root key as it is listed. Moments are Unix seconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RootKey {
    id: String,
    state: &'static str,
    created: u64,
    /// Whether `created` is later than now: a clock was ahead. Nothing depends on it.
    from_future: bool,
    retired: Option<u64>,
    /// The id of the key-encryption key that it is sealed by.
    sealed_by: String,
    /// The number of valid stored tokens minted with it. If it is retired, they end, and so do its temporary tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    good_tokens: Option<u64>,
}

pub(crate) fn document() -> Document {
    let example = RootKey {
        id: EXAMPLE_KEY.to_owned(),
        state: "active",
        created: 1_763_942_400,
        from_future: false,
        retired: None,
        sealed_by: "b3a1c5d7e9f00112".to_owned(),
        good_tokens: Some(12),
    };
    Document::by::<ListKeys>("List the root keys and their states, the last in order first")
        .about("Contains neither a root key nor the key that decrypts one.")
        .query(count)
        .answers(StatusCode::OK, "The keys.", &Keyring { keys: vec![example] })
}

pub(crate) async fn list(services: Shared, _caller: Authorized<ListKeys>, query: Parameters) -> Result<Response> {
    let count = query.read(count)?;
    let mut keys = Vec::new();
    for RootKeyRow { key, state, is_from_future } in services.tokens.root_keys().await? {
        let good_tokens = match state {
            KeyState::Retired => count.then_some(0),
            _ if count => Some(services.tokens.tokens_under(key.id).await?),
            _ => None,
        };
        keys.push(RootKey {
            id: key.id.to_string(),
            state: name(state),
            created: key.created_ms / 1000,
            from_future: is_from_future,
            retired: key.retired_ms.map(|ms| ms / 1000),
            sealed_by: key.sealed_by.to_string(),
            good_tokens,
        });
    }
    answer::json(&Keyring { keys })
}

fn count(query: &mut Query<'_>) -> Result<bool> {
    let about = "Whether to count the valid tokens of each key; this reads all stored tokens";
    Ok(query.optional("count", flag(about))?.unwrap_or(false))
}

/// The names of the command line, except for the longest one.
fn name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Next => "next",
        KeyState::VerifyOnly => "verifying",
        KeyState::Retired => "retired",
    }
}
