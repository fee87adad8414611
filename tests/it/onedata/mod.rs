//! Decisions of Onedata's own token code, compared with ours: see `tests/onedata/README.md`.

mod geo_file;
mod replay;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use replay::{Compared, Stage};
use tally::Tally;

/// What has to agree of each list.
const LEAST: f64 = 0.95;
/// How reasons begin that are to go away: they name the section of issue 16 that ends them. All others are differences that the
/// manual tells, by how their lines begin.
const TO_DO: &str = "section ";

const CASES: &str = include_str!("../../onedata/decisions.json");
const MANUAL: &str = include_str!("../../../src/manual/differences.rs");

/// The places of cases in their list, from 0.
type Places = BTreeSet<usize>;

/// What may differ: reasons, and for each of them the cases of each list.
type Allowed = BTreeMap<String, BTreeMap<String, Places>>;

#[tokio::test]
async fn tokens_and_caveats_are_decided_as_in_onedatas_own_code() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let stage = Stage::set(&cases["geo"]).await;
    let (mut tallies, mut differing, mut report) = (Vec::new(), BTreeMap::new(), String::new());
    for list in ["json", "verdicts"] {
        let (mut tally, mut places) = (Tally::default(), Places::new());
        for (place, case) in cases[list].as_array().unwrap().iter().enumerate() {
            let compared = if list == "json" { stage.confine(case).await } else { stage.judge(case).await };
            let Compared { kind, theirs, ours } = compared;
            tally.count(kind, theirs == ours);
            if theirs != ours {
                places.insert(place);
                let _ = writeln!(report, "{list} {place}: theirs {theirs}, ours {ours}: {case}");
            }
        }
        println!("{list}: {tally}");
        tallies.push((list, tally));
        differing.insert(list.to_owned(), places);
    }
    let allowed = allowed(&differing);
    for (list, tally) in tallies {
        let to_do = allowed.iter().filter(|(reason, _)| reason.starts_with(TO_DO));
        let to_do = to_do.filter_map(|(_, lists)| lists.get(list)).map(BTreeSet::len).sum();
        let share = tally.share_with(to_do);
        assert!(share >= LEAST, "{share:.4} of {list} agree, with {to_do} that are still to do\n{report}");
    }
    compare(&allowed, &differing, &report);
}

/// The list as it is kept. When it is renewed, what agrees goes, and nothing comes.
fn allowed(differing: &BTreeMap<String, Places>) -> Allowed {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/onedata/allowed.json");
    let mut allowed: Allowed = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    if std::env::var_os("ZONEMINT_RENEW").is_some() {
        for lists in allowed.values_mut() {
            for (list, places) in lists.iter_mut() {
                places.retain(|place| differing[list].contains(place));
            }
            lists.retain(|_, places| !places.is_empty());
        }
        allowed.retain(|_, lists| !lists.is_empty());
        std::fs::write(&path, lines(&allowed)).unwrap();
    }
    allowed
}

/// One line for each reason and list.
fn lines(allowed: &Allowed) -> String {
    let lists = |lists: &BTreeMap<String, Places>| {
        let lines: Vec<_> =
            lists.iter().map(|(list, places)| format!("    {}: {}", json!(list), json!(places))).collect();
        lines.join(",\n")
    };
    let reasons: Vec<_> =
        allowed.iter().map(|(reason, of)| format!("  {}: {{\n{}\n  }}", json!(reason), lists(of))).collect();
    format!("{{\n{}\n}}\n", reasons.join(",\n"))
}

/// Each difference has its reason, and each reason its differences.
fn compare(allowed: &Allowed, differing: &BTreeMap<String, Places>, report: &str) {
    for reason in allowed.keys() {
        let told = MANUAL.contains(&format!("//! * **{reason}")) || reason.starts_with(TO_DO);
        assert!(told, "{reason:?} is no difference that the manual tells");
    }
    for (list, places) in differing {
        let listed: Places = allowed.values().filter_map(|lists| lists.get(list)).flatten().copied().collect();
        let new: Vec<_> = places.difference(&listed).collect();
        assert!(new.is_empty(), "{list} {new:?} differ, for no reason in tests/onedata/allowed.json:\n{report}");
        let agreeing: Vec<_> = listed.difference(places).collect();
        assert!(
            agreeing.is_empty(),
            "{list} {agreeing:?} agree now: remove them from tests/onedata/allowed.json (ZONEMINT_RENEW=1 cargo test --test it -- \
             onedata)"
        );
    }
}
