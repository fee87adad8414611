//! `http.method = GET|HEAD`, `http.path = /data/*|/status`: for which requests to a service behind a proxy a token may be used.
//!
//! An addition: Onezone does not have them. They hold only if the request is known: a proxy forwards it for a decision, or a verifier
//! names it; never at the API of this server.
//!
//! A path is compared in the normal form of RFC 3986 section 6.2.2. One that two programs could read differently (empty, `.` or
//! `..` components, encoded slashes, octets that are encoded twice and the like) is in no list.

use std::collections::HashSet;
use std::fmt;

use super::http_request::normal;
use super::list::{self, Field, Joined, whitelist};
use super::{Request, Unmet};

const METHOD: Field =
    Field { kind: "http.method", name: "whitelist", item: "an HTTP method in capital letters such as \"GET\"" };

const PATH: Field = Field {
    kind: "http.path",
    name: "whitelist",
    item: "a path such as \"/status\", or \"/data/*\" for all below \"/data/\", percent-encoded where it must be and only \
           there, without a query and without empty, \".\" or \"..\" components",
};

/// Longest path in a caveat, in bytes.
const LONGEST_PATH: usize = 1_024;

whitelist! {
    /// Allows requests with these methods.
    Methods, String, METHOD, method, |item| method(item.as_str()?), list::strings
}

whitelist! {
    /// Allows requests for these paths.
    HttpPaths, HttpPattern, PATH, HttpPattern::parse, |item| HttpPattern::parse(item.as_str()?), list::strings
}

/// A path in normal form, or one that ends in `/*`, for everything that begins like it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpPattern(String);

impl Methods {
    pub(super) fn in_words(&self) -> String {
        format!("usable only for requests with the method {}", list::either(&self.whitelist))
    }

    pub(super) fn unverified_description(&self) -> String {
        let methods = Joined(&self.whitelist, " or ");
        format!("unverified HTTP method caveat: this token can only be used for requests with these methods: {methods}")
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        list::subset(&self.whitelist, &other.whitelist)
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let used = &request.http.as_ref().ok_or(Unmet::HttpUnknown)?.method;
        if self.whitelist.contains(used) { Ok(()) } else { Err(Unmet::Method) }
    }
}

impl HttpPaths {
    pub(super) fn in_words(&self) -> String {
        format!("usable only for requests for {}", list::either(&self.quoted()))
    }

    pub(super) fn unverified_description(&self) -> String {
        let paths = self.quoted();
        let paths = Joined(&paths, " or ");
        format!("unverified HTTP path caveat: this token can only be used for requests for these paths: {paths}")
    }

    fn quoted(&self) -> Vec<String> {
        self.whitelist.iter().map(|pattern| format!("\"{pattern}\"")).collect()
    }

    pub(super) fn implies(&self, other: &Self) -> bool {
        let wide: HashSet<&str> = other.whitelist.iter().map(|pattern| pattern.0.as_str()).collect();
        self.whitelist.iter().all(|narrow| narrow.is_in(|pattern| wide.contains(pattern)))
    }

    pub(super) fn check(&self, request: &Request) -> Result<(), Unmet> {
        let used = request.http.as_ref().ok_or(Unmet::HttpUnknown)?;
        let path = HttpPattern(used.path.clone().ok_or(Unmet::PathNotNormal)?);
        let listed = |wanted: &str| self.whitelist.iter().any(|pattern| pattern.0 == wanted);
        if path.is_in(listed) { Ok(()) } else { Err(Unmet::Path) }
    }
}

impl HttpPattern {
    /// Reads `/status`, or `/data/*` for all below `/data/`. None for what is not in normal form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.strip_suffix('*').filter(|path| path.ends_with('/')).unwrap_or(text);
        let is_normal = text.len() <= LONGEST_PATH && normal(path).as_deref() == Some(path);
        is_normal.then(|| Self(text.to_owned()))
    }

    /// Whether it is listed, or a pattern for all below one of its directories.
    fn is_in(&self, listed: impl Fn(&str) -> bool) -> bool {
        let slashes = self.0.match_indices('/').map(|(at, _)| format!("{}*", &self.0[..=at]));
        listed(&self.0) || slashes.into_iter().any(|pattern| listed(&pattern))
    }
}

