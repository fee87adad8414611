//! Metrics, written as OpenMetrics or in the older text format of Prometheus.
//!
//! A service counts with [`Tally`] and [`Distribution`], which cost nanoseconds. Its method `measure` adds its values to an
//! [`Exposition`] when metrics are requested. Labels are enums, so their values are few and known.
//!
//! Where the next thing goes: a metric is a line in its module's `measure`; a panel or a rule for it is in `config/monitoring/`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, prometheus_text, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Registry;

use zonemint_base::label;
use zonemint_base::label::Label;

/// Upper bounds of durations, in seconds: from an answer from memory to more than any client waits.
const SECONDS: [f64; 16] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of the sizes of batches.
const NUMBERS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

label! {
    /// The result of a lookup in a cache.
    pub enum Lookup {
        /// Found.
        Hit = "hit",
        /// Not found.
        Miss = "miss",
    }
}

/// Counts events by the value of a label.
pub struct Tally<L> {
    counts: Box<[AtomicU64]>,
    label: PhantomData<fn(L)>,
}

impl<L: Label> Tally<L> {
    /// Counts one.
    pub fn count(&self, value: L) {
        if let Some(count) = self.counts.get(value.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The count of a value.
    #[must_use]
    pub fn of(&self, value: L) -> u64 {
        self.counts.get(value.index()).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl<L: Label> Default for Tally<L> {
    fn default() -> Self {
        Self { counts: L::ALL.iter().map(|_| AtomicU64::new(0)).collect(), label: PhantomData }
    }
}

impl<L: Label> fmt::Debug for Tally<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(L::ALL.iter().map(|value| (value.value(), self.of(*value)))).finish()
    }
}

/// A histogram of durations or sizes. Clones share the observations.
#[derive(Debug, Clone)]
pub struct Distribution(Histogram);

impl Distribution {
    /// Of durations.
    #[must_use]
    pub fn of_times() -> Self {
        Self(Histogram::new(SECONDS))
    }

    /// Of the sizes of batches.
    #[must_use]
    pub fn of_numbers() -> Self {
        Self(Histogram::new(NUMBERS))
    }

    /// Observes a duration.
    pub fn took(&self, time: std::time::Duration) {
        self.0.observe(time.as_secs_f64());
    }

    /// Observes a size.
    pub fn saw(&self, number: usize) {
        self.0.observe(real(number as u64));
    }
}

/// A number for a gauge. Beyond 2^53 it is not exact.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nobody reads a gauge to sixteen digits")]
pub fn real(number: u64) -> f64 {
    number as f64
}

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus' text format, version 0.0.4.
    Text,
}

impl Form {
    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => prometheus_text::CONTENT_TYPE,
        }
    }
}

/// The metrics at one moment. Names are complete, but without the `_total` of a counter, which both forms add.
#[derive(Debug, Default)]
pub struct Exposition(Registry);

impl Exposition {
    /// A value that only increases until the process ends.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.0.register(name, help, ConstCounter::new(value));
    }

    /// As [`Exposition::counter`], for a value that is not a whole number.
    pub fn real_counter(&mut self, name: &str, help: &str, value: f64) {
        self.0.register(name, help, ConstCounter::new(value));
    }

    /// Counts by the value of `label`. All values exist from the start, so that the first event is visible.
    pub fn tally<L: Label>(&mut self, name: &str, help: &str, label: &'static str, tally: &Tally<L>) {
        let counts = L::ALL.iter().map(|value| ([(label, value.value().to_owned())], tally.of(*value)));
        self.counters(name, help, counts);
    }

    /// Counts by the values of labels.
    pub fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl IntoIterator<Item = ([(&'static str, String); N], u64)>,
    ) {
        self.0.register(
            name,
            help,
            ByLabels(counts.into_iter().map(|(of, count)| (of, ConstCounter::new(count))).collect()),
        );
    }

    /// A value that increases and decreases.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.0.register(name, help, ConstGauge::new(value));
    }

    /// Values that increase and decrease, by the values of labels.
    pub fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, String); N], f64)>,
    ) {
        self.0.register(
            name,
            help,
            ByLabels(values.into_iter().map(|(of, value)| (of, ConstGauge::new(value))).collect()),
        );
    }

    /// A histogram.
    pub fn distribution(&mut self, name: &str, help: &str, distribution: &Distribution) {
        self.0.register(name, help, distribution.0.clone());
    }

    /// The text of all metrics.
    ///
    /// # Errors
    /// [`fmt::Error`] if the library cannot write a metric.
    pub fn write(&self, form: Form) -> Result<String, fmt::Error> {
        let mut written = String::new();
        match form {
            Form::OpenMetrics => text::encode(&mut written, &self.0)?,
            Form::Text => prometheus_text::encode(&mut written, &self.0)?,
        }
        Ok(written)
    }
}

/// Metrics by their labels, in a fixed order, which the library's own family does not have.
#[derive(Debug)]
struct ByLabels<M, const N: usize>(Vec<([(&'static str, String); N], M)>);

impl<M: EncodeMetric + TypedMetric, const N: usize> EncodeMetric for ByLabels<M, N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(labels, metric)| metric.encode(encoder.encode_family(labels)?))
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    label! {
        /// Ends of a thing.
        enum End {
            /// One.
            Good = "good",
            /// The other one.
            Bad = "bad",
        }
    }

    #[test]
    fn all_values_of_a_label_are_told_from_the_start() {
        let tally = Tally::default();
        tally.count(End::Bad);
        tally.count(End::Bad);
        let mut exposition = Exposition::default();
        exposition.tally("zonemint_ends", "How things ended", "end", &tally);
        let text = exposition.write(Form::Text).unwrap();
        assert!(text.contains("# TYPE zonemint_ends_total counter\n"), "{text}");
        assert!(text.contains("zonemint_ends_total{end=\"good\"} 0\n"), "{text}");
        assert!(text.contains("zonemint_ends_total{end=\"bad\"} 2\n"), "{text}");
    }

    #[test]
    fn both_forms_tell_the_same_and_one_of_them_says_where_it_ends() {
        let times = Distribution::of_times();
        times.took(std::time::Duration::from_micros(300));
        let mut exposition = Exposition::default();
        exposition.distribution("zonemint_wait_seconds", "How long it took", &times);
        exposition.gauge("zonemint_lag_seconds", "How late it is", 0.25);
        let (text, open) = (exposition.write(Form::Text).unwrap(), exposition.write(Form::OpenMetrics).unwrap());
        let samples = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            // Only OpenMetrics writes bounds as real numbers.
            let mut lines: Vec<_> = lines.map(|line| line.replace(".0\"}", "\"}")).collect();
            lines.sort();
            lines
        };
        assert_eq!(samples(&text), samples(&open));
        assert!(text.contains("zonemint_wait_seconds_bucket{le=\"0.00025\"} 0\n"), "{text}");
        assert!(text.contains("zonemint_wait_seconds_bucket{le=\"0.0005\"} 1\n"), "{text}");
        assert!(open.ends_with("# EOF\n") && !text.contains("# EOF"));
    }
}
