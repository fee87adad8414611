//! Keys that change while tokens are made and used: rotation, retirement, and another key-encryption key.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use zonemint::caller::{Caller, Gains};
use zonemint::caveat::TokenKind;
use zonemint::clock::Clock;
use zonemint::model::{FullName, KeyId, Privileges, TokenSecret, UserId};
use zonemint::random::Random;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{Changed, Store};
use zonemint::token::{HANDOVER_MS, KeyEncryptionKey, KeyEncryptionKeys, KeySource, KeyState, MintRequest};
use zonemint::user::NewUser;

use crate::support::operator::{Api, As, add_user, done, import, onezone_token, run};
use crate::support::{Node, Program};

const START_MS: u64 = 1_000_000;

/// A store, the key-encryption keys that its nodes have, and the time.
struct House {
    _folder: tempfile::TempDir,
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    clock: Clock,
}

/// Key-encryption keys that a test changes.
struct Keys(Mutex<Vec<KeyEncryptionKey>>);

#[async_trait]
impl KeySource for Keys {
    async fn read(&self) -> Option<KeyEncryptionKeys> {
        let keys = self.0.lock().unwrap();
        KeyEncryptionKeys::parse(&keys.iter().map(|key| key.expose().to_string()).collect::<String>())
    }
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = DataFolder::create(folder.path()).unwrap().database();
        let first = KeyEncryptionKey::generate(&Random::system());
        Self {
            store: Arc::new(SqliteStore::open(&database, Clock::system()).unwrap()),
            _folder: folder,
            keys: Arc::new(Keys(Mutex::new(vec![first]))),
            clock: Clock::manual(START_MS),
        }
    }

    async fn node(&self) -> Node {
        self.node_with(&self.keys).await
    }

    async fn node_with(&self, keys: &Arc<Keys>) -> Node {
        let keys: Arc<dyn KeySource> = Arc::<Keys>::clone(keys);
        Node::on(Arc::clone(&self.store), keys, &self.clock).await
    }
}

async fn somebody(node: &Node) -> UserId {
    let full_name = FullName::parse("Some One").unwrap();
    let new = NewUser { name: None, full_name, password: None, privileges: Privileges::NONE };
    node.accounts.add(new, &Caller::operator()).await.unwrap().id
}

async fn mint(node: &Node, user: UserId) -> (String, KeyId) {
    let minted = node.tokens.mint(user, MintRequest::default(), &Caller::server()).await.unwrap();
    let token = node.tokens.visible(&minted.id.to_string(), Gains::Nothing, &Caller::operator()).await.unwrap();
    let TokenSecret::Derived(key) = token.secret else { panic!("a token of our own has no secret") };
    (minted.text, key)
}

async fn is_good(node: &Node, text: &str) -> bool {
    node.tokens.verify(text, node.tokens.request(TokenKind::Access)).await.is_ok()
}

async fn states(node: &Node) -> Vec<KeyState> {
    node.tokens.root_keys().await.unwrap().into_iter().map(|row| row.state).collect()
}

#[tokio::test]
async fn a_new_key_takes_over_when_every_node_knows_it_and_the_old_one_verifies_until_it_is_retired() {
    let house = House::new();
    let node = house.node().await;
    let user = somebody(&node).await;
    let (before, old) = mint(&node, user).await;

    let new = node.tokens.rotate_key(&Caller::operator()).await.unwrap();
    assert_eq!(states(&node).await, [KeyState::Next, KeyState::Active]);
    let (meanwhile, with_key) = mint(&node, user).await;
    assert_eq!(with_key, old);
    house.clock.set_ms(START_MS + HANDOVER_MS + 1);
    assert_eq!(states(&node).await, [KeyState::Active, KeyState::VerifyOnly]);
    let (after, with_key) = mint(&node, user).await;
    assert_eq!(with_key, new);
    for text in [&before, &meanwhile, &after] {
        assert!(is_good(&node, text).await);
    }

    assert_eq!(node.tokens.tokens_under(old).await.unwrap(), 2);
    assert_eq!(node.tokens.retire_key(old, &Caller::operator()).await.unwrap(), Changed::Done);
    assert_eq!(states(&node).await, [KeyState::Active, KeyState::Retired]);
    assert!(!is_good(&node, &before).await && !is_good(&node, &meanwhile).await);
    assert!(is_good(&node, &after).await);
    assert_eq!(
        node.tokens.retire_key(new, &Caller::operator()).await.unwrap(),
        Changed::NotFound,
        "it is the last one"
    );
}