/// A method (RFC 9110 section 9.1), of 1 to 32 capital letters and dashes.
fn method(text: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    (text.len() <= 32 && list::is_name(text, allowed)).then(|| text.to_owned())
}

impl fmt::Display for HttpPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::HttpRequest;
    use super::*;

    fn paths(text: &str) -> HttpPaths {
        HttpPaths::parse(&format!("http.path = {text}")).expect("a valid caveat")
    }

    fn used(method: &str, target: &str) -> Request {
        Request { http: Some(HttpRequest::new(method, target)), ..Request::at(0) }
    }

    #[test]
    fn a_method_is_one_of_the_list() {
        let caveat = Methods::parse("http.method = GET|HEAD").unwrap();
        assert_eq!(caveat.check(&used("HEAD", "/")), Ok(()));
        assert_eq!(caveat.check(&used("get", "/")), Err(Unmet::Method));
        assert_eq!(caveat.check(&used("POST", "/")), Err(Unmet::Method));
        assert_eq!(caveat.check(&Request::at(0)), Err(Unmet::HttpUnknown));
        for cid in ["http.method = ", "http.method = get", "http.method = GET|", "http.method = GET,HEAD"] {
            assert_eq!(Methods::parse(cid), None, "{cid:?} was accepted");
        }
    }

    #[test]
    fn a_path_is_listed_or_below_one_that_is() {
        for (list, target, expected) in [
            ("/a", "/a", true),
            ("/a", "/a?b=/c", true),
            ("/a", "/a/", false),
            ("/a", "/ab", false),
            ("/a/*", "/a/", true),
            ("/a/*", "/a/b/c", true),
            ("/a/*", "/a", false),
            ("/*", "/", true),
            ("/x|/a%20b/*", "/a%20b/%7Ec", true),
            ("/a/*", "/A/b", false),
            ("/~a", "/%7ea", true),
            ("/%C3%A9", "/%c3%a9", true),
            ("/a/*", "/a/movie%20[2019].mkv", true),
            ("/%5B%5D%5E%7C", "/[]^|", true),
            ("/a/*", "/a/100%25", true),
        ] {
            assert_eq!(paths(list).check(&used("GET", target)).is_ok(), expected, "{list} {target}");
        }
        assert_eq!(paths("/*").check(&Request::at(0)), Err(Unmet::HttpUnknown));
    }

    #[test]
    fn what_programs_read_differently_is_in_no_list() {
        for target in [
            "", "*", "a", "//", "/a//b", "/a/../b", "/a/..", "/.", "/a/%2e%2E/b", "/a%2Fb", "/a%2fb", "/a\\b",
            "/a%5Cb", "/a%00", "/a%0Ab", "/..;/b", "/.;x/b", "/;x/b", "/a%", "/a%2", "/a%zz", "/é", "/a b", "/a#b",
            "/<", "http://h/a", "/a/%252e%252e/b", "/%2541", "/%25%34%31",
        ] {
            assert_eq!(paths("/*").check(&used("GET", target)), Err(Unmet::PathNotNormal), "{target:?} was accepted");
        }
    }

    #[test]
    fn a_pattern_has_one_spelling() {
        for text in ["/", "/*", "/a", "/a/", "/a/*", "/a/b;c=d,e", "/%20", "/%7C"] {
            assert!(HttpPattern::parse(text).is_some(), "{text:?} was refused");
        }
        for text in ["", "*", "a/*", "/a*", "/*/a", "/a/**", "/%7E", "/%c3", "/a?b", "/a//", "/..", "/a|b"] {
            assert_eq!(HttpPattern::parse(text), None, "{text:?} was accepted");
        }
        assert_eq!(HttpPattern::parse(&format!("/{}", "a".repeat(LONGEST_PATH))), None);
    }

    #[test]
    fn a_narrower_list_is_within_a_wider_one() {
        for (narrow, wide, expected) in [
            ("/a/b|/a/c/*", "/a/*", true),
            ("/a/*", "/a/*", true),
            ("/a/*", "/*", true),
            ("/a/", "/a/*", true),
            ("/a", "/a/*", false),
            ("/*", "/a/*", false),
            ("/a/*", "/a/", false),
            ("/a|/b", "/b|/a", true),
        ] {
            assert_eq!(paths(narrow).implies(&paths(wide)), expected, "{narrow} in {wide}");
        }
    }
}
