//! `GET /audit`: the newest audit rows of all nodes, page by page.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;

use super::{paging, row};
use crate::answer;
use crate::api::users::EXAMPLE_ID;
use crate::error::{ApiError, DataError};
use crate::extract::Authorized;
use crate::openapi::{Document, value};
use crate::query::{self, bad};
use crate::rule::ListAudit;
use crate::state::{Services, SharedServices};
use zonemint_base::model::{Network, RequestId, UserName};
use zonemint_service::audit::{Place, Wanted};
use zonemint_store::AuditAction;

/// What some filters keep, in the document.
const NAMED: &str =
    "A user name: rows of the account that has it now, and rows whose note says that an account had or got it";
const FROM_NETWORK: &str = "An IP address or a network: rows of requests from a network that holds it, or lies in it";

/// What is expected in the query.
const A_USER: &str = "the id of a user or a service";
const A_NAME: &str = "a user name";
const A_MOMENT: &str = "a whole number, of seconds since 1970";
const A_LATER_MOMENT: &str = "a moment after \"from\", in seconds since 1970";
const A_NETWORK: &str = "an IP address, or a network such as 192.0.2.0/24 or 2001:db8:0:100::/56";
const A_REQUEST: &str = "the X-Request-Id of an answer, such as 1f2e3d4c-5a";

/// What the query may hold. All optional.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
    /// The id of who did it, or whom it was done to.
    user: Option<String>,
    /// A user name, of who did it, or whom it was done to.
    name: Option<String>,
    /// The name of an action, as in `token.mint`.
    kind: Option<String>,
    /// Unix seconds: the first one, and the one after the last one.
    from: Option<String>,
    until: Option<String>,
    /// Where requests came from.
    network: Option<String>,
    /// The id of a request.
    request: Option<String>,
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

pub(crate) fn document() -> Document {
    let row = json!({
        "chain": "zone1", "seq": 7, "time": "2026-11-24T12:00:00.000Z", "action": "token.mint", "actor": EXAMPLE_ID,
    });
    let document = Document::by::<ListAudit>("The newest audit rows of all nodes, page by page")
        .about("Rows are written as `zonemint audit export` writes them, which says what they are verified by.")
        .about("A row of a token that another one minted says which in `mintedBy`. A row of a request says in `way` how it signed in, \
                in `request` its id, and in `network` where it came from, if that is kept. A row of refused sign-ins has the first 8 of each, with commas \
                between. These keys repeat parts of `note`, and are not part of what is verified.")
        .about("With a filter a page may have few rows, or none, and still be followed by others.");
    paging::describe(document)
        .query("user", value::expected(Type::String, "The id of who did it, or whom it was done to", A_USER))
        .query("name", value::expected(Type::String, NAMED, A_NAME))
        .query("kind", value::choice(AuditAction::names()))
        .query("from", value::expected(Type::Integer, "Unix seconds: rows of this second and later ones", A_MOMENT))
        .query("until", value::expected(Type::Integer, "Unix seconds: rows before this second", A_LATER_MOMENT))
        .query("network", value::expected(Type::String, FROM_NETWORK, A_NETWORK))
        .query("request", value::expected(Type::String, "The `X-Request-Id` of an answer", A_REQUEST))
        .answers(StatusCode::OK, "The page.", &Page { rows: vec![row], next: None, unreadable: 0 })
        .fails([DataError::BadData { key: "query", hint: None }])
}

pub(crate) async fn list(
    State(services): State<SharedServices>,
    _caller: Authorized<ListAudit>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let query = query::read(query)?;
    let (limit, place) = paging::read(query.limit.as_deref(), query.cursor.as_deref(), Place::parse)?;
    let wanted = wanted(&services, &query).await?;
    let page = services.audit.newest(&wanted, place.as_ref(), limit).await?;
    answer::json(&Page {
        rows: page.rows.iter().map(|(row, previous)| row::object(row, previous.as_ref())).collect::<Result<_, _>>()?,
        next: page.next.map(|place| place.text()),
        unreadable: page.unreadable,
    })
}

async fn wanted(services: &Services, query: &ListQuery) -> Result<Wanted, ApiError> {
    let name = query.name.as_deref().map(UserName::parse).transpose().map_err(|_| bad("name", A_NAME))?;
    let name = match name {
        None => None,
        Some(name) => Some(services.audit.called(name).await?),
    };
    let from = moment("from", query.from.as_deref())?;
    let until = moment("until", query.until.as_deref())?;
    if until.is_some_and(|until| until <= from.unwrap_or(0)) {
        return Err(bad("until", A_LATER_MOMENT));
    }
    Ok(Wanted {
        user: query.user.as_deref().map(str::parse).transpose().map_err(|_| bad("user", A_USER))?,
        name,
        token: None,
        action: query.kind.as_deref().map(|kind| AuditAction::from_name(kind).ok_or_else(no_action)).transpose()?,
        network: query
            .network
            .as_deref()
            .map(str::parse::<Network>)
            .transpose()
            .map_err(|_| bad("network", A_NETWORK))?,
        request: query
            .request
            .as_deref()
            .map(str::parse::<RequestId>)
            .transpose()
            .map_err(|_| bad("request", A_REQUEST))?,
        from_ms: from.map(|s| s.saturating_mul(1_000)),
        until_ms: until.map(|s| s.saturating_mul(1_000)),
    })
}

fn moment(key: &'static str, text: Option<&str>) -> Result<Option<u64>, ApiError> {
    text.map(|text| text.parse().map_err(|_| bad(key, A_MOMENT))).transpose()
}

fn no_action() -> DataError {
    DataError::BadValueNotAllowed { key: "kind", allowed: AuditAction::names().collect() }
}
