//! The rules on claims: of access tokens (RFC 9068 section 4), of introspection (RFC 7662 section 2.2) and of ID tokens.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::error::{InvalidToken, SignInRefusal};
use crate::settings::Settings;

/// Longest subject, in characters (OIDC Core section 2).
const LONGEST_SUBJECT: usize = 255;

/// Claims of ID tokens (OIDC Core sections 2, 3.1.3.6 and 3.3.2.11) and of logout tokens.
const NOT_ACCESS: [&str; 5] = ["nonce", "at_hash", "c_hash", "s_hash", "events"];

/// What an issuer says of a token.
pub(crate) struct Claims<'a> {
    pub(crate) all: &'a Map<String, Value>,
    pub(crate) settings: &'a Settings,
    /// Seconds since the Unix epoch.
    pub(crate) now_s: u64,
}

impl Claims<'_> {
    /// The rules of a JWT as access token, without its signature. Returns its expiry, in seconds since the Unix epoch.
    pub(crate) fn check_access_token(&self, header: &Map<String, Value>) -> Result<u64, InvalidToken> {
        self.check_type(header)?;
        self.check_unbound()?;
        self.check_issuer()?;
        self.check_audience()?;
        self.check_times()?;
        self.subject()?;
        self.expiry()?.ok_or(InvalidToken::NoExpiry)
    }

    /// The rules of an introspection's answer. Returns the expiry if the answer has one.
    pub(crate) fn check_introspected(&self) -> Result<Option<u64>, InvalidToken> {
        if self.all.get("active") != Some(&Value::Bool(true)) {
            return Err(InvalidToken::Inactive);
        }
        if self.all.contains_key("iss") {
            self.check_issuer()?;
        }
        // Issuers introspect refresh tokens, too. Keycloak says the kind in `typ`, others in `token_type`.
        let is_bearer = |kind: &Value| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Bearer"));
        if ["token_type", "typ"].iter().filter_map(|name| self.all.get(*name)).any(|kind| !is_bearer(kind)) {
            return Err(InvalidToken::NotAccess);
        }
        self.check_unbound()?;
        self.check_audience()?;
        self.check_times()?;
        self.subject()?;
        self.expiry()
    }

    /// The rules of an ID token (OIDC Core section 3.1.3.7), without its signature.
    pub(crate) fn check_id_token(&self, header: &Map<String, Value>, nonce: &str) -> Result<(), SignInRefusal> {
        let is_typed =
            header.get("typ").is_none_or(|typ| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")));
        let check = || {
            if !is_typed {
                return Err(InvalidToken::Type);
            }
            self.check_issuer()?;
            let client = &self.settings.client_id;
            let audience = self.audience()?.ok_or(InvalidToken::NoAudience)?;
            if client.is_empty() || !audience.contains(&client.as_str()) {
                return Err(InvalidToken::Audience);
            }
            let azp = self.all.get("azp");
            if azp.is_some_and(|azp| azp != client) || (azp.is_none() && audience.len() > 1) {
                return Err(InvalidToken::Client);
            }
            self.check_times()?;
            self.subject()?;
            self.expiry()?.ok_or(InvalidToken::NoExpiry)
        };
        check().map_err(SignInRefusal::IdToken)?;
        let shown = self.text("nonce").unwrap_or_default();
        if bool::from(shown.as_bytes().ct_eq(nonce.as_bytes())) { Ok(()) } else { Err(SignInRefusal::Nonce) }
    }

    /// A text of 1 to 255 characters without control characters.
    pub(crate) fn subject(&self) -> Result<&str, InvalidToken> {
        let is_usable =
            |sub: &&str| (1..=LONGEST_SUBJECT).contains(&sub.chars().count()) && !sub.chars().any(char::is_control);
        self.text("sub").filter(is_usable).ok_or(InvalidToken::Subject)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str)
    }

    fn check_type(&self, header: &Map<String, Value>) -> Result<(), InvalidToken> {
        let typ = header.get("typ").and_then(Value::as_str).ok_or(InvalidToken::Type)?;
        // Media types do not distinguish case, and "application/" may be left out (RFC 7515 section 4.1.9).
        let typ = typ.to_ascii_lowercase();
        match typ.strip_prefix("application/").unwrap_or(&typ) {
            "at+jwt" => Ok(()),
            "jwt" if self.settings.accept_typ_jwt => {
                // Keycloak writes the kind into the payload: Bearer, ID, Refresh, Offline, Logout.
                let is_other = self.all.get("typ").is_some_and(|kind| kind != "Bearer");
                let has_other = NOT_ACCESS.iter().any(|name| self.all.contains_key(*name));
                if is_other || has_other { Err(InvalidToken::NotAccess) } else { Ok(()) }
            }
            "jwt" => Err(InvalidToken::TypeJwt),
            _ => Err(InvalidToken::Type),
        }
    }

    /// A bound token without its holder's proof may be stolen.
    fn check_unbound(&self) -> Result<(), InvalidToken> {
        if self.all.contains_key("cnf") { Err(InvalidToken::Bound) } else { Ok(()) }
    }

    fn check_issuer(&self) -> Result<(), InvalidToken> {
        if self.text("iss") == Some(&self.settings.issuer) { Ok(()) } else { Err(InvalidToken::Issuer) }
    }

    /// None without `aud`. A text is one value: it is never split.
    fn audience(&self) -> Result<Option<Vec<&str>>, InvalidToken> {
        match self.all.get("aud") {
            None => Ok(None),
            Some(Value::String(one)) => Ok(Some(vec![one])),
            Some(Value::Array(list)) => {
                let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
                texts.map(Some).ok_or(InvalidToken::Audience)
            }
            Some(_) => Err(InvalidToken::Audience),
        }
    }

    /// An accepted `aud`; only without any, an accepted client, if clients are listed at all.
    fn check_audience(&self) -> Result<(), InvalidToken> {
        let Settings { audiences, authorized_parties, .. } = self.settings;
        let is_listed = |list: &[String], text: &str| list.iter().any(|listed| listed == text);
        if let Some(audience) = self.audience()? {
            let is_for_us = audience.iter().any(|one| is_listed(audiences, one));
            return if is_for_us { Ok(()) } else { Err(InvalidToken::Audience) };
        }
        if authorized_parties.is_empty() {
            return Err(InvalidToken::NoAudience);
        }
        // Where both are there, both must be accepted.
        let clients: Vec<_> = ["azp", "client_id"].iter().filter_map(|name| self.all.get(*name)).collect();
        let is_accepted = |client: &&Value| client.as_str().is_some_and(|client| is_listed(authorized_parties, client));
        if !clients.is_empty() && clients.iter().all(is_accepted) { Ok(()) } else { Err(InvalidToken::Client) }
    }

    fn expiry(&self) -> Result<Option<u64>, InvalidToken> {
        self.all.get("exp").map(|exp| seconds(exp).ok_or(InvalidToken::NoExpiry)).transpose()
    }

    fn check_times(&self) -> Result<(), InvalidToken> {
        let skew = self.settings.skew_s();
        if self.expiry()?.is_some_and(|exp| exp.saturating_add(skew) <= self.now_s) {
            return Err(InvalidToken::Expired);
        }
        for name in ["nbf", "iat"] {
            let Some(value) = self.all.get(name) else { continue };
            if seconds(value).is_none_or(|moment| moment > self.now_s.saturating_add(skew)) {
                return Err(InvalidToken::NotYet);
            }
        }
        Ok(())
    }
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|it| (0.0..1e15).contains(it)).map(|it| it as u64))
}
