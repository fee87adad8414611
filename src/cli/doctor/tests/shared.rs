//! A database that nodes share.

use super::*;

pub(super) const CASES: &[Case] = &[
    ("database", State::Fault, |scene| scene.server().is_read_only = true),
    ("database", State::Fault, |scene| scene.server().schema = Schema::Newer),
    ("database", State::Note, |scene| scene.server().schema = Schema::Older),
    ("database", State::Fault, |scene| scene.facts.database = Database::Closed("no answer".to_owned())),
    ("database protection", State::Warning, |scene| scene.server().tls = Tls::Require),
    ("database protection", State::Warning, |scene| scene.server().tls = Tls::Disable),
    ("database durability", State::Fault, |scene| scene.server().durability[0].1 = "off".to_owned()),
    ("database durability", State::Fault, |scene| scene.server().durability[2].1 = "off".to_owned()),
    ("database protection", State::Ok, |scene| scene.server().tls = Tls::Pin),
    ("database protection", State::Ok, |scene| {
        // A unix socket, for which the settings ask for more than it has.
        (scene.server().tls, scene.server().is_remote) = (Tls::Disable, false);
        assert!(scene.says("database protection")[0].found.starts_with("not encrypted"));
    }),
    ("database clock", State::Fault, |scene| scene.server().clock_ahead_ms = 30_001),
    ("database clock", State::Warning, |scene| scene.server().clock_ahead_ms = -1_001),
    ("database connections", State::Warning, |scene| scene.server().connections = Some((97, 90))),
    ("database connections", State::Fault, |scene| scene.server().connections = Some((11, 0))),
    ("database rights", State::Fault, |scene| {
        let schema = "\"public\"".to_owned();
        scene.server().missing_rights = vec![
            postgres::MissingRight::Schema { right: "CREATE", schema: schema.clone() },
            postgres::MissingRight::Table { right: "INSERT", table: "tokens", schema },
        ];
    }),
    ("node name", State::Fault, |scene| scene.server().processes_of_node = Some(2)),
    ("node name", State::Fault, |scene| scene.config().store.node = "operator".to_owned()),
    ("key-encryption key", State::Fault, |scene| {
        scene.server().schema = Schema::Empty;
        scene.facts.listening = Listening::Nobody(AddressState::Free);
        fs::remove_file(scene.data("zonemint.kek")).unwrap();
    }),
    ("data folder", State::Skipped, |_| {}),
];