#[tokio::test]
async fn the_active_key_can_be_retired_at_once_when_it_is_no_secret_any_more() {
    let house = House::new();
    let node = house.node().await;
    let user = somebody(&node).await;
    let (stolen, old) = mint(&node, user).await;
    let new = node.tokens.rotate_key(&Caller::operator()).await.unwrap();
    assert_eq!(node.tokens.retire_key(old, &Caller::operator()).await.unwrap(), Changed::Done);
    assert!(!is_good(&node, &stolen).await);
    assert_eq!(mint(&node, user).await.1, new, "nothing else is left");
}

#[tokio::test]
async fn a_rotation_takes_effect_by_order_whatever_moment_another_clock_wrote() {
    let house = House::new();
    let keys: Arc<dyn KeySource> = Arc::<Keys>::clone(&house.keys);
    let fast_clock = Clock::manual(START_MS + 365 * 86_400_000);
    let (mut node, fast) = (house.node().await, Node::on(Arc::clone(&house.store), keys, &fast_clock).await);
    let user = somebody(&node).await;
    let (stolen, old) = mint(&node, user).await;

    let of_the_future = fast.tokens.rotate_key(&Caller::operator()).await.unwrap();
    node.follower.catch_up().await.unwrap();
    let rows = node.tokens.root_keys().await.unwrap();
    assert_eq!((rows[0].key.id, rows[0].state, rows[0].is_from_future), (of_the_future, KeyState::Next, true));
    assert!(!rows[1].is_from_future);
    let starting = house.node().await;
    assert_eq!(
        mint(&starting, user).await.1,
        of_the_future,
        "whoever starts with it knows no age, and uses it at once"
    );
    house.clock.set_ms(START_MS + HANDOVER_MS);
    assert_eq!(mint(&node, user).await.1, of_the_future);

    let new = node.tokens.rotate_key(&Caller::operator()).await.unwrap();
    assert_eq!(states(&node).await, [KeyState::Next, KeyState::Active, KeyState::VerifyOnly]);
    house.clock.set_ms(START_MS + 2 * HANDOVER_MS);
    assert_eq!(states(&node).await, [KeyState::Active, KeyState::VerifyOnly, KeyState::VerifyOnly]);
    assert_eq!(mint(&node, user).await.1, new, "in one second, and not in a year");
    assert_eq!(mint(&house.node().await, user).await.1, new);
    assert_eq!(node.tokens.retire_key(old, &Caller::operator()).await.unwrap(), Changed::Done);
    assert!(!is_good(&node, &stolen).await);
}

#[tokio::test]
async fn a_node_that_starts_within_the_first_second_of_a_key_waits_for_the_rest() {
    let house = House::new();
    let node = house.node().await;
    let user = somebody(&node).await;
    let (_, old) = mint(&node, user).await;
    house.clock.set_ms(START_MS + HANDOVER_MS);
    let new = node.tokens.rotate_key(&Caller::operator()).await.unwrap();
    house.clock.set_ms(START_MS + HANDOVER_MS + 400);
    let starting = house.node().await;
    assert_eq!(mint(&starting, user).await.1, old);
    house.clock.set_ms(START_MS + 2 * HANDOVER_MS);
    assert_eq!(mint(&starting, user).await.1, new);
}

