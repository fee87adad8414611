//! The description of an operation: who may call it, what it reads, what it answers.
//!
//! Nothing is declared twice. Privilege and name in `api` caveats come from the operation's rule; keys of a body and parameters of a
//! query from the function that reads them, with the errors of their kinds; common errors from their group; texts of errors from
//! the errors themselves.

use std::fmt::Debug;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{RefOr, Schema};

use crate::body::Body;
use crate::error::ApiError;
use crate::fields::TakesForm;
use crate::keys::Keys;
use crate::kind::Description;
use crate::path_parameter::{PathParameter, account};
use crate::query::Query;
use crate::rule::{NULL, Named, Rule, TargetNamed, TargetRule, token_owner};
use crate::schema::reference;
use zonemint_base::model::{Privilege, SubjectKind};
use zonemint_caveat::{Gri, ServiceType};
use zonemint_service::caller::{Denied, Gains};

/// The media type of forms.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// An operation, described.
#[derive(Default)]
pub(crate) struct Document {
    pub(super) summary: &'static str,
    pub(super) about: Vec<String>,
    pub(super) who: Who,
    pub(super) privilege: Option<Privilege>,
    /// The services that may call it with a token that a user gave them.
    pub(super) needed_by: &'static [ServiceType],
    pub(super) api: Option<Api>,
    /// Parameters of the path: names, and what the document says of each.
    in_path: Vec<(&'static str, &'static str)>,
    pub(super) queries: Vec<(&'static str, Description)>,
    pub(super) body: Option<(Keys, Value)>,
    /// The media type of the body.
    pub(super) body_type: &'static str,
    pub(super) answers: Vec<Answer>,
    pub(super) errors: Vec<ApiError>,
    /// Whether it accepts a password that must be changed.
    pub(super) any_password: bool,
    /// Whether it is answered from memory.
    pub(super) is_static: bool,
}

/// Who may call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody; credentials are ignored.
    #[default]
    Nobody,
    /// Everybody; credentials, if given, must be valid.
    Anyone,
    /// Callers with credentials and the right to it.
    Known,
    /// Holders of a token; a password is not accepted. The operation lists the errors of credentials itself.
    Holder,
    /// Callers with name and password, in a header or in the body; a token is not accepted.
    Owner,
}

/// The name of an operation in `api` caveats.
#[derive(Debug, Clone, Copy)]
pub(super) enum Api {
    Plain(Named),
    Target(TargetNamed),
}

/// An answer that is not an error.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) content: Option<Content>,
    /// Headers that it may have.
    pub(super) headers: Vec<&'static str>,
}

/// What an answer holds.
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) schema: Value,
    pub(super) example: Option<Value>,
    /// Schemas that `schema` refers to, by their names.
    pub(super) parts: Vec<(String, RefOr<Schema>)>,
}

impl Document {
    /// For callers whom the rule `R` allows.
    pub(crate) fn by<R: Rule>(summary: &'static str) -> Self {
        Self {
            privilege: R::PRIVILEGE,
            needed_by: R::NEEDED_BY,
            api: Some(Api::Plain(R::OPERATION)),
            any_password: R::ANY_PASSWORD,
            ..Self::new(summary, Who::Known)
        }
        .gaining(R::GAINS)
    }

    /// For the account itself; and for managers of tokens, where the path names the account.
    pub(crate) fn on<R: TargetRule>(summary: &'static str) -> Self {
        Self { api: Some(Api::Target(R::OPERATION)), ..Self::new(summary, Who::Known) }.gaining(R::GAINS)
    }

    fn gaining(self, gains: Gains) -> Self {
        match gains {
            Gains::Nothing => self,
            Gains::Rights => self
                .about("Refused for another account that has a privilege which the caller lacks.")
                .fails([Denied::Outranked]),
        }
    }

    /// For everybody; credentials, if given, must be valid.
    pub(crate) fn anyone<R: Rule>(summary: &'static str) -> Self {
        Self { api: Some(Api::Plain(R::OPERATION)), ..Self::new(summary, Who::Anyone) }
    }

    /// For everybody, with an answer from memory, which is never unavailable.
    pub(crate) fn fixed(summary: &'static str) -> Self {
        Self { is_static: true, ..Self::new(summary, Who::Nobody) }
    }

    /// For `who`, without a rule.
    pub(crate) fn new(summary: &'static str, who: Who) -> Self {
        Self { summary, who, body_type: "application/json", ..Self::default() }
    }

    /// A paragraph about it.
    pub(crate) fn about(mut self, text: impl Into<String>) -> Self {
        self.about.push(text.into());
        self
    }

    /// A parameter of the path. The account in paths about an account's tokens is not listed.
    pub(crate) fn in_path<T>(mut self, parameter: &PathParameter<T>) -> Self {
        self.in_path.push((parameter.name, parameter.about));
        self
    }

