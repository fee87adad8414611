//! Parties of a request, written `<kind>-<id>`: a service or a consumer, and the lists of allowed ones.
//!
//! `service.rs` and `consumer.rs` have the kinds, and the meaning of a list.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;

use serde_json::{Value, json};

use super::JsonError;
use super::list::{self, Field, Joined};

/// The kinds of one sort of party.
pub trait PartyKind: Copy + Eq + Hash + 'static {
    /// All there are.
    const ALL: &'static [Self];
    /// A list of them in JSON.
    const FIELD: Field;

    /// The three letters before the dash.
    fn abbreviation(self) -> &'static str;

    /// The name in JSON and in errors, as in `op_worker`.
    fn name(self) -> &'static str;

    /// The name for people.
    fn title(self) -> &'static str;
}

/// One party: its kind, and its id, which is not `*` alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Party<K> {
    kind: K,
    id: Cow<'static, str>,
}

/// One or more parties that are allowed: `<kind>-<id>`, or `<kind>-*` for all of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Parties<K> {
    whitelist: Vec<Pattern<K>>,
}

/// One party, or all of a kind if there is no id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern<K> {
    kind: K,
    id: Option<String>,
}

impl<K: PartyKind> Party<K> {
    /// None if the id is not one.
    #[must_use]
    pub fn new(kind: K, id: &str) -> Option<Self> {
        is_id(id).then(|| Self { kind, id: Cow::Owned(id.to_owned()) })
    }

    /// One that the field itself names: `id` is one.
    pub(super) const fn known(kind: K, id: &'static str) -> Self {
        Self { kind, id: Cow::Borrowed(id) }
    }

    /// Reads the text form, as in `opw-abc` or `usr-abc`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = split(text)?;
        Self::new(kind, id)
    }

    /// What sort of party it is.
    #[must_use]
    pub fn kind(&self) -> K {
        self.kind
    }

    /// Its id, unique among those of its kind.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl<K: PartyKind> Parties<K> {
    pub(super) fn parse(cid: &str) -> Option<Self> {
        let items = cid.strip_prefix(K::FIELD.kind)?.strip_prefix(" = ")?;
        list::parse(items, Pattern::parse).map(|whitelist| Self { whitelist })
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        K::FIELD.read(json, |item| Pattern::parse(item.as_str()?)).map(|whitelist| Self { whitelist })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": K::FIELD.kind, K::FIELD.name: list::strings(&self.whitelist)})
    }

    /// The list for people, as in `the service abc or any provider`.
    pub(super) fn words(&self) -> String {
        let words = |Pattern { kind, id }: &Pattern<K>| match id {
            Some(id) => format!("the {} {id}", kind.title()),
            None => format!("any {}", kind.title()),
        };
        list::either(&self.whitelist.iter().map(words).collect::<Vec<_>>())
    }

    /// The list as Onezone's errors have it, as in `op_worker:abc or oz_worker:*`.
    pub(super) fn names(&self) -> String {
        let name = |Pattern { kind, id }: &Pattern<K>| format!("{}:{}", kind.name(), id.as_deref().unwrap_or("*"));
        self.whitelist.iter().map(name).collect::<Vec<_>>().join(" or ")
    }

    /// Those that are allowed.
    #[must_use]
    pub fn entries(&self) -> &[Pattern<K>] {
        &self.whitelist
    }

    /// Whether a party is in the list.
    #[must_use]
    pub fn allow(&self, party: &Party<K>) -> bool {
        let fits = |id: Option<&str>| id.is_none_or(|id| id == party.id);
        self.whitelist.iter().any(|pattern| pattern.kind == party.kind && fits(pattern.id.as_deref()))
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let wide: HashSet<_> = other.whitelist.iter().map(|pattern| (pattern.kind, pattern.id.as_deref())).collect();
        let covered = |kind, id| wide.contains(&(kind, id)) || wide.contains(&(kind, None));
        self.whitelist.iter().all(|pattern| covered(pattern.kind, pattern.id.as_deref()))
    }
}

impl<K: PartyKind> fmt::Display for Parties<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", K::FIELD.kind, Joined(&self.whitelist, "|"))
    }
}

impl<K: PartyKind> Pattern<K> {
    /// All of a kind.
    #[must_use]
    pub fn all(kind: K) -> Self {
        Self { kind, id: None }
    }

    /// What sort of party it is.
    #[must_use]
    pub fn kind(&self) -> K {
        self.kind
    }

    /// The id of the one party; none for all of a kind.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, id) = split(text)?;
        (id == "*" || is_id(id)).then(|| Self { kind, id: (id != "*").then(|| id.to_owned()) })
    }
}

impl<K> From<Party<K>> for Pattern<K> {
    fn from(Party { kind, id }: Party<K>) -> Self {
        Self { kind, id: Some(id.into_owned()) }
    }
}

impl<K: PartyKind> fmt::Display for Party<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.abbreviation(), self.id)
    }
}

impl<K: PartyKind> fmt::Display for Pattern<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.abbreviation(), self.id.as_deref().unwrap_or("*"))
    }
}

fn split<K: PartyKind>(text: &str) -> Option<(K, &str)> {
    let (abbreviation, id) = text.split_once('-')?;
    let kind = K::ALL.iter().find(|kind| kind.abbreviation() == abbreviation)?;
    Some((*kind, id))
}

/// `*` means all of a kind. A comma is most likely meant to end an id.
fn is_id(text: &str) -> bool {
    text != "*" && list::is_id(text, &[','])
}
