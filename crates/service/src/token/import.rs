//! Client tokens of a Onezone, which stay valid here: one JSON object a line.
//!
//! A line has a token's `identifier` and `secret`, its `user`, and, if it is to be listed again, its whole text as `token`.
//! Without the text its caveats are not known here, but they are to its holder, whose text is verified with all of them.
//! Such a token is never made again from what is kept, because it would lack the caveat that ends it.
//!
//! Refusals name the line, and never hold a secret or a token's text.

use std::io::BufRead;

use zeroize::Zeroizing;

use super::error::MintError;
use super::service::TokenService;
use super::signed_caveats::{UnreadableCaveat, read_caveat};
use crate::import::{Object, RecordError, Seen};
use zonemint_base::lines::{Line, Lines};
use zonemint_base::model::{Token, TokenForm, TokenId, UserId, UserName};
use zonemint_caveat::{Caveat, TokenKind};
use zonemint_macaroon::{Limits, Macaroon, ParseError, RootSecret};
use zonemint_store::{Actor, Inserted};

/// Digits of a secret. Onezone signs with their ASCII text: upper-case up to 18.02, lower-case later.
const SECRET_DIGITS: usize = 64;

/// A token that may be taken over.
#[derive(Clone)]
pub struct ImportedToken {
    /// Its identifier.
    pub id: TokenId,
    /// Whose it is.
    pub owner: Owner,
    secret: Zeroizing<Vec<u8>>,
    /// The caveats of its text; none when the text is not there.
    caveats: Vec<Caveat>,
}

/// Whose a token is, as the input says it: at least one of the two. A text that could be either is an id if there is a
/// user of that id, since names are chosen, and ids are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The text as an id.
    pub id: Option<UserId>,
    /// The text as a name.
    pub name: Option<UserName>,
}

/// A line that is not taken.
#[derive(Debug)]
pub struct RefusedLine {
    /// Its number; the first line is 1.
    pub line: usize,
    /// The token's identifier, where there is one. It is no secret.
    pub id: Option<TokenId>,
    /// What is wrong.
    pub reason: ImportError,
}

/// Why a line is not taken. The text is for the person who imports.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The line is not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A text that no token has.
    #[error("the value of \"token\" is no token: {0}")]
    Text(ParseError),
    /// The text of another token.
    #[error("the value of \"token\" has another identifier")]
    AnotherToken,
    /// A text that was not signed with the secret.
    #[error("the value of \"token\" was not signed with this secret")]
    Signature,
    /// A text with a caveat for which it would be refused.
    #[error("the token would be refused for {0}")]
    Caveat(UnreadableCaveat),
}

impl ImportError {
    /// The text by which refusals are counted, where the error's text names a place.
    #[must_use]
    pub fn without_place(&self) -> Option<String> {
        if let Self::Record(error) = self { error.without_place() } else { None }
    }
}

/// The tokens of one input, line by line. Blank lines are no tokens. No Debug: it holds the line, with its secret.
pub struct TokenImport<R> {
    lines: Lines<R>,
    limits: Limits,
    ids: Seen<TokenId>,
}

impl<R: BufRead> TokenImport<R> {
    /// Takes an input, of which nothing is read yet. `limits` are those within which tokens will be verified.
    pub fn new(input: R, limits: Limits) -> Self {
        Self { lines: Lines::new(input), limits, ids: Seen::new("identifier") }
    }

    /// The number of the line that was read last; the first line is 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.lines.number()
    }
}

impl<R: BufRead> Iterator for TokenImport<R> {
    type Item = Result<ImportedToken, RefusedLine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, text) = match self.lines.next()? {
                (line, Line::Text(text)) if !text.trim_ascii().is_empty() => (line, Ok(text.trim_ascii())),
                (_, Line::Text(_)) => continue,
                (line, Line::Bad(error)) => (line, Err(RecordError::from(error))),
            };
            let mut known = None;
            let token = text.and_then(Object::parse).map_err(ImportError::from).and_then(|object| {
                let id = *known.insert(id(&object)?);
                self.ids.note(id, line)?;
                token(&object, id, &self.limits)
            });
            return Some(token.map_err(|reason| RefusedLine { line, id: known, reason }));
        }
    }
}

