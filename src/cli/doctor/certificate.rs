//! The certificate of the server.

use std::net::SocketAddr;
use std::path::Path;

use super::facts::{Facts, Listening};
use super::finding::{CheckResult, Finding, WithRemedies as _, fault, note, ok, skipped, warning};
use super::machine::{AddressState, existing, is_writable, listener};
use super::remedy::Remedy;
use super::settings::counted;
use crate::config::Config;
use zonemint_base::clock::rfc3339;
use zonemint_telemetry::error_chain;
use zonemint_tls::{self as tls, ChainReport, Challenge, PairReport};

/// How long before its end a certificate should be replaced, in seconds: 21 days. For a short-lived one, it is the last third of its
/// lifetime.
const SOON_S: u64 = 21 * 86_400;

/// What to do where the server orders certificates.
const NOT_ORDERED: &str = "a running server orders one by itself (tls.acme): its log says why it did not";

fn report(config: &Config) -> Result<PairReport, Finding> {
    let files = config.tls.files();
    if !files.certificate.exists() && !files.key.exists() {
        return Err(Finding::skipped("there is no certificate yet"));
    }
    tls::inspect(&files).map_err(|_| Finding::skipped("the certificate cannot be used"))
}

pub(super) fn pair(_: &Facts, config: &Config) -> CheckResult {
    let files = config.tls.files();
    let (certificate, key) = (files.certificate.display(), files.key.display());
    if !files.certificate.exists() && !files.key.exists() {
        let then = if config.tls.acme.enabled { ", until the first ordered one arrives" } else { "" };
        return note(format!("{certificate} does not exist; a start creates it, self-signed{then}"));
    }
    let report = match tls::inspect(&files) {
        Ok(report) => report,
        Err(error) => {
            let fix = if config.tls.acme.enabled {
                format!(
                    "let the server's user read {certificate} and {key}, or move both away: a start orders new ones"
                )
            } else {
                format!(
                    "put a certificate and its key, in PEM form, in {certificate} and {key}, readable for the server's user"
                )
            };
            return fault(error_chain(&error), fix);
        }
    };
    if report.key_mode & 0o007 != 0 {
        return fault(
            format!("every user of this machine can read {key} (mode {:o})", report.key_mode),
            "restrict access to the server's user, and replace the certificate and its key",
        )
        .with([Remedy::on_files("chmod 600", &[files.key.as_path()])]);
    }
    if !report.is_self_signed {
        return ok(format!("{certificate} and its key belong together"));
    }
    if config.server.listen.ip().is_loopback() {
        return note(format!("{certificate} is self-signed: clients need it in their --cacert"));
    }
    let fix = if config.tls.acme.enabled {
        NOT_ORDERED.to_owned()
    } else {
        format!(
            "put a certificate of an authority and its key in {certificate} and {key}, or have the server order one: tls.acme.enabled"
        )
    };
    warning(
        format!("{certificate} is self-signed: clients must import it; skipping verification allows impersonation"),
        fix,
    )
}

pub(super) fn end(facts: &Facts, config: &Config) -> CheckResult {
    let PairReport { not_before_s, not_after_s, is_self_signed, .. } = report(config)?;
    let now_s = facts.clock.now_s();
    let files = config.tls.files();
    let (fix, run) = if config.tls.acme.enabled {
        (NOT_ORDERED.to_owned(), Vec::new())
    } else if is_self_signed {
        // Clients may trust exactly this certificate, and its key cannot be restored.
        let aside = [&files.certificate, &files.key].map(|file| {
            let mut old = file.clone().into_os_string();
            old.push(".old");
            Remedy::on_files("mv", &[file.as_path(), Path::new(&old)])
        });
        let fix = "move it and its key aside, and restart the server, which creates new ones; give the new certificate to the \
                    clients that trust this one";
        (fix.to_owned(), aside.to_vec())
    } else {
        (format!("put a new one in {}; the server loads it automatically", files.certificate.display()), Vec::new())
    };
    if now_s < not_before_s {
        let told = format!("it is not valid before {}", rfc3339(not_before_s));
        return fault(told, "check this machine's clock, or replace the certificate");
    }
    if now_s > not_after_s {
        return fault(format!("it expired at {}", rfc3339(not_after_s)), fix).with(run);
    }
    let told = format!("it is valid until {}", rfc3339(not_after_s));
    let soon = SOON_S.min(not_after_s.saturating_sub(not_before_s) / 3);
    if not_after_s - now_s < soon { warning(told, fix).with(run) } else { ok(told) }
}