#[tokio::test]
async fn a_key_that_is_made_active_is_so_at_once_where_it_is_known() {
    let house = House::new();
    let (node, mut other) = (house.node().await, house.node().await);
    let user = somebody(&node).await;
    let (_, first) = mint(&node, user).await;
    let second = node.tokens.rotate_key(&Caller::operator()).await.unwrap();
    assert_eq!(node.tokens.activate_key(second, &Caller::operator()).await.unwrap(), Changed::Done);
    assert_eq!(mint(&node, user).await.1, first, "not every node knows it yet");
    house.clock.set_ms(START_MS + HANDOVER_MS);
    assert_eq!(mint(&node, user).await.1, second);

    assert_eq!(node.tokens.activate_key(first, &Caller::operator()).await.unwrap(), Changed::Done);
    other.follower.catch_up().await.unwrap();
    for node in [&node, &other] {
        assert_eq!(mint(node, user).await.1, first);
    }
    assert_eq!(node.tokens.retire_key(second, &Caller::operator()).await.unwrap(), Changed::Done);
    assert_eq!(node.tokens.activate_key(second, &Caller::operator()).await.unwrap(), Changed::NotFound);
}

#[tokio::test]
async fn a_node_that_has_not_heard_of_a_key_accepts_its_tokens_all_the_same() {
    let house = House::new();
    let (one, other) = (house.node().await, house.node().await);
    let user = somebody(&one).await;
    let new = one.tokens.rotate_key(&Caller::operator()).await.unwrap();
    house.clock.set_ms(START_MS + HANDOVER_MS + 1);
    let (text, with_key) = mint(&one, user).await;
    assert_eq!(with_key, new);
    assert!(!other.tokens.keyring().has(new), "the feed has not been read");
    assert!(is_good(&other, &text).await);
}

#[tokio::test]
async fn a_key_encryption_key_is_changed_without_a_pause() {
    let house = House::new();
    let (one, mut other) = (house.node().await, house.node().await);
    let user = somebody(&one).await;
    let (text, _) = mint(&one, user).await;
    let old = house.keys.0.lock().unwrap()[0].clone();
    let new = KeyEncryptionKey::generate(&Random::system());
    *house.keys.0.lock().unwrap() = vec![new.clone(), old.clone()];

    assert_eq!(one.tokens.rewrap(&Caller::operator(), |_| ()).await.unwrap(), 1);
    assert_eq!(one.tokens.rewrap(&Caller::operator(), |_| ()).await.unwrap(), 0, "it is done");
    other.follower.catch_up().await.unwrap();
    assert!(is_good(&one, &text).await && is_good(&other, &text).await);
    *house.keys.0.lock().unwrap() = vec![new];
    assert!(is_good(&house.node().await, &text).await, "the old one is not needed any more");
}

#[tokio::test]
async fn a_node_without_the_new_key_encryption_key_goes_on_with_what_it_has_and_says_that_it_lags() {
    let house = House::new();
    let lagging_keys = Arc::new(Keys(Mutex::new(house.keys.0.lock().unwrap().clone())));
    let (one, mut lagging) = (house.node().await, house.node_with(&lagging_keys).await);
    let user = somebody(&one).await;
    let (text, _) = mint(&one, user).await;
    let mut both = house.keys.0.lock().unwrap().clone();
    both.insert(0, KeyEncryptionKey::generate(&Random::system()));
    *house.keys.0.lock().unwrap() = both.clone();
    one.tokens.rewrap(&Caller::operator(), |_| ()).await.unwrap();
    lagging.follower.catch_up().await.unwrap();
    assert!(is_good(&lagging, &text).await, "the root key is open already");

    let new = one.tokens.rotate_key(&Caller::operator()).await.unwrap();
    let error = lagging.follower.catch_up().await.unwrap_err();
    let told = zonemint::telemetry::error_chain(&error);
    assert!(told.contains(&both[0].id().to_string()), "it names the key that is wanted: {told}");
    house.clock.set_ms(START_MS + 60_000);
    assert!(!lagging.freshness.holds() && is_good(&lagging, &text).await);
    let retired = one.tokens.root_keys().await.unwrap().pop().unwrap().key.id;
    assert_eq!(one.tokens.retire_key(retired, &Caller::operator()).await.unwrap(), Changed::Done);
    assert!(lagging.follower.catch_up().await.is_err());
    assert!(!is_good(&lagging, &text).await, "what is retired is retired all the same");

    *lagging_keys.0.lock().unwrap() = both;
    lagging.follower.catch_up().await.unwrap();
    assert!(lagging.freshness.holds() && lagging.tokens.keyring().has(new));
}

