//! Why an order gives no certificate, and what the operator can check.

use std::path::PathBuf;

use instant_acme::{Error, Problem};

use crate::acme_settings::{Challenge, Settings};
use crate::{Distrust, TlsError, distrust};

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    /// A file cannot be written, or the issued pair cannot be served.
    #[error(transparent)]
    Files(#[from] TlsError),
    /// The authority's roots cannot be used.
    #[error("tls.acme.root {path} cannot be used: {reason}", path = .path.display())]
    Root { path: PathBuf, reason: String },
    /// The key of the external account cannot be used.
    #[error("tls.acme.external_account_key {path} cannot be used: {reason}", path = .path.display())]
    ExternalAccountKey { path: PathBuf, reason: String },
    /// The authority cannot be reached, or refuses.
    #[error(transparent)]
    Authority(#[from] Error),
    /// The authority's request did not find the answer.
    #[error("the authority could not validate {name}: {problem}")]
    Unseen { name: String, problem: Problem },
    /// The authority has no challenge of this kind.
    #[error("the authority does not offer {challenge} for {name}")]
    NotOffered { name: String, challenge: &'static str },
    /// The authority ended the order without a reason.
    #[error("the authority ended the order and does not say why")]
    Ended,
    /// The issued certificate lacks a name of the order.
    #[error("the certificate that was issued is not for {0}")]
    WrongNames(String),
    /// It took too long.
    #[error("the order took longer than 15 minutes")]
    TooLong,
}

/// Whether a problem is of a type of RFC 8555 section 6.7.
pub(super) fn is(problem: &Problem, kind: &str) -> bool {
    problem.r#type.as_deref().and_then(|text| text.strip_prefix("urn:ietf:params:acme:error:")) == Some(kind)
}

impl OrderError {
    /// What the operator can check.
    pub(super) fn check(&self, settings: &Settings) -> &'static str {
        match self {
            Self::Files(TlsError::File { .. }) => "that the server may write to tls.folder and the files of the pair",
            Self::Files(_) => "what the authority issues",
            Self::Root { .. } | Self::ExternalAccountKey { .. } => "the file",
            Self::Unseen { .. } => match settings.challenge {
                Challenge::TlsAlpn01 => {
                    "that the name leads to this server, and that its port 443 is passed on to server.listen with TLS untouched"
                }
                Challenge::Http01 => {
                    "that the name leads to this server, and that its port 80 is passed on to tls.acme.http_listen"
                }
            },
            Self::NotOffered { .. } => "tls.acme.challenge",
            Self::WrongNames(_) => "tls.acme.names and tls.acme.profile",
            Self::Ended | Self::TooLong => "the authority's own announcements",
            Self::Authority(error) => check(error),
        }
    }
}

fn check(error: &Error) -> &'static str {
    match error {
        Error::Api(problem) if is(problem, "rateLimited") => {
            "nothing: the authority's rate limit is reached; it issues again later"
        }
        Error::Api(problem) if is(problem, "externalAccountRequired") => {
            "tls.acme.external_account and external_account_key, which this authority wants"
        }
        Error::Api(problem) if is(problem, "userActionRequired") => {
            "the authority's terms of service, which have changed"
        }
        Error::Api(problem) if is(problem, "invalidContact") || is(problem, "unsupportedContact") => "tls.acme.contact",
        Error::Api(problem) if is(problem, "rejectedIdentifier") || is(problem, "caa") => {
            "tls.acme.names, and the names' CAA records"
        }
        Error::Api(_) => "what the authority says",
        Error::Unsupported(_) => "tls.acme.profile",
        other => match distrust(other) {
            Some(Distrust::UnknownIssuer) => {
                "tls.acme.root: it must hold the root of the authority's own certificate, which is not trusted"
            }
            Some(Distrust::OtherName) => "tls.acme.directory: its host's certificate is for another name",
            Some(Distrust::Expired) => "this machine's clock, and the time of the authority's own certificate",
            Some(Distrust::Invalid) => "tls.acme.root and the authority's own certificate",
            None => "tls.acme.directory, and that this machine reaches it",
        },
    }
}