pub(super) fn names(_: &Facts, config: &Config) -> CheckResult {
    let report = report(config)?;
    let ip = config.server.listen.ip();
    let mut wanted = config.tls.names.clone();
    wanted.extend((!ip.is_unspecified() && !ip.is_loopback()).then(|| ip.to_string()));
    wanted.extend(Some(config.token.domain.clone()).filter(|domain| domain.contains('.')));
    let missing: Vec<_> = wanted.iter().filter(|name| !tls::is_for(&report.names, name)).map(String::as_str).collect();
    if missing.is_empty() {
        return ok(format!("it is for {}", report.names.join(", ")));
    }
    warning(
        format!(
            "it is not for {} (only for {}), so clients that use these names reject it",
            missing.join(", "),
            report.names.join(", ")
        ),
        if config.tls.acme.enabled {
            "list in tls.acme.names all names that clients use for the server, which orders a new one at its next start; or correct \
             tls.names and token.domain"
        } else {
            "request one for all names that clients use for the server; or correct tls.names and token.domain"
        },
    )
}

pub(super) fn chain(_: &Facts, config: &Config) -> CheckResult {
    let report = report(config)?;
    let files = config.tls.files();
    let shown = files.certificate.display();
    match tls::inspect_chain(&files) {
        Err(error) => skipped(error_chain(&error)),
        Ok(ChainReport::BreaksAfter(at)) => warning(
            format!("the certificate {at} of {shown} is not followed by its issuer's"),
            if config.tls.acme.enabled {
                format!("move {shown} and its key away: a start orders new ones (tls.acme), with their chain")
            } else {
                format!("order {shown}: the server's own certificate, then that of its issuer, and so on")
            },
        ),
        Ok(ChainReport::Whole(1)) if !report.is_self_signed => note(format!(
            "{shown} holds one certificate; if its issuer is not one that all clients have, it should hold the issuer's as well",
        )),
        Ok(ChainReport::Whole(count)) => ok(counted(count, "certificate", "certificates, each signed by the next")),
    }
}

/// Whether the authority's challenge can be answered, and an issued certificate be stored.
pub(super) fn orders(facts: &Facts, config: &Config) -> CheckResult {
    let acme = &config.tls.acme;
    if !acme.enabled {
        return skipped("tls.acme.enabled is false: no certificate is ordered");
    }
    let files = config.tls.files();
    let folders = [Some(config.tls.folder.as_path()), files.certificate.parent(), files.key.parent()];
    let mut folders = folders.into_iter().flatten().map(existing);
    if let Some(folder) = folders.find(|folder| !is_writable(folder)) {
        return fault(
            format!(
                "user {}, who runs this command, cannot write an issued certificate to {}",
                facts.machine.user,
                folder.display()
            ),
            "run this command as the server's user; if that user cannot either, set tls.folder, tls.certificate and tls.key \
             to places where it can",
        );
    }
    let address = acme.http_listen;
    let place = if acme.challenge == Challenge::Http01 { AddressState::of(address) } else { AddressState::Free };
    match in_the_way(place, &facts.listening, address) {
        None => ok(format!("{} is ordered from {}", acme.names.join(" "), acme.directory)),
        Some(why) => fault(
            format!("the authority's challenge cannot be answered at {address}: {why}"),
            "set tls.acme.http_listen to an address to which port 80 is passed on, or tls.acme.challenge to \"tls-alpn-01\"",
        ),
    }
}

/// What prevents the server from answering at an address.
pub(super) fn in_the_way(place: AddressState, listening: &Listening, address: SocketAddr) -> Option<String> {
    // A running server probably uses the address itself, or has the right to.
    let is_running = matches!(listening, Listening::Ours(_) | Listening::Unasked(_));
    match place {
        AddressState::Free => None,
        AddressState::InUse | AddressState::Privileged if is_running => None,
        AddressState::InUse => {
            Some(listener(address.port()).map_or("it is taken".to_owned(), |who| format!("{who} has it")))
        }
        AddressState::Privileged => Some("its port is for root only".to_owned()),
        AddressState::Missing => Some("this machine does not have the address".to_owned()),
        AddressState::Unknown(why) => Some(why),
    }
}
