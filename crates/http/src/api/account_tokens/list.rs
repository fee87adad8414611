//! `GET …/tokens`: one page of an account's tokens of all kinds, newest first, without their texts.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;

use crate::answer;
use crate::api::tokens::{EXAMPLE_TOKEN_ID, LastUseObject, subject, subject_kind, token_type};
use crate::api::users::EXAMPLE_ID;
use crate::error::{ApiError, DataError};
use crate::extract::{AuthorizedOn, SignedIn};
use crate::openapi::{CaveatObject, Document, SubjectObject, TokenTypeObject, value};
use crate::query::{self, bad};
use crate::rule::ListTokens;
use crate::state::{Services, SharedServices};
use zonemint_base::clock;
use zonemint_base::model::{SubjectKind, Token, TokenId};
use zonemint_caveat::{self as caveat, Caveat};
use zonemint_service::token::{Life, TokenType};
use zonemint_store::{TokenFilter, TokenState};

/// Tokens on a page, if the request does not say, and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

/// What is expected in the query.
const A_NUMBER: &str = "a whole number, of seconds since 1970 for a moment";
const A_LIMIT: &str = "a whole number from 1 to 500";
const A_CURSOR: &str = "what \"next\" of the page before said";
const AN_ID: &str = "the id of a token";
/// The key of the notes that tells people what a token is for.
const DESCRIPTION: &str = "description";

/// What the query may hold. All optional.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    id: Option<String>,
    state: Option<String>,
    name: Option<String>,
    expires_before: Option<String>,
    created_after: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TokenPage)]
struct Page {
    tokens: Vec<TokenSummary>,
    /// To be given as `cursor` for the next page; null on the last one.
    next: Option<String>,
}

/// A token as it is listed. Moments are Unix seconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedToken)]
struct TokenSummary {
    id: String,
    name: Option<String>,
    #[schema(value_type = TokenTypeObject)]
    r#type: Value,
    #[schema(value_type = SubjectObject)]
    subject: Value,
    state: &'static str,
    created: u64,
    expires: Option<u64>,
    /// To the day, as `2026-11-24`.
    last_used: Option<String>,
    last_use: Option<LastUseObject>,
    /// The id of the token that minted it, or `temporary:ACCOUNT:GENERATION`; null when a password did, and when it is not known.
    minted_by: Option<String>,
    /// The key `description` of what the token's owner noted.
    description: Option<String>,
    /// Whether it is active, and has no end or a later one than `token.max_named_ttl` allows (where that is none, than 365 days).
    overlong: bool,
    #[schema(value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
    words: Vec<String>,
    /// What the token's owner noted; only when it was asked for by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    custom_metadata: Option<Box<RawValue>>,
}

impl TokenSummary {
    /// One for the document.
    fn example() -> Self {
        Self {
            id: EXAMPLE_TOKEN_ID.to_owned(),
            name: Some("nightly backup".to_owned()),
            r#type: TokenType::Access.to_json(),
            subject: subject(SubjectKind::User, EXAMPLE_ID),
            state: "active",
            created: 1_763_942_400,
            expires: Some(1_800_000_000),
            last_used: Some("2026-11-24".to_owned()),
            last_use: Some(LastUseObject::example()),
            minted_by: None,
            description: Some("of the file server".to_owned()),
            overlong: false,
            caveats: vec![json!({"type": "time", "validUntil": 1_800_000_000})],
            words: vec!["valid until 2027-01-15T08:00:00Z".to_owned()],
            custom_metadata: None,
        }
    }
}

pub(crate) fn document() -> Document {
    Document::on::<ListTokens>("One page of an account's tokens of all kinds, newest first")
        .about("Without their texts. A caller with a token sees those that allow no more than its own.")
        .about("With `id` it is that one token or none, whatever else is asked for, and it has `customMetadata`.")
        .query("id", value::expected(Type::String, "The one with this id", AN_ID))
        .query("state", value::choice(["active", "revoked", "expired"]))
        .query(
            "name",
            value::plain(Type::String, "Those whose name holds this text, in capitals or not", json!("nightly backup")),
        )
        .query("expires_before", value::expected(Type::Integer, "Unix seconds", A_NUMBER))
        .query("created_after", value::expected(Type::Integer, "Unix seconds", A_NUMBER))
        .query("cursor", value::expected(Type::String, "`next` of the page before", A_CURSOR))
        .query("limit", value::expected(Type::Integer, "How many, 1 to 500; 50 if absent", A_LIMIT))
        .answers(StatusCode::OK, "The page.", &Page { tokens: vec![TokenSummary::example()], next: None })
        .fails([DataError::BadData { key: "query", hint: None }])
}

