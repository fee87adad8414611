//! Traces: how long the parts of a request took, as spans over OTLP. Built with the feature `otlp` only; without it everything
//! here is empty and compiles to nothing, so that callers need not know.
//!
//! Nothing in a span comes from a client but its method, if HTTP knows it, and the identifiers of a trace that it continues.
//! No path, which may hold a token; no name, address or identifier of anybody. A request is found by its id.
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