fn id(object: &Object) -> Result<TokenId, ImportError> {
    const EXPECTED: &str = "an identifier of Onezone: 43 characters of base64url, 32 hexadecimal digits, or those, \
                            `ch` and four more, in lower case";
    let id = TokenId::parse(object.required("identifier")?.as_bytes());
    Ok(id.map_err(|_| RecordError::WrongValue { key: "identifier", expected: EXPECTED })?)
}

fn token(object: &Object, id: TokenId, limits: &Limits) -> Result<ImportedToken, ImportError> {
    let secret = object.required("secret")?;
    if secret.len() != SECRET_DIGITS || !secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(RecordError::WrongValue { key: "secret", expected: "64 hexadecimal digits" }.into());
    }
    let secret = Zeroizing::new(secret.as_bytes().to_vec());
    let caveats = match object.text(&["token"])? {
        Some(text) => verified_caveats(text, id, &secret, limits)?,
        None => Vec::new(),
    };
    let user = object.required("user")?;
    let owner = Owner { id: user.parse().ok(), name: UserName::parse(user).ok() };
    if owner.id.is_none() && owner.name.is_none() {
        return Err(RecordError::WrongValue { key: "user", expected: "a user's name or id" }.into());
    }
    Ok(ImportedToken { id, owner, secret, caveats })
}

/// The caveats of a text that was signed with the secret. One that its holder narrowed gives more than the token has,
/// which is safe.
fn verified_caveats(text: &str, id: TokenId, secret: &[u8], limits: &Limits) -> Result<Vec<Caveat>, ImportError> {
    let (macaroon, _) = Macaroon::parse(text, limits).map_err(ImportError::Text)?;
    if macaroon.identifier() != id.to_string().as_bytes() {
        return Err(ImportError::AnotherToken);
    }
    let verified = macaroon.verify(&RootSecret::new(secret)).map_err(|_| ImportError::Signature)?;
    verified.caveats().map(read_caveat).collect::<Result<_, _>>().map_err(ImportError::Caveat)
}

impl TokenService {
    /// Takes over tokens for their owners, all or none: none, unless every answer is [`Inserted::Stored`].
    ///
    /// # Errors
    /// [`MintError`]; nothing was stored then.
    pub async fn import(&self, tokens: Vec<(UserId, ImportedToken)>) -> Result<Vec<Inserted>, MintError> {
        let now_ms = self.clock.now_ms();
        Ok(self.store.import_tokens(self.imported(tokens, now_ms)?, Actor::Operator, now_ms).await?)
    }

    /// What [`TokenService::import`] would answer. Nothing is stored.
    ///
    /// # Errors
    /// [`MintError`] when that cannot be found out.
    pub async fn check_import(&self, tokens: Vec<(UserId, ImportedToken)>) -> Result<Vec<Inserted>, MintError> {
        let now_ms = self.clock.now_ms();
        let mut tokens = self.imported(tokens, now_ms)?;
        // A twin is never stored, so the store takes all of it back: the answers are its own, deleted tokens included.
        tokens.extend(tokens.first().cloned());
        let mut answers = self.store.import_tokens(tokens, Actor::Operator, now_ms).await?;
        answers.pop();
        Ok(answers)
    }