pub(crate) async fn list(
    State(services): State<SharedServices>,
    on: AuthorizedOn<ListTokens>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let query = query::read(query)?;
    if let Some(id) = &query.id {
        let id = TokenId::parse(id.as_bytes()).map_err(|_| bad("id", AN_ID))?;
        let token = services.tokens.in_list(on.target.id, id, &on.caller).await?;
        let tokens = token.map(|token| with_notes(&token, &services, &on.caller)).transpose()?;
        return answer::json(&Page { tokens: tokens.into_iter().collect(), next: None });
    }
    let limit = query::limit("limit", query.limit.as_deref(), USUAL, MOST)?;
    let cursor = query.cursor.as_deref().map(|text| TokenId::parse(text.as_bytes()));
    let before = cursor.transpose().map_err(|_| bad("cursor", A_CURSOR))?;
    let filter = filter(&query, services.clock.latest_s())?;
    let (page, next) = services.tokens.page(on.target.id, &filter, before, limit, &on.caller).await?;
    let tokens = page.iter().map(|token| summary(token, &services, &on.caller)).collect();
    answer::json(&Page { tokens, next: next.map(|id| id.to_string()) })
}

fn filter(query: &ListQuery, now: u64) -> Result<TokenFilter, ApiError> {
    let state = match query.state.as_deref() {
        None => None,
        Some("active") => Some(TokenState::Active),
        Some("revoked") => Some(TokenState::Revoked),
        Some("expired") => Some(TokenState::Expired),
        Some(_) => {
            let allowed = vec!["active", "revoked", "expired"];
            return Err(DataError::BadValueNotAllowed { key: "state", allowed }.into());
        }
    };
    // "After" a second is from the next one on.
    let created_after = number("created_after", query.created_after.as_deref())?;
    Ok(TokenFilter {
        state: state.map(|state| (state, now)),
        name: query.name.clone(),
        expires_before: number("expires_before", query.expires_before.as_deref())?,
        created_from: created_after.map(|s| s.saturating_add(1).saturating_mul(1000)),
    })
}

fn number(key: &'static str, text: Option<&str>) -> Result<Option<u64>, ApiError> {
    text.map(|text| text.parse().map_err(|_| bad(key, A_NUMBER))).transpose()
}

/// A token with all that its owner noted.
fn with_notes(token: &Token, services: &Services, caller: &SignedIn) -> Result<TokenSummary, ApiError> {
    let notes = token.metadata.clone().unwrap_or_else(|| "{}".to_owned());
    let notes = RawValue::from_string(notes).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(TokenSummary { custom_metadata: Some(notes), ..summary(token, services, caller) })
}

fn description(token: &Token) -> Option<String> {
    let notes: Map<String, Value> = serde_json::from_str(token.metadata.as_deref()?).ok()?;
    notes.get(DESCRIPTION)?.as_str().map(str::to_owned)
}

fn is_overlong(token: &Token, services: &Services) -> bool {
    let longest_s = services.tokens.settings().longest_life_s();
    Life::of(token).is_some_and(|life| life.excess(longest_s).is_some())
}

fn summary(token: &Token, services: &Services, caller: &SignedIn) -> TokenSummary {
    let expires = caveat::valid_until(&token.caveats);
    let state = if services.tokens.is_revoked(token) {
        "revoked"
    } else if expires.is_some_and(|until| until <= services.clock.latest_s()) {
        "expired"
    } else {
        "active"
    };
    TokenSummary {
        id: token.id.to_string(),
        name: token.name.as_ref().map(ToString::to_string),
        r#type: token_type(token.kind).to_json(),
        subject: subject(subject_kind(token), &token.user.to_string()),
        state,
        created: token.created_ms / 1000,
        expires,
        last_used: token.last_used_day.map(clock::date),
        last_use: LastUseObject::of(token, services, caller),
        minted_by: token.parent.map(|parent| parent.to_string()),
        description: description(token),
        overlong: state == "active" && is_overlong(token, services),
        caveats: token.caveats.iter().map(Caveat::to_json).collect(),
        words: token.caveats.iter().map(Caveat::in_words).collect(),
        custom_metadata: None,
    }
}
