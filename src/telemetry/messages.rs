//! Messages of the program itself, through `tracing`.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;

use super::settings::{Format, Settings};
use super::sink::Sink;

/// Sends the process's messages to `sink` from now on. Later calls change nothing.
pub fn init(settings: &Settings, sink: &Sink) {
    let sink = sink.clone();
    let level = settings.level.parse().unwrap_or(LevelFilter::INFO);
    let subscriber = fmt().with_max_level(level).with_ansi(false).with_target(false).with_writer(move || sink.clone());
    let _ = match settings.format {
        Format::Human => subscriber.try_init(),
        Format::Json => subscriber.json().flatten_event(true).with_current_span(false).try_init(),
    };
}

/// An error and what caused it, in one line: for the log and for operators, never for clients.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
