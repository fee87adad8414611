//! A token on a command line, where other users of the machine can read it; so it may be elsewhere, and be named there.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::failure::{CommandError, Failure, fail};
use zonemint_base::regular_file::open_given;

/// Longest text that is read, in bytes: more than any token or password may have.
pub const LONGEST_INPUT: u64 = 4 << 20;

/// Reads a text that may be secret, up to [`LONGEST_INPUT`].
///
/// # Errors
/// It cannot be read, or is not UTF-8.
pub fn read_secret_text(input: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    input.take(LONGEST_INPUT).read_to_string(&mut text)?;
    Ok(text)
}

/// A token's text, `-` for standard input, or `@FILE`.
#[derive(Clone)]
pub struct TokenText(Zeroizing<String>);

impl TokenText {
    /// Whether it comes from standard input.
    #[must_use]
    pub fn is_input(&self) -> bool {
        *self.0 == "-"
    }

    /// The text. One line end after it is taken off, and nothing else. What cannot be a token, and is often given for one, is an error.
    ///
    /// # Errors
    /// It cannot be read, is empty, or is a whole answer of a server.
    pub fn read(&self) -> Result<Zeroizing<String>, Failure> {
        let text = self.whole()?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(why) = self.mistake(line) {
            return fail(why);
        }
        Ok(Zeroizing::new(line.to_owned()))
    }

    fn whole(&self) -> Result<Zeroizing<String>, Failure> {
        if self.is_input() {
            return Ok(read_secret_text(io::stdin().lock())?);
        }
        let Some(path) = self.0.strip_prefix('@') else { return Ok(self.0.clone()) };
        let text = open_given(path.as_ref()).and_then(read_secret_text);
        Ok(text.map_err(|error| CommandError(format!("{path}: {error}")))?)
    }

    /// What is often given by mistake where a token should be: nothing, or all that a server answered. What was given is not repeated.
    fn mistake(&self, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return Some(match self.0.strip_prefix('@') {
                Some(path) => format!("{path}: the file is empty"),
                None if self.is_input() => "standard input is empty".to_owned(),
                None => "the token is empty: is the variable set that it comes from?".to_owned(),
            });
        }
        let answer: serde_json::Value = serde_json::from_str(text).ok()?;
        let key =
            ["token", "macaroon"].into_iter().find(|key| answer.get(key).is_some_and(serde_json::Value::is_string));
        if let Some(key) = key {
            return Some(format!(
                "this is the whole JSON answer; the token is its \"{key}\", which `jq -r .{key}` prints"
            ));
        }
        // Of other JSON, macaroons in JSON among them, the parser of tokens tells what is wrong.
        let is_answer = ["error", "tokens"].into_iter().any(|key| answer.get(key).is_some());
        is_answer.then(|| "this is a JSON answer that holds no token".to_owned())
    }
}

impl From<&str> for TokenText {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

zonemint_base::opaque_debug!(TokenText);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_by_mistake_is_named_and_not_repeated() {
        for (given, text, expected) in [
            ("@token", "", "token: the file is empty"),
            ("@token", " \n", "token: the file is empty"),
            ("-", "", "standard input is empty"),
            ("", "", "the token is empty"),
            ("-", r#"{"token":"MDAx"}"#, "this is the whole JSON answer; the token is its \"token\""),
            ("-", r#" {"macaroon": "MDAx"}"#, "this is the whole JSON answer; the token is its \"macaroon\""),
            ("@answer", r#"{"error":"MDAx"}"#, "this is a JSON answer that holds no token"),
            ("-", r#"{"tokens":["MDAx"]}"#, "this is a JSON answer that holds no token"),
        ] {
            let told = TokenText::from(given).mistake(text).unwrap_or_else(|| panic!("{text}"));
            assert!(told.starts_with(expected) && !told.contains("MDAx"), "{told}");
        }
        for other in ["MDAx", r#"{"token":"MDAx"#, r#"{"v":2,"i":"MDAx","s64":"MDAx"}"#] {
            assert_eq!(TokenText::from("-").mistake(other), None, "{other}");
        }
    }
}
