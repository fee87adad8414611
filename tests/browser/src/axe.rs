//! axe-core, which checks the accessibility of a page.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::page::Page;

/// As `npm ci` installs it.
const PLACE: &str = "node_modules/axe-core/axe.min.js";

static SOURCE: LazyLock<String> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PLACE);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `npm ci` in tests/browser", path.display());
    })
});

/// One thing that it found.
pub struct Finding {
    /// Whether it keeps people from using the page.
    pub is_grave: bool,
    /// Which rule, how bad, and where.
    pub text: String,
}

/// Looks at the page as it is now, with every rule of WCAG 2.2 A and AA and what is good practice.
pub async fn look(page: &Page) -> Vec<Finding> {
    if !page.run::<bool>("return typeof window.axe === 'object'", []).await {
        page.run::<Value>(&SOURCE, []).await;
    }
    let script = "const done = arguments[arguments.length - 1];
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
          .then(({ violations }) => done(violations), (error) => done(String(error)));";
    let found: Value = page.run_long(script, []).await;
    let found = found.as_array().unwrap_or_else(|| panic!("axe-core failed: {found}"));
    found.iter().flat_map(findings).collect()
}

fn findings(rule: &Value) -> impl Iterator<Item = Finding> {
    rule["nodes"].as_array().unwrap().iter().map(|node| {
        let impact = &node["impact"];
        let is_grave = [json!("serious"), json!("critical")].contains(impact);
        let why = node["failureSummary"].as_str().unwrap_or_default().lines().skip(1).map(str::trim);
        let why = why.collect::<Vec<_>>().join("; ");
        let text = format!("{} ({}) at {}: {why}", rule["id"], impact, node["target"]);
        Finding { is_grave, text }
    })
}
