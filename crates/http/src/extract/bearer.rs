//! The token of a request, where a password is not accepted. The token may take the place of a password.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::caller;
use super::credentials::{self, Credential};
use crate::basic::Basic;
use crate::error::{ApiError, TokenError};
use crate::forward_auth::ForwardedRequest;
use crate::layer::Notes;
use crate::state::Services;
use zonemint_base::model::User;
use zonemint_caveat::Request;
use zonemint_service::token::Authenticated;
use zonemint_service::user::PasswordField;

/// A token's text, not verified yet.
pub(crate) struct Bearer<'a> {
    shown: Shown<'a>,
    headers: &'a HeaderMap,
    notes: &'a Notes,
}

/// Where the text was found.
enum Shown<'a> {
    /// In a header for tokens.
    Bare(&'a str),
    /// After a user name, in the place of a password.
    Named(Basic),
}

impl<'a> Bearer<'a> {
    /// The token of a request for a service behind a proxy. None without a token; a real password is ignored.
    pub(crate) fn find(parts: &'a Parts, asked: &ForwardedRequest) -> Result<Option<Self>, ApiError> {
        let notes = caller::notes_of(parts)?;
        let headers = &parts.headers;
        let shown = match credentials::find(headers)? {
            Credential::None => return Ok(None),
            Credential::Token(text) => Shown::Bare(text),
            Credential::Basic(basic) => {
                let basic = basic.unless_of_another_site_than(asked, headers)?;
                match PasswordField::read(&basic.password) {
                    PasswordField::Password(_) => return Ok(None),
                    PasswordField::Token(_) => Shown::Named(basic),
                }
            }
        };
        Ok(Some(Self { shown, headers, notes }))
    }

    /// The text as it was sent.
    pub(crate) fn text(&self) -> &str {
        match &self.shown {
            Shown::Bare(text) => text,
            Shown::Named(basic) => &basic.password,
        }
    }

    /// What is known of its use. The service is the one that proves its identity, if any; never this server.
    pub(crate) async fn used(&self, services: &Services) -> Result<Request, ApiError> {
        caller::used(self.headers, services, self.notes, None).await
    }

    /// The subject of the verified token. The log line names both.
    pub(crate) async fn subject(
        &self,
        token: &Authenticated,
        services: &Services,
    ) -> Result<Result<Arc<User>, TokenError>, ApiError> {
        self.notes.token(token.id);
        let name = match &self.shown {
            Shown::Bare(_) => None,
            Shown::Named(basic) => Some(basic.username.as_str()),
        };
        let subject = caller::subject_of(token, name, services).await?;
        if let Ok(user) = &subject {
            self.notes.user(user.id);
        }
        Ok(subject)
    }
}
