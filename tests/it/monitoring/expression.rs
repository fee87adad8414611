//! What an expression of Prometheus reads: its metrics, and the labels that it goes by. Whether it can be parsed at all is for
//! promtool to say; this knows no more than names.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::CharIndices;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Text(&'a str),
    /// A number, or a duration.
    Number,
    Symbol(char),
}

/// `result=~"refused|limited"`.
#[derive(Debug, PartialEq, Eq)]
pub struct Matcher {
    pub label: String,
    /// A regular expression, rather than the value itself.
    pub pattern: bool,
    pub value: String,
}

/// A metric, once for each place where it is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Selector {
    pub metric: String,
    pub matchers: Vec<Matcher>,
    /// The labels of every `by (…)` around it, from the outermost inwards.
    pub grouped: Vec<String>,
}

const KEYWORDS: [&str; 7] = ["and", "or", "unless", "offset", "bool", "group_left", "group_right"];
/// Which a list of labels follows.
const GROUPINGS: [&str; 4] = ["by", "without", "on", "ignoring"];

/// The metrics of an expression. A grouping stands before what it groups: `sum by (code) (rate(…))`.
pub fn selectors(expression: &str) -> Vec<Selector> {
    let tokens = tokens(expression);
    let (mut found, mut open, mut labels, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        match (tokens[at], tokens.get(at + 1)) {
            (Token::Name(word), Some(Token::Symbol('('))) if GROUPINGS.contains(&word) => {
                let end = at + tokens[at..].iter().position(|token| *token == Token::Symbol(')')).unwrap();
                labels = names(&tokens[at..end]);
                at = end;
            }
            (Token::Symbol('('), _) => open.push(std::mem::take(&mut labels)),
            (Token::Symbol(')'), _) => drop(open.pop()),
            (Token::Name(_), Some(Token::Symbol('('))) => {}
            (Token::Name(_), Some(Token::Name(word))) if GROUPINGS.contains(word) => {}
            (Token::Name(word), _) if KEYWORDS.contains(&word) => {}
            (Token::Name(metric), next) => {
                let braces = next == Some(&Token::Symbol('{'));
                let list = if braces { matchers(&tokens[at + 2..]) } else { Vec::new() };
                at += if braces {
                    1 + tokens[at..].iter().position(|token| *token == Token::Symbol('}')).unwrap()
                } else {
                    1
                };
                found.push(Selector { metric: metric.to_owned(), matchers: list, grouped: open.concat() });
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn names(tokens: &[Token<'_>]) -> Vec<String> {
    let names = tokens.iter().skip(1).filter_map(|token| match token {
        Token::Name(name) => Some((*name).to_owned()),
        _ => None,
    });
    names.collect()
}

/// What stands in braces.
fn matchers(tokens: &[Token<'_>]) -> Vec<Matcher> {
    let inside = tokens.split(|token| *token == Token::Symbol('}')).next().unwrap();
    let parts = inside.split(|token| *token == Token::Symbol(',')).filter(|part| !part.is_empty());
    let matcher = |part: &[Token<'_>]| match part {
        [Token::Name(label), operator @ .., Token::Text(value)] => Matcher {
            label: (*label).to_owned(),
            pattern: operator.last() == Some(&Token::Symbol('~')),
            value: (*value).to_owned(),
        },
        other => panic!("no matcher: {other:?}"),
    };
    parts.map(matcher).collect()
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let from = |end: usize| &expression[at..end];
        if c == '"' {
            let end = rest.find(|(_, c)| *c == '"').expect("a text has an end").0;
            tokens.push(Token::Text(&expression[at + 1..end]));
        } else if c.is_ascii_digit() {
            end_of(&mut rest, |c| c.is_alphanumeric() || c == '.');
            tokens.push(Token::Number);
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = end_of(&mut rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            tokens.push(Token::Name(from(end.unwrap_or(expression.len()))));
        } else if !c.is_whitespace() {
            tokens.push(Token::Symbol(c));
        }
    }
    tokens
}

/// Goes to the first character that is not `inside`; none at the text's end.
fn end_of(rest: &mut Peekable<CharIndices<'_>>, inside: impl Fn(char) -> bool) -> Option<usize> {
    while rest.next_if(|(_, c)| inside(*c)).is_some() {}
    rest.peek().map(|(at, _)| *at)
}

impl Matcher {
    /// Whether a label's values have what is asked for: each alternative of a pattern, in which a dot is any character and `.+`
    /// any text.
    pub fn is_met_by(&self, values: &BTreeSet<String>) -> bool {
        let fits = |wanted: &str, value: &str| {
            let same = |(wanted, given): (char, char)| wanted == given || wanted == '.';
            wanted == ".+" || (wanted.len() == value.len() && wanted.chars().zip(value.chars()).all(same))
        };
        if self.pattern {
            self.value.split('|').all(|wanted| values.iter().any(|value| fits(wanted, value)))
        } else {
            values.contains(&self.value)
        }
    }
}

#[test]
fn metrics_are_told_from_functions_labels_and_keywords() {
    let expression = "histogram_quantile(0.99, sum by (job, le) (rate(a_bucket{code=~\"5..\", x=\"y\"}[5m] offset 1h))) \
                      > 0.5 * b or max without (c) (time() - d:e) / 1e9";
    let found = selectors(expression);
    let of = |label: &str, pattern, value: &str| Matcher { label: label.to_owned(), pattern, value: value.to_owned() };
    let plain = |metric: &str, grouped: &[&str]| {
        let grouped = grouped.iter().map(|&label| label.to_owned()).collect();
        Selector { metric: metric.to_owned(), matchers: Vec::new(), grouped }
    };
    let bucket =
        Selector { matchers: vec![of("code", true, "5.."), of("x", false, "y")], ..plain("a_bucket", &["job", "le"]) };
    assert_eq!(found, [bucket, plain("b", &[]), plain("d:e", &["c"])]);
}

#[test]
fn a_pattern_is_met_when_each_alternative_is() {
    let values = ["200", "503"].map(str::to_owned).into();
    for (value, met) in [("5..", true), (".+", true), ("200|5..", true), ("200|404", false), ("50", false)] {
        let matcher = Matcher { label: "code".to_owned(), pattern: true, value: value.to_owned() };
        assert_eq!(matcher.is_met_by(&values), met, "{value}");
    }
}
