//! What Debian's promtool says of the files, and of an answer of `/metrics`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::dashboard::Dashboard;
use super::rules::rules;
use super::{REQUIRED, folder, measured};
use crate::support::process::installed;
use crate::support::with_input;

/// Runs promtool in a folder; what it printed, and whether it was content. None where it is not installed.
fn promtool(folder: &Path, arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let mut command = Command::new(installed("promtool", REQUIRED)?);
    command.args(arguments).current_dir(folder);
    let output = with_input(command, input);
    let printed = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(printed).unwrap()))
}

#[test]
fn rules_are_valid_and_read_here_as_promtool_reads_them() {
    let Some((content, printed)) = promtool(&folder(), &["check", "rules", "--lint-fatal", "alerts.yaml"], "") else {
        return;
    };
    assert!(content && printed.contains(&format!("SUCCESS: {} rules found", rules().len())), "{printed}");
}

#[test]
fn the_scrape_configuration_is_valid() {
    let Some((content, printed)) = promtool(&folder(), &["check", "config", "--lint-fatal", "prometheus.yaml"], "")
    else {
        return;
    };
    assert!(content, "{printed}");
}

#[test]
fn alerts_fire_and_keep_silent_as_their_tests_say() {
    let Some((content, printed)) = promtool(&folder(), &["test", "rules", "alerts.test.yaml"], "") else { return };
    assert!(content, "{printed}");
}

#[test]
fn every_expression_of_the_dashboard_is_valid() {
    let mut file = "groups: [{name: dashboard, rules: [\n".to_owned();
    let dashboard = Dashboard::load();
    let expressions = dashboard.expressions();
    for (at, (_, expression)) in expressions.iter().enumerate() {
        // JSON is YAML.
        writeln!(file, "{{record: dashboard:{at}, expr: {}}},", serde_json::json!(expression)).unwrap();
    }
    file.push_str("]}]\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), file).unwrap();
    let Some((content, printed)) = promtool(folder.path(), &["check", "rules", "rules.yaml"], "") else { return };
    assert!(content && printed.contains(&format!("SUCCESS: {} rules found", expressions.len())), "{printed}");
}

#[tokio::test]
async fn promtool_finds_nothing_to_say_about_what_is_measured() {
    let (_server, metrics) = measured::start(|_| {}).await;
    let Some((content, printed)) = promtool(&folder(), &["check", "metrics"], &metrics) else { return };
    assert!(content && printed.is_empty(), "{printed}");
}
