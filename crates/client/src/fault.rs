//! Failures between a command and a server, as messages, with the option that fixes each.

use std::io;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use reqwest::StatusCode;
use serde_json::Value;
use tower::Service;

use super::credential::Credential;
use super::host::{Host, USUAL_PORT};
use super::text::plain;
use zonemint_base::clock;
use zonemint_base::model::Period;
use zonemint_tls::{self as tls, Distrust, Fingerprint};

/// The wording of releases before 20.02.
const WRONG_PASSWORD: &str = "Provided basic authorization credentials are not valid";

/// That the way through a proxy could not be made. The type is public and has no path of its own.
type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;

/// Why a command got no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no address is known for {0}; is the name spelled right?")]
    NoAddress(String),
    #[error("nothing answers at {host}: the connection was refused; is the server running?{hint}")]
    Down { host: String, hint: &'static str },
    #[error("{host} did not answer within {within}; --timeout gives it longer")]
    Slow { host: String, within: Period },
    #[error("what answers at {0} does not speak TLS; is the port right?")]
    NotTls(String),
    #[error("the certificate of {host} is not trusted: {}", distrusted(*why))]
    Distrusted { host: String, why: Distrust },
    #[error(
        "the certificate of {host} is not the one that is trusted: its SHA-256 is {shown}; if its administrator says that the server \
         has a new certificate with this SHA-256, `zonemint login` with --fingerprint takes it. Otherwise somebody may intercept the \
         connection"
    )]
    OtherCertificate { host: String, shown: Fingerprint },
    #[error(
        "the proxy on the way to {0} has a certificate of its own, and a fingerprint trusts the server's alone: neither password nor \
         token was sent. Give the proxy as http://, have NO_PROXY name the server, or give --cacert FILE with the certificates of both"
    )]
    ProxyCertificate(String),
    #[error("the request to {host} failed")]
    Connection { host: String, source: reqwest::Error },
    #[error("{0} redirects to {1}; tokens and passwords are not sent there: give that host if you trust it")]
    Moved(String, String),
    #[error("what answers at {0} is not a Onezone API: its answer (status {1}) is not JSON")]
    NotJson(String, u16),
    #[error("what answers at {0} is not a Onezone API: its answer has no {1}")]
    Missing(String, &'static str),
    #[error("the answer of {0} is too long")]
    TooLong(String),
    #[error("{0} cannot be a token: it holds characters that no token has")]
    NoToken(String),
    #[error("{told}")]
    Refused {
        status: StatusCode,
        id: Option<String>,
        /// The server's own words.
        said: Option<String>,
        told: String,
    },
}

/// An API error, in both of its forms.
struct ApiErrorText {
    id: Option<String>,
    words: Option<String>,
}

impl Fault {
    /// Maps a failed exchange.
    pub(super) fn of(error: reqwest::Error, host: &Host, within: Period) -> Self {
        // The path may hold a token.
        let source = error.without_url();
        let is_of_proxy = tls::find::<TunnelError>(&source).is_some();
        if let Some(shown) = tls::shown(&source) {
            let host = host.to_string();
            return if is_of_proxy { Self::ProxyCertificate(host) } else { Self::OtherCertificate { host, shown } };
        }
        let host_name = if is_of_proxy { format!("the proxy on the way to {host}") } else { host.to_string() };
        if let Some(why) = tls::distrust(&source) {
            return Self::Distrusted { host: host_name, why };
        }
        if tls::is_no_tls(&source) {
            return Self::NotTls(host_name);
        }
        if let Some(NoAddress(name)) = tls::find(&source) {
            return Self::NoAddress(name.clone());
        }
        if source.is_timeout() {
            return Self::Slow { host: host_name, within };
        }
        if source.is_connect()
            && tls::find::<io::Error>(&source).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        {
            return Self::Down { host: host_name, hint: if is_of_proxy { "" } else { port_hint(host) } };
        }
        Self::Connection { host: host_name, source }
    }

    /// What an error's answer means to whoever asked with this credential, and with these options for the server's certificate.
    pub(super) fn answered(
        status: StatusCode,
        body: Option<&Value>,
        retry_after: Option<u64>,
        asked: (&Host, &str, Option<&Credential>),
    ) -> Self {
        let ApiErrorText { id, words } = api_error(body);
        let (host, trust, credential) = asked;
        let said = words.as_deref().map(plain);
        let text = match status.as_u16() {
            403 if id.as_deref() == Some("passwordChangeRequired") => {
                let user = match credential {
                    Some(Credential::Password { user, .. }) => plain(user),
                    _ => "NAME".to_owned(),
                };
                let command = format!("zonemint password --host {} --user {user}{trust}", host.url());
                format!("{host} wants another password first: `{command}` sets it")
            }
            401 => refused_credential(id.as_deref(), said.as_deref(), host, credential),
            429 | 503 => {
                let wait = retry_after
                    .map_or_else(|| "try again later".to_owned(), |seconds| format!("try again in {seconds} s"));
                let many = "gets too many requests from this address";
                let why = if status == StatusCode::TOO_MANY_REQUESTS { many } else { "is busy" };
                format!("{host} {why}: {wait}")
            }
            _ => {
                let said = said.as_deref().or(status.canonical_reason()).unwrap_or("no reason was given");
                format!("{host} refuses ({}): {said}", status.as_u16())
            }
        };
        Self::Refused { status, id, said, told: text }
    }

    /// Whether the server does not have what was asked for, be it the thing or the way to ask for it.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, .. })
    }

    /// The error's id in Onezone's newer form; of an authentication error, that of its cause.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Refused { id, .. } => id.as_deref(),
            _ => None,
        }
    }

    /// Whether the credential was refused.
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::UNAUTHORIZED, .. })
    }
}

