//! `GET /audit`: lists the newest audit rows of all nodes, page by page.

use super::{paging, row};
use crate::api::prelude::*;
use crate::api::users::EXAMPLE_ID;
use crate::kind::{Description, Kind, kind};
use crate::query::{choice, parsed};
use zonemint_base::model::UserName;
use zonemint_service::audit::{Place, Wanted};
use zonemint_store::AuditAction;

operation! { ListAudit: get "/audit" list = Get "audit" Null "list" Private needs AuditView }

/// Descriptions of filters, in the document.
const NAMED: &str =
    "A user name: rows of the account that has it now, and rows whose note says that an account had or got it";
const ABOUT_USER: &str = "The id of the account that acted or was affected";
const FROM: &str = "Unix seconds: rows of this second and later";
const REQUEST: &str = "The `X-Request-Id` of an answer";
const FROM_NETWORK: &str = "An IP address or a network: rows of requests from a network that contains it or lies in it";

/// The expected values in the query.
const A_USER: &str = "the id of a user or a service";
const A_NAME: &str = "a user name";
const A_MOMENT: &str = "a whole number, of seconds since 1970";
const A_LATER_MOMENT: &str = "a moment after \"from\", in seconds since 1970";
const A_NETWORK: &str = "an IP address, or a network such as 192.0.2.0/24 or 2001:db8:0:100::/56";
const A_REQUEST: &str = "the X-Request-Id of an answer, such as 1f2e3d4c-5a";

#[derive(Serialize, ToSchema)]
struct AuditPage {
    /// As `zonemint audit export` writes them.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// The `cursor` of the page with older rows; null on the last page. With a filter, a page may have few rows or none
    /// although more pages follow.
    next: Option<String>,
    /// Rows in between that cannot be read; `zonemint audit verify` shows more.
    unreadable: u64,
}

pub(crate) fn document() -> Document {
    let row = json!({
        "chain": "zone1", "seq": 7, "time": "2026-11-24T12:00:00.000Z", "action": "token.mint", "actor": EXAMPLE_ID,
    });
    Document::by::<ListAudit>("List the audit rows of all nodes, page by page, newest first")
        .about("Rows have the form of `zonemint audit export`, with all that is needed to verify them.")
        .about("For a token that another token minted, `mintedBy` names that token. For a request, `way` shows how it signed in, \
                `request` its id, and `network` where it came from, if that is stored. A row of refused sign-ins has the first 8 of \
                each, separated by commas. These keys repeat parts of `note` and are not part of what is verified.")
        .about("With a filter, a page may have few rows or none although more pages follow.")
        .query(read_query)
        .answers(StatusCode::OK, "The page.", &AuditPage { rows: vec![row], next: None, unreadable: 0 })
}

pub(crate) async fn list(services: Shared, _caller: Authorized<ListAudit>, query: Parameters) -> Result<Response> {
    let ListQuery { limit, place, name, wanted } = query.read(read_query)?;
    let name = match name {
        None => None,
        Some(name) => Some(services.audit.called(name).await?),
    };
    let wanted = Wanted { name, ..wanted };
    let page = services.audit.newest(&wanted, place.as_ref(), limit).await?;
    answer::json(&AuditPage {
        rows: page.rows.iter().map(|(row, previous)| row::object(row, previous.as_ref())).collect::<Result<_, _>>()?,
        next: page.next.map(|place| place.text()),
        unreadable: page.unreadable,
    })
}

struct ListQuery {
    limit: usize,
    place: Option<Place>,
    name: Option<UserName>,
    /// All but the name.
    wanted: Wanted,
}

fn read_query(query: &mut Query<'_>) -> Result<ListQuery> {
    let (limit, place) = paging::read(query, Place::parse)?;
    let user = query.optional("user", parsed(Type::String, ABOUT_USER, A_USER, |text| text.parse().ok()))?;
    let name = query.optional("name", parsed(Type::String, NAMED, A_NAME, |text| UserName::parse(text).ok()))?;
    let action = query.optional("kind", choice(|| AuditAction::names().collect(), AuditAction::from_name))?;
    let from = query.optional("from", parsed(Type::Integer, FROM, A_MOMENT, |text| text.parse().ok()))?;
    let until = query.optional("until", until(from.unwrap_or(0)))?;
    let wanted = Wanted {
        user,
        name: None,
        token: None,
        action,
        network: query.optional("network", parsed(Type::String, FROM_NETWORK, A_NETWORK, |text| text.parse().ok()))?,
        request: query.optional("request", parsed(Type::String, REQUEST, A_REQUEST, |text| text.parse().ok()))?,
        from_ms: from.map(|s: u64| s.saturating_mul(1_000)),
        until_ms: until.map(|s| s.saturating_mul(1_000)),
    };
    Ok(ListQuery { limit, place, name, wanted })
}

/// A moment after another one.
fn until<'a>(from: u64) -> impl Kind<&'a str, u64> {
    let bad = |key, expected: &str| DataError::bad(key, format!("expected {expected}"));
    kind(
        move |key, text: &str| match text.parse() {
            Ok(until) if until > from => Ok(until),
            Ok(_) => Err(bad(key, A_LATER_MOMENT)),
            Err(_) => Err(bad(key, A_MOMENT)),
        },
        move |key| {
            let schema = json!({"type": "integer", "description": "Unix seconds: rows before this second"});
            Description::new(schema, [bad(key, A_LATER_MOMENT), bad(key, A_MOMENT)])
        },
    )
}
