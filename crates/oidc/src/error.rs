//! Why a token is refused, and why a provider cannot answer. No text holds a token, a secret or a key.

use std::sync::Arc;

use thiserror::Error;

use crate::limits::{LONGEST_ANSWER, LONGEST_TOKEN};

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The name is not 1 to 32 characters of the grammar.
    #[error("the name of a provider is 1 to 32 of a-z, 0-9, - and _, and begins with a letter")]
    Name,
    /// No such algorithm, or one with a shared secret.
    #[error("the algorithm must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA")]
    Algorithm,
    /// No algorithm is listed.
    #[error("algorithms is empty; list at least one, as RS256")]
    NoAlgorithm,
    /// The issuer is not an https address.
    #[error("issuer must be an https address without user name, query and fragment")]
    Issuer,
    /// Nothing could be accepted.
    #[error("audiences is empty; list the value of aud that this server has at the issuer, or set authorized_parties")]
    NoAudience,
    /// An ID token could pass for an access token.
    #[error("audiences has the client id; the audience of an ID token is a client, so ID tokens would be accepted")]
    ClientAsAudience,
    /// An item of a list, or a claim's name, is empty.
    #[error("{0} has an empty text")]
    Empty(&'static str),
    /// A secret without a client.
    #[error("client_secret is set and client_id is empty")]
    SecretWithoutClient,
    /// More than the bound.
    #[error("{name} is more than {most} s")]
    TooLong {
        /// The field.
        name: &'static str,
        /// The bound, in seconds.
        most: u64,
    },
    /// No request can succeed.
    #[error("timeout is 0")]
    NoTimeout,
    /// The file of the CA.
    #[error("ca holds no certificate in PEM form")]
    Authority,
    /// No TLS client.
    #[error("no TLS client can be created with ca")]
    Client,
    /// Two providers with one name.
    #[error("two providers have the name {0}")]
    SameName(String),
    /// Two providers with one issuer: a bare JWT would be for both.
    #[error("two providers have the issuer {0}")]
    SameIssuer(String),
}

/// Why a token, or a sign-in, is not accepted.
#[derive(Debug, Clone, Error)]
pub enum Refusal {
    /// The token is at fault: 401.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// The provider cannot be asked: 503, for its own users only.
    #[error("the identity provider is not available")]
    Unavailable(#[from] Outage),
}

/// What is wrong with a token. The texts may be sent to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidToken {
    /// Longer than any token, or with other characters (RFC 6750 section 2.1).
    #[error("the token has more than {} characters, or characters that no bearer token has", LONGEST_TOKEN)]
    Text,
    /// Parts that are no base64url or no JSON object.
    #[error("the JWT cannot be read")]
    Malformed,
    /// RFC 7515 section 4.1.11.
    #[error("the JWT has critical header parameters (crit), which this server does not support")]
    Critical,
    /// `alg` is not listed.
    #[error("the JWT is signed with an algorithm (alg) that is not accepted of this issuer")]
    Algorithm,
    /// `typ` is not that of an access token.
    #[error("the JWT is no access token: its header's typ is not at+jwt")]
    Type,
    /// `typ` is `JWT`, and the setting is off.
    #[error("the JWT's header has typ JWT instead of at+jwt; the administrator can accept that of this issuer")]
    TypeJwt,
    /// It has claims of an ID token, a refresh token or a logout token.
    #[error("the token is no access token: it has claims of another kind of token")]
    NotAccess,
    /// It is bound to a key of its holder (`cnf`: RFC 9449 section 6.1, RFC 8705 section 3), whose proof is not checked here.
    #[error("the token is bound to a key (cnf), which this server does not support: use a bearer token")]
    Bound,
    /// No key has the `kid`.
    #[error("the JWT is signed with a key (kid) that the issuer does not publish")]
    UnknownKey,
    /// No `kid`, and not exactly one key.
    #[error("the JWT names no key (kid), and not exactly one key of the issuer fits")]
    AmbiguousKey,
    /// The signature does not verify.
    #[error("the JWT's signature is wrong")]
    Signature,
    /// `iss` is missing, no text, or of another issuer.
    #[error("the token's issuer (iss) is not that of this provider")]
    Issuer,
    /// `aud` is missing.
    #[error("the token names no audience (aud)")]
    NoAudience,
    /// `aud` is of another service.
    #[error("the token is for another audience (aud)")]
    Audience,
    /// `azp` or `client_id` is of another client.
    #[error("the token was issued to a client (azp, client_id) that is not accepted")]
    Client,
    /// `exp` is missing or no number.
    #[error("the token has no expiry (exp)")]
    NoExpiry,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is in the future, or no number.
    #[error("the token is not valid yet (nbf, iat)")]
    NotYet,
    /// `sub` is missing, empty or too long.
    #[error("the token has no usable subject (sub)")]
    Subject,
    /// The issuer says that the token is not active.
    #[error("the issuer says that the token is not active")]
    Inactive,
    /// Neither introspection nor userinfo is possible.
    #[error(
        "this provider's opaque tokens are not accepted; use one that is a JWT. With a client secret the administrator can \
         accept them; accept_any_audience is dangerous: applications that are given such a token could use it here"
    )]
    Opaque,
}

