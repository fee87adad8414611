//! Hosts of one address, in the states that primaries and standbys come into.

use super::*;
use zonemint_store::postgres::{Host, HostState, Replication};

const PRIMARY: usize = 0;
const STANDBY: usize = 1;

/// A primary that waits for its standby.
fn pair(scene: &mut Scene) -> &mut Vec<Host> {
    let state = |is_standby: bool| HostState {
        accepts_writes: !is_standby,
        clock_ahead_ms: 3,
        replication: Some(Replication {
            is_standby,
            cluster: Some("7".to_owned()),
            started_us: Some(1_000 + i64::from(is_standby)),
            standby_names: "ANY 1 (one, two)".to_owned(),
            synchronous: Some(u64::from(!is_standby)),
        }),
    };
    let host = |name: &str, is_standby| Host { name: name.to_owned(), state: Ok(state(is_standby)) };
    scene.server().hosts = vec![host("db1:5432", false), host("db2:5432", true)];
    &mut scene.server().hosts
}

fn state(hosts: &mut [Host], at: usize) -> &mut HostState {
    hosts[at].state.as_mut().unwrap()
}

fn replication(hosts: &mut [Host], at: usize) -> &mut Replication {
    state(hosts, at).replication.as_mut().unwrap()
}

pub(super) const CASES: &[Case] = &[
    ("database hosts", State::Ok, |scene| scene.server().hosts = std::mem::take(pair(scene))),
    ("database hosts", State::Fault, |scene| state(pair(scene), STANDBY).accepts_writes = true),
    ("database hosts", State::Fault, |scene| replication(pair(scene), STANDBY).cluster = Some("8".to_owned())),
    ("database hosts", State::Fault, |scene| replication(pair(scene), PRIMARY).synchronous = Some(0)),
    ("database hosts", State::Fault, |scene| {
        "FIRST 2 (one, two)".clone_into(&mut replication(pair(scene), PRIMARY).standby_names);
    }),
    ("database hosts", State::Warning, |scene| pair(scene)[STANDBY].state = Err("no answer".to_owned())),
    ("database hosts", State::Warning, |scene| replication(pair(scene), STANDBY).is_standby = false),
    ("database hosts", State::Warning, |scene| {
        let primary = replication(pair(scene), PRIMARY);
        (primary.standby_names, primary.synchronous) = (String::new(), Some(0));
    }),
    ("database hosts", State::Warning, |scene| {
        pair(scene);
        scene.server().durability[2].1 = "local".to_owned();
    }),
    ("database clock", State::Warning, |scene| state(pair(scene), STANDBY).clock_ahead_ms = 1_001),
];

fn says(harm: fn(&mut Vec<Host>)) -> Finding {
    let mut scene = Scene::shared();
    harm(pair(&mut scene));
    scene.says("database hosts").remove(0)
}

#[test]
fn a_split_brain_names_both_primaries_and_what_to_do() {
    let Finding { found, fix, .. } = says(|hosts| state(hosts, STANDBY).accepts_writes = true);
    assert!(found.starts_with("split brain: db1:5432, db2:5432 accept writes"), "{found}");
    assert!(fix.unwrap().contains("fencing"));
}

#[test]
fn one_server_under_two_names_is_no_split_brain() {
    let told = says(|hosts| hosts[STANDBY] = Host { name: "alias:5432".to_owned(), ..hosts[PRIMARY].clone() });
    assert_eq!(told.state, State::Ok, "{told:?}");
}

#[test]
fn a_host_that_refuses_is_named_with_its_own_error() {
    let full = "sorry, too many clients already (53300)";
    let Finding { found, .. } = says(|hosts| {
        hosts[STANDBY].state = Err("sorry, too many clients already (53300)".to_owned());
        hosts.push(Host { name: "db3:5432".to_owned(), state: Err("starting up (57P03)".to_owned()) });
    });
    assert_eq!(found, format!("db2:5432 cannot be used: {full}; db3:5432 cannot be used: starting up (57P03)"));
}

#[test]
fn all_that_may_go_wrong_is_told_at_once() {
    let Finding { found, fix, state, .. } = says(|hosts| {
        hosts[STANDBY].state = Err("no answer".to_owned());
        replication(hosts, PRIMARY).standby_names.clear();
    });
    assert_eq!(state, State::Warning);
    assert!(found.contains("no answer") && found.contains("db1:5432 has no synchronous standby"), "{found}");
    assert!(fix.unwrap().contains("synchronous_standby_names on db1:5432"));
}

#[test]
fn a_database_that_accepts_writes_on_all_hosts_is_none_of_ours_to_judge() {
    let told = says(|hosts| {
        for host in hosts {
            host.state = Ok(HostState { accepts_writes: true, clock_ahead_ms: 0, replication: None });
        }
    });
    assert_eq!(told.state, State::Ok, "{told:?}");
}

#[test]
fn what_the_role_may_not_see_is_no_fault() {
    let told = says(|hosts| {
        for at in [PRIMARY, STANDBY] {
            let told = replication(hosts, at);
            (told.cluster, told.synchronous) = (None, None);
        }
    });
    assert_eq!(told.state, State::Ok, "{told:?}");
}
