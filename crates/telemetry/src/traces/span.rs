//! Spans: one of each traced request, with the spans of its parts below it.

use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::instrument::{Instrument as _, Instrumented};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use zonemint_base::random::Random;

/// The target of our spans. Those of libraries may contain headers, and are never exported.
pub(super) const TARGET: &str = "zonemint::traces";
const TRACEPARENT: &str = "traceparent";

/// The share of the requests that is traced; none before the subscription.
pub(super) static RATIO: OnceLock<f64> = OnceLock::new();

/// A span, or nothing for a request that is not traced. It ends when it is dropped.
#[derive(Debug, Clone)]
pub struct Span(tracing::Span);

/// The identifier of a trace.
#[derive(Debug, Clone)]
pub struct TraceId(Option<String>);

/// The span of a request. It continues the trace that `traceparent` names (W3C Trace Context). Only a `trusted` peer decides whether
/// it is recorded: others could record all of their requests, and fill the storage of traces. Therefore the sampling is random, and
/// not by the trace's identifier, which the client chooses.
#[must_use]
pub fn request<'a>(
    method: &str,
    traceparent: impl FnOnce() -> Option<&'a str>,
    trusted: impl FnOnce() -> bool,
) -> Span {
    let Some(ratio) = RATIO.get() else { return Span::none() };
    let parent = traceparent().and_then(remote);
    let recorded = match &parent {
        Some(parent) if trusted() => parent.is_sampled(),
        _ => falls_below(*ratio),
    };
    if !recorded {
        return Span::none();
    }
    let (method, name) = known(method);
    let span = tracing::info_span!(
        target: TARGET,
        parent: None,
        "request",
        "otel.name" = name,
        "otel.kind" = "server",
        "otel.status_code" = Empty,
        "http.request.method" = method,
        "http.route" = Empty,
        "http.response.status_code" = Empty,
        "error.type" = Empty,
        "url.scheme" = "https",
        "zonemint.request.id" = Empty,
    );
    if let Some(parent) = parent {
        let id = (parent.trace_id(), parent.span_id());
        let parent = SpanContext::new(id.0, id.1, TraceFlags::SAMPLED, true, TraceState::NONE);
        // It fails for a span that has begun already, or that is not recorded.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
    Span(span)
}

/// A part of the request that is being answered, from now until it is dropped.
#[must_use]
pub fn span(name: &'static str) -> Span {
    current().map_or_else(Span::none, |current| Span(current).part(name))
}

/// Sets the route of the current request: the span's name is the method and the route.
pub fn route(method: &str, template: &str) {
    if let Some(span) = current() {
        span.record("http.route", template);
        span.record("otel.name", format!("{} {template}", known(method).1));
    }
}

/// Our span in which the code runs. Without this check, code outside of a traced request would begin a trace of its own.
fn current() -> Option<tracing::Span> {
    RATIO.get()?;
    let span = tracing::Span::current();
    let ours = span.metadata().is_some_and(|metadata| metadata.target() == TARGET);
    ours.then_some(span)
}

impl Span {
    fn none() -> Self {
        Self(tracing::Span::none())
    }

    /// The span lasts as long as the future, and spans that are begun in it are its children.
    pub fn around<F: Future>(self, future: F) -> Instrumented<F> {
        future.instrument(self.0)
    }

    /// A part of this one, from now until it is dropped.
    #[must_use]
    pub fn part(&self, name: &'static str) -> Self {
        if self.0.is_none() {
            return Self::none();
        }
        Self(tracing::info_span!(target: TARGET, parent: &self.0, "part", "otel.name" = name))
    }

    /// It ends here.
    pub fn end(self) {}

    /// Sets the answer's status, and the id of the log line.
    pub fn answered(&self, status: u16, request_id: &str) {
        self.0.record("http.response.status_code", i64::from(status));
        self.0.record("zonemint.request.id", request_id);
        if status >= 500 {
            self.0.record("otel.status_code", "error");
            self.0.record("error.type", status.to_string().as_str());
        }
    }

    /// The trace of the span.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        if self.0.is_none() {
            return TraceId::NONE;
        }
        TraceId(Some(self.0.context().span().span_context().trace_id().to_string()))
    }
}

impl TraceId {
    /// No trace.
    pub const NONE: Self = Self(None);

    /// 32 hexadecimal digits, if there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Method and name of a request without a route. A method that HTTP does not define can be any text of the client.
fn known(method: &str) -> (&'static str, &'static str) {
    const KNOWN: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method).map_or(("_OTHER", "HTTP"), |known| (known, known))
}

fn falls_below(ratio: f64) -> bool {
    if ratio <= 0.0 || ratio >= 1.0 {
        return ratio > 0.0;
    }
    f64::from(u32::from_be_bytes(Random::system().bytes())) < ratio * (f64::from(u32::MAX) + 1.0)
}

/// Reads only that header: the `tracestate` of a client would be exported, too.
fn remote(traceparent: &str) -> Option<SpanContext> {
    struct Only<'a>(&'a str);
    impl Extractor for Only<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            (key == TRACEPARENT).then_some(self.0)
        }
        fn keys(&self) -> Vec<&str> {
            vec![TRACEPARENT]
        }
    }
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Only(traceparent));
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}