    fn imported(&self, tokens: Vec<(UserId, ImportedToken)>, now_ms: u64) -> Result<Vec<Token>, MintError> {
        let keyring = self.keyring();
        let sealed = |(user, token): (UserId, ImportedToken)| {
            Ok(Token {
                parent: None,
                id: token.id,
                user,
                secret: keyring.seal_imported(token.id, &token.secret, &self.random).ok_or(MintError::NoKey)?,
                form: TokenForm::Bare,
                kind: TokenKind::Access,
                name: None,
                caveats: token.caveats,
                metadata: None,
                created_ms: now_ms,
                revoked_ms: None,
                last_used_day: None,
                last_use: None,
            })
        };
        tokens.into_iter().map(sealed).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use zonemint_macaroon::Encoding;

    const ID: &str = "c1dddb487717a5a910a426ee79871001";
    const SECRET: &str = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";

    fn text(id: &str, secret: &str, caveats: &[&str]) -> String {
        let secret = RootSecret::new(secret.as_bytes());
        let mut macaroon = Macaroon::mint(&secret, "onezone", id.as_bytes()).unwrap();
        for caveat in caveats {
            macaroon.narrow(caveat.as_bytes()).unwrap();
        }
        macaroon.to_text(Encoding::Onezone).unwrap()
    }

    fn line(changes: Value) -> String {
        let mut line = serde_json::json!({"identifier": ID, "secret": SECRET, "user": "alice"});
        if let (Value::Object(line), Value::Object(changes)) = (&mut line, changes) {
            line.extend(changes);
        }
        line.to_string()
    }

    fn told(input: &str) -> Vec<String> {
        TokenImport::new(input.as_bytes(), Limits::default())
            .map(|one| match one {
                Ok(token) => token.id.to_string(),
                Err(refused) => format!("line {}: {}", refused.line, refused.reason),
            })
            .collect()
    }

    fn only(line: &str) -> ImportedToken {
        let one = TokenImport::new(line.as_bytes(), Limits::default()).next().unwrap();
        one.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    #[test]
    fn identifiers_of_each_release_are_taken() {
        for id in ["JUq4aKVBRMuE7qKlsPTyM_IKxzXesVuQR0c_2Wi9qY4", ID, &format!("{ID}ch12ab")] {
            for secret in [SECRET.to_owned(), SECRET.to_lowercase()] {
                let token = only(&line(serde_json::json!({"identifier": id, "secret": secret, "caveats": null})));
                assert_eq!((token.id.to_string().as_str(), token.secret.as_slice()), (id, secret.as_bytes()));
                assert!(token.caveats.is_empty());
            }
        }
    }

    #[test]
    fn a_text_that_was_signed_with_the_secret_tells_the_caveats() {
        let caveats = ["time < 1900000000", "ip = 10.0.0.0/8"];
        let token = only(&line(serde_json::json!({"token": text(ID, SECRET, &caveats)})));
        assert_eq!(token.caveats.iter().map(ToString::to_string).collect::<Vec<_>>(), caveats);
    }

    #[test]
    fn a_text_of_another_token_or_with_an_unknown_caveat_is_refused() {
        let other = "d1dddb487717a5a910a426ee79871001";
        for (text, reason) in [
            (text(other, SECRET, &[]), ImportError::AnotherToken.to_string()),
            (text(ID, &SECRET.to_lowercase(), &[]), ImportError::Signature.to_string()),
            (
                text(ID, SECRET, &["providerId = x"]),
                ImportError::Caveat(UnreadableCaveat::UnknownKind("providerId = x".to_owned())).to_string(),
            ),
        ] {
            assert_eq!(told(&line(serde_json::json!({"token": text}))), [format!("line 1: {reason}")]);
        }
        assert!(told(&line(serde_json::json!({"token": "nonsense"})))[0].contains("is no token"));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_key_and_never_with_a_secret() {
        for (changes, reason) in [
            (serde_json::json!({"identifier": ID.to_uppercase()}), "\"identifier\" must be"),
            (serde_json::json!({"identifier": null}), "\"identifier\" is missing"),
            (serde_json::json!({"secret": &SECRET[1..]}), "\"secret\" must be 64 hexadecimal digits"),
            (serde_json::json!({"secret": [SECRET]}), "\"secret\" must be a string"),
            (serde_json::json!({"user": "a b"}), "\"user\" must be a user's name or id"),
        ] {
            let told = told(&line(changes)).remove(0);
            assert!(told.contains(reason) && !told.contains(&SECRET[1..]), "{told}");
        }
        assert_eq!(
            told("\n{\n[]"),
            ["line 2: the line is no JSON: column 1", "line 3: the line must be one JSON object"]
        );
    }

    #[test]
    fn an_identifier_belongs_to_its_first_line() {
        let input = format!("{}\n{}\n", line(serde_json::json!({"secret": ""})), line(serde_json::json!({})));
        assert_eq!(told(&input)[1], "line 2: line 1 has the same identifier");
    }
}