    /// The parameters of the query, as `read` reads them.
    pub(crate) fn query<T>(mut self, read: impl FnOnce(&mut Query<'static>) -> Result<T, ApiError>) -> Self {
        self.queries.extend(Query::described(read));
        self
    }

    /// The keys of the body, as `read` reads them from the example.
    pub(crate) fn body<T, E: Debug>(
        mut self,
        example: Value,
        read: impl FnOnce(&mut Body<'_>) -> Result<T, E>,
    ) -> Self {
        let keys = example.as_object().map(|example| Body::described(example, read)).unwrap_or_default();
        self.body = Some((keys, example));
        self
    }

    /// A body without keys.
    pub(crate) fn no_keys(self) -> Self {
        self.body(json!({}), |_| Ok::<_, ApiError>(()))
    }

    /// The parameters of the body, which is a form.
    pub(crate) fn form<O: TakesForm>(mut self, example: Value) -> Self {
        let mut keys = Keys::default();
        for (at, parameter) in O::PARAMETERS.iter().enumerate() {
            if at == 0 {
                keys.needed(parameter.name, parameter.describe());
            } else {
                keys.optional_or_null(parameter.name, parameter.describe());
            }
        }
        self.body = Some((keys, example));
        Self { body_type: FORM, ..self }
    }

    /// An answer with JSON. The type of the answer also writes the example.
    pub(crate) fn answers<T: Serialize + ToSchema>(
        self,
        status: StatusCode,
        description: &'static str,
        example: &T,
    ) -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        parts.push((T::name().into_owned(), T::schema()));
        let (schema, example) = (reference("schemas", &T::name()), serde_json::to_value(example).ok());
        self.content(status, description, Content { kind: "application/json", schema, example, parts })
    }

    /// 200 with `{"<key>":["…"]}`.
    pub(crate) fn lists(self, key: &'static str, description: &'static str, example: &str) -> Self {
        let texts = json!({"type": "array", "items": {"type": "string"}});
        self.about("If the list cannot be read to its end, the response is cut off.").shows(
            key,
            &texts,
            description,
            &json!([example]),
        )
    }

    /// 200 with `{"<key>":[]}`.
    pub(crate) fn lists_none(self, key: &'static str) -> Self {
        let none = json!({"type": "array", "items": {"type": "string"}, "maxItems": 0});
        self.shows(key, &none, "None.", &json!([]))
    }

    /// 200 with one key, whose value `value` describes.
    fn shows(self, key: &'static str, value: &Value, description: &'static str, example: &Value) -> Self {
        let schema = json!({"type": "object", "required": [key], "properties": {key: value}});
        let example = Some(json!({key: example}));
        let content = Content { kind: "application/json", schema, example, parts: Vec::new() };
        self.content(StatusCode::OK, description, content)
    }

    /// 200 with a media type and no further description.
    pub(crate) fn serves(self, kind: &'static str, schema: &Type, description: &'static str) -> Self {
        let content = Content { kind, schema: json!({"type": schema}), example: None, parts: Vec::new() };
        self.content(StatusCode::OK, description, content)
    }

    fn content(mut self, status: StatusCode, description: &'static str, content: Content) -> Self {
        self.answers.push(Answer { status, description, content: Some(content), headers: Vec::new() });
        self
    }

    /// An answer without a body.
    pub(crate) fn says(mut self, status: StatusCode, description: &'static str) -> Self {
        self.answers.push(Answer { status, description, content: None, headers: Vec::new() });
        self
    }

    /// A header that the last answer may have, described in [`super::headers`].
    pub(crate) fn header(mut self, name: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(name);
        }
        self
    }

    /// Errors that are this operation's own.
    pub(crate) fn fails<E: Into<ApiError>>(mut self, errors: impl IntoIterator<Item = E>) -> Self {
        self.errors.extend(errors.into_iter().map(Into::into));
        self
    }

    /// Its name in `api` caveats. `{me}` is the caller; other words in braces are parameters of the path.
    pub(super) fn api_name(&self, path: &str) -> Option<String> {
        let operation = match self.api? {
            Api::Plain(named) => named.operation("{me}", last_in(path)),
            Api::Target(named) => {
                let (kind, account) = token_owner(path);
                named.operation(kind, account.unwrap_or("{me}"), last_in(path))
            }
        };
        let Gri { entity_type, id, aspect, aspect_id, scope } = operation.gri;
        let aspect_id = aspect_id.map(|id| format!(",{id}")).unwrap_or_default();
        let (kind, scope) = (operation.kind.name(), scope.name());
        Some(format!("ozw/{kind}/{entity_type}.{id}.{aspect}{aspect_id}:{scope}"))
    }

    /// The parameters of its path.
    pub(super) fn path_parameters(&self, path: &str) -> Vec<(&'static str, &'static str)> {
        let account = self.named_account(path).map(account);
        account.iter().map(|account| (account.name, account.about)).chain(self.in_path.iter().copied()).collect()
    }

    /// The kind of the account whose tokens its path is about, where the path names the account.
    fn named_account(&self, path: &str) -> Option<SubjectKind> {
        let Some(Api::Target(_)) = self.api else { return None };
        let (kind, id) = token_owner(path);
        id.map(|_| kind)
    }

    /// The privilege that it needs, if any.
    pub(crate) fn privilege(&self, path: &str) -> Option<Privilege> {
        if self.named_account(path).is_some() { Some(Privilege::TokensManage) } else { self.privilege }
    }
}

/// The last parameter of a path, with its braces.
fn last_in(path: &str) -> &str {
    let ends = path.rfind('{').zip(path.rfind('}'));
    ends.and_then(|(start, end)| path.get(start..=end)).unwrap_or(NULL)
}
