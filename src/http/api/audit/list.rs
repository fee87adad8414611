//! `GET /audit`: the newest audit rows of all nodes, page by page.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;

use crate::audit::{self, Place, Wanted, line};
use crate::http::answer;
use crate::http::api::users::EXAMPLE_ID;
use crate::http::error::{ApiError, DataError};
use crate::http::extract::By;
use crate::http::openapi::{Document, value};
use crate::http::query::{self, bad};
use crate::http::rule::ListAudit;
use crate::http::state::SharedServices;
use crate::store::{AuditAction, AuditEntry, AuditRow};

/// Rows on a page, if the request does not say, and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

/// What is expected in the query.
const A_LIMIT: &str = "a whole number from 1 to 500";
const A_CURSOR: &str = "what \"next\" of the page before said";
const A_USER: &str = "the id of a user or a service";

/// What the query may hold. All optional.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Asked {
    limit: Option<String>,
    cursor: Option<String>,
    /// The id of who did it, or whom it was done to.
    user: Option<String>,
    /// The name of an action, as in `token.mint`.
    kind: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
struct Page {
    /// As `zonemint audit export` writes them.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// To be given as `cursor` for older ones; null on the last page. With a filter a page may have few rows, or none, and
    /// still be followed by others.
    next: Option<String>,
    /// Rows in between that cannot be read; `zonemint audit verify` tells more.
    unreadable: u64,
}

pub(in crate::http) fn document() -> Document {
    let row = json!({
        "chain": "zone1", "seq": 7, "time": "2026-11-24T12:00:00.000Z", "action": "token.mint", "actor": EXAMPLE_ID,
    });
    Document::by::<ListAudit>("The newest audit rows of all nodes, page by page")
        .about("Rows are written as `zonemint audit export` writes them, which says what they are verified by.")
        .about("A row of a token that another one minted says which in `mintedBy`; that key is not part of what is verified.")
        .about("With `user` or `kind` a page may have few rows, or none, and still be followed by others.")
        .query("limit", value::expected(Type::Integer, "How many, 1 to 500; 50 if absent", A_LIMIT))
        .query("cursor", value::expected(Type::String, "`next` of the page before", A_CURSOR))
        .query("user", value::expected(Type::String, "The id of who did it, or whom it was done to", A_USER))
        .query("kind", value::choice(AuditAction::names()))
        .answers(StatusCode::OK, "The page.", &Page { rows: vec![row], next: None, unreadable: 0 })
        .fails([DataError::BadData { key: "query", hint: None }])
}

pub(in crate::http) async fn list(
    State(services): State<SharedServices>,
    _caller: By<ListAudit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let asked = query::read(asked)?;
    let limit = query::limit("limit", asked.limit.as_deref(), USUAL, MOST)?;
    let place = asked.cursor.as_deref().map(|text| Place::parse(text).ok_or(text)).transpose();
    let place = place.map_err(|_| bad("cursor", A_CURSOR))?;
    let user = asked.user.as_deref().map(str::parse).transpose();
    let action = asked.kind.as_deref().map(|kind| AuditAction::from_name(kind).ok_or_else(no_action)).transpose()?;
    let wanted = Wanted { user: user.map_err(|_| bad("user", A_USER))?, action };
    let page = audit::newest(&services.store, &wanted, place.as_ref(), limit).await?;
    answer::json(&Page {
        rows: page.rows.iter().map(|(row, previous)| written(row, previous.as_ref())).collect::<Result<_, _>>()?,
        next: page.next.map(|place| place.text()),
        unreadable: page.unreadable,
    })
}

fn written(row: &AuditRow, previous: Option<&[u8; 32]>) -> Result<Value, ApiError> {
    let mut object =
        serde_json::to_value(line::object(row, previous)).map_err(|error| ApiError::Internal(error.to_string()))?;
    if let Some(parent) = row.note.as_deref().and_then(|note| note.strip_prefix(AuditEntry::MINTED_BY)) {
        object["mintedBy"] = parent.into();
    }
    Ok(object)
}

fn no_action() -> DataError {
    DataError::BadValueNotAllowed { key: "kind", allowed: AuditAction::names().collect() }
}
