//! What `/metrics` answers, in Prometheus's text format 0.0.4.

use std::collections::{BTreeMap, BTreeSet};

/// Each label's values.
pub type Labels = BTreeMap<String, BTreeSet<String>>;

pub struct Exposition {
    /// The type of each family.
    pub families: BTreeMap<String, String>,
    /// By name, as in `a_bucket`.
    pub samples: BTreeMap<String, Labels>,
}

impl Exposition {
    pub fn parse(text: &str) -> Self {
        let (mut families, mut samples) = (BTreeMap::new(), BTreeMap::<String, Labels>::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (family, kind) = rest.split_once(' ').unwrap();
                families.insert(family.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') {
                let (series, _) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line:?}"));
                let (name, labels) = series.split_once('{').unwrap_or((series, ""));
                let known = samples.entry(name.to_owned()).or_default();
                for label in labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty()) {
                    let (label, value) = label.split_once('=').unwrap_or_else(|| panic!("no label: {line:?}"));
                    known.entry(label.to_owned()).or_default().insert(value.trim_matches('"').to_owned());
                }
            }
        }
        Self { families, samples }
    }

    /// The family of a sample's name.
    pub fn family<'a>(&self, sample: &'a str) -> &'a str {
        let part = ["_bucket", "_sum", "_count"].into_iter().find_map(|suffix| sample.strip_suffix(suffix));
        part.filter(|family| self.families.get(*family).is_some_and(|kind| kind == "histogram")).unwrap_or(sample)
    }
}

#[test]
fn samples_have_their_labels_and_their_family() {
    let text = "# HELP a A.\n# TYPE a histogram\na_bucket{code=\"1\",le=\"0.5\"} 1\na_bucket{code=\"1\",le=\"+Inf\"} 2\n\
                a_count{code=\"1\"} 2\n# HELP b_total B.\n# TYPE b_total counter\nb_total 7\n";
    let read = Exposition::parse(text);
    assert_eq!(read.families.keys().collect::<Vec<_>>(), ["a", "b_total"]);
    assert_eq!(read.samples["a_bucket"]["le"].iter().collect::<Vec<_>>(), ["+Inf", "0.5"]);
    assert!(read.samples["b_total"].is_empty());
    assert_eq!((read.family("a_bucket"), read.family("b_total"), read.family("x_count")), ("a", "b_total", "x_count"));
}
