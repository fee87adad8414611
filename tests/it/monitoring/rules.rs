//! `alerts.yaml` and its tests, read as far as they are written: a key a line, texts on it or folded below it. What this reader
//! takes them for is compared with what Prometheus does, in [`super::promtool`] and [`super::scrape`].

use std::collections::BTreeMap;

use super::text;

/// A rule, with its keys and those of its labels and annotations.
pub struct Rule {
    /// What it records, or the alert that it raises.
    pub name: String,
    pub alerts: bool,
    keys: BTreeMap<String, String>,
}

impl Rule {
    /// The value of a key; empty without it.
    pub fn get(&self, key: &str) -> &str {
        self.keys.get(key).map_or("", String::as_str)
    }

    pub fn expression(&self) -> &str {
        self.get("expr")
    }
}

pub fn rules() -> Vec<Rule> {
    let text = text("alerts.yaml");
    let mut rules: Vec<Rule> = Vec::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.trim_start().split_once(':') else { continue };
        let mut value = value.trim().trim_matches('"').to_owned();
        if value == ">-" {
            let deeper = |other: &&str| indent(other) > indent(line);
            let folded: Vec<_> = std::iter::from_fn(|| lines.next_if(deeper)).map(str::trim).collect();
            value = folded.join(" ");
        }
        if let "- alert" | "- record" = key {
            rules.push(Rule { name: value, alerts: key == "- alert", keys: BTreeMap::new() });
        } else if let Some(rule) = rules.last_mut() {
            rule.keys.insert(key.to_owned(), value);
        }
    }
    rules
}

pub fn alerts() -> Vec<Rule> {
    rules().into_iter().filter(|rule| rule.alerts).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The cases of `alerts.test.yaml`, each as the alert that it is about and whether this fires.
fn cases() -> Vec<(String, bool)> {
    let text = text("alerts.test.yaml");
    let lines: Vec<_> = text.lines().collect();
    let about = |at: usize| {
        let (_, rest) = lines[at].split_once("alertname: ")?;
        let name = rest.split([',', '}']).next().unwrap().to_owned();
        let silent = rest.contains("exp_alerts: []");
        let fires = lines[at + 1].trim() == "exp_alerts:" && lines[at + 2].trim().starts_with("- exp_labels:");
        assert!(silent != fires, "{}", lines[at]);
        Some((name, fires))
    };
    (0..lines.len()).filter_map(about).collect()
}

#[test]
fn every_alert_fires_in_a_case_and_keeps_silent_in_another() {
    let cases = cases();
    for alert in alerts() {
        for fires in [true, false] {
            assert!(cases.contains(&(alert.name.clone(), fires)), "{} has no case where firing is {fires}", alert.name);
        }
    }
    for (name, _) in cases {
        assert!(alerts().iter().any(|alert| alert.name == name), "{name} is no alert");
    }
}

#[test]
fn every_alert_says_how_grave_it_is_what_it_means_and_what_to_do() {
    for alert in alerts() {
        assert!(["critical", "warning"].contains(&alert.get("severity")), "{}", alert.name);
        assert!(!alert.get("for").is_empty(), "{}", alert.name);
        let (summary, description) = (alert.get("summary"), alert.get("description"));
        assert!(summary.ends_with('.') && summary.len() < 120, "{}: {summary}", alert.name);
        assert!(description.ends_with('.') && description.matches(". ").count() >= 1, "{}: {description}", alert.name);
    }
}

#[test]
fn what_is_recorded_is_told_apart_by_node_only() {
    for rule in rules().iter().filter(|rule| !rule.alerts) {
        assert!(rule.name.starts_with("instance:zonemint_"), "{}", rule.name);
        for grouping in rule.expression().split("by (").skip(1) {
            let labels = grouping.split(')').next().unwrap();
            assert!(["job, instance", "job, instance, le"].contains(&labels), "{}: {labels}", rule.name);
        }
    }
}
