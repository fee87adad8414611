//! `api = ozw/get/user.*.*:*`: for which calls of the API a token may be used.
//!
//! An entry is `service/operation/type.id.aspect:scope`, and the aspect may be followed by a comma and an id of its
//! own. Without `:scope` it is `private`, as in Onezone; then the text is another one than that which is minted. A check of
//! the token cannot know the operation: the service that executes it calls [`Api::allows`].

use std::array;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::list::{self, Field, Joined, names, whitelist};
use super::party::PartyKind;
use super::{JsonError, ServiceType};

const FIELD: Field = Field {
    kind: "api",
    name: "whitelist",
    item: "an operation as service/operation/type.id.aspect:scope, such as \"ozw/get/user.*.*:*\", of a type of resource that \
           there is, such as \"user\", \"token\", \"space\" or \"file\"",
};

/// The types of resources: those of Onezone's services (ctool, `gri:serialize_type`), and three additions.
const ENTITY_TYPES: [&str; 50] = [
    "oz_worker", "user", "group", "space", "share", "provider", "handleService", "handle", "cluster", "harvester",
    "storage", "token", "space_stats", "temporary_token_secret", "atm_inventory", "atm_lambda", "atm_workflow_schema",
    "onp_cluster", "onp_host", "onp_panel", "onp_provider", "onp_service", "onp_space", "onp_storage", "onp_user",
    "onp_zone", "op_archive", "op_atm_inventory", "op_atm_lambda_snapshot", "op_atm_store", "op_atm_task_execution",
    "op_atm_workflow_execution", "op_atm_workflow_schema", "op_atm_workflow_schema_snapshot", "op_dataset", "file",
    "op_group", "op_handle", "op_handle_service", "op_metrics", "op_provider", "op_qos", "op_share", "op_space",
    "op_storage", "op_transfer", "op_user", "audit", "key", "metrics",
];

whitelist! {
    /// Allows the operations that match one of its entries.
    Api, Pattern, FIELD, Pattern::parse, |item| Pattern::parse(item.as_str()?), list::strings
}

/// One call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The service that serves the call.
    pub service: ServiceType,
    /// What the call does.
    pub kind: OperationKind,
    /// What the call is about.
    pub gri: Gri<'a>,
}

names! {
    /// What a call does.
    OperationKind {
        /// Creates something.
        Create = "create",
        /// Reads something.
        Get = "get",
        /// Changes something.
        Update = "update",
        /// Deletes something.
        Delete = "delete",
    }
}

/// What a call is about, as in `space.abc.user,def:private`: Onezone's graph resource identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gri<'a> {
    /// The type of the entity, as in `space`.
    pub entity_type: &'a str,
    /// The id of the entity; Onezone writes `null` where there is none.
    pub id: &'a str,
    /// The side of the entity, as in `instance`.
    pub aspect: &'a str,
    /// Which one of that side, if there are several.
    pub aspect_id: Option<&'a str>,
    /// How much of it is seen.
    pub scope: GriScope,
}

names! {
    /// How much of an entity is visible.
    GriScope {
        /// What its members see.
        Private = "private",
        /// What those see who may inspect it.
        Protected = "protected",
        /// What those see who know of it through another entity.
        Shared = "shared",
        /// What everybody sees.
        Public = "public",
        /// As much as the caller may see.
        Auto = "auto",
    }
}

/// The parts of an entry in their order: service, operation, type, id, aspect, aspect id, scope.
type Parts<T> = [Part<T>; 7];

/// One entry. An aspect `*` alone has [`Part::Free`] for its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pattern(Parts<String>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part<T> {
    /// Exactly this.
    Is(T),
    /// Any text, but not nothing.
    Any,
    /// Nothing.
    Absent,
    /// Any text or nothing.
    Free,
}

impl Api {
    /// Whether one of the entries matches an operation.
    #[must_use]
    pub fn allows(&self, operation: &Operation<'_>) -> bool {
        let Operation { service, kind, gri } = operation;
        let parts = [
            Part::Is(service.abbreviation()),
            Part::Is(kind.name()),
            Part::Is(gri.entity_type),
            Part::Is(gri.id),
            Part::Is(gri.aspect),
            gri.aspect_id.map_or(Part::Absent, Part::Is),
            Part::Is(gri.scope.name()),
        ];
        self.whitelist.iter().any(|pattern| pattern.covers(&parts))
    }

    /// Refuses entries that match no operation, such as one with an unknown type of resource.
    pub(super) fn checked_new(&self) -> Result<(), JsonError> {
        FIELD.check(&self.whitelist, Pattern::can_match)
    }

