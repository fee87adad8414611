//! Debian's Prometheus, run with the files as they are but for addresses and paths, scraping a server.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use zonemint::config::Config;

use super::dashboard::Dashboard;
use super::measured::{self, MINTED};
use super::rules::rules;
use super::{JOB, REQUIRED, text};
use crate::support::process::{Process, folder, free_port, installed};
use crate::support::{As, TestServer};

/// What [`Prometheus::start`] replaces in `prometheus.yaml`.
const TARGET: &str = "zonemint.example.org:8443";
const AUTHORITY: &str = "/etc/prometheus/zonemint.pem";
const TOKEN: &str = "/etc/prometheus/zonemint.token";
/// The variant that stands there in comments.
const WITH_TOKEN: [&str; 2] = ["# authorization:\n", "#   credentials_file:"];

struct Prometheus {
    url: String,
    client: Client,
    _process: Process,
}

impl Prometheus {
    /// None where it is not installed. With a token, it shows that.
    async fn start(server: &TestServer, token: Option<&str>) -> Option<Self> {
        let program = installed("prometheus", REQUIRED)?;
        let (folder, port) = (folder(), free_port());
        std::fs::write(folder.join("alerts.yaml"), text("alerts.yaml")).unwrap();
        std::fs::write(folder.join("prometheus.yaml"), configuration(server, token, &folder)).unwrap();
        let listen = format!("--web.listen-address=127.0.0.1:{port}");
        let arguments = ["--config.file=prometheus.yaml", "--storage.tsdb.path=data", &listen];
        let process = Process::start(folder, &program, &arguments, port).await;
        let client = Client::builder().no_proxy().build().unwrap();
        Some(Self { url: format!("http://127.0.0.1:{port}/api/v1"), client, _process: process })
    }

    /// The data of an answer of the API; null while there is none.
    async fn ask(&self, path: &str) -> Value {
        let Ok(answer) = self.client.get(format!("{}{path}", self.url)).send().await else { return Value::Null };
        answer.json::<Value>().await.map_or(Value::Null, |mut answer| answer["data"].take())
    }

    /// What an expression is at this moment; null if it cannot be computed.
    async fn query(&self, expression: &str) -> Value {
        let expression: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        self.ask(&format!("/query?query={expression}")).await
    }

    /// The sum of what an expression finds; none if that is nothing.
    async fn sum(&self, expression: &str) -> Option<f64> {
        let data = self.query(&format!("sum({expression})")).await;
        data.pointer("/result/0/value/1")?.as_str()?.parse().ok()
    }

    /// Asks until the list at `pointer` of an answer has something in it, and nothing of unknown health: Prometheus puts the
    /// first scrape, and the first look at a rule, anywhere within an interval.
    async fn known(&self, path: &str, pointer: &str) -> Vec<Value> {
        let known = async {
            loop {
                let answer = self.ask(path).await;
                let list = answer.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
                if !list.is_empty() && !json!(list).to_string().contains(r#""health":"unknown""#) {
                    return list;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), known).await.expect("Prometheus works")
    }

    /// What came of the first scrape. Prometheus tells a target's health before it stores what the scrape found, `up` included.
    async fn target(&self) -> Value {
        self.known("/query?query=up", "/result").await;
        self.known("/targets?state=active", "/activeTargets").await.remove(0)
    }
}

/// `prometheus.yaml` for a server.
fn configuration(server: &TestServer, token: Option<&str>, folder: &Path) -> String {
    let mut configuration = text("prometheus.yaml");
    let mut replace = |from: &str, to: &str| {
        assert!(configuration.contains(from), "{from:?} is not in prometheus.yaml");
        configuration = configuration.replace(from, to);
    };
    // In the comment at the file's head, too.
    replace(TARGET, &format!("localhost:{}", server.port()));
    replace(AUTHORITY, server.config.tls.files().certificate.to_str().unwrap());
    if let Some(token) = token {
        let file = folder.join("token");
        std::fs::write(&file, token).unwrap();
        for line in WITH_TOKEN {
            replace(line, line.trim_start_matches("# "));
        }
        replace(TOKEN, file.to_str().unwrap());
    }
    configuration
}

/// No address opens the metrics.
fn without_addresses(config: &mut Config) {
    config.metrics.networks = Vec::new();
}

async fn assert_all_was_scraped(prometheus: &Prometheus, minted: u32) {
    let target = prometheus.target().await;
    assert_eq!((&target["health"], &target["labels"]["job"]), (&json!("up"), &json!(JOB)), "{target}");
    assert_eq!(prometheus.sum("up").await, Some(1.0));
    assert_eq!(prometheus.sum("zonemint_tokens_minted_total").await, Some(f64::from(minted)));
}

/// And none fails on what was scraped.
async fn assert_rules_are_as_they_are_read_here(prometheus: &Prometheus) {
    let groups = prometheus.known("/rules", "/groups").await;
    let taken: Vec<_> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    let names: BTreeSet<_> = taken.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    let read = rules();
    assert_eq!(names, read.iter().map(|rule| rule.name.as_str()).collect());
    for rule in taken {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_a_server_that_its_address_opens() {
    let (server, _) = measured::start(|_| {}).await;
    let Some(prometheus) = Prometheus::start(&server, None).await else { return };
    assert_all_was_scraped(&prometheus, MINTED).await;
    // In OpenMetrics a counter's family has no `_total`, in the older format it has.
    let metadata = prometheus.ask("/metadata?metric=zonemint_tokens_minted").await;
    assert_eq!(metadata["zonemint_tokens_minted"][0]["type"], "counter", "{metadata}");
    assert_rules_are_as_they_are_read_here(&prometheus).await;
    for (panel, expression) in Dashboard::load().expressions() {
        assert!(prometheus.query(&expression).await["result"].is_array(), "{panel}: {expression}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_a_server_with_a_token() {
    let (server, _) = measured::start(without_addresses).await;
    let (_, token) = server.named("/user", json!({"name": "prometheus"}), As::Admin).await;
    let Some(prometheus) = Prometheus::start(&server, Some(&token)).await else { return };
    assert_all_was_scraped(&prometheus, MINTED + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_learns_nothing_without_a_token_from_where_nothing_is_opened() {
    let (server, _) = measured::start(without_addresses).await;
    let Some(prometheus) = Prometheus::start(&server, None).await else { return };
    let target = prometheus.target().await;
    assert_eq!(target["health"], "down", "{target}");
    assert!(target["lastError"].as_str().unwrap().contains("401"), "{target}");
    assert_eq!(prometheus.sum("up").await, Some(0.0));
    assert_eq!(prometheus.sum("zonemint_tokens_minted_total").await, None);
}
