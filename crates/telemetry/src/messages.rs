//! Messages of the program itself, through `tracing`.

use std::error::Error;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
#[cfg(feature = "otlp")]
use tracing_subscriber::{Layer, Registry};

use super::settings::{Format, Settings};
use super::sink::Sink;
use super::traces::Traces;

/// Sends the process's messages to `sink` from now on, and spans to `traces`. Later calls have no effect.
pub fn init(settings: &Settings, sink: &Sink, traces: &Traces) {
    let sink = sink.clone();
    let level = settings.level.parse().unwrap_or(LevelFilter::INFO);
    #[cfg(feature = "otlp")]
    if traces.subscribe(level, || layer(settings.format, sink.clone())) {
        return;
    }
    #[cfg(not(feature = "otlp"))]
    let _ = traces;
    let subscriber = fmt().with_max_level(level).with_ansi(false).with_target(false).with_writer(move || sink.clone());
    let _ = match settings.format {
        Format::Human => subscriber.try_init(),
        Format::Json => subscriber.json().flatten_event(true).with_current_span(false).try_init(),
    };
}

/// The same as a layer, for use with another subscriber.
#[cfg(feature = "otlp")]
fn layer(format: Format, sink: Sink) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = fmt::layer().with_ansi(false).with_target(false).with_writer(move || sink.clone());
    match format {
        Format::Human => layer.boxed(),
        Format::Json => layer.json().flatten_event(true).with_current_span(false).boxed(),
    }
}

/// Logs the error of background work. `what` says what could not be done.
pub fn warn_of_error<E: Error>(outcome: Result<(), E>, what: &str) {
    if let Err(error) = outcome {
        tracing::warn!(error = %error_chain(&error), "{what}");
    }
}

/// An error and its causes, in one line: for the log and for operators, never for clients.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
