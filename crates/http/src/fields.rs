//! The parameters of forms: what the document says of each, and how an operation reads those that it lists.

use std::marker::PhantomData;

use serde_json::json;
use utoipa::openapi::schema::Type;

use super::error::OAuthError;
use super::form::Form;
use super::kind::Description;

/// A parameter of a form, and what the document says of it.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) schema: Type,
    pub(super) about: &'static str,
    pub(super) example: &'static str,
}

impl Parameter {
    pub(super) const fn text(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { name, schema: Type::String, about, example }
    }

    pub(super) const fn integer(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self { schema: Type::Integer, ..Self::text(name, about, example) }
    }

    pub(super) fn describe(&self) -> Description {
        let number = self.example.parse::<u64>().ok().filter(|_| self.schema == Type::Integer);
        let example = number.map_or_else(|| json!(self.example), |number| json!(number));
        Description::new(json!({"type": self.schema, "description": self.about, "examples": [example]}), [])
    }
}

/// An operation that takes a form.
pub(super) trait TakesForm: Send + 'static {
    /// What it reads, in the order of the document. The first must be there.
    const PARAMETERS: &'static [&'static Parameter];
}

/// The form of the operation `O`. A parameter that the operation does not list cannot be read.
pub(super) struct Fields<O>(Form, PhantomData<O>);

impl<O: TakesForm> Fields<O> {
    pub(super) fn new(form: Form) -> Self {
        Self(form, PhantomData)
    }

    /// A parameter that has a value.
    pub(super) fn value(&self, parameter: &Parameter) -> Option<&str> {
        let is_listed = O::PARAMETERS.iter().any(|listed| listed.name == parameter.name);
        debug_assert!(is_listed, "{} is read, and not described", parameter.name);
        self.0.value(parameter.name).filter(|_| is_listed)
    }

    /// A parameter that must have a value.
    pub(super) fn required(&self, parameter: &Parameter) -> Result<&str, OAuthError> {
        let missing = || OAuthError::InvalidRequest(format!("The parameter {} is missing", parameter.name));
        self.value(parameter).ok_or_else(missing)
    }
}
