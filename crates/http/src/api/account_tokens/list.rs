//! `GET …/tokens`: lists an account's tokens of all kinds, page by page, newest first, without their texts.

use serde_json::Map;
use serde_json::value::RawValue;

use crate::api::prelude::*;
use crate::api::tokens::{EXAMPLE_TOKEN_ID, LastUseObject, subject, subject_kind, token_type};
use crate::api::users::EXAMPLE_ID;
use crate::extract::SignedIn;
use crate::query::{any, choice, parsed};
use crate::schema::{CaveatObject, SubjectObject, TokenTypeObject};
use zonemint_base::clock;
use zonemint_base::model::{Life, SubjectKind, Token, TokenId, TokenType};
use zonemint_caveat::{self as caveat, Caveat};
use zonemint_store::{TokenFilter, TokenState};

operation! { ListTokens: get on "" list = Get Null "user_tokens" "provider_tokens" }

/// Tokens on a page: the default, and the maximum.
const USUAL: usize = 50;
const MOST: usize = 500;

/// The expected values in the query.
const A_NUMBER: &str = "a whole number, of seconds since 1970 for a moment";
const AN_ID: &str = "the id of a token";
/// The key of the notes for the purpose of a token.
const DESCRIPTION: &str = "description";

#[derive(Serialize, ToSchema)]
struct TokenPage {
    tokens: Vec<ListedToken>,
    /// The `cursor` of the next page; null on the last page.
    next: Option<String>,
}

/// A token as it is listed. Moments are Unix seconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedToken {
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
    /// The key `description` of the owner's notes on the token.
    description: Option<String>,
    /// Whether it is active, and has no end or a later one than `token.max_named_ttl` allows (where that is none, than 365 days).
    overlong: bool,
    #[schema(value_type = Vec<CaveatObject>)]
    caveats: Vec<Value>,
    words: Vec<String>,
    /// The owner's notes on the token; only if the token was requested by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    custom_metadata: Option<Box<RawValue>>,
}

impl ListedToken {
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
    Document::on::<ListTokens>("List an account's tokens of all kinds, page by page, newest first")
        .about("Returns no token's text. A caller with a token sees only tokens that allow no more than its own.")
        .about(
            "A page looks at 10,000 tokens at most. So it may have fewer tokens than `limit`, or none, and still have a `next`: the list \
             ends where `next` is null.",
        )
        .about("With `id`, returns that token or none, ignores the other filters, and includes `customMetadata`.")
        .query(|query| read_query(query, 0))
        .answers(StatusCode::OK, "The page.", &TokenPage { tokens: vec![ListedToken::example()], next: None })
}

pub(crate) async fn list(services: Shared, on: AuthorizedOn<ListTokens>, query: Parameters) -> Result<Response> {
    let (filter, before, limit) = match query.read(|query| read_query(query, services.clock.latest_s()))? {
        ListQuery::One(id) => {
            let token = services.tokens.in_list(on.target.id, id, &on.caller).await?;
            let tokens = token.map(|token| with_notes(&token, &services, &on.caller)).transpose()?;
            return answer::json(&TokenPage { tokens: tokens.into_iter().collect(), next: None });
        }
        ListQuery::Page { filter, before, limit } => (filter, before, limit),
    };
    let page = services.tokens.page(on.target.id, &filter, before, limit, &on.caller).await?;
    let tokens = page.tokens.iter().map(|token| summary(token, &services, &on.caller)).collect();
    answer::json(&TokenPage { tokens, next: page.next.map(|id| id.to_string()) })
}

/// The query of a list.
enum ListQuery {
    One(TokenId),
    Page { filter: TokenFilter, before: Option<TokenId>, limit: usize },
}

/// `now` is in seconds since the Unix epoch.
fn read_query(query: &mut Query<'_>, now: u64) -> Result<ListQuery> {
    let id = |text: &str| TokenId::parse(text.as_bytes()).ok();
    let moment = || parsed(Type::Integer, "Unix seconds", A_NUMBER, |text| text.parse().ok());
    if let Some(id) = query.optional("id", parsed(Type::String, "Only the token with this id", AN_ID, id))? {
        return Ok(ListQuery::One(id));
    }
    let state = query.optional("state", choice(|| STATES.map(|(name, _)| name).to_vec(), state))?;
    let name = query.optional("name", any("Tokens whose name contains this text, ignoring case", "nightly backup"))?;
    let expires_before = query.optional("expires_before", moment())?;
    let created_after: Option<u64> = query.optional("created_after", moment())?;
    let filter = TokenFilter {
        state: state.map(|state| (state, now)),
        name: name.map(str::to_owned),
        expires_before,
        // "After" a second is from the next one on.
        created_from: created_after.map(|s| s.saturating_add(1).saturating_mul(1000)),
    };
    Ok(ListQuery::Page { filter, before: query.cursor(id)?, limit: query.limit("limit", USUAL, MOST)? })
}

/// The states that tokens are listed by.
const STATES: [(&str, TokenState); 3] =
    [("active", TokenState::Active), ("revoked", TokenState::Revoked), ("expired", TokenState::Expired)];

fn state(name: &str) -> Option<TokenState> {
    STATES.into_iter().find(|(state, _)| *state == name).map(|(_, state)| state)
}

/// A token with all notes of its owner.
fn with_notes(token: &Token, services: &Services, caller: &SignedIn) -> Result<ListedToken> {
    let notes = token.metadata.clone().unwrap_or_else(|| "{}".to_owned());
    let notes = RawValue::from_string(notes).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(ListedToken { custom_metadata: Some(notes), ..summary(token, services, caller) })
}

fn description(token: &Token) -> Option<String> {
    let notes: Map<String, Value> = serde_json::from_str(token.metadata.as_deref()?).ok()?;
    notes.get(DESCRIPTION)?.as_str().map(str::to_owned)
}

fn is_overlong(token: &Token, services: &Services) -> bool {
    let longest_s = services.tokens.settings().longest_life_s();
    Life::of(token).is_some_and(|life| life.excess(longest_s).is_some())
}

fn summary(token: &Token, services: &Services, caller: &SignedIn) -> ListedToken {
    let expires = caveat::valid_until(&token.caveats);
    let state = if services.tokens.is_revoked(token) {
        "revoked"
    } else if expires.is_some_and(|until| until <= services.clock.latest_s()) {
        "expired"
    } else {
        "active"
    };
    ListedToken {
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
