//! Puts spans together with what exports them.

use std::io;
use std::path::PathBuf;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanExporter as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use super::Settings;
use super::export::{Export, Exporting, Queue};
use super::span::{RATIO, TARGET};
use zonemint_base::clock::Clock;

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The file of headers cannot be read.
    #[error("traces.headers_file {} cannot be read", .0.display())]
    Headers(PathBuf, #[source] io::Error),
    /// A line of it is no header. Its text, which is a secret, is not shown.
    #[error("line {line} of traces.headers_file {} is not \"name: value\"", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// There is no HTTP client.
    #[error("traces cannot be sent")]
    Client(#[from] reqwest::Error),
    /// The exporter refuses its configuration.
    #[error("traces cannot be exported")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Traces, before anything is exported; empty when they are off.
pub struct Traces(Option<Parts>);

struct Parts {
    tracer: SdkTracer,
    ratio: f64,
    export: Export,
}

impl Traces {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`TracesError`] when it cannot be used.
    pub fn check(settings: &Settings) -> Result<(), TracesError> {
        if settings.url().is_some() { headers(settings).map(drop) } else { Ok(()) }
    }

    /// Creates the exporter. Nothing is sent yet.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn new(settings: &Settings) -> Result<Self, TracesError> {
        let Some(url) = settings.url() else { return Ok(Self(None)) };
        let client = Client::builder()
            .user_agent(concat!("zonemint/", env!("CARGO_PKG_VERSION")))
            // The headers for the collector must not be sent elsewhere.
            .redirect(redirect::Policy::none())
            .timeout(settings.timeout.duration())
            .default_headers(headers(settings)?)
            .build()?;
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(url.as_str())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(settings.timeout.duration())
            // Spans that did not reach the collector are counted as lost; later spans matter as much.
            .with_retry_policy(RetryPolicy::disabled())
            .build()?;
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        exporter.set_resource(&resource);
        let (queue, export) = Queue::new(exporter, &settings.endpoint);
        // Requests that are not recorded have no span: see `request`.
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(queue)
            .build();
        Ok(Self(Some(Parts { tracer: provider.tracer("zonemint"), ratio: settings.sample_ratio, export })))
    }

    /// Sends the process's messages to `messages`, and spans to the exporter, if traces are on; returns whether they are.
    /// Messages do not contain spans, and spans do not contain messages.
    pub(crate) fn subscribe<L>(&self, level: LevelFilter, messages: impl FnOnce() -> L) -> bool
    where
        L: Layer<Registry> + Send + Sync + 'static,
    {
        let Some(parts) = &self.0 else { return false };
        let not_ours = filter_fn(move |metadata| *metadata.level() <= level && metadata.target() != TARGET);
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET);
        let spans = tracing_opentelemetry::layer()
            .with_tracer(parts.tracer.clone())
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        let subscribed = Registry::default()
            .with(messages().with_filter(not_ours.with_max_level_hint(level)))
            .with(spans.with_filter(ours.with_max_level_hint(LevelFilter::INFO)))
            .try_init();
        if subscribed.is_ok() {
            let _ = RATIO.set(parts.ratio);
        }
        true
    }

    /// Exports from now on. Call it in the runtime.
    #[must_use]
    pub fn export(self, clock: Clock) -> Exporting {
        Exporting::start(self.0.map(|parts| parts.export), clock)
    }
}

/// `name: value`, one a line, as in HTTP. Empty lines and lines that begin with `#` are ignored.
fn headers(settings: &Settings) -> Result<HeaderMap, TracesError> {
    let path = &settings.headers_file;
    let mut headers = HeaderMap::new();
    if path.as_os_str().is_empty() {
        return Ok(headers);
    }
    let text =
        zonemint_base::regular_file::read_to_string(path).map_err(|error| TracesError::Headers(path.clone(), error))?;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = header(line).ok_or_else(|| TracesError::Header { path: path.clone(), line: number + 1 })?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    let mut value: HeaderValue = value.trim_start().parse().ok()?;
    value.set_sensitive(true);
    Some((name.trim_end().parse().ok()?, value))
}
