//! Search filters (RFC 4515) with a place for a value. A value is escaped, so it stays one value whatever it holds.

use ldap3::{ldap_escape, parse_filter};

use crate::stable_id::StableId;

/// All that is special in a filter, escaped. Where it does not fit, no escaped value fits.
const SPECIAL: &str = r"a\2a\28\29\5c\00";

/// Why a text is no filter with a place for a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It has no placeholder.
    #[error("write {0} where the value belongs, as in (uid={{name}}) or (member={{dn}})")]
    NoPlaceholder(&'static str),
    /// It has other braces than the placeholder's.
    #[error("only {0} may stand in braces; write {{ as \\7b and }} as \\7d")]
    OtherBraces(&'static str),
    /// It is no filter, or has the placeholder elsewhere than as a value.
    #[error("this is not a search filter (RFC 4515) with {0} as a value, next to no *")]
    Syntax(&'static str),
}

/// Finds a user by name: a filter with `{name}` at least once, as `(&(objectClass=person)(uid={name}))`.
#[derive(Debug, Clone)]
pub struct UserFilter(Template);

/// Finds the groups of a user: a filter with `{dn}` at least once, as `(member={dn})`, or with nested groups in Active Directory
/// `(member:1.2.840.113556.1.4.1941:={dn})`.
#[derive(Debug, Clone)]
pub struct GroupFilter(Template);

impl UserFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// When it is none with `{name}`, and why.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let template = Template::parse(text, "{name}")?;
        // Without a name, the filter must be usable to find everybody.
        match parse_filter(template.fill_with("*")) {
            Ok(_) => Ok(Self(template)),
            Err(()) => Err(FilterError::Syntax(template.placeholder)),
        }
    }

    pub(crate) fn for_name(&self, name: &str) -> String {
        self.0.fill(name)
    }

    /// Whom the filter lets in, whatever the name.
    pub(crate) fn for_everybody(&self) -> String {
        self.0.fill_with("*")
    }

    /// The attributes that it names.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        self.0.attributes()
    }
}

impl GroupFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// When it is none with `{dn}`, and why.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Template::parse(text, "{dn}").map(Self)
    }

    pub(crate) fn for_dn(&self, dn: &str) -> String {
        self.0.fill(dn)
    }

    /// The attributes that it names.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        self.0.attributes()
    }
}

/// A filter for the entry with an id; `is_binary` for `objectGUID`, whose bytes are escaped one by one.
pub(crate) fn for_id(attribute: &str, is_binary: bool, id: StableId) -> String {
    let escaped = || id.guid().map(|byte| format!("\\{byte:02x}")).concat();
    let value = if is_binary { escaped() } else { id.to_string() };
    format!("({attribute}={value})")
}

#[derive(Debug, Clone)]
struct Template {
    text: String,
    placeholder: &'static str,
}

impl Template {
    fn parse(text: &str, placeholder: &'static str) -> Result<Self, FilterError> {
        if !text.contains(placeholder) {
            return Err(FilterError::NoPlaceholder(placeholder));
        }
        if text.replace(placeholder, "").contains(['{', '}']) {
            return Err(FilterError::OtherBraces(placeholder));
        }
        // A filter that is combined with others must stand in parentheses.
        let text = if text.starts_with('(') { text.to_owned() } else { format!("({text})") };
        let template = Self { text, placeholder };
        // `*` next to the value would let a part of a name find its owner.
        let is_next_to_star = [format!("{placeholder}*"), format!("*{placeholder}")];
        let is_exact = !is_next_to_star.iter().any(|star| template.text.contains(star));
        match parse_filter(template.fill_with(SPECIAL)) {
            Ok(_) if is_exact => Ok(template),
            _ => Err(FilterError::Syntax(placeholder)),
        }
    }

    fn fill(&self, value: &str) -> String {
        self.fill_with(&ldap_escape(value))
    }

    fn fill_with(&self, escaped: &str) -> String {
        self.text.replace(self.placeholder, escaped)
    }

