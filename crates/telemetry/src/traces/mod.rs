//! Traces: how long the parts of a request took, as spans over OTLP. Built with the feature `otlp` only; without it everything
//! here is empty and compiles to nothing, so that callers need no condition.
//!
//! A span has no data of a client except its method, if HTTP defines it, and the identifiers of a trace that it continues.
//! It has no path, which may contain a token, and no name, address or identifier of an account. A request is found by its id.
//!
//! Where the next thing goes: another part of a request is a call of [`span`], with [`Span::around`] when it has parts itself.

mod settings;

#[cfg(feature = "otlp")]
mod export;
#[cfg(not(feature = "otlp"))]
mod off;
#[cfg(feature = "otlp")]
mod on;
#[cfg(feature = "otlp")]
mod span;

pub use settings::Settings;

#[cfg(not(feature = "otlp"))]
pub use off::{Exporting, Span, TraceId, Traces, TracesError, request, span};
#[cfg(feature = "otlp")]
pub use {
    export::Exporting,
    on::{Traces, TracesError},
    span::{Span, TraceId, request, route, span},
};
