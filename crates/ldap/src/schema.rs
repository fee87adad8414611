//! Which attributes a directory knows: a filter on an unknown one finds nobody, and says nothing.

/// Of attribute names, those that no definition has. Definitions are values of `attributeTypes` (RFC 4512, section 4.1.2), as
/// `( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) … )`.
pub(crate) fn unknown(names: &[&str], definitions: &[&str]) -> Vec<String> {
    let is_known = |name: &str| definitions.iter().any(|definition| defines(definition, name));
    names.iter().filter(|name| !is_known(name)).map(|name| (*name).to_owned()).collect()
}

fn defines(definition: &str, name: &str) -> bool {
    let mut words = definition.split_whitespace().skip_while(|word| *word == "(");
    let oid = words.next().map(|word| word.trim_start_matches('('));
    if oid == Some(name) {
        return true;
    }
    let mut quoted = words.skip_while(|word| *word != "NAME").skip(1).map(|word| word.trim_matches(['(', ')']));
    let is_list_or_name = |word: &&str| word.is_empty() || word.starts_with('\'');
    quoted.by_ref().take_while(is_list_or_name).any(|word| word.trim_matches('\'').eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_known_by_any_of_their_names_and_by_number() {
        let definitions = [
            "( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) DESC 'RFC4519: mail here' EQUALITY caseIgnoreMatch )",
            "( 1.3.6.1.1.16.4 NAME 'entryUUID' DESC 'UUID of the entry' SYNTAX 1.3.6.1.1.16.1 )",
            "(1.2.3 NAME ('one' 'two') SUP name)",
        ];
        let unknown = |name| super::unknown(&[name], &definitions);
        for name in ["uid", "USERID", "entryuuid", "one", "two", "1.3.6.1.1.16.4", "1.2.3"] {
            assert!(unknown(name).is_empty(), "{name}");
        }
        for name in ["mail", "UUID", "name", "DESC", "caseIgnoreMatch", "1.3.6"] {
            assert_eq!(unknown(name), [name]);
        }
    }
}
