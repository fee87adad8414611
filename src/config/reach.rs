//! Limits that are never reached, because another one is lower. They are no errors, but do not have the expected effect.

use super::{Config, Environment, Overrides, Problem};

impl Config {
    /// Settings that cannot be reached. Defaults are left out: some of them are simply the maximum.
    #[must_use]
    pub fn unreachable(&self) -> Vec<Problem> {
        let Ok(defaults) = Self::load(None, &Environment::default(), &Overrides::default()) else { return Vec::new() };
        let (limits, default) = (self.token.limits(), defaults.token.limits());
        let (text, within) = (limits.text, limits.within_text());
        let in_text = [
            ("token.max_caveats", [limits.caveats, within.caveats, default.caveats], "caveats"),
            ("token.max_caveat", [limits.caveat, within.caveat, default.caveat], "bytes in a caveat"),
        ];
        let in_text =
            in_text.into_iter().filter(|(_, [value, most, default_value], _)| value > most && value != default_value);
        let in_text = in_text.map(|(key, [value, most, _], what)| {
            (key, format!("{value} is never reached: a token of token.max_length, {text}, has at most {most} {what}"))
        });
        let (http, default_http) = (&self.http, &defaults.http);
        let on_the_way = [
            ("http.max_headers", http.max_headers, default_http.max_headers, "in a header"),
            ("http.max_uri", http.max_uri, default_http.max_uri, "in a path, by which client tokens are deleted"),
            ("http.max_body", http.max_body, default_http.max_body, "in a body"),
        ];
        let on_the_way = on_the_way
            .into_iter()
            .filter(|(_, bound, default_bound, _)| *bound < text && (bound != default_bound || text != default.text));
        let on_the_way = on_the_way.map(|(key, bound, _, place)| {
            ("token.max_length", format!("a token of {text} cannot be sent {place}: {key} is {bound}"))
        });
        in_text.chain(on_the_way).map(|(key, why)| Problem::new(key, why)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_cannot_be_reached_is_named_with_what_ends_sooner() {
        let headers = "token.max_length: a token of 40000 cannot be sent in a header: http.max_headers is 32768";
        let uri = "token.max_length: a token of 40000 cannot be sent in a path, by which client tokens are deleted: \
                   http.max_uri is 16384";
        for (variables, expected) in [
            (vec![], vec![]),
            (vec![("MAX_CAVEATS", "1526")], vec![]),
            (
                vec![("MAX_CAVEATS", "1527")],
                vec!["token.max_caveats: 1527 is never reached: a token of token.max_length, 8192, has at most 1526 caveats"
                    .to_owned()],
            ),
            (
                vec![("MAX_CAVEAT", "20000")],
                vec!["token.max_caveat: 20000 is never reached: a token of token.max_length, 8192, has at most 6101 bytes in a \
                      caveat"
                    .to_owned()],
            ),
            (vec![("MAX_LENGTH", "40000")], vec![headers.to_owned(), uri.to_owned()]),
            (vec![("MAX_LENGTH", "4096"), ("MAX_CAVEATS", "500")], vec![]),
        ] {
            let variables: Vec<_> =
                variables.into_iter().map(|(key, value)| (format!("ZONEMINT_TOKEN__{key}"), value)).collect();
            let pairs = variables.iter().map(|(key, value)| (key.as_str(), *value));
            let config = Config::load(None, &Environment::from_pairs(pairs), &Overrides::default()).unwrap();
            let named: Vec<_> =
                config.unreachable().into_iter().map(|Problem { at, reason }| format!("{at}: {reason}")).collect();
            assert_eq!(named, expected, "{variables:?}");
        }
    }
}
