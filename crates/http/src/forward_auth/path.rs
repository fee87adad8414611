//! The path of a request, in all the ways in which programs read it, and the paths of routes.
//!
//! A path is read as RFC 3986 says, and as services are known to read it: with a component's parameters cut off or the whole
//! path ended by them, decoded more than once, with a backslash or an encoded slash for a slash, with `.` and `..` resolved or
//! not, and with empty components dropped or not. A path is on a route if one of these readings is.

use zonemint_caveat::HttpPattern;

/// Rounds of decoding. A path that still has escapes after them is on every route.
const MOST_ROUNDS: usize = 4;
/// Components with two readings, and components of a path that has such: each one can double the readings. A path with more is
/// on every route, so that the work for one request is bounded.
const MOST_AMBIGUOUS: usize = 32;
const MOST_COMPONENTS: usize = 256;
/// What begins a component's parameters, or ends the path: encoded, the latter two do so for programs that decode first.
const ENDS: [u8; 3] = *b";?#";

/// The readings of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Readings {
    /// Too many readings, or none: it may be any path.
    Any,
    /// By components, for each round of decoding. At least one.
    Rounds(Vec<Vec<Component>>),
}

/// The part between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component {
    /// Decoded, in one case if case does not count.
    text: Vec<u8>,
    /// The slash before it was encoded or a backslash, so it may be a part of the component before.
    may_go_on: bool,
}

/// The path of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoutePath {
    components: Vec<Vec<u8>>,
    /// With everything below it.
    is_tree: bool,
}

/// The part of a path that has been read: how many of the route's components it has first, and how many others follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Walked {
    matched: usize,
    others: usize,
}

impl Readings {
    /// Reads the path of a request's target.
    pub(super) fn of(target: &str, ignore_case: bool) -> Self {
        let path = target.split_once('?').map_or(target, |(path, _)| path).as_bytes();
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"#<>`{}".contains(byte);
        let is_broken = |at: usize| path[at] == b'%' && escape(path, at).is_none();
        if !path.starts_with(b"/") || !path.iter().all(is_plain) || (0..path.len()).any(is_broken) {
            return Self::Any;
        }
        let mut rounds = Vec::new();
        let mut text = path.to_vec();
        for _ in 0..MOST_ROUNDS {
            text = decode(&text);
            let components = components(&text, ignore_case);
            let ambiguous = components.iter().filter(|component| component.is_ambiguous()).count();
            let is_beyond = ambiguous > MOST_AMBIGUOUS || (ambiguous > 0 && components.len() > MOST_COMPONENTS);
            if is_beyond || text.iter().any(u8::is_ascii_control) {
                return Self::Any;
            }
            rounds.push(components);
            if (0..text.len()).all(|at| escape(&text, at).is_none()) {
                return Self::Rounds(rounds);
            }
        }
        Self::Any
    }
}

impl RoutePath {
    /// Reads `/status`, or `/data/*` for `/data` and all below it. None for what is not in normal form.
    pub(super) fn parse(text: &str, ignore_case: bool) -> Option<Self> {
        HttpPattern::parse(text)?;
        let tree = text.strip_suffix("/*");
        let components = match tree {
            Some("") => Vec::new(),
            _ => components(&decode(tree.unwrap_or(text).as_bytes()), ignore_case),
        };
        Some(Self {
            components: components.into_iter().map(|component| component.text).collect(),
            is_tree: tree.is_some(),
        })
    }

    /// Whether a path may be on the route.
    pub(super) fn may_cover(&self, readings: &Readings) -> bool {
        match readings {
            Readings::Any => true,
            Readings::Rounds(rounds) => rounds.iter().any(|components| self.covers_a_reading(components)),
        }
    }

    /// Whether a path is on the route, read as RFC 3986 says.
    pub(super) fn covers(&self, readings: &Readings) -> bool {
        let Readings::Rounds(rounds) = readings else { return false };
        let walk = |walked, component: &Component| self.step(walked, &component.text);
        rounds.first().is_some_and(|components| self.ends(components.iter().fold(Walked::START, walk)))
    }

