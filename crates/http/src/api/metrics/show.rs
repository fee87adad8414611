//! `GET /metrics`: shows the metrics of the server.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};

use crate::api::prelude::*;
use crate::extract::MetricsReader;
use zonemint_telemetry::{Exposition, Form, Label as _, Lookup, Tally, measure_process, real, task};

operation! { ReadMetrics: get "/metrics" show = Get "metrics" Null "instance" Private needs MetricsView }

/// OpenMetrics' media type, without its parameters.
const OPEN_METRICS: &str = "application/openmetrics-text";

pub(crate) fn document() -> Document {
    Document::by::<ReadMetrics>("Show the server's metrics")
        .about(
            "Returns OpenMetrics 1.0 to clients that accept `application/openmetrics-text`, as Prometheus does; otherwise the \
             text format of Prometheus, version 0.0.4.",
        )
        .about("An address in the setting `metrics.networks` needs no credentials; the server ignores any that it sends.")
        .serves("text/plain", &Type::String, "One sample per line.")
}

pub(crate) async fn show(
    services: Shared,
    _reader: MetricsReader<ReadMetrics>,
    headers: HeaderMap,
) -> Result<Response> {
    let form = form(&headers);
    let text = measure(&services).write(form).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(([(CONTENT_TYPE, form.media_type()), (VARY, "Accept")], text).into_response())
}

fn measure(services: &Services) -> Exposition {
    let mut metrics = Exposition::default();
    let labels = [("version", env!("CARGO_PKG_VERSION").to_owned())];
    metrics.gauges("zonemint_build_info", "The version, in a label", [(labels, 1.0)]);
    let [tokens, generations, texts] = services.tokens.measure(&mut metrics);
    let [users, credentials] = services.accounts.measure(&mut metrics);
    measure_caches(&[tokens, generations, texts, users, credentials], &mut metrics);
    services.readiness.measure(&mut metrics);
    let ahead_ms = services.clock.distrust().map_or(0, |distrust| distrust.ahead_ms);
    let size = real(ahead_ms.unsigned_abs()) / 1_000.0;
    metrics.gauge(
        "zonemint_clock_distrust_seconds",
        "How far the system's clock is ahead of the time that is used instead, or at least 5 s behind the latest; 0 while it is believed",
        if ahead_ms < 0 { -size } else { size },
    );
    services.traffic.measure(&mut metrics);
    (services.measure_others)(&mut metrics);
    measure_process(&mut metrics);
    task::measure(&mut metrics);
    metrics
}

/// Lookups in caches by outcome, and the entries of each.
fn measure_caches(caches: &[(&'static str, &Tally<Lookup>, f64)], metrics: &mut Exposition) {
    let lookups = caches.iter().flat_map(|(cache, lookups, _)| {
        Lookup::ALL.iter().map(|outcome| {
            let labels = [("cache", (*cache).to_owned()), ("outcome", outcome.value().to_owned())];
            (labels, lookups.of(*outcome))
        })
    });
    metrics.counters("zonemint_cache_lookups", "Lookups in the caches of the store, by outcome", lookups);
    let entries = caches.iter().map(|(cache, _, entries)| ([("cache", (*cache).to_owned())], *entries));
    metrics.gauges("zonemint_cache_entries", "Entries in the caches of the store", entries);
}

/// OpenMetrics for clients that accept it, in any version: the answer's media type says which version it is. A quality of zero means
/// that it is not accepted (RFC 9110 section 12.4.2).
fn form(headers: &HeaderMap) -> Form {
    let wants = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(OPEN_METRICS));
        let zero = |part: &str| {
            let quality = part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
            quality.is_some_and(|(_, value)| value.trim().parse() == Ok(0.0))
        };
        is_named && !parts.any(zero)
    };
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if accepted.flat_map(|value| value.split(',')).any(wants) { Form::OpenMetrics } else { Form::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_for_who_names_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let rows = [
            (prometheus, Form::OpenMetrics),
            ("application/openmetrics-text", Form::OpenMetrics),
            ("Application/OpenMetrics-Text; q=0.5", Form::OpenMetrics),
            ("text/plain, application/openmetrics-text;q=0.0", Form::Text),
            ("*/*", Form::Text),
            ("text/html", Form::Text),
        ];
        for (accept, expected) in rows {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(form(&headers), expected, "{accept}");
        }
        assert_eq!(form(&HeaderMap::new()), Form::Text);
    }
}
