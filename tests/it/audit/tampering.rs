//! What somebody does to the rows who can write to the database.

use zonemint::audit::{AuditTrail, Checkpoints, Wanted, Witness, checkpoint};
use zonemint::clock::Clock;
use zonemint::store::Head;

use super::*;

const HERE: &str = "the embedded store's chain: ";

#[tokio::test]
async fn a_change_of_any_column_names_the_row() {
    for (column, finding) in [
        ("at_ms = 1", "was changed (or row 16, together with its hash)"),
        ("action = 'token.revoke'", "was changed (or row 16, together with its hash)"),
        ("actor = zeroblob(16)", "was changed (or row 16, together with its hash)"),
        ("user = zeroblob(16)", "was changed (or row 16, together with its hash)"),
        ("token = zeroblob(32)", "was changed (or row 16, together with its hash)"),
        ("note = NULL", "was changed (or row 16, together with its hash)"),
        ("note = note || ' '", "was changed (or row 16, together with its hash)"),
        ("hash = zeroblob(32)", "has another hash than it had"),
        ("action = 'nothing'", "cannot be read"),
        ("at_ms = -1", "cannot be read"),
        ("actor = zeroblob(15)", "cannot be read"),
        ("token = zeroblob(3)", "cannot be read"),
        ("hash = zeroblob(31)", "cannot be read"),
        ("note = CAST(x'ff' AS TEXT)", "cannot be read"),
    ] {
        let trail = Trail::new().await;
        trail.tamper(&format!("UPDATE audit SET {column} WHERE seq = 17"));
        assert_eq!(trail.verify().await, [format!("{HERE}row 17 {finding}")], "{column}");
    }
}

#[tokio::test]
async fn removed_inserted_and_exchanged_rows_are_named() {
    let exchange = "UPDATE audit SET seq = 99 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 20;
                    UPDATE audit SET seq = 20 WHERE seq = 99;";
    let insert = "UPDATE audit SET seq = -seq - 1 WHERE seq > 7; UPDATE audit SET seq = -seq WHERE seq < 0;
                  INSERT INTO audit SELECT 8, at_ms, action, actor, user, token, hash, note FROM audit WHERE seq = 7;";
    let close = "DELETE FROM audit WHERE seq = 8; UPDATE audit SET seq = -seq + 1 WHERE seq > 8;
                 UPDATE audit SET seq = -seq WHERE seq < 0;";
    for (sql, findings) in [
        ("DELETE FROM audit WHERE seq = 17", &["row 17 is missing"][..]),
        ("DELETE FROM audit WHERE seq IN (18, 19, 20, 25)", &["rows 18 to 20 are missing", "row 25 is missing"]),
        ("DELETE FROM audit WHERE seq < 4", &["rows 1 to 3 are missing, and no archive row accounts for that"]),
        (exchange, &["row 5 stands in the place of row 20", "row 20 stands in the place of row 5"]),
        (insert, &["row 8 was inserted"]),
        (close, &["row 8 and all after it were renumbered, because a row before it was removed"]),
        (
            "UPDATE audit SET note = 'x'; DELETE FROM audit WHERE seq = 9",
            &[
                "rows 1 to 8 were changed (the last maybe not: it follows one that was)",
                "row 9 is missing",
                "rows 11 to 30 were changed (the last maybe not: it follows one that was)",
            ],
        ),
    ] {
        let trail = Trail::new().await;
        trail.tamper(sql);
        let expected: Vec<_> = findings.iter().map(|finding| format!("{HERE}{finding}")).collect();
        assert_eq!(trail.verify().await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_row_that_is_moved_to_another_chain_is_missed_in_the_one_and_does_not_fit_in_the_other() {
    let trail = Trail::new().await;
    trail.load("elsewhere", 16).await;
    assert_eq!(trail.verify().await, [""; 0]);
    trail.tamper(
        "INSERT INTO audit_elsewhere SELECT 'elsewhere', seq, at_ms, action, actor, user, token, hash, note
         FROM audit WHERE seq = 17; DELETE FROM audit WHERE seq = 17",
    );
    let foreign = "chain elsewhere: row 17 was changed (or row 16, together with its hash)";
    assert_eq!(trail.verify().await, [format!("{HERE}row 17 is missing"), foreign.to_owned()]);
}

#[tokio::test]
async fn a_cut_off_end_is_found_by_the_checkpoint_of_another_chain() {
    let trail = Trail::new().await;
    trail.load("elsewhere", 10).await;
    Checkpoints::new(Arc::clone(&trail.store), Clock::manual(99_000)).step().await.unwrap();
    assert_eq!(trail.verify().await, [""; 0]);
    trail.tamper("DELETE FROM audit_elsewhere WHERE seq > 7");
    let cut = format!(
        "chain elsewhere: rows 8 to 10 are missing at the end: the checkpoint in row {} of the embedded store's chain names row 10",
        ENTRIES + 1
    );
    assert_eq!(trail.verify().await, [cut]);
}

#[tokio::test]
async fn the_end_of_the_only_chain_is_found_to_be_cut_off_by_who_has_noted_it() {
    let trail = Trail::new().await;
    let end = trail.store.heads().await.unwrap();
    trail.tamper("DELETE FROM audit WHERE seq > 25");
    assert_eq!(trail.verify().await, [""; 0], "nothing in the store tells");
    let report = audit::verify(Some(&trail.store), &[], &end).await.unwrap();
    let told: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("{HERE}rows 26 to 30 are missing at the end: what was expected names row 30")]);

    append(&trail.store, 31..=40).await;
    let report = audit::verify(Some(&trail.store), &[], &end).await.unwrap();
    let replaced = audit::Fault::Replaced(Witness::Expected, 0);
    assert_eq!((report.findings.len(), *report.findings[0].rows.start()), (1, 30));
    assert_eq!(report.findings[0].fault, replaced);
}

#[tokio::test]
async fn a_whole_chain_that_is_gone_is_missed() {
    let trail = Trail::new().await;
    trail.load("elsewhere", 3).await;
    let ends: Vec<Head> = trail.store.heads().await.unwrap().split_off(1);
    let note = Some(checkpoint(&ends));
    let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::AuditCheckpoint, Actor::System) };
    trail.store.append_audit(vec![entry], 99_000).await.unwrap();
    trail.tamper("DELETE FROM audit_elsewhere");
    let found = trail.verify().await;
    assert!(
        found.len() == 1 && found[0].starts_with("chain elsewhere: rows 1 to 3 are missing at the end"),
        "{found:?}"
    );
}

