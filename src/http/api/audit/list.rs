//! `GET /audit`: the newest audit rows of all nodes, page by page.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Place, Wanted, line};
use crate::http::answer;
use crate::http::error::{ApiError, DataError};
use crate::http::extract::By;
use crate::http::query::{self, bad};
use crate::http::rule::ListAudit;
use crate::http::state::SharedServices;
use crate::store::AuditAction;

/// Rows on a page, if the request does not say, and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

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

#[derive(Serialize)]
struct Page<R> {
    /// As `zonemint audit export` writes them.
    rows: Vec<R>,
    /// To be given as `cursor` for older ones; null on the last page. With a filter a page may have few rows, or none, and
    /// still be followed by others.
    next: Option<String>,
    /// Rows in between that cannot be read; `zonemint audit verify` tells more.
    unreadable: u64,
}

pub(in crate::http) async fn list(
    State(services): State<SharedServices>,
    _caller: By<ListAudit>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let asked = query::read(asked)?;
    let limit = query::limit("limit", asked.limit.as_deref(), USUAL, MOST)?;
    let place = asked.cursor.as_deref().map(|text| Place::parse(text).ok_or(text)).transpose();
    let place = place.map_err(|_| bad("cursor", "what \"next\" of the page before said"))?;
    let user = asked.user.as_deref().map(str::parse).transpose();
    let action = asked.kind.as_deref().map(|kind| AuditAction::from_name(kind).ok_or_else(no_action)).transpose()?;
    let wanted = Wanted { user: user.map_err(|_| bad("user", "the id of a user or a service"))?, action };
    let page = audit::newest(&services.store, &wanted, place.as_ref(), limit).await?;
    answer::json(&Page {
        rows: page.rows.iter().map(|(row, previous)| line::object(row, previous.as_ref())).collect(),
        next: page.next.map(|place| place.text()),
        unreadable: page.unreadable,
    })
}

fn no_action() -> DataError {
    DataError::BadValueNotAllowed { key: "kind", allowed: AuditAction::names().collect() }
}