    /// Walks along all readings at once.
    fn covers_a_reading(&self, components: &[Component]) -> bool {
        let mut walks = vec![Walked::START];
        let mut in_parameters = false;
        for component in components {
            in_parameters &= component.may_go_on;
            let mut next = Vec::with_capacity(walks.len());
            for walked in walks {
                next.extend(self.steps(walked, &component.text));
                for name in component.cut() {
                    let cut = self.steps(walked, name);
                    if cut.clone().any(|walked| self.ends(walked)) {
                        return true;
                    }
                    next.extend(cut);
                }
                next.extend(component.may_go_on.then(|| walked.with_another_last()));
                next.extend(in_parameters.then_some(walked));
            }
            in_parameters |= component.cut().next().is_some();
            next.sort_unstable();
            next.dedup();
            walks = next;
        }
        walks.into_iter().any(|walked| self.ends(walked))
    }

    /// All meanings of a component.
    fn steps(&self, walked: Walked, name: &[u8]) -> impl Iterator<Item = Walked> + Clone {
        let other = match name {
            b"" | b"." => Some(walked),
            b".." => Some(walked.up()),
            _ => None,
        };
        [self.step(walked, name)].into_iter().chain(other)
    }

    /// A component that means itself.
    fn step(&self, walked: Walked, name: &[u8]) -> Walked {
        let is_next = walked.others == 0 && self.components.get(walked.matched).is_some_and(|next| next == name);
        if is_next {
            Walked { matched: walked.matched + 1, ..walked }
        } else {
            Walked { others: walked.others + 1, ..walked }
        }
    }

    fn ends(&self, walked: Walked) -> bool {
        walked.matched == self.components.len() && (self.is_tree || walked.others == 0)
    }
}

impl Walked {
    const START: Self = Self { matched: 0, others: 0 };

    /// Without the last component.
    fn up(self) -> Self {
        match self.others {
            0 => Self { matched: self.matched.saturating_sub(1), others: 0 },
            others => Self { others: others - 1, ..self },
        }
    }

    /// With a last component that is not the route's.
    fn with_another_last(self) -> Self {
        let up = self.up();
        Self { others: up.others + 1, ..up }
    }
}

impl Component {
    fn is_ambiguous(&self) -> bool {
        self.may_go_on || [&b""[..], b".", b".."].contains(&self.text.as_slice()) || self.cut().next().is_some()
    }

    /// What is left where parameters are cut off.
    fn cut(&self) -> impl Iterator<Item = &[u8]> {
        ENDS.iter().filter_map(|end| self.text.iter().position(|byte| byte == end)).map(|at| &self.text[..at])
    }
}

/// Parts a decoded path, which begins with a slash, at its slashes.
fn components(path: &[u8], ignore_case: bool) -> Vec<Component> {
    let mut components = Vec::new();
    let mut rest = path.strip_prefix(b"/").unwrap_or(path);
    let mut may_go_on = false;
    loop {
        let slash = rest.iter().position(|byte| b"/\\".contains(byte));
        let name = &rest[..slash.unwrap_or(rest.len())];
        let text = if ignore_case { in_one_case(name) } else { name.to_vec() };
        components.push(Component { text, may_go_on });
        let Some(at) = slash else { return components };
        may_go_on = rest[at] == b'\\';
        rest = &rest[at + 1..];
    }
}

/// One round of decoding. An encoded slash becomes a backslash, because both may or may not be a slash.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escaped = escape(text, at);
        decoded.push(match escaped {
            Some(b'/') => b'\\',
            Some(octet) => octet,
            None => *byte,
        });
        at += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

/// The octet that is percent-encoded at a place.
fn escape(text: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = text.get(at..at + 3)? else { return None };
    let digits = [char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?];
    u8::try_from(digits[0] << 4 | digits[1]).ok()
}