    /// What begins an item and ends before the operator: `uid` of `(uid=…)`, `memberOf` of `(memberOf:1.2.3:=…)`.
    fn attributes(&self) -> Vec<&str> {
        let items = self.text.split('(').skip(1).filter_map(|item| item.split_once('='));
        let names = items.filter_map(|(name, _)| name.split([':', ';', '~', '<', '>']).next());
        names.filter(|name| !name.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_stays_one_value_whatever_it_holds() {
        let filter = UserFilter::parse("(&(objectClass=person)(uid={name}))").unwrap();
        for (name, filled) in [
            ("joe", "joe"),
            ("*", r"\2a"),
            ("joe)(uid=*", r"joe\29\28uid=\2a"),
            (r"joe\2a", r"joe\5c2a"),
            ("*)(|(objectClass=*", r"\2a\29\28|\28objectClass=\2a"),
            ("jörg", "jörg"),
            ("{name}", "{name}"),
        ] {
            assert_eq!(filter.for_name(name), format!("(&(objectClass=person)(uid={filled}))"));
        }
    }

    proptest! {
        #[test]
        fn no_value_changes_the_form_of_a_filter(name in ".*") {
            use ldap3::asn1::{ASNTag as _, PL};
            let filter = UserFilter::parse("(|(uid={name})(mail={name}))").unwrap();
            let tag = parse_filter(filter.for_name(&name)).unwrap().into_structure();
            let PL::C(items) = tag.payload else { panic!() };
            prop_assert_eq!(items.len(), 2);
            for item in items {
                // An equality (choice 3) of an attribute and this value.
                prop_assert_eq!(item.id, 3);
                let PL::C(parts) = item.payload else { panic!() };
                prop_assert_eq!(&parts[1].payload, &PL::P(name.clone().into_bytes()));
            }
        }
    }

    #[test]
    fn a_dn_with_escapes_is_escaped_once_more() {
        let filter = GroupFilter::parse("member={dn}").unwrap();
        assert_eq!(filter.for_dn(r"cn=Ann\2C B (x),dc=org"), r"(member=cn=Ann\5c2C B \28x\29,dc=org)");
        let nested = GroupFilter::parse("(member:1.2.840.113556.1.4.1941:={dn})").unwrap();
        assert_eq!(nested.for_dn("dc=org"), "(member:1.2.840.113556.1.4.1941:=dc=org)");
        assert_eq!(nested.attributes(), ["member"]);
    }

    #[test]
    fn everybody_is_found_by_presence_with_all_other_conditions() {
        let filter = UserFilter::parse("(&(memberOf=cn=a,dc=b)(|(uid={name})(mail={name}@x.org)))").unwrap();
        assert_eq!(filter.for_everybody(), "(&(memberOf=cn=a,dc=b)(|(uid=*)(mail=*@x.org)))");
        assert_eq!(filter.attributes(), ["memberOf", "uid", "mail"]);
    }

    #[test]
    fn what_is_no_filter_with_a_value_is_refused() {
        let why = |text| UserFilter::parse(text).unwrap_err();
        assert_eq!(why("(uid=joe)"), FilterError::NoPlaceholder("{name}"));
        assert_eq!(why("(uid={dn})"), FilterError::NoPlaceholder("{name}"));
        assert_eq!(why("(&(uid={name})(ou={ou}))"), FilterError::OtherBraces("{name}"));
        for text in [
            "(uid={name}", "({name}=x)", "({name})", "{name}", "(uid={name})(x=y)", "(uid:{name}:=x)", "(uid={name}*)",
            "(uid=*{name})", "(uid>={name})", "(uid:caseExactMatch:={name})", "(&(uid={name})",
        ] {
            assert_eq!(why(text), FilterError::Syntax("{name}"), "{text}");
        }
        assert!(GroupFilter::parse("(member={name})").is_err());
    }

    #[test]
    fn an_id_is_searched_for_as_text_or_byte_by_byte() {
        let id: StableId = "12345678-9abc-def0-0123-456789abcdef".parse().unwrap();
        assert_eq!(for_id("entryUUID", false, id), "(entryUUID=12345678-9abc-def0-0123-456789abcdef)");
        let bytes = r"\78\56\34\12\bc\9a\f0\de\01\23\45\67\89\ab\cd\ef";
        assert_eq!(for_id("objectGUID", true, id), format!("(objectGUID={bytes})"));
        assert!(parse_filter(for_id("objectGUID", true, id)).is_ok());
    }
}
