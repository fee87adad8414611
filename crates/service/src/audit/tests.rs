//! Chains that were tampered with, and what is said of them.

use super::verification::{Source, Survey};
use super::*;
use zonemint_store::{Actor, AuditAction, AuditEntry, AuditRow, Chain, Head};

const WERE_CHANGED: &str = "were changed (the last maybe not: it follows one that was)";

/// A chain of rows that are all different.
fn chain(name: &str, length: u64) -> Vec<AuditRow> {
    let chain = Chain::parse(name).unwrap();
    let mut last = (0, chain.genesis());
    let mut rows = Vec::new();
    for number in 1..=length {
        let note = Some(format!("number={number} of={name}"));
        let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::TokenMint, Actor::System) };
        let row = entry.chained(chain.clone(), last, 1_000 * number);
        last = (row.seq, row.hash);
        rows.push(row);
    }
    rows
}

/// Appends a row of an action with a note.
fn append(rows: &mut Vec<AuditRow>, action: AuditAction, note: String) {
    let last = rows.last().unwrap();
    let entry = AuditEntry { note: Some(note), ..AuditEntry::new(action, Actor::Operator) };
    rows.push(entry.chained(last.chain.clone(), (last.seq, last.hash), last.at_ms + 1));
}

fn end(rows: &[AuditRow], seq: u64) -> Head {
    let row = rows.iter().find(|row| row.seq == seq).unwrap();
    Head { chain: row.chain.clone(), seq, hash: row.hash }
}

fn verify_in(sources: &[(Source, Vec<&[AuditRow]>)], expected: &[Head]) -> Vec<String> {
    let mut survey = Survey::default();
    for end in expected {
        survey.expect(end.clone(), Witness::Expected);
    }
    let ids: Vec<_> = sources.iter().map(|(source, _)| survey.source(source.clone())).collect();
    let all = || ids.iter().zip(sources).flat_map(|(id, (_, chains))| chains.iter().map(|rows| (*id, *rows)));
    for (id, row) in all().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
        survey.row(id, row, None);
    }
    let mut check = survey.done();
    for (id, row) in all().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
        check.row(id, row.clone());
    }
    check.finish().findings.iter().map(ToString::to_string).collect()
}

/// Verifies chains as they lie in a store.
fn verify(chains: &[&[AuditRow]]) -> Vec<String> {
    verify_in(&[(Source::Store, chains.to_vec())], &[])
}

/// Verifies one chain, and leaves out how it is called.
fn verify_one(rows: &[AuditRow]) -> Vec<String> {
    verify(&[rows]).iter().map(|finding| finding.strip_prefix("chain a: ").unwrap().to_owned()).collect()
}

/// Numbers rows by their places.
fn renumber(rows: &mut [AuditRow]) {
    (1..).zip(rows).for_each(|(seq, row)| row.seq = seq);
}

#[test]
fn a_whole_chain_has_no_fault_however_long() {
    for length in [0, 1, 2, 100] {
        assert_eq!(verify_one(&chain("a", length)), [""; 0], "{length}");
    }
}

#[test]
fn each_changed_row_is_named() {
    let changes: [fn(&mut AuditRow); 6] = [
        |row| row.at_ms += 1,
        |row| row.action = AuditAction::TokenDelete,
        |row| row.actor = Some(zonemint_base::model::UserId::from_bytes([1; 16])),
        |row| row.user = Some(zonemint_base::model::UserId::from_bytes([1; 16])),
        |row| row.note = None,
        |row| row.note = Some("number=99".to_owned()),
    ];
    for change in changes {
        let mut rows = chain("a", 30);
        change(&mut rows[16]);
        change(&mut rows[29]);
        let was_changed = |row| format!("row {row} was changed (or row {}, together with its hash)", row - 1);
        assert_eq!(verify_one(&rows), [was_changed(17), was_changed(30)]);
    }
    let mut rows = chain("a", 30);
    rows[0].note = None;
    rows[9..=11].iter_mut().for_each(|row| row.at_ms = 0);
    assert_eq!(verify_one(&rows), ["row 1 was changed".to_owned(), format!("rows 10 to 12 {WERE_CHANGED}")]);
}

#[test]
fn a_changed_hash_is_told_from_a_changed_row() {
    let mut rows = chain("a", 30);
    rows[4].hash = [0; 32];
    assert_eq!(verify_one(&rows), ["row 5 has another hash than it had"]);
}

#[test]
fn missing_rows_are_named_at_the_beginning_and_inside() {
    let mut rows = chain("a", 30);
    rows.remove(24);
    rows.drain(17..20);
    rows.drain(..3);
    let expected = [
        "rows 1 to 3 are missing, and no archive row accounts for that",
        "rows 18 to 20 are missing",
        "row 25 is missing",
    ];
    assert_eq!(verify_one(&rows), expected);
}