/// Folds case as services may do: letters that either of the two mappings makes equal are equal.
fn in_one_case(name: &[u8]) -> Vec<u8> {
    let upper = String::from_utf8_lossy(name);
    let upper = upper.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_cover(route: &str, target: &str) -> bool {
        RoutePath::parse(route, false).unwrap().may_cover(&Readings::of(target, false))
    }

    #[test]
    fn a_path_is_on_a_route_or_not() {
        for (route, target, expected) in [
            ("/admin/*", "/admin/panel", true),
            ("/admin/*", "/admin/", true),
            ("/admin/*", "/admin", true),
            ("/admin/*", "/admin?a", true),
            ("/admin/*", "/administrators", false),
            ("/admin/*", "/Admin", false),
            ("/admin/*", "/a/admin/b", false),
            ("/admin/*", "/files?/admin/", false),
            ("/admin", "/admin/panel", false),
            ("/*", "/", true),
            ("/*", "/a", true),
            ("/", "/", true),
            ("/", "/a", false),
            ("/a%20b/%C3%A9", "/a%20b/%c3%a9", true),
            ("/a|b", "/a%7Cb", true),
        ] {
            let route = route.replace('|', "%7C");
            assert_eq!(may_cover(&route, target), expected, "{route} {target}");
        }
    }

    #[test]
    fn a_path_is_on_each_route_that_a_reading_is_on() {
        for target in [
            "/admin;x/panel", "/admin;/panel", "/admin%3Bx/panel", "/admin;x", "/;x/admin", "/admin/..;/admin/a",
            "/admin;x%2Fy/panel", "/admin%3F/panel", "/admin%23a", "/admin%253Fa", "/%61dmin/panel",
            "/public/%252e%252e/admin/panel", "/%2561dmin", "/%252561dmin", "/public%252f..%252fadmin",
            "//admin/panel", "/./admin", "/x/../admin", "/x/..;a=b/admin", "/x/%2e%2E/admin", "/../admin",
            "/x/.%2e/admin", "/\\admin", "\\admin", "/%5Cadmin/", "/admin\\panel", "/admin%2Fpanel", "/x%2F..%2Fadmin",
            "/x\\..\\admin", "/x%2Fy/../admin", "/x\\y/../admin", "/..%2Fx/../admin", "/admin/../public", "/admin/..",
            "/a//../admin", "/x//../../admin", "/admin%5C..%5Cpublic", "/x/y;/../../admin",
        ] {
            assert!(may_cover("/admin/*", target), "{target}");
        }
        for (route, target) in [("/admin", "/admin/"), ("/admin", "/admin;/a"), ("/a/b", "/a//b/."), ("/a;b", "/a;b")] {
            assert!(may_cover(route, target), "{route} {target}");
        }
    }

    #[test]
    fn a_path_is_on_no_route_that_no_reading_is_on() {
        for target in [
            "/files/movie%20[2019].mkv", "/files/a^b", "/files/a|b", "/files/a;v=1", "/files/100%25", "/files/%25zz",
            "/files//a", "/files/../public", "/files/%5Ba%5D", "/files/a%2Fb", "/files/a\\b", "/files/%E9", "/%2561",
            "/files/x;admin/a", "/admin.", "/adm%69nistrators", "/files/admin/../a", "/x/../files;/admin",
        ] {
            assert!(!may_cover("/admin/*", target), "{target}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_on_every_route() {
        let (dots, long) = ("/..".repeat(MOST_AMBIGUOUS + 1), "/a".repeat(MOST_COMPONENTS));
        let (deep, odd) = (format!("/%{}2541", "25".repeat(MOST_ROUNDS)), format!("{long}/;"));
        for target in [
            "", "*", "admin", "http://h/a", "/a b", "/a#b", "/\"", "/<", "/`", "/{", "/\u{e9}", "/%", "/%2", "/%zz",
            "/a%4%41", "/%00", "/%0A", "/%2500", "/a%7F", &dots, &deep, &odd,
        ] {
            assert_eq!(Readings::of(target, false), Readings::Any, "{target:?}");
        }
        assert!(RoutePath::parse("/a", false).unwrap().may_cover(&Readings::Any));
        assert!(!may_cover("/admin", &long));
    }

    #[test]
    fn case_counts_unless_it_is_ignored() {
        for (route, target) in [
            ("/admin/*", "/ADMIN/a"),
            ("/Admin/*", "/admin"),
            ("/admin/*", "/x/../%41dmin"),
            ("/%C3%84", "/%C3%A4"),
            ("/kiosk", "/%E2%84%AAiosk"),
            ("/secret", "/%C5%BFecret"),
        ] {
            let covers = |ignored| RoutePath::parse(route, ignored).unwrap().may_cover(&Readings::of(target, ignored));
            assert_eq!((covers(false), covers(true)), (false, true), "{route} {target}");
        }
    }

    #[test]
    fn the_plain_reading_is_that_of_rfc_3986() {
        let covers = |target| RoutePath::parse("/admin/*", false).unwrap().covers(&Readings::of(target, false));
        assert!(covers("/admin") && covers("/%61dmin/") && covers("/admin/a;b"));
        assert!(!covers("//admin") && !covers("/admin;x") && !covers("/%2561dmin") && !covers("*"));
    }
}
