//! Tokens as lists show them, from whichever form a server has them in.

use serde_json::Value;

use super::credential::read_claims;
use super::text::plain;
use zonemint_base::clock::{self, DAY_S};
use zonemint_base::model::{Excess, LONGEST_DAYS, Life};
use zonemint_caveat::{self as caveat, Caveat};

/// The column headings of a list of tokens.
pub(super) const HEAD: [&str; 7] = ["NAME OR ID", "STATE", "CREATED", "EXPIRES", "WARNING", "LAST USED", "ALLOWS"];

/// Summary of one of the caller's tokens.
#[derive(Debug)]
pub(super) struct TokenSummary {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) state: State,
    created: Option<u64>,
    expires: Option<u64>,
    last_used: Option<String>,
    allows: String,
    /// The server's object for it.
    pub(super) object: Value,
}

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum State {
    /// Good now
    Active,
    /// Revoked by somebody
    Revoked,
    /// Its time is over
    Expired,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    fn of(expires: Option<u64>, revoked: bool, now: u64) -> Self {
        match expires {
            _ if revoked => Self::Revoked,
            Some(until) if until <= now => Self::Expired,
            _ => Self::Active,
        }
    }
}

impl TokenSummary {
    /// From an object of a page of tokens, or from a token object of Onezone 21.02; `now` is in Unix seconds.
    pub(super) fn of_object(object: Value, now: u64) -> Self {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let caveats: Vec<_> = object.get("caveats").and_then(Value::as_array).into_iter().flatten().collect();
        let known: Vec<_> = caveats.iter().filter_map(|json| Caveat::from_json(json).ok()).collect();
        let expires = object.get("expires").and_then(Value::as_u64).or_else(|| caveat::valid_until(&known));
        let state = match text("state").as_deref() {
            Some("revoked") => State::Revoked,
            Some("expired") => State::Expired,
            Some(_) => State::Active,
            None => State::of(expires, object.get("revoked") == Some(&Value::Bool(true)), now),
        };
        let metadata = object.get("metadata");
        let created = object.get("created").or_else(|| metadata.and_then(|metadata| metadata.get("creationTime")));
        let strange =
            caveats.iter().filter(|json| Caveat::from_json(json).is_err()).map(|json| plain(&json.to_string()));
        let identity = object.get("type").is_some_and(|kind| kind.get("identityToken").is_some());
        Self {
            id: text("id").unwrap_or_default(),
            name: text("name"),
            state,
            created: created.and_then(Value::as_u64),
            expires,
            last_used: text("lastUsed"),
            allows: allows(&known, strange, identity),
            object,
        }
    }

    /// From the text of a client token, which is all that an older Onezone tells. None if it cannot be read.
    pub(super) fn of_text(text: &str, now: u64) -> Option<Self> {
        let claims = read_claims(text)?;
        let expires = caveat::valid_until(&claims.caveats);
        let id = claims.id()?.to_owned();
        Some(Self {
            object: serde_json::json!({"id": id, "token": text}),
            id,
            name: None,
            state: State::of(expires, false, now),
            created: None,
            expires,
            last_used: None,
            allows: allows(&claims.caveats, std::iter::empty(), false),
        })
    }

    /// The columns of [`HEAD`]; `now` is in Unix seconds.
    pub(super) fn row(&self, now: u64) -> [String; 7] {
        let moment = |at: Option<u64>, none: &str| at.map_or_else(|| none.to_owned(), clock::rfc3339);
        [
            plain(self.name.as_deref().unwrap_or(&self.id)),
            self.state.name().to_owned(),
            moment(self.created, "-"),
            moment(self.expires, "never"),
            self.warning(now).unwrap_or_else(|| "-".to_owned()),
            self.last_used.as_deref().map_or_else(|| "-".to_owned(), plain),
            self.allows.clone(),
        ]
    }

    /// A few lines about one token.
    pub(super) fn facts(&self, now: u64) -> Vec<(&'static str, String)> {
        let [_, state, created, expires, _, _, allows] = self.row(now);
        let mut facts = vec![
            ("name", self.name.as_deref().map_or_else(|| "-".to_owned(), plain)),
            ("id", plain(&self.id)),
            ("state", state),
            ("created", created),
            ("expires", expires),
        ];
        facts.extend(self.warning(now).map(|warning| ("warning", warning)));
        facts.push(("allows", allows));
        let description = self.object.pointer("/metadata/custom/description").and_then(Value::as_str);
        facts.extend(description.map(|description| ("description", plain(description))));
        facts
    }

    /// Why its owner should look at a good token: it ends soon, never or late.
    fn warning(&self, now: u64) -> Option<String> {
        if self.state != State::Active {
            return None;
        }
        let life = Life { created_s: self.created, expires_s: self.expires };
        if life.ends_within(now).is_some() {
            let days = self.expires?.saturating_sub(now) / DAY_S;
            return Some(match days {
                0 => "ends in less than a day".to_owned(),
                1 => "ends in 1 day".to_owned(),
                days => format!("ends in {days} days"),
            });
        }
        // A zonemint knows what it allows; for others there is a usual bound.
        let overlong = self.object.get("overlong").and_then(Value::as_bool);
        match (overlong, life.excess(LONGEST_DAYS * DAY_S)) {
            (Some(false), _) | (None, None) => None,
            (_, Some(Excess::Endless)) => Some("never ends".to_owned()),
            (_, Some(Excess::OverLong)) => Some(format!("lives longer than {LONGEST_DAYS}d")),
            (Some(true), None) => Some("lives longer than the server allows".to_owned()),
        }
    }
}

/// All but the end, which is told apart.
fn allows(known: &[Caveat], strange: impl Iterator<Item = String>, identity: bool) -> String {
    let words = known.iter().filter(|caveat| !matches!(caveat, Caveat::Time(_))).map(Caveat::in_words);
    let words: Vec<_> =
        words.map(|words| plain(words.strip_prefix("usable only ").unwrap_or(&words))).chain(strange).collect();
    let what = if identity { "proving who one is" } else { "everything" };
    if words.is_empty() {
        what.to_owned()
    } else if identity {
        format!("{what}, {}", words.join("; "))
    } else {
        words.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_server_says_which_life_is_too_long_and_a_year_is_where_it_does_not() {
        let warning = |days: u64, overlong: Value| {
            let object = json!({"state": "active", "created": 0, "expires": days * DAY_S, "overlong": overlong});
            TokenSummary::of_object(object, 0).warning(0)
        };
        let (year, server) = ("lives longer than 365d", "lives longer than the server allows");
        assert_eq!(warning(500, json!(false)), None);
        assert_eq!(warning(500, json!(null)).as_deref(), Some(year));
        assert_eq!(warning(500, json!(true)).as_deref(), Some(year));
        assert_eq!(warning(90, json!(true)).as_deref(), Some(server));
        assert_eq!(warning(90, json!(null)), None);
    }
}
