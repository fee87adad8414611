//! `grafana.json`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::expression::{Selector, selectors};
use super::text;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    schema_version: u32,
    pub panels: Vec<Panel>,
    templating: List<Variable>,
    annotations: List<Annotation>,
}

#[derive(Deserialize)]
struct List<T> {
    list: Vec<T>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    multi: bool,
    #[serde(default, rename = "includeAll")]
    include_all: bool,
}

#[derive(Deserialize)]
struct Annotation {
    expr: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    id: u32,
    #[serde(rename = "type")]
    kind: String,
    pub title: String,
    #[serde(default)]
    description: String,
    grid_pos: GridPosition,
    #[serde(default)]
    field_config: serde_json::Value,
    #[serde(default)]
    datasource: serde_json::Value,
    #[serde(default)]
    pub targets: Vec<Target>,
}

#[derive(Deserialize)]
struct GridPosition {
    x: u32,
    y: u32,
    w: u32,
    h: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    ref_id: String,
    expr: String,
    legend_format: String,
}

impl Dashboard {
    pub fn load() -> Self {
        serde_json::from_str(&text("grafana.json")).unwrap()
    }

    /// Every expression, as it is asked when all nodes are chosen, with the title of its panel.
    pub fn expressions(&self) -> Vec<(&str, String)> {
        let targets =
            self.panels.iter().flat_map(|panel| panel.targets.iter().map(|target| (&*panel.title, &*target.expr)));
        let notes = self.annotations.list.iter().map(|note| ("annotations", &*note.expr));
        targets.chain(notes).map(|(title, expression)| (title, filled(expression))).collect()
    }
}

impl Target {
    /// The labels that the legend shows.
    pub fn shown(&self) -> Vec<&str> {
        self.legend_format.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()).collect()
    }

    pub fn expression(&self) -> String {
        filled(&self.expr)
    }
}

fn filled(expression: &str) -> String {
    let filled = expression.replace("$__rate_interval", "1m").replace("$instance", ".+");
    assert!(!filled.contains('$'), "{expression} has another variable");
    filled
}

#[test]
fn the_dashboard_is_one_of_grafana_10_for_any_data_source_and_any_nodes() {
    let dashboard = Dashboard::load();
    assert!((38..=41).contains(&dashboard.schema_version));
    let variables: Vec<_> = dashboard.templating.list.iter().map(|one| (&*one.name, &*one.kind)).collect();
    assert_eq!(variables, [("datasource", "datasource"), ("instance", "query")]);
    let nodes = &dashboard.templating.list[1];
    assert!(nodes.multi && nodes.include_all);
}

#[test]
fn every_panel_has_a_unit_a_description_and_a_legend_and_asks_about_the_chosen_nodes() {
    for panel in Dashboard::load().panels.iter().filter(|panel| panel.kind != "row") {
        let title = &panel.title;
        assert_eq!(panel.datasource["uid"], "${datasource}", "{title}");
        assert!(panel.field_config.pointer("/defaults/unit").is_some_and(|unit| unit != ""), "{title}");
        assert!(panel.description.ends_with('.') && !panel.targets.is_empty(), "{title}");
        for target in &panel.targets {
            assert!(!target.legend_format.is_empty(), "{title}");
            let asked = selectors(&target.expression());
            let chosen = |selector: &Selector| selector.matchers.iter().any(|matcher| matcher.label == "instance");
            assert!(!asked.is_empty() && asked.iter().all(chosen), "{title}: {}", target.expr);
        }
    }
}

#[test]
fn panels_are_told_apart_and_do_not_overlap() {
    let panels = Dashboard::load().panels;
    let mut cells = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for Panel { id, title, grid_pos: GridPosition { x, y, w, h }, targets, .. } in &panels {
        assert!(ids.insert(id), "{title} has the id of another panel");
        assert!(x + w <= 24, "{title} goes beyond the edge");
        assert!((*y..y + h).flat_map(|y| (*x..x + w).map(move |x| (x, y))).all(|cell| cells.insert(cell)), "{title}");
        let letters: BTreeSet<_> = targets.iter().map(|target| &target.ref_id).collect();
        assert_eq!(letters.len(), targets.len(), "{title}");
    }
}
