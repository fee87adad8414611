//! Metrics and labels that the files name exist, and what is measured is looked at.

use std::collections::BTreeSet;

use super::dashboard::Dashboard;
use super::exposition::Exposition;
use super::expression::{Matcher, Selector, selectors};
use super::rules::rules;
use super::{JOB, measured, text};

/// What Prometheus adds to the metrics of every target.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

/// Every place where the dashboard or a rule reads a metric.
fn read() -> Vec<(String, Selector)> {
    let dashboard = Dashboard::load();
    let panels = dashboard.expressions().into_iter().map(|(title, expression)| (format!("panel {title}"), expression));
    let rules = rules().into_iter().map(|rule| (format!("rule {}", rule.name), rule.expression().to_owned()));
    let all = panels.chain(rules).flat_map(|(place, expression)| {
        selectors(&expression).into_iter().map(move |selector| (place.clone(), selector))
    });
    all.collect()
}

/// The labels of a metric that Prometheus or a rule makes; none if it must come from a server.
fn made(metric: &str) -> Option<&'static [&'static str]> {
    match metric {
        "up" => Some(&[]),
        "ALERTS" => Some(&["alertname", "alertstate"]),
        name => rules().iter().any(|rule| !rule.alerts && rule.name == name).then_some(&[]),
    }
}

fn has_value(exposition: &Exposition, metric: &str, matcher: &Matcher) -> bool {
    match (matcher.label.as_str(), made(metric)) {
        ("job", _) => matcher.value == JOB,
        ("instance", _) => matcher.value == ".+",
        (label, Some(labels)) => labels.contains(&label),
        (label, None) => exposition.samples[metric].get(label).is_some_and(|values| matcher.is_met_by(values)),
    }
}

#[tokio::test]
async fn what_the_files_read_is_measured_with_the_labels_and_values_that_they_go_by() {
    let exposition = Exposition::parse(&measured::start(|_| {}).await.1);
    for (place, selector) in read() {
        let metric = &selector.metric;
        let labels: Vec<&str> = made(metric).map_or_else(
            || {
                let labels = exposition.samples.get(metric).unwrap_or_else(|| panic!("{place}: {metric} is not there"));
                labels.keys().map(String::as_str).collect()
            },
            <[&str]>::to_vec,
        );
        for label in &selector.grouped {
            let known = labels.contains(&label.as_str()) || OF_PROMETHEUS.contains(&label.as_str());
            assert!(known, "{place}: {metric} has no label {label}");
        }
        for matcher in &selector.matchers {
            assert!(has_value(&exposition, metric, matcher), "{place}: {metric} has nothing like {matcher:?}");
        }
    }
}

#[tokio::test]
async fn what_is_measured_is_on_the_dashboard_or_in_a_rule() {
    let exposition = Exposition::parse(&measured::start(|_| {}).await.1);
    let read = read();
    let seen: BTreeSet<_> = read.iter().map(|(_, selector)| exposition.family(&selector.metric)).collect();
    assert!(exposition.families.len() > 20, "{:?}", exposition.families);
    for family in exposition.families.keys() {
        assert!(seen.contains(family.as_str()), "nobody looks at {family}");
    }
}

#[test]
fn what_is_recorded_is_used() {
    let read = read();
    for rule in rules().iter().filter(|rule| !rule.alerts) {
        assert!(read.iter().any(|(_, selector)| selector.metric == rule.name), "{}", rule.name);
    }
}

#[test]
fn legends_show_labels_that_the_answer_has() {
    for panel in Dashboard::load().panels {
        for target in &panel.targets {
            for selector in selectors(&target.expression()) {
                let kept: Vec<_> = selector.grouped.iter().map(String::as_str).collect();
                let kept = if kept.is_empty() { &OF_PROMETHEUS[..] } else { &kept };
                assert!(target.shown().iter().all(|label| kept.contains(label)), "{}: {selector:?}", panel.title);
            }
        }
    }
}

#[test]
fn metrics_that_others_have_too_are_read_of_our_job_only() {
    assert!(text("prometheus.yaml").contains(&format!("job_name: {JOB}\n")));
    for (place, selector) in read() {
        let ours = selector.metric.contains("zonemint_") || selector.metric == "ALERTS";
        let by_job = selector.matchers.iter().any(|matcher| matcher.label == "job" && !matcher.pattern);
        assert!(ours || by_job, "{place}: {}", selector.metric);
    }
}

#[tokio::test]
async fn the_manual_names_every_metric_and_every_alert_and_no_other() {
    let exposition = Exposition::parse(&measured::start(|_| {}).await.1);
    let page = include_str!("../../../docs/manual/monitoring.md");
    let words: BTreeSet<_> = page.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let rules = rules();
    let alerts: BTreeSet<_> = rules.iter().filter(|rule| rule.alerts).map(|rule| rule.name.as_str()).collect();
    for rule in rules.iter().filter(|rule| rule.alerts) {
        let row = format!("| `{}` | {} |", rule.name, rule.get("severity"));
        assert!(page.contains(&row), "{row}");
    }
    let named: BTreeSet<_> = words.iter().copied().filter(|word| word.starts_with("Zonemint")).collect();
    assert_eq!(named, alerts);
    let families: BTreeSet<_> = exposition.families.keys().map(String::as_str).collect();
    let prefixes = ["zonemint_", "process_"];
    let named = words.into_iter().filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)));
    assert_eq!(named.collect::<BTreeSet<_>>(), families);
}
