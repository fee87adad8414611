//! A token that a request shows, where a password is no credential.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::caller;
use super::credentials::{self, Credential};
use crate::caveat::Request;
use crate::http::error::{ApiError, TokenError};
use crate::http::layer::Notes;
use crate::http::state::Services;
use crate::model::User;
use crate::token::Authenticated;

/// A token's text, not yet known to be one.
pub(in crate::http) struct Bearer<'a> {
    /// As it came.
    pub(in crate::http) text: &'a str,
    headers: &'a HeaderMap,
    notes: &'a Notes,
}

impl<'a> Bearer<'a> {
    /// The token of a request; none when it has none, or a password only.
    pub(in crate::http) fn find(parts: &'a Parts) -> Result<Option<Self>, ApiError> {
        let Some(notes) = parts.extensions.get::<Arc<Notes>>() else {
            return Err(ApiError::Internal("a request without its envelope".to_owned()));
        };
        let headers = &parts.headers;
        Ok(match credentials::find(headers)? {
            Credential::Token(text) => Some(Self { text, headers, notes }),
            Credential::None | Credential::Basic(_) => None,
        })
    }

    /// What is known of its use. The service is the one that proves its identity, if one does: not this one.
    pub(in crate::http) async fn used(&self, services: &Services) -> Result<Request, ApiError> {
        caller::used(self.headers, services, self.notes, None).await
    }

    /// Whom the token speaks for, once it is verified. The log line will name both.
    pub(in crate::http) async fn subject(
        &self,
        token: &Authenticated,
        services: &Services,
    ) -> Result<Result<Arc<User>, TokenError>, ApiError> {
        self.notes.token(token.id);
        let subject = caller::subject_of(token, services).await?;
        if let Ok(user) = &subject {
            self.notes.user(user.id);
        }
        Ok(subject)
    }
}
