//! Decisions of Onedata's own token code, compared with ours: see `tests/onedata/README.md`.

mod geo_file;
mod replay;
mod tally;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use replay::{Compared, Stage};
use tally::Tally;

/// The lists of cases, and how many of each may differ: lower these numbers when fewer do. At least 0.95 have to agree.
const LISTS: [(&str, usize); 2] = [("json", 28), ("verdicts", 24)];
/// Cases of each list.
const EACH: usize = 700;
/// Least length of a reason in bytes, so that it says which difference it is.
const SHORTEST_REASON: usize = 15;

const CASES: &str = include_str!("../../onedata/decisions.json");
const MANUAL: &str = include_str!("../../../docs/manual/differences.md");

/// Our answers to cases of a list, by their places in it, from 0.
type Answers = BTreeMap<usize, String>;

/// What may differ: reasons, and for each of them the cases of each list with our answers. A reason is how a line of the manual
/// begins that tells the difference.
type Allowed = BTreeMap<String, BTreeMap<String, Answers>>;

#[tokio::test]
async fn tokens_and_caveats_are_decided_as_in_onedatas_own_code() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let stage = Stage::set(&cases["geo"]).await;
    let (mut differing, mut report) = (BTreeMap::new(), String::new());
    for (list, _) in LISTS {
        let (mut tally, mut answers) = (Tally::default(), Answers::new());
        let cases = cases[list].as_array().unwrap();
        assert_eq!(cases.len(), EACH, "{list}");
        for (place, case) in cases.iter().enumerate() {
            let compared = if list == "json" { stage.confine(case).await } else { stage.judge(case).await };
            let Compared { kind, theirs, ours } = compared;
            tally.count(kind, theirs == ours);
            if theirs != ours {
                let _ = writeln!(report, "{list} {place}: theirs {theirs}, ours {ours}: {case}");
                answers.insert(place, ours);
            }
        }
        println!("{list}: {tally}");
        differing.insert(list, answers);
    }
    let allowed = allowed(&differing);
    for reason in allowed.keys() {
        check_reason(reason);
    }
    for (list, most) in LISTS {
        compare(list, most, &allowed, &differing[list], &report);
    }
}

/// The list as it is kept. When it is renewed, what agrees goes, and nothing comes.
fn allowed(differing: &BTreeMap<&str, Answers>) -> Allowed {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/onedata/allowed.json");
    let mut allowed: Allowed = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    if std::env::var_os("ZONEMINT_RENEW").is_some() {
        for lists in allowed.values_mut() {
            for (list, answers) in lists.iter_mut() {
                answers.retain(|place, _| differing[list.as_str()].contains_key(place));
            }
            lists.retain(|_, answers| !answers.is_empty());
        }
        allowed.retain(|_, lists| !lists.is_empty());
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&allowed).unwrap())).unwrap();
    }
    allowed
}

/// A reason is in the manual, once.
fn check_reason(reason: &str) {
    assert!(reason.len() >= SHORTEST_REASON, "{reason:?} is too short to say which difference it is");
    let differences = MANUAL.lines().filter_map(|line| line.strip_prefix("* **"));
    let told = differences.filter(|difference| difference.starts_with(reason)).count();
    assert_eq!(told, 1, "{reason:?} has to begin one difference that the manual tells");
}

/// Each difference has its reason and its answer, and each reason its differences.
fn compare(list: &str, most: usize, allowed: &Allowed, differing: &Answers, report: &str) {
    let listed: Vec<_> = allowed.values().filter_map(|lists| lists.get(list)).flatten().collect();
    assert!(listed.len() <= most, "{} of {list} may differ, {most} at most", listed.len());
    let answers: BTreeMap<_, _> = listed.iter().copied().collect();
    assert_eq!(answers.len(), listed.len(), "a place of {list} has two reasons");
    let new: Vec<_> = differing.iter().filter(|(place, ours)| answers.get(place) != Some(ours)).collect();
    assert!(new.is_empty(), "{list} {new:?} differ, and tests/onedata/allowed.json does not say so:\n{report}");
    let agreeing: Vec<_> = answers.keys().filter(|place| !differing.contains_key(place)).collect();
    assert!(
        agreeing.is_empty(),
        "{list} {agreeing:?} agree now: remove them from tests/onedata/allowed.json (ZONEMINT_RENEW=1 cargo test --test it -- onedata)"
    );
}
