//! Traces in a program that is built without them: the same interface, without any effect.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use super::Settings;
use zonemint_base::clock::Clock;

/// Nothing goes wrong.
pub type TracesError = Infallible;

/// No traces.
#[derive(Debug, Clone)]
pub struct Traces;

/// Nothing is exported.
#[derive(Debug, Clone)]
pub struct Exporting;

/// No span.
#[derive(Debug, Clone)]
pub struct Span;

/// No trace.
#[derive(Debug, Clone)]
pub struct TraceId;

impl Traces {
    /// There is nothing to check.
    ///
    /// # Errors
    /// None.
    #[must_use]
    pub fn check(_: &Settings) -> Result<(), TracesError> {
        Ok(())
    }

    /// Settings that request traces were refused before.
    ///
    /// # Errors
    /// None.
    #[must_use]
    pub fn new(_: &Settings) -> Result<Self, TracesError> {
        Ok(Self)
    }

    /// Does nothing.
    #[must_use]
    pub fn export(self, _: Clock) -> Exporting {
        Exporting
    }
}

impl Exporting {
    /// Does nothing.
    pub fn stop(self, _: Duration) -> Ready<()> {
        ready(())
    }
}

/// No span of a request.
#[inline]
#[must_use]
pub fn request<'a>(_: &str, _: impl FnOnce() -> Option<&'a str>, _: impl FnOnce() -> bool) -> Span {
    Span
}

/// No span.
#[inline]
#[must_use]
pub fn span(_: &'static str) -> Span {
    Span
}

impl Span {
    /// The future itself.
    #[inline]
    pub fn around<F: Future>(self, future: F) -> F {
        future
    }

    /// No part of it.
    #[inline]
    #[must_use]
    pub fn part(&self, _: &'static str) -> Self {
        Self
    }

    /// Does nothing.
    #[inline]
    pub fn end(self) {}

    /// Does nothing.
    #[inline]
    pub fn answered(&self, _: u16, _: &str) {}

    /// No trace.
    #[inline]
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        TraceId
    }
}

impl TraceId {
    /// No trace.
    pub const NONE: Self = Self;

    /// None.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        None
    }
}
