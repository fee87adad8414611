//! Which provider a credential is for.

use std::sync::Arc;

use crate::error::SettingsError;
use crate::jwt::{self, Form};
use crate::name::ProviderName;
use crate::provider::Provider;

/// All providers, each with a name and an issuer of its own.
#[derive(Debug, Default)]
pub struct Providers(Vec<Arc<Provider>>);

/// Whom a text is for.
#[derive(Debug)]
pub enum Selection<'a> {
    /// For this provider, which has not checked the token yet.
    For {
        /// Chosen by its name, or by the issuer that the token claims.
        provider: &'a Arc<Provider>,
        /// Without the name.
        token: &'a str,
    },
    /// A text that begins like `NAME:`, and no provider has the name. No macaroon has a colon.
    UnknownName,
    /// A JWT of an issuer that is not configured. No macaroon has a dot.
    UnknownIssuer,
    /// Anything else, as a macaroon: not for a provider.
    None,
}

impl Providers {
    /// # Errors
    /// [`SettingsError::SameName`] or [`SettingsError::SameIssuer`].
    pub fn new(providers: Vec<Arc<Provider>>) -> Result<Self, SettingsError> {
        for (index, provider) in providers.iter().enumerate() {
            let (settings, before) = (provider.settings(), &providers[..index]);
            if before.iter().any(|other| other.settings().name == settings.name) {
                return Err(SettingsError::SameName(settings.name.to_string()));
            }
            if before.iter().any(|other| other.settings().issuer == settings.issuer) {
                return Err(SettingsError::SameIssuer(settings.issuer.clone()));
            }
        }
        Ok(Self(providers))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.0.iter()
    }

    /// The provider of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.iter().find(|provider| provider.settings().name.as_str() == name)
    }

    /// Reads whom a credential is for; it verifies nothing. [`Provider::check`] refuses a token whose issuer is not that of the name.
    #[must_use]
    pub fn select<'a>(&'a self, text: &'a str) -> Selection<'a> {
        if self.0.is_empty() {
            return Selection::None;
        }
        if let Some((name, token)) = text.split_once(':') {
            return match self.named(name) {
                Some(provider) => Selection::For { provider, token },
                None if ProviderName::is_valid(name) => Selection::UnknownName,
                None => Selection::None,
            };
        }
        let Ok(Form::Jwt(jwt)) = jwt::read(text) else { return Selection::None };
        let is_its = |provider: &&Arc<Provider>| jwt.issuer() == Some(&provider.settings().issuer);
        match self.0.iter().find(is_its) {
            Some(provider) => Selection::For { provider, token: text },
            None => Selection::UnknownIssuer,
        }
    }
}
