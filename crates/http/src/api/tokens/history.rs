//! `GET /tokens/named/{id}/history`: lists the audit rows of a token, newest first.

use super::object::OWN_OR_MANAGED;
use crate::api::audit::{RequestOfRow, may_see_networks, minted_by, paging};
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::extract::SignedIn;
use crate::path_parameter::ANY_ID;
use zonemint_service::audit::{Place, Wanted, line};
use zonemint_service::token::MintError;
use zonemint_store::{AuditEntry, AuditRow};

operation! { ShowTokenHistory: get "/tokens/named/{id}/history" history = Get "token" Path "history" Private }

#[derive(Serialize, ToSchema)]
struct TokenHistory {
    rows: Vec<TokenEvent>,
    /// The `cursor` of the page with older rows; null on the last page. A page may have few rows or none although more pages
    /// follow.
    next: Option<String>,
}

/// An audit row about the token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenEvent {
    /// The time, in UTC, as `2026-11-24T12:00:00.000Z`.
    time: String,
    /// The same moment, in Unix milliseconds.
    at_ms: u64,
    /// The action, as in `token.mint`.
    action: &'static str,
    /// The id of the account that acted; null for the operator and the server itself.
    actor: Option<String>,
    /// The rest of the audit note, as `name=value` separated by blanks.
    note: Option<String>,
    /// Of a mint: the id of the token that authorised it, or `temporary:ACCOUNT:GENERATION`; null if a password did.
    minted_by: Option<String>,
    #[serde(flatten)]
    of_request: RequestOfRow,
}

impl TokenEvent {
    /// One for the document.
    fn example() -> Self {
        Self {
            time: "2026-11-24T12:00:00.000Z".to_owned(),
            at_ms: 1_795_521_600_000,
            action: "token.mint",
            actor: Some(EXAMPLE_ID.to_owned()),
            note: None,
            minted_by: None,
            of_request: RequestOfRow {
                way: Some("password".to_owned()),
                request: Some("1f2e3d4c-5a".to_owned()),
                network: Some("192.0.2.0/24".to_owned()),
            },
        }
    }

    fn of(row: &AuditRow, caller: &SignedIn) -> Self {
        // Rows of the operator and of the server itself have nothing to hide.
        let is_shown_whole = row.actor.is_none_or(|actor| may_see_networks(caller, actor));
        let parts: Vec<_> = row.note.iter().flat_map(|note| note.split(' ')).filter(|part| is_shown(part)).collect();
        Self {
            time: line::time(row.at_ms),
            at_ms: row.at_ms,
            action: row.action.name(),
            actor: row.actor.map(|id| id.to_string()),
            note: Some(parts.join(" ")).filter(|note| !note.is_empty()),
            minted_by: minted_by(row).map(str::to_owned),
            of_request: if is_shown_whole { RequestOfRow::noted(row) } else { RequestOfRow::default() },
        }
    }
}

/// Whether a part of a note has no key of its own.
fn is_shown(part: &str) -> bool {
    let own = [AuditEntry::MINTED_BY, AuditEntry::WAY, AuditEntry::REQUEST, AuditEntry::NETWORK];
    part.split_once('=').is_none_or(|(key, _)| !own.contains(&key))
}

pub(crate) fn document() -> Document {
    Document::by::<ShowTokenHistory>("Show the history of a token: its audit rows, newest first")
        .in_path(&ANY_ID)
        .about(OWN_OR_MANAGED)
        .about("Ends where the token was minted, or where older rows were archived.")
        .about(
            "Shows `way`, `request` and `network` of the caller's own requests, unless the caller's token is confined. A caller who may \
             read the audit trail sees them of all requests.",
        )
        .query(|query| paging::read(query, Place::parse))
        .answers(StatusCode::OK, "The page.", &TokenHistory { rows: vec![TokenEvent::example()], next: None })
        .fails([Denied::Narrower])
}

pub(crate) async fn history(
    services: Shared,
    caller: Authorized<ShowTokenHistory>,
    path: InPath,
    query: Parameters,
) -> Result<Response> {
    let token = services.tokens.readable(&path.read(&ANY_ID)?, &caller).await?;
    let (tokens, reader) = (&services.tokens, caller.user.id);
    let open = |text: &str| Place::of_bytes(&tokens.open_cursor(token.id, reader, text)?);
    let (limit, place) = query.read(|query| paging::read(query, open))?;
    let wanted = Wanted { token: Some(token.id), from_ms: Some(token.created_ms), ..Wanted::default() };
    let page = services.audit.newest(&wanted, place.as_ref(), limit).await?;
    // A cursor in clear text would reveal how many rows all accounts have written. The number of pages still reveals it roughly.
    let seal = |place: Place| tokens.seal_cursor(token.id, reader, &place.padded()).ok_or(MintError::NoKey);
    let next = page.next.map(seal).transpose()?;
    answer::json(&TokenHistory { rows: page.rows.iter().map(|(row, _)| TokenEvent::of(row, &caller)).collect(), next })
}
