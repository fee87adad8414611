//! The databases of countries and networks by address.

use super::facts::Facts;
use super::finding::{CheckResult, fault, note, ok, skipped, warning};
use crate::config::Config;
use zonemint_service::geo::Geo;
use zonemint_telemetry::error_chain;

/// Days after which there is a newer database (GeoLite2 appears weekly, and its licence asks for updates within 30 days), and after
/// which many addresses have moved.
const AGED: u64 = 45;
const OUTDATED: u64 = 180;

pub(super) fn geo(facts: &Facts, config: &Config) -> CheckResult {
    let (country, asn) = (config.geo.country_file(), config.geo.asn_file());
    if country.is_none() && asn.is_none() {
        return skipped("geo.country and geo.asn name no file: tokens with such caveats are refused");
    }
    let geo = match Geo::open(country, asn) {
        Ok(geo) => geo,
        Err(error) => {
            return fault(error_chain(&error), "download the file again, or correct geo.country and geo.asn");
        }
    };
    let now_s = facts.clock.now_s();
    let reports = geo.reports();
    let days = reports.iter().map(|database| now_s.saturating_sub(database.built_s) / 86_400).max().unwrap_or(0);
    let found: Vec<_> = reports.iter().map(ToString::to_string).collect();
    let told = format!("{}; made {days} days ago", found.join("; "));
    if days <= AGED {
        ok(told)
    } else if days <= OUTDATED {
        note(format!("{told}; there is a newer one"))
    } else {
        warning(told, "download it again, and schedule that every week; the server loads it automatically")
    }
}
