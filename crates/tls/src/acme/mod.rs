//! Certificates that an authority issues by ACME (RFC 8555): ordered when there is none, renewed before they end.
//!
//! An issued pair replaces the files of the pair, and is reloaded like any changed pair. Serving does not depend on this module: a
//! failed order is logged and retried, and the current pair stays. Only files of an earlier order that cannot be read, and a port for
//! `http-01` that cannot be opened, stop a start.
//!
//! Where the next thing goes: another challenge is a variant of [`Challenge`], and its answer a file next to `plain.rs`.

mod challenge;
mod client;
mod error;
mod files;
mod order;
mod plain;
mod schedule;

use std::net::TcpListener;
use std::path::PathBuf;

use self::client::Http;
use self::files::{Files, Standing};
use self::order::Orderer;
use self::schedule::{Schedule, Why};
use super::challenge_answers::HttpAnswers;
use super::inspect::{CertificateId, Facts};
use super::{Certificates, Challenge, Settings, TlsError};
use zonemint_base::clock::{Clock, rfc3339, ticks};
use zonemint_base::model::Period;
use zonemint_base::random::Random;
use zonemint_telemetry::error_chain;

/// Keeps the certificate of a server valid.
pub struct Orders {
    orderer: Orderer,
    schedule: Schedule,
    standing: Standing,
    listener: Option<TcpListener>,
    certificates: Certificates,
    clock: Clock,
    random: Random,
    every: Period,
}

/// The files with a key, whether they exist or not: of the pair, the account, an order under way, and the external account.
#[must_use]
pub fn secret_files(settings: &Settings) -> Vec<PathBuf> {
    let mut files = Files::new(&settings.folder, settings.files()).secrets().to_vec();
    files.extend(Some(settings.acme.external_account_key.clone()).filter(|file| !file.as_os_str().is_empty()));
    files
}

/// Puts an issued pair in place, if a server was killed before it did so. Call it before the pair is loaded.
///
/// # Errors
/// [`TlsError`] when a file cannot be read or written.
pub fn finish_orders(settings: &Settings) -> Result<(), TlsError> {
    if settings.acme.enabled {
        Files::new(&settings.folder, settings.files()).finish()?;
    }
    Ok(())
}

/// Whether [`finish_orders`] puts a pair in place.
///
/// # Errors
/// [`TlsError`] when a file cannot be read.
pub(super) fn is_unfinished(settings: &Settings) -> Result<bool, TlsError> {
    Ok(settings.acme.enabled && Files::new(&settings.folder, settings.files()).unfinished()?.is_some())
}

impl Orders {
    /// Prepares orders; none if no certificates are to be ordered. Opens the port of `http-01`.
    ///
    /// # Errors
    /// [`TlsError`] when the port cannot be opened.
    pub fn open(
        settings: &Settings,
        certificates: &Certificates,
        clock: Clock,
        random: Random,
    ) -> Result<Option<Self>, TlsError> {
        let acme = &settings.acme;
        if !acme.enabled {
            return Ok(None);
        }
        let listener = match acme.challenge {
            Challenge::TlsAlpn01 => None,
            Challenge::Http01 => {
                let failed = |source| TlsError::Listen { address: acme.http_listen, source };
                Some(plain::bind(acme.http_listen).map_err(failed)?)
            }
        };
        let files = Files::new(&settings.folder, settings.files());
        Ok(Some(Self {
            schedule: Schedule::default(),
            standing: files.standing(&acme.directory),
            orderer: Orderer {
                settings: acme.clone(),
                files,
                tls: certificates.answers.clone(),
                http: HttpAnswers::default(),
            },
            listener,
            certificates: certificates.clone(),
            clock,
            random,
            every: settings.watch,
        }))
    }

    /// Orders and renews, without end.
    pub async fn keep(&mut self) {
        let (listener, answers) = (self.listener.as_ref().map(TcpListener::try_clone), self.orderer.http.clone());
        let answering = async {
            match listener {
                Some(listener) => plain::answer(listener, answers).await,
                None => std::future::pending().await,
            }
        };
        let ordering = async {
            let mut ticks = ticks(self.every.duration());
            loop {
                ticks.tick().await;
                self.step().await;
            }
        };
        tokio::join!(answering, ordering);
    }

    /// Asks for the time of renewal, and orders, if either is due.
    async fn step(&mut self) {
        let (Some(pair), now_s) = (self.certificates.facts(), self.clock.now_s()) else { return };
        if self.standing == Standing::Issued
            && let Some(id) = self.schedule.asks(&pair, now_s)
        {
            self.ask(id, now_s).await;
        }
        if let Some(why) = self.schedule.due(&pair, &self.orderer.settings, self.standing, now_s) {
            self.order(&pair, why).await;
        }
    }

    async fn order(&mut self, pair: &Facts, why: Why) {
        let settings = &self.orderer.settings;
        let (names, directory) = (settings.names.join(" "), settings.directory.clone());
        tracing::info!(names, directory, reason = %why, "a certificate is ordered; the one in force is served meanwhile");
        let replaced = if why.is_renewal() { self.schedule.replaced(pair) } else { None };
        let (outcome, wait_s) = match Http::new(settings, self.clock.clone()) {
            Ok(client) => (self.orderer.order(&client, replaced).await, client.wait_s()),
            Err(error) => (Err(error), None),
        };
        let now_s = self.clock.now_s();
        self.standing = self.orderer.files.standing(&directory);
        match outcome {
            Ok(issued) => {
                self.schedule.succeeded(&issued, now_s);
                let done = if why.is_renewal() { "the certificate was renewed" } else { "a certificate was issued" };
                tracing::info!(names = issued.names.join(" "), good_until = rfc3339(issued.not_after_s), "{done}");
            }
            Err(error) => {
                let next = rfc3339(self.schedule.failed(wait_s, now_s));
                tracing::warn!(
                    error = %error_chain(&error),
                    check = error.check(&self.orderer.settings),
                    next,
                    in_force_until = rfc3339(pair.not_after_s),
                    "no certificate was issued; the one in force stays, and the next attempt is made later"
                );
            }
        }
    }

    /// Asks the authority when to renew the pair. Authorities need not support this.
    async fn ask(&mut self, id: &CertificateId, now_s: u64) {
        let told = match Http::new(&self.orderer.settings, self.clock.clone()) {
            Ok(client) => self.orderer.suggestion(&client, id).await,
            Err(error) => Err(error),
        };
        match told {
            Ok((window, again_in_s)) => {
                let chance = u64::from_be_bytes(self.random.bytes());
                self.schedule.suggested(window, again_in_s, chance, now_s);
            }
            Err(error) => {
                tracing::debug!(error = %error_chain(&error), "the authority does not say when to renew");
                self.schedule.nothing_suggested(now_s);
            }
        }
    }
}
