//! Reloads a changed certificate without dropping a connection: existing connections keep the old one.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio::sync::Notify;

use super::challenge_answers::TlsAnswers;
use super::inspect::{self, Facts};
use super::tickets::{SessionSealer, SharedSealer, Tickets};
use super::{PairFiles, TlsError, pair, tickets};
use zonemint_base::model::Period;
use zonemint_telemetry::{Exposition, error_chain, real};

/// The current pair. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Certificates {
    files: PairFiles,
    loaded: Arc<RwLock<Loaded>>,
    sealer: SharedSealer,
    pub(super) answers: TlsAnswers,
}

impl Certificates {
    /// Loads the pair. Sessions are not resumed before [`Certificates::resume_with`].
    ///
    /// # Errors
    /// [`TlsError`] when it cannot be used.
    pub fn load(files: PairFiles) -> Result<Self, TlsError> {
        let sealer = SharedSealer::default();
        let loaded = Arc::new(RwLock::new(load(&files, &sealer)?));
        Ok(Self { files, loaded, sealer, answers: TlsAnswers::default() })
    }

    /// From now on clients get their sessions sealed by `sealer`, and resume them. A second sealer is ignored.
    pub fn resume_with(&self, sealer: impl SessionSealer + 'static) {
        let _ = self.sealer.set(Box::new(sealer));
    }

    /// The configuration for new connections.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// The contents of the current certificate; none if it cannot be read.
    pub(super) fn facts(&self) -> Option<Arc<Facts>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).facts.clone()
    }

    /// Reports when the current certificate ends.
    pub fn measure(&self, into: &mut Exposition) {
        let Some(facts) = self.facts() else { return };
        into.gauge(
            "zonemint_certificate_not_after_timestamp_seconds",
            "When the certificate in force ends, in seconds since the Unix epoch",
            real(facts.not_after_s),
        );
    }

    /// Loads the pair again. If that fails, the current one stays.
    ///
    /// # Errors
    /// [`TlsError`] when the files cannot be used.
    pub fn reload(&self) -> Result<(), TlsError> {
        let loaded = load(&self.files, &self.sealer)?;
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }
}

/// A loaded pair.
struct Loaded {
    config: Arc<ServerConfig>,
    /// None if the strict parser refuses it; it is served nevertheless.
    facts: Option<Arc<Facts>>,
}

/// Loads a pair for TLS 1.2 and 1.3, h2 and HTTP/1.1, with hybrid post-quantum key exchange (X25519MLKEM768) preferred.
fn load(files: &PairFiles, sealer: &SharedSealer) -> Result<Loaded, TlsError> {
    let (chain, key) = pair::read(files)?;
    let tickets = Tickets::new(sealer, &chain);
    let facts = inspect::facts(&files.certificate, &chain);
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = Arc::new(tickets);
    config.send_tls13_tickets = tickets::A_HANDSHAKE;
    // Whoever replays the first flight of a resumed session would repeat the request in it: a token would be minted twice.
    config.max_early_data_size = 0;
    if let Err(error) = &facts {
        tracing::warn!(
            error = %error_chain(error),
            "the certificate is served, but cannot be inspected: its end is not reported, and no replacement is ordered"
        );
    }
    Ok(Loaded { config: Arc::new(config), facts: facts.ok().map(Arc::new) })
}

/// Requests a reload. Cheap to clone; clones share it.
#[derive(Clone, Default)]
pub struct Reload(Arc<Order>);

#[derive(Default)]
struct Order {
    given: Notify,
    done: Notify,
}

impl Reload {
    /// Loads the pair, and returns after the attempt. One caller at a time.
    pub async fn now(&self) {
        self.0.given.notify_one();
        self.0.done.notified().await;
    }

    /// Waits for a request. The requester waits until the returned value is dropped.
    async fn request(&self) -> ReloadRequest<'_> {
        self.0.given.notified().await;
        ReloadRequest(&self.0.done)
    }
}

/// Notifies the caller of the attempt to reload, also after a panic.
struct ReloadRequest<'a>(&'a Notify);

impl Drop for ReloadRequest<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Reloads on requests through `reload`, and when the files change, without end. It polls the files: that works on every file system,
/// and through the symbolic links that orchestrators swap.
pub async fn watch(certificates: Certificates, every: Period, reload: Reload) {
    let mut ticks = tokio::time::interval(every.duration());
    let mut seen = state(&certificates.files);
    let mut loaded = seen;
    loop {
        let request = tokio::select! {
            _ = ticks.tick() => None,
            request = reload.request() => Some(request),
        };
        let now = state(&certificates.files);
        let changed = now != seen;
        seen.clone_from(&now);
        // A pair is replaced file by file: a pair that does not belong together is tried again after its next change.
        if request.is_some() || (changed && now != loaded) {
            match certificates.reload() {
                Ok(()) => {
                    loaded = now;
                    tracing::info!("the certificate was reloaded");
                }
                Err(error) => tracing::warn!(
                    error = %error_chain(&error),
                    "the changed certificate cannot be used; the previous one stays in use"
                ),
            }
        }
    }
}

type FileState = Option<(u64, u64, i64, i64)>;

fn state(files: &PairFiles) -> [FileState; 2] {
    let of =
        |path: &Path| fs::metadata(path).ok().map(|data| (data.ino(), data.size(), data.mtime(), data.mtime_nsec()));
    [of(&files.certificate), of(&files.key)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_asks_for_a_reload_does_not_wait_for_ever_when_it_panics() {
        let reload = Reload::default();
        let panicking = tokio::spawn({
            let reload = reload.clone();
            async move {
                let _request = reload.request().await;
                panic!("while it is loaded");
            }
        });
        tokio::time::timeout(Duration::from_secs(20), reload.now()).await.expect("it is told");
        assert!(panicking.await.is_err());
    }
}