/// Of a token of a Onezone.
const SECRET: &str = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";
const OLD: &str = "c1dddb487717a5a910a426ee79871001";

#[tokio::test]
async fn keys_are_looked_after_beside_a_running_server() {
    let program = Program::start();
    let (api, folder) = (Api::of(&program), program.folder.path());
    add_user(folder, "alice");
    let input = json!({"identifier": OLD, "secret": SECRET, "user": "alice"}).to_string();
    assert_eq!(import(folder, &["token", "import", "-"], &input).0, Some(0));
    let imported = onezone_token(OLD, SECRET);
    let alice = As::Password("alice", "some-good-password");
    let (_, minted) = api.send(alice, "POST", "/user/client_tokens", None).await;
    let minted = minted["token"].as_str().unwrap().to_owned();

    let made = done(folder, &["key", "rotate"]);
    let listed = |arguments: &[&str]| -> Vec<Value> {
        done(folder, arguments).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let keys = listed(&["key", "list", "--json", "--count"]);
    assert!(keys.len() == 2 && made.contains(keys[0]["id"].as_str().unwrap()));
    assert_eq!((&keys[1]["goodTokens"], &keys[0]["goodTokens"]), (&json!(1), &json!(0)));

    let rewrapped = done(folder, &["key", "rewrap", "--new"]);
    assert!(rewrapped.starts_with("3 sealed again"), "two root keys and a secret: {rewrapped}");
    for token in [&imported, &minted] {
        assert_eq!(api.get(As::Token(token), "/user").await.0, 200);
    }
    let again = listed(&["key", "list", "--json"]);
    assert_ne!(again[0]["sealedBy"], keys[0]["sealedBy"]);

    let old = keys[1]["id"].as_str().unwrap();
    let refused = run(folder, &["key", "retire", old]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("was not retired (1 stored tokens depend on it)"), "{told}");
    done(folder, &["key", "retire", old, "--yes"]);
    api.get_until(As::Token(&minted), "/user", 401).await;
    assert_eq!(api.get(As::Token(&imported), "/user").await.0, 200, "it is of no root key");
    let told = String::from_utf8(run(folder, &["key", "retire", old, "--yes"]).stderr).unwrap();
    assert!(told.contains("is retired already"), "{told}");
    let last = keys[0]["id"].as_str().unwrap();
    let told = String::from_utf8(run(folder, &["key", "retire", last, "--yes"]).stderr).unwrap();
    assert!(told.contains("make another one first with `zonemint key rotate`"), "{told}");
    let told = String::from_utf8(run(folder, &["key", "retire", "17"]).stderr).unwrap();
    assert!(told.contains("there is no root key \"17\"; `zonemint key list` shows all"), "{told}");

    let (_, _, folder) = program.stop();
    let file = folder.path().join("data/zonemint.kek");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2);
    std::fs::write(&file, text.lines().next().unwrap()).unwrap();
    let program = Program::start_in(folder, &[]);
    assert_eq!(Api::of(&program).get(As::Token(&imported), "/user").await.0, 200, "the old key is not needed");
}

#[test]
fn a_generated_key_encryption_key_is_one_line_and_never_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = [(); 2].map(|()| done(folder.path(), &["key", "generate"]));
    assert!(one.len() == 65 && one != other && KeyEncryptionKey::parse(&one).is_some());
}