    pub(super) fn in_words(&self) -> String {
        format!("usable only for the API operations {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let operations = Joined(&self.whitelist, " or ");
        format!(
            "unverified API caveat: this token can only be used for API calls that match the following spec: \
             '{operations}'"
        )
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.whitelist.len()
    }

    /// Each entry must be covered by one of the other's: entries of one shape (wildcards in the same parts) are looked
    /// up at once, and there are few shapes however long the lists are.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let mut shapes: HashMap<Parts<()>, HashSet<Parts<&str>>> = HashMap::new();
        for parts in other.whitelist.iter().map(Pattern::parts) {
            shapes.entry(parts.map(|part| part.map(|_| ()))).or_default().insert(parts);
        }
        self.whitelist.iter().map(Pattern::parts).all(|narrow| {
            shapes.iter().any(|(shape, wide)| wide.contains(&array::from_fn(|at| narrow[at].widened(shape[at]))))
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (service, rest) = text.split_once('/')?;
        let (kind, rest) = rest.split_once('/')?;
        let (gri, scope) = rest.split_once(':').unwrap_or((rest, GriScope::Private.name()));
        let (entity_type, rest) = gri.split_once('.')?;
        let (id, aspect) = rest.split_once('.')?;
        let (aspect, aspect_id) = match aspect.split_once(',') {
            Some((aspect, id)) => (aspect, Part::parse(id, "*", |text| is_part(text, ','))?),
            None => (aspect, if aspect == "*" { Part::Free } else { Part::Absent }),
        };
        Some(Self([
            Part::parse(service, "all", |text| ServiceType::ALL.iter().any(|kind| kind.abbreviation() == text))?,
            Part::parse(kind, "all", |text| OperationKind::from_name(text).is_some())?,
            Part::parse(entity_type, "*", is_word)?,
            Part::parse(id, "*", |text| is_part(text, '.'))?,
            Part::parse(aspect, "*", |text| is_part(text, '.'))?,
            aspect_id,
            Part::parse(scope, "*", |text| GriScope::from_name(text).is_some())?,
        ]))
    }

    /// Whether an operation can match the entry. A point in the aspect's id is accepted when a token is read, because earlier versions
    /// minted such tokens; Onezone's own services parse the entry into four parts.
    fn can_match(&self) -> bool {
        let [_, _, entity_type, _, _, aspect_id, _] = self.parts();
        let is_type = matches!(entity_type, Part::Is(name) if ENTITY_TYPES.contains(&name)) || entity_type == Part::Any;
        is_type && !matches!(aspect_id, Part::Is(id) if id.contains('.'))
    }

    fn parts(&self) -> Parts<&str> {
        self.0.each_ref().map(|part| part.map(String::as_str))
    }

    fn covers(&self, narrow: &Parts<&str>) -> bool {
        self.parts().iter().zip(narrow).all(|(wide, narrow)| narrow.widened(*wide) == *wide)
    }
}

impl Part<String> {
    fn parse(text: &str, any: &str, valid: impl Fn(&str) -> bool) -> Option<Self> {
        if text == any { Some(Self::Any) } else { valid(text).then(|| Self::Is(text.to_owned())) }
    }
}

impl<T> Part<T> {
    fn map<'a, U>(&'a self, change: impl Fn(&'a T) -> U) -> Part<U> {
        match self {
            Self::Is(value) => Part::Is(change(value)),
            Self::Any => Part::Any,
            Self::Absent => Part::Absent,
            Self::Free => Part::Free,
        }
    }

    /// What a part with this wildcard would be if it covered this one.
    fn widened<U>(self, wide: Part<U>) -> Self {
        match (self, wide) {
            (_, Part::Free) => Self::Free,
            (Self::Is(_), Part::Any) => Self::Any,
            (own, _) => own,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [service, kind, entity_type, id, aspect, aspect_id, scope] = self.parts();
        let text = |part: Part<_>, any| if let Part::Is(text) = part { text } else { any };
        write!(f, "{}/{}/", text(service, "all"), text(kind, "all"))?;
        write!(f, "{}.{}.{}", text(entity_type, "*"), text(id, "*"), text(aspect, "*"))?;
        if matches!(aspect_id, Part::Is(_) | Part::Any) {
            write!(f, ",{}", text(aspect_id, "*"))?;
        }
        write!(f, ":{}", text(scope, "*"))
    }
}

fn is_word(text: &str) -> bool {
    list::is_name(text, |byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Whether text is an id or an aspect. No part has a slash or a colon.
fn is_part(text: &str, ends: char) -> bool {
    list::is_id(text, &['/', ':', ends])
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: Operation<'static> = Operation {
        service: ServiceType::OzWorker,
        kind: OperationKind::Get,
        gri: Gri { entity_type: "user", id: "u1", aspect: "instance", aspect_id: None, scope: GriScope::Private },
    };

    fn api(list: &str) -> Api {
        Api::parse(&format!("api = {list}")).expect("a valid caveat")
    }

    #[test]
    fn each_part_is_equal_or_a_wildcard() {
        for entry in ["ozw/get/user.u1.instance:private", "all/all/*.*.*:*", "ozw/all/user.*.instance:*"] {
            assert!(api(entry).allows(&OPERATION), "{entry}");
        }
        for entry in [
            "opw/get/user.u1.instance:private", "ozw/create/user.u1.instance:private",
            "ozw/get/group.u1.instance:private", "ozw/get/user.u2.instance:private", "ozw/get/user.u1.members:private",
            "ozw/get/user.u1.instance:shared", "all/all/*.*.instance,*:*", "all/all/*.*.*,*:*",
        ] {
            assert!(!api(entry).allows(&OPERATION), "{entry}");
        }
    }

    #[test]
    fn an_aspect_id_is_matched_by_itself_a_star_or_an_aspect_that_is_only_a_star() {
        let gri = Gri { aspect: "token_name", aspect_id: Some("a.b@c+d"), ..OPERATION.gri };
        let operation = Operation { gri, ..OPERATION };
        for aspect in ["token_name,a.b@c+d", "token_name,*", "*,*", "*,a.b@c+d", "*"] {
            assert!(api(&format!("all/all/user.*.{aspect}:*")).allows(&operation), "{aspect}");
        }
        for aspect in ["token_name", "token_name,x", "*,x", "other,*"] {
            assert!(!api(&format!("all/all/user.*.{aspect}:*")).allows(&operation), "{aspect}");
        }
    }

    #[test]
    fn an_entry_implies_what_covers_it() {
        let narrow = api("ozw/get/user.u1.a,x:private|ozw/get/user.*.b:*");
        assert!(narrow.implies(&api("opw/get/user.*.a:*|ozw/get/user.*.*:*")));
        assert!(narrow.implies(&api("ozw/all/*.u1.a,*:private|all/get/user.*.b:*")));
        assert!(!narrow.implies(&api("ozw/get/user.*.a:*|ozw/get/user.*.b:*")));
        assert!(!api("all/all/*.*.*:*").implies(&api("all/all/*.*.*,*:*")));
        assert!(api("all/all/*.*.*,*:*").implies(&api("all/all/*.*.*:*")));
        assert!(!api("all/get/*.*.*:*").implies(&api("ozw/get/*.*.*:*")));
    }

    #[test]
    fn only_whole_entries_are_read() {
        for entry in [
            "", "ozw", "ozw/get", "ozw/get/user", "ozw/get/user.*", "ozw/get/user.*.*:", "ozw/get/user.*.*:all",
            "*/get/user.*.*:*", "ozw/*/user.*.*:*", "ozw/get/user..*:*", "ozw/get/user.*.a,:*", "ozw/get/user.*.,a:*",
            "ozw/get/user.*.a,b,c:*", "ozw/get/user.*.a.b:*", "ozw/get/us:er.*.*:*", "ozw/get/user.*.*:*:*",
            "ozw/get/user.a:b.*:*", "ozw/get/user.a/b.*:*", "ozw/get/user.a\n.*:*", "/ozw/get/user.*.*:*",
        ] {
            assert_eq!(Api::parse(&format!("api = {entry}")), None, "{entry:?} was accepted");
        }
    }

    #[test]
    fn an_entry_without_a_scope_is_private_and_is_minted_so() {
        let short = api("ozw/get/user.u1.instance|ozw/get/user.u1.a,x");
        assert_eq!(short, api("ozw/get/user.u1.instance:private|ozw/get/user.u1.a,x:private"));
        assert_eq!(short.to_string(), "api = ozw/get/user.u1.instance:private|ozw/get/user.u1.a,x:private");
        assert!(short.allows(&OPERATION));
        assert!(!short.allows(&Operation { gri: Gri { scope: GriScope::Shared, ..OPERATION.gri }, ..OPERATION }));
    }

    #[test]
    fn a_new_entry_is_of_a_type_and_a_form_that_something_can_match() {
        for entry in ["ozw/get/*.*.*:*", "opw/all/file.*.*:*", "ozw/all/key.a b.*:*", "ozw/get/user.a,b@c.x,ä:*"] {
            assert_eq!(api(entry).checked_new(), Ok(()), "{entry}");
        }
        for entry in
            ["ozw/get/users.*.*:*", "ozw/get/od_user.*.*:*", "ozw/get/op_file.*.*:*", "ozw/get/token.*.x,a.b:*"]
        {
            assert!(api(entry).checked_new().is_err(), "{entry} was accepted");
        }
    }
}
