//! Decisions of Onedata's own token code, compared with ours: see `tests/onedata/README.md`.

mod geo_file;
mod replay;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use replay::{Compared, Stage};
use tally::Tally;

/// What has to agree of each list.
const LEAST: f64 = 0.95;
/// Causes that are to go away name the section of the issue that ends them; all others are differences in the manual.
const TO_DO: &str = "section ";

const CASES: &str = include_str!("../../onedata/decisions.json");
const MANUAL: &str = include_str!("../../../src/manual/differences.rs");

/// Reasons, and for each list the places (from 0) of the cases that differ for this reason.
type Allowed = BTreeMap<String, BTreeMap<String, BTreeSet<usize>>>;

#[tokio::test]
async fn tokens_and_caveats_are_decided_as_in_onedatas_own_code() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let stage = Stage::set(&cases["geo"]).await;
    let mut differing: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let (mut report, mut shares) = (String::new(), Vec::new());
    for list in ["json", "verdicts"] {
        let mut tally = Tally::default();
        for (at, case) in cases[list].as_array().unwrap().iter().enumerate() {
            let compared = if list == "json" { stage.confine(case).await } else { stage.judge(case).await };
            let Compared { kind, theirs, ours } = compared;
            tally.count(kind, theirs == ours);
            if theirs != ours {
                report.push_str(&format!("{list} {at}: theirs {theirs}, ours {ours}: {case}\n"));
                differing.entry(list.to_owned()).or_default().insert(at);
            }
        }
        println!("{list}: {tally}");
        shares.push((list, tally.share()));
    }
    for (list, share) in shares {
        assert!(share >= LEAST, "{share:.4} of {list} agree\n{report}");
    }
    compare(&differing, &report);
}

/// Each difference has its reason, and each reason its differences.
fn compare(differing: &BTreeMap<String, BTreeSet<usize>>, report: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/onedata/allowed.json");
    let mut allowed: Allowed = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let empty = BTreeSet::new();
    if std::env::var_os("ZONEMINT_RENEW").is_some() {
        for lists in allowed.values_mut() {
            for (list, places) in lists.iter_mut() {
                places.retain(|place| differing.get(list).unwrap_or(&empty).contains(place));
            }
            lists.retain(|_, places| !places.is_empty());
        }
        allowed.retain(|_, lists| !lists.is_empty());
        std::fs::write(&path, format!("{allowed:#}", allowed = serde_json::json!(allowed))).unwrap();
    }
    for reason in allowed.keys() {
        let told = MANUAL.contains(&format!("**{reason}.**")) || reason.starts_with(TO_DO);
        assert!(told, "{reason:?} is no difference that the manual tells");
    }
    for (list, places) in differing {
        let listed =
            |place: &&usize| allowed.values().any(|lists| lists.get(list).is_some_and(|of| of.contains(*place)));
        let new: Vec<_> = places.iter().filter(|place| !listed(place)).collect();
        assert!(new.is_empty(), "{list} {new:?} differ, for no reason in {}:\n{report}", path.display());
    }
    for (reason, lists) in &allowed {
        for (list, places) in lists {
            let agreeing: Vec<_> = places.difference(differing.get(list).unwrap_or(&empty)).collect();
            assert!(
                agreeing.is_empty(),
                "{list} {agreeing:?} agree now: remove them from {reason:?} (ZONEMINT_RENEW=1 cargo test --test it -- onedata)"
            );
        }
    }
}