#[test]
fn exchanged_rows_are_told_from_changed_ones() {
    for (one, other) in [(5, 6), (5, 7), (5, 20), (1, 2), (1, 30), (29, 30)] {
        let mut rows = chain("a", 30);
        rows.swap(one - 1, other - 1);
        renumber(&mut rows);
        let expected = [
            format!("row {one} stands in the place of row {other}"),
            format!("row {other} stands in the place of row {one}"),
        ];
        assert_eq!(verify_one(&rows), expected);
    }
}

#[test]
fn inserted_rows_are_named_and_those_after_them_are_not() {
    for (place, count) in [(6, 1), (6, 3), (1, 1), (30, 1)] {
        let mut rows = chain("a", 30);
        for _ in 0..count {
            rows.insert(place - 1, AuditRow { hash: [7; 32], ..rows[9].clone() });
        }
        renumber(&mut rows);
        let expected = if count == 1 {
            format!("row {place} was inserted")
        } else {
            format!("rows {place} to {} were inserted", place + count - 1)
        };
        assert_eq!(verify_one(&rows)[0], expected, "{place} {count}");
        assert!(verify_one(&rows).len() <= 2);
    }
}

#[test]
fn rows_that_were_renumbered_over_a_gap_are_found_out() {
    let mut rows = chain("a", 30);
    rows.drain(9..12);
    renumber(&mut rows);
    let expected = "row 10 and all after it were renumbered, because 3 rows before it were removed";
    assert_eq!(verify_one(&rows), [expected]);
}

#[test]
fn a_row_of_another_chain_does_not_fit() {
    let (mut rows, other) = (chain("a", 30), chain("b", 30));
    rows[11] = AuditRow { chain: rows[0].chain.clone(), ..other[11].clone() };
    assert_eq!(verify_one(&rows), [format!("rows 12 to 13 {WERE_CHANGED}")]);
}

#[test]
fn many_faults_do_not_end_it() {
    let mut rows = chain("a", 2_000);
    rows[99..1_000].iter_mut().for_each(|row| row.note = None);
    rows.remove(1_499);
    assert_eq!(verify_one(&rows), [format!("rows 100 to 1000 {WERE_CHANGED}"), "row 1500 is missing".to_owned()]);
}

#[test]
fn a_cut_off_end_shows_in_the_checkpoint_of_another_chain() {
    let (mut a, b) = (chain("a", 10), chain("b", 10));
    append(&mut a, AuditAction::AuditCheckpoint, checkpoint(&[end(&b, 9)]));
    assert_eq!(verify(&[&a, &b]), [""; 0]);
    let cut = "chain b: rows 8 to 9 are missing at the end: the checkpoint in row 11 of chain a names row 9";
    assert_eq!(verify(&[&a, &b[..7]]), [cut]);
    let gone = "chain b: rows 1 to 9 are missing at the end: the checkpoint in row 11 of chain a names row 9";
    assert_eq!(verify(&[&a]), [gone]);
    let mut again = b[..7].to_vec();
    (0..5).for_each(|_| append(&mut again, AuditAction::TokenMint, "later".to_owned()));
    let replaced = "chain b: row 9 is not the one that the checkpoint in row 11 of chain a names: it was replaced, and maybe rows before it";
    assert_eq!(verify(&[&a, &again]), [replaced]);
}

#[test]
fn a_checkpoint_that_was_changed_is_no_witness_and_a_bad_note_is_named() {
    let (mut a, b) = (chain("a", 10), chain("b", 10));
    append(&mut a, AuditAction::AuditCheckpoint, checkpoint(&[end(&b, 9)]));
    a[10].note = Some(checkpoint(&[Head { seq: 8, ..end(&b, 9) }]));
    assert_eq!(verify(&[&a, &b]), ["chain a: row 11 was changed (or row 10, together with its hash)"]);
    let mut a = chain("a", 10);
    append(&mut a, AuditAction::AuditCheckpoint, "heads=".to_owned());
    append(&mut a, AuditAction::AuditArchive, "through=all".to_owned());
    let found = verify(&[&a, &b]);
    assert_eq!(found, [11, 12].map(|row| format!("chain a: row {row} has a note that is not one of its action")));
}

#[test]
fn what_is_expected_has_to_be_there() {
    let rows = chain("a", 10);
    let verify = |rows: &[AuditRow], end| verify_in(&[(Source::Store, vec![rows])], &[end]);
    assert_eq!(verify(&rows, end(&rows, 10)), [""; 0]);
    let cut = "chain a: row 10 is missing at the end: what was expected names row 10";
    assert_eq!(verify(&rows[..9], end(&rows, 10)), [cut]);
    let other = Head { hash: [0; 32], ..end(&rows, 5) };
    assert!(verify(&rows, other)[0].contains("row 5 is not the one that what was expected names"));
}

