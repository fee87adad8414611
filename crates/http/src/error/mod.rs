//! Errors as clients see them: a status and a chosen text, never the text of a lower layer.
//!
//! A handler returns an [`ApiError`]. The envelope writes it with [`render()`], by the contract of the request's path. Where Onezone has an
//! id or a text, it is Onezone's, to the letter.
//!
//! Where the next thing goes: an error about a value in a body is a variant of [`DataError`], one about a token a variant
//! of [`TokenError`], one that OAuth has a code for a variant of [`OAuthError`], anything else a variant of
//! [`ApiError`]; each with a row in the tests.

mod api;
mod data;
mod oauth;
mod object;
mod render;
mod services;
mod style;
mod token;

pub(super) use api::{ApiError, cause, is_bad_token};
pub(super) use data::DataError;
pub(super) use oauth::OAuthError;
pub(super) use render::{Example, example, render};
pub(super) use style::Style;
pub(super) use token::TokenError;