#[tokio::test]
async fn nodes_that_share_a_store_note_one_anothers_ends_and_come_to_rest() {
    let Some(shared) = Shared::database() else { return };
    let (one, two) = (shared.open("one").await, shared.open("two").await);
    let clock = Clock::manual(99_000);
    let nodes = [&one, &two].map(|store| Checkpoints::new(Arc::clone(store), clock.clone()));
    append(&one, 1..=10).await;
    append(&two, 1..=10).await;
    for _ in 0..5 {
        for node in &nodes {
            node.step().await.unwrap();
        }
    }
    let ends = async || one.heads().await.unwrap().iter().map(|head| head.seq).collect::<Vec<_>>();
    assert_eq!(ends().await, [11, 11], "each has noted the other once");
    append(&two, [11]).await;
    nodes[0].step().await.unwrap();
    assert_eq!(ends().await, [12, 12]);
    append(&two, [12]).await;
    assert_eq!(verify(&one).await, [""; 0]);

    let Shared::Database(database) = &shared else { panic!("it is a database") };
    let raw = database.connect().await;
    raw.batch_execute("DELETE FROM audit WHERE chain = 'two' AND seq > 10").await.unwrap();
    let by_head =
        "chain two: rows 11 to 13 are missing at the end: the store's note of where the chain ends names row 13";
    assert_eq!(verify(&one).await, [by_head]);
    let hide = "UPDATE heads SET audit_seq = 10, audit_hash = (SELECT hash FROM audit WHERE chain = 'two' AND seq = 10)
                WHERE chain = 'two'";
    raw.batch_execute(hide).await.unwrap();
    let by_other =
        "chain two: rows 11 to 12 are missing at the end: the checkpoint in row 12 of chain one names row 12";
    assert_eq!(verify(&one).await, [by_other]);
    raw.batch_execute("UPDATE audit SET action = 'nothing' WHERE chain = 'one' AND seq = 3").await.unwrap();
    raw.batch_execute(
        "INSERT INTO audit SELECT chain, 11, at_ms, action, actor, \"user\", token, note, hash FROM audit
                       WHERE chain = 'two' AND seq = 9",
    )
    .await
    .unwrap();
    let found = verify(&one).await;
    assert!(found.contains(&"chain one: row 3 cannot be read".to_owned()), "{found:?}");
    assert!(found.iter().any(|finding| finding.starts_with("chain two: row 11 lies behind the end")), "{found:?}");
}

#[tokio::test]
async fn rows_that_cannot_be_read_hide_no_others_from_who_reads_backwards() {
    let trail = Trail::new().await;
    trail.tamper("DELETE FROM audit WHERE seq < 8; UPDATE audit SET action = 'nothing' WHERE seq IN (8, 17)");
    for limit in [1, 5, 100] {
        let (mut seqs, mut unreadable, mut place) = (Vec::new(), 0, None);
        loop {
            let page = AuditTrail::new(Arc::clone(&trail.store))
                .newest(&Wanted::default(), place.as_ref(), limit)
                .await
                .unwrap();
            seqs.extend(page.rows.iter().map(|(row, _)| row.seq));
            (unreadable, place) = (unreadable + page.unreadable, page.next);
            if place.is_none() {
                break;
            }
        }
        let expected: Vec<_> = (9..=ENTRIES).rev().filter(|seq| *seq != 17).collect();
        assert_eq!((seqs, unreadable >= 2), (expected, true), "{limit}");
    }
}