fn archive(rows: &mut Vec<AuditRow>, through: u64, by: Option<&mut Vec<AuditRow>>) {
    let previous = rows.iter().find(|row| row.seq == through - 1).map(|row| row.hash);
    let note = Archived { through: end(rows, through), previous }.note();
    append(by.unwrap_or(rows), AuditAction::AuditArchive, note);
}

#[test]
fn what_an_archive_row_accounts_for_may_be_missing_and_no_more() {
    let mut rows = chain("a", 10);
    archive(&mut rows, 6, None);
    for left in 0..=5 {
        assert_eq!(verify_one(&rows[left..]), [""; 0], "{left} rows are removed");
    }
    let more = "rows 6 to 7 are missing, and no archive row accounts for that";
    assert_eq!(verify_one(&rows[7..]), [more], "the last row that was archived stays");
    let mut changed = rows[5..].to_vec();
    changed[0].note = None;
    assert!(verify_one(&changed)[0].starts_with("row 6 was changed"), "it is checked without the one before");
    changed[0].hash = [0; 32];
    assert!(
        verify_one(&changed).iter().any(|found| found.contains("the archive row 11")),
        "{:?}",
        verify_one(&changed)
    );
}

#[test]
fn only_the_chain_itself_and_operators_account_for_what_is_missing() {
    for (by, good) in [("operator", true), ("", true), ("b", false)] {
        let (mut rows, mut other) = (chain("a", 10), chain(by, 3));
        archive(&mut rows, 6, Some(&mut other));
        assert_eq!(verify(&[&rows[5..], &other]).is_empty(), good, "{by}");
    }
}

#[test]
fn files_and_the_store_have_to_join() {
    let mut rows = chain("a", 20);
    archive(&mut rows, 12, None);
    let file = |name: &str, rows| (Source::File(name.to_owned()), vec![rows]);
    let store = (Source::Store, vec![&rows[11..]]);
    let whole = [file("two", &rows[4..12]), store.clone(), file("one", &rows[..6])];
    assert_eq!(verify_in(&whole, &[end(&rows, 3)]), [""; 0]);
    let hole = [file("one", &rows[..6]), store.clone()];
    assert_eq!(verify_in(&hole, &[]), ["chain a: rows 7 to 11 are missing"]);
    let early =
        "chain a: row 3 was expected, but lies before the first row: name the file that it was archived in, too";
    assert_eq!(verify_in(std::slice::from_ref(&store), &[end(&rows, 3)]), [early]);

    let mut forged = rows[..12].to_vec();
    forged[11].note = None;
    let found = verify_in(&[file("forged", &forged), store], &[]);
    assert_eq!(found, ["chain a in forged: row 12 was changed (or row 11, together with its hash)"]);
    let alone = [file("two", &rows[4..12])];
    assert_eq!(verify_in(&alone, &[]), [""; 0], "a file alone may begin anywhere");
}

#[test]
fn rows_of_a_file_in_the_wrong_order_are_named() {
    let rows = chain("a", 6);
    let order: Vec<_> = [0, 1, 3, 2, 4, 5].map(|index: usize| rows[index].clone()).to_vec();
    let found = verify_in(&[(Source::File("f".to_owned()), vec![&order])], &[]);
    assert_eq!(found, ["chain a in f: row 3 is missing", "chain a in f: row 3 comes after a later one"]);
}

#[test]
fn a_trail_that_goes_on_past_the_store_is_a_finding() {
    let (rows, other) = (chain("a", 9), chain("b", 2));
    let file = |rows| (Source::File("trail".to_owned()), rows);
    let behind = [file(vec![&rows[..], &other[..]]), (Source::Store, vec![&rows[..6]])];
    let told = [
        "chain a: rows 7 to 9 are not in the store: the trail goes on past it. In the store this chain ends at row 6, in the files at \
         row 9; it was put back: `zonemint store replay --audit`",
        "chain b: rows 1 to 2 are not in the store: the trail goes on past it. The store has nothing of this chain; it was put back: \
         `zonemint store replay --audit`",
    ];
    assert_eq!(verify_in(&behind, &[end(&rows, 9)]), told, "also where the end is expected");
    let embedded = chain("", 3);
    let found = verify_in(&[file(vec![&embedded]), (Source::Store, vec![&embedded[..2]])], &[]);
    assert!(found[0].ends_with("row 3; it was put back: `zonemint store restore --audit`"), "{found:?}");
    assert_eq!(verify_in(&[file(vec![&rows[..6]]), (Source::Store, vec![&rows])], &[]), [""; 0]);
    assert_eq!(verify_in(&[file(vec![&rows])], &[]), [""; 0], "without the store nothing is behind");
}
