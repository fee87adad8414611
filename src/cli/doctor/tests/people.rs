//! Who can look after accounts, and passwords of other programs.

use super::*;

pub(super) const CASES: &[Case] = &[
    ("administrator", State::Warning, |scene| {
        scene.write(async |store| {
            let admin = store.user_by_name(&UserName::parse("admin").unwrap()).await.unwrap().unwrap();
            let blocked = store.change_user(admin.id, UserChange::Block, Actor::System, NOW_MS).await;
            assert_eq!(blocked.unwrap(), Changed::Done);
        });
    }),
    ("password hashes", State::Note, |scene| {
        scene.add(user("carol", BCRYPT, Privileges::NONE));
    }),
    ("password hashes", State::Warning, |scene| {
        scene.add(user("carol", "$apr1$weak", Privileges::NONE));
    }),
    ("password hashes", State::Warning, |scene| {
        scene.add(user("carol", &BCRYPT.replacen("$05$", "$15$", 1), Privileges::NONE));
    }),
    ("password hashes", State::Warning, |scene| {
        scene.add(user("carol", &ARGON2ID.replacen("m=19456,t=2", "m=1048576,t=1", 1), Privileges::NONE));
        scene.facts.machine.memory_limit = Some(1 << 30);
    }),
    ("groups", State::Warning, |scene| scene.config().forward_auth.groups = vec!["staff = admin bob".to_owned()]),
];