/// Why a provider cannot answer. For the log and for doctor, not for callers.
#[derive(Debug, Clone, Error)]
pub enum Outage {
    /// No connection, no TLS, or no answer in time.
    #[error("the provider's {what} cannot be reached")]
    Unreachable {
        /// What was asked.
        what: &'static str,
        /// The cause.
        source: Arc<reqwest::Error>,
    },
    /// An unexpected status; redirects are not followed.
    #[error("the provider's {what} answers with status {status}")]
    Status {
        /// What was asked.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is longer than the bound.
    #[error("the provider's {what} answers with more than {} bytes", LONGEST_ANSWER)]
    TooLong {
        /// What was asked.
        what: &'static str,
    },
    /// The answer is no JSON object, or lacks what it must have.
    #[error("the provider's {what} has a wrong answer: {why}")]
    Malformed {
        /// What was asked.
        what: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// The discovery document is of another issuer.
    #[error("the discovery document names another issuer; compare the setting byte by byte, also its last slash")]
    OtherIssuer,
    /// The provider offers no such endpoint.
    #[error("the discovery document has no {0}")]
    NoEndpoint(&'static str),
    /// Our own client is refused: id or secret is wrong.
    #[error("the provider refuses this server's own client at its {what}: check client_id and client_secret")]
    ClientRefused {
        /// What was asked.
        what: &'static str,
    },
    /// Too many requests wait for the provider.
    #[error("too many requests wait for the provider")]
    Busy,
}

/// Why a sign-in fails.
#[derive(Debug, Clone, Error)]
pub enum SignInRefusal {
    /// The redirect does not belong to this browser's sign-in.
    #[error("the sign-in was not started here, or has ended: start it again")]
    State,
    /// RFC 9207: the redirect comes from another issuer.
    #[error("the redirect names another issuer (iss), or none: start the sign-in again")]
    Issuer,
    /// The provider has refused, as when the user declined.
    #[error("the provider refused the sign-in")]
    Declined,
    /// No code in the redirect.
    #[error("the redirect has no code")]
    NoCode,
    /// The code is used, expired or of another client.
    #[error("the provider does not accept the code: start the sign-in again")]
    Code,
    /// The nonce is missing or of another sign-in.
    #[error("the ID token belongs to another sign-in (nonce)")]
    Nonce,
    /// The ID token is wrong.
    #[error("the provider's ID token is wrong")]
    IdToken(#[source] InvalidToken),
    /// The provider cannot be asked.
    #[error("the identity provider is not available")]
    Unavailable(#[from] Outage),
}

impl From<Refusal> for SignInRefusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(why) => Self::IdToken(why),
            Refusal::Unavailable(outage) => Self::Unavailable(outage),
        }
    }
}
