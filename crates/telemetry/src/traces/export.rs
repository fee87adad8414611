//! The export of spans: a queue that never blocks, and a task that sends its contents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::task;
use zonemint_base::clock::Clock;

/// Spans that may wait, about half a kilobyte each. Further ones are lost, and counted.
const WAITING: usize = 4_096;
/// Spans sent at once: OpenTelemetry's own default.
const BATCH: usize = 512;
/// How long spans are collected before they are sent.
const GATHER: Duration = Duration::from_secs(1);
/// How often lost spans are logged.
const COMPLAIN: Duration = Duration::from_mins(1);

/// The queue of spans that have ended.
#[derive(Debug)]
pub(super) struct Queue {
    spans: mpsc::Sender<SpanData>,
    lost: Arc<AtomicU64>,
}

/// The queue's other end.
pub(super) struct Export {
    exporter: SpanExporter,
    endpoint: String,
    spans: mpsc::Receiver<SpanData>,
    lost: Arc<AtomicU64>,
}

impl Queue {
    pub(super) fn new(exporter: SpanExporter, endpoint: &str) -> (Self, Export) {
        let (sender, spans) = mpsc::channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let export = Export { exporter, endpoint: endpoint.to_owned(), spans, lost: Arc::clone(&lost) };
        (Self { spans: sender, lost }, export)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.spans.try_send(span).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The task that exports, if there is one.
pub struct Exporting(Option<Task>);

struct Task {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Exporting {
    pub(super) fn start(export: Option<Export>, clock: Clock) -> Self {
        Self(export.map(|export| {
            let (stop, told) = watch::channel(false);
            let sending = Arc::new(Mutex::new(Sending { export, clock, complained: None, why: None }));
            let running = task::keep(task::Task::Traces, move || {
                let (sending, told) = (Arc::clone(&sending), told.clone());
                async move { sending.lock().await.run(told).await }
            });
            Task { stop, running }
        }))
    }

    /// Sends the waiting spans, and returns when that is done or after the timeout.
    pub async fn stop(self, timeout: Duration) {
        let Some(Task { stop, mut running }) = self.0 else { return };
        let _ = stop.send(true);
        if tokio::time::timeout(timeout, &mut running).await.is_err() {
            running.abort();
            tracing::warn!("the last traces were not exported: there was no time left for it");
        }
    }
}

struct Sending {
    export: Export,
    clock: Clock,
    /// When the last complaint was, by the clock's uptime.
    complained: Option<Duration>,
    /// Why the collector did not accept the last refused batch.
    why: Option<String>,
}

impl Sending {
    async fn run(&mut self, mut told: watch::Receiver<bool>) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                open = self.gather(&mut batch) => if !open { break },
                _ = told.wait_for(|stop| *stop) => break,
            }
            self.send(std::mem::take(&mut batch)).await;
            self.complain();
        }
        self.export.spans.close();
        self.send_the_rest(batch).await;
        self.complained = None;
        self.complain();
    }

    /// Waits for spans, and then a moment for more. False when all senders are gone.
    async fn gather(&mut self, batch: &mut Vec<SpanData>) -> bool {
        let spans = &mut self.export.spans;
        if batch.is_empty() && spans.recv_many(batch, BATCH).await == 0 {
            return false;
        }
        let more = async { while batch.len() < BATCH && spans.recv_many(batch, BATCH - batch.len()).await > 0 {} };
        let _ = tokio::time::timeout(GATHER, more).await;
        true
    }

    /// If the collector does not accept one batch, the others are not sent.
    async fn send_the_rest(&mut self, mut batch: Vec<SpanData>) {
        loop {
            let room = BATCH - batch.len().min(BATCH);
            self.export.spans.recv_many(&mut batch, room).await;
            if batch.is_empty() {
                return;
            }
            if !self.send(std::mem::take(&mut batch)).await {
                break;
            }
        }
        let mut left = 0;
        while self.export.spans.try_recv().is_ok() {
            left += 1;
        }
        self.export.lost.fetch_add(left, Ordering::Relaxed);
    }

    async fn send(&mut self, batch: Vec<SpanData>) -> bool {
        let count = batch.len();
        let sent = self.export.exporter.export(batch).await;
        if let Err(error) = &sent {
            self.why = Some(error.to_string());
            self.export.lost.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        sent.is_ok()
    }

    /// Logs that spans were lost, at most once in [`COMPLAIN`].
    fn complain(&mut self) {
        let now = self.clock.uptime();
        if self.complained.is_some_and(|last| now.saturating_sub(last) < COMPLAIN) {
            return;
        }
        let lost = self.export.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return;
        }
        self.complained = Some(now);
        let why = self.why.take().unwrap_or_else(|| "more ended than could be sent".to_owned());
        tracing::warn!(error = why, endpoint = self.export.endpoint, spans = lost, "traces were lost");
    }
}
