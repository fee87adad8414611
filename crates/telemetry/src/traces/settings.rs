//! Settings of traces.

use std::path::PathBuf;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use zonemint_base::model::Period;

/// The `[traces]` table. `config/default.toml` has its defaults and explains them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where spans are sent; empty for nowhere.
    pub endpoint: String,
    /// The share of the requests that is traced, from 0 to 1.
    pub sample_ratio: f64,
    /// The resource's `service.name`.
    pub service_name: String,
    /// A file of headers for the collector; empty for none.
    pub headers_file: PathBuf,
    /// Timeout of sending a batch.
    pub timeout: Period,
}

impl Settings {
    /// Adds what is wrong to `problems`, each as the key and the reason.
    pub fn check(&self, problems: &mut Vec<(&'static str, String)>) {
        if !self.endpoint.is_empty() {
            if cfg!(not(feature = "otlp")) {
                let reason = "cannot be used: this program was built without `--features otlp`, and sends no traces";
                problems.push(("traces.endpoint", reason.into()));
            } else if self.url().is_none() {
                let reason = "must be an address such as \"http://localhost:4318\", without name, password or query";
                problems.push(("traces.endpoint", reason.into()));
            }
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            problems.push(("traces.sample_ratio", "must be from 0 to 1".into()));
        }
        if self.service_name.is_empty() {
            problems.push(("traces.service_name", "must not be empty".into()));
        }
        if !(1..=60_000).contains(&self.timeout.ms()) {
            problems.push(("traces.timeout", "must be from 1ms to 1m".into()));
        }
    }

    /// Where spans are posted to: `v1/traces` below the endpoint (OTLP 1.x, section "OTLP/HTTP Request").
    pub(super) fn url(&self) -> Option<Url> {
        let mut url = Url::parse(&self.endpoint).ok()?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["v1", "traces"]);
        plain.then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> Settings {
        Settings {
            endpoint: endpoint.to_owned(),
            sample_ratio: 1.0,
            service_name: "zonemint".to_owned(),
            headers_file: PathBuf::new(),
            timeout: "5s".parse().unwrap(),
        }
    }

    #[test]
    fn spans_go_below_the_endpoint() {
        for (endpoint, url) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("https://otel.example.org/tenant/", "https://otel.example.org/tenant/v1/traces"),
        ] {
            assert_eq!(settings(endpoint).url().unwrap().as_str(), url);
        }
    }

    #[test]
    fn an_endpoint_that_holds_a_secret_or_is_none_is_refused() {
        for endpoint in
            ["localhost:4318", "grpc://localhost", "http://user:password@host", "http://host/?token=x", "/x"]
        {
            assert!(settings(endpoint).url().is_none(), "{endpoint}");
        }
    }

    #[test]
    fn values_out_of_range_are_told() {
        let mut problems = Vec::new();
        let wrong = Settings {
            sample_ratio: f64::NAN,
            service_name: String::new(),
            timeout: "2m".parse().unwrap(),
            ..settings("")
        };
        wrong.check(&mut problems);
        let keys: Vec<_> = problems.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["traces.sample_ratio", "traces.service_name", "traces.timeout"]);
    }

    #[test]
    #[cfg(not(feature = "otlp"))]
    fn a_program_without_traces_does_not_pretend_to_send_them() {
        let mut problems = Vec::new();
        settings("http://localhost:4318").check(&mut problems);
        assert!(matches!(&problems[..], [("traces.endpoint", why)] if why.contains("without `--features otlp`")));
    }
}