/// Reads `{"error":"text"}` and `{"error":{"id","details","description"}}`. Where one error caused another, the cause is what
/// matters.
fn api_error(body: Option<&Value>) -> ApiErrorText {
    let Some(error) = body.and_then(|body| body.get("error")) else { return ApiErrorText { id: None, words: None } };
    if let Some(text) = error.as_str() {
        return ApiErrorText { id: None, words: Some(text.to_owned()).filter(|text| !text.is_empty()) };
    }
    let text = |error: &Value, key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    let id = text(error, "id");
    let details = error.get("details");
    let cause = details.and_then(|details| details.get("authError").or_else(|| details.get("tokenError")));
    let words = cause.and_then(|cause| text(cause, "description")).or_else(|| text(error, "description"));
    // The token that is asked about is then not the one that is wrong.
    let other = match (id.as_deref(), details.and_then(|details| details.get("key")).and_then(Value::as_str)) {
        (Some("badServiceToken"), _) | (_, Some("serviceToken")) => Some(("badServiceToken", "service")),
        (Some("badConsumerToken"), _) | (_, Some("consumerToken")) => Some(("badConsumerToken", "consumer")),
        _ => None,
    };
    match other {
        Some((id, whose)) => ApiErrorText {
            id: Some(id.to_owned()),
            words: words.map(|words| format!("the {whose}'s own token: {words}")),
        },
        None => ApiErrorText { id: cause.and_then(|cause| text(cause, "id")).or(id), words },
    }
}

fn refused_credential(id: Option<&str>, said: Option<&str>, host: &Host, credential: Option<&Credential>) -> String {
    match credential {
        None => format!("log in first: `zonemint login {}`", host.url()),
        Some(Credential::Password { from, .. }) => match (id, said) {
            (Some("badBasicCredentials"), _) | (_, None | Some(WRONG_PASSWORD)) => {
                format!("wrong user name or password ({from})")
            }
            (_, Some(said)) => format!("{host} does not accept {from}: {said}"),
        },
        Some(Credential::Token { from, .. }) => {
            let why = match (credential.and_then(Credential::valid_until), said) {
                (Some(until), _) if id != Some("tokenRevoked") && until <= clock::Clock::system().now_s() => {
                    format!("it expired at {}", clock::rfc3339(until))
                }
                (_, Some(said)) => said.trim_end_matches('.').to_owned(),
                (_, None) => "it is revoked, expired, or of another server".to_owned(),
            };
            format!("{host} does not accept {from}: {why}; `zonemint login {}` makes a new one", host.url())
        }
    }
}

fn distrusted(why: Distrust) -> &'static str {
    match why {
        Distrust::OtherName => {
            "it was made for another name; give the host as the certificate names it (--insecure skips verification and \
             allows impersonation)"
        }
        Distrust::Expired => "it has expired, or is not valid yet; is this machine's clock right?",
        Distrust::UnknownIssuer => {
            "this machine does not know who issued it; --cacert FILE gives the certificate to trust, for a first zonemint its own \
             certs/cert.pem, and `zonemint login` with --fingerprint the SHA-256 of one (--insecure skips verification and \
             allows impersonation)"
        }
        Distrust::Invalid => {
            "it cannot be verified; --cacert FILE gives another certificate to trust (--insecure skips verification and \
             allows impersonation)"
        }
    }
}

/// Whoever leaves the port out means one of the two that these servers have, and may have meant the other.
fn port_hint(host: &Host) -> &'static str {
    match host.port() {
        443 => " A zonemint listens on port 8443, unless it is configured otherwise.",
        USUAL_PORT => " A Onezone listens on port 443: write https:// before its name.",
        _ => "",
    }
}

/// A name has no address. It may be a proxy's name.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no address")]
pub(super) struct NoAddress(pub(super) String);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, body: &Value) -> String {
        let host = Host::parse("zone.example.org").unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        Fault::answered(status, Some(body), Some(7), (&host, "", None)).to_string()
    }

    #[test]
    fn both_forms_of_an_error_are_understood_and_cannot_write_to_the_terminal() {
        let old = json!({"error": "no \u{1b}[31mred\u{202e}"});
        assert_eq!(refusal(403, &old), "zone.example.org:8443 refuses (403): no \\u{1b}[31mred\\u{202e}");
        let new = json!({"error": {"id": "forbidden", "description": "You must not."}});
        assert_eq!(refusal(403, &new), "zone.example.org:8443 refuses (403): You must not.");
        assert_eq!(refusal(404, &json!(null)), "zone.example.org:8443 refuses (404): Not Found");
    }

    #[test]
    fn a_server_that_has_no_time_says_when_it_has() {
        let busy = json!({"error": "busy"});
        assert_eq!(refusal(503, &busy), "zone.example.org:8443 is busy: try again in 7 s");
        let often = "zone.example.org:8443 gets too many requests from this address: try again in 7 s";
        assert_eq!(refusal(429, &busy), often);
    }

    #[test]
    fn what_an_authentication_failed_for_is_what_is_told() {
        let body = json!({"error": {"id": "unauthorized", "description": "See details.", "details":
            {"authError": {"id": "tokenRevoked", "description": "Provided token has been revoked."}}}});
        let told = api_error(Some(&body));
        assert_eq!(
            (told.id.as_deref(), told.words.as_deref()),
            (Some("tokenRevoked"), Some("Provided token has been revoked."))
        );
    }
}
