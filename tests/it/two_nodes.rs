//! Every change that alters what verification says is announced: another node, which remembers how it was, hears of it from
//! the change feed alone.

mod put_back;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use zonemint::caller::{Caller, Gains};
use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::model::{FullName, Privilege, Privileges, TokenId, TokenName, User, UserName};
use zonemint::random::Random;
use zonemint::store::{Changed, TokenChange, Topic, UserChange, Which};
use zonemint::token::{
    KeyEncryptionKey, KeyEncryptionKeys, MintRequest, NamedRequest, Rotation, TemporaryRequest, TokenService,
};
use zonemint::user::{LoginError, NewUser, Password};

use crate::support::{Node, Shared, presented};

const PASSWORD: &str = "a password of hers";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What a node says of a user's tokens, password and privileges.
async fn says(node: &Node, alice: &Alice) -> Vec<String> {
    let mut all = vec![];
    for text in &alice.texts {
        all.push(match node.tokens.verify(text, node.tokens.request(TokenKind::Access)).await {
            Ok(_) => "good".to_owned(),
            Err(error) => error.to_string(),
        });
    }
    let signed_in = node.accounts.sign_in("alice", presented(PASSWORD), HERE.into()).await;
    let told = |user: Arc<User>| format!("signed in, must change the password: {}", user.must_change);
    all.push(signed_in.map_or_else(|error| error.to_string(), told));
    let user = node.accounts.remembered_user(alice.user.id).await.unwrap();
    all.push(user.map_or_else(|| "gone".to_owned(), |user| format!("{} {:?}", user.blocked, user.privileges)));
    all
}

struct Alice {
    user: User,
    named: TokenId,
    texts: Vec<String>,
}

/// A user with a client token, a named one and a temporary one.
async fn alice(node: &Node) -> Alice {
    let (name, full_name) = (UserName::parse("alice").ok(), FullName::parse("Alice").unwrap());
    let new = NewUser { name, full_name, password: Password::choose(PASSWORD).ok(), privileges: Privileges::NONE };
    let user = node.accounts.add(new, &Caller::operator()).await.unwrap();
    let client = node.tokens.mint(user.id, MintRequest::default(), &Caller::server()).await.unwrap();
    let name = TokenName::parse("laptop").unwrap();
    let laptop =
        NamedRequest { name, kind: TokenKind::Access, caveats: vec![], metadata: None, revoked: false, encoding: None };
    let named = node.tokens.create_named(user.subject(), laptop, &Caller::operator()).await.unwrap();
    let caveats = vec![Caveat::Time(Time::until(2_000))];
    let soon = TemporaryRequest { kind: TokenKind::Access, caveats, encoding: None };
    let temporary = node.tokens.create_temporary(user.subject(), soon, &Caller::operator()).await.unwrap();
    Alice { user, named: named.id, texts: vec![client.text, named.text, temporary.text] }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    RevokeOne,
    RestoreOne,
    RevokeAll,
    DeleteOne,
    DeleteNamed,
    Rotate,
    RetireKey,
    Generation,
    Block,
    Unblock,
    Password,
    RequireNewPassword,
    BasicAuth,
    Names,
    Privileges,
    Remove,
}

impl Change {
    const ALL: [Self; 16] = [
        Self::RevokeOne,
        Self::RestoreOne,
        Self::RevokeAll,
        Self::DeleteOne,
        Self::DeleteNamed,
        Self::Rotate,
        Self::RetireKey,
        Self::Generation,
        Self::Block,
        Self::Unblock,
        Self::Password,
        Self::RequireNewPassword,
        Self::BasicAuth,
        Self::Names,
        Self::Privileges,
        Self::Remove,
    ];

    /// What must be so before, that there is something to change.
    async fn prepare(self, node: &Node, alice: &Alice) {
        match self {
            Self::RestoreOne => Self::RevokeOne.apply(node, alice).await,
            Self::Unblock => Self::Block.apply(node, alice).await,
            Self::RetireKey => drop(node.tokens.rotate_key(&Caller::operator()).await.unwrap()),
            _ => {}
        }
    }

    async fn apply(self, node: &Node, alice: &Alice) {
        match self.of_user() {
            Some(change) => {
                let _ = node.accounts.change(alice.user.id, change, &Caller::operator()).await.unwrap();
                node.tokens.forget(Topic::User(alice.user.id));
            }
            None => self.apply_to_tokens(&node.tokens, alice).await,
        }
        if self == Self::Password {
            let new = Password::choose("another one of hers").unwrap();
            let _ = node.accounts.set_password(alice.user.id, new, &Caller::operator()).await.unwrap();
        }
    }

    fn of_user(self) -> Option<UserChange> {
        Some(match self {
            Self::Generation => UserChange::Generation,
            Self::Block => UserChange::Block,
            Self::Unblock => UserChange::Unblock,
            Self::RequireNewPassword => UserChange::MustChangePassword(true),
            Self::BasicAuth => UserChange::BasicAuth(false),
            Self::Names => UserChange::Names { name: UserName::parse("alicia").ok(), full_name: None },
            Self::Privileges => UserChange::Privileges(Privileges::from_iter([Privilege::UsersView])),
            Self::Remove => UserChange::Remove,
            _ => return None,
        })
    }

    async fn apply_to_tokens(self, tokens: &TokenService, alice: &Alice) {
        let (owner, id, by) = (alice.user.id, alice.named, &Caller::operator());
        match self {
            Self::RevokeOne | Self::RestoreOne => {
                let change = TokenChange { revoked: Some(self == Self::RevokeOne), ..TokenChange::default() };
                let token = tokens.visible(&id.to_string(), Gains::Nothing, by).await.unwrap();
                assert!(tokens.change(&token, change, false, by).await.unwrap().is_none());
            }
            Self::RevokeAll => assert_eq!(tokens.revoke(owner, Which::All, false, by).await.unwrap().tokens, 2),
            Self::DeleteOne => {
                let token = tokens.visible(&id.to_string(), Gains::Nothing, by).await.unwrap();
                assert!(tokens.delete(&token, false, by).await.unwrap().is_none());
            }
            Self::DeleteNamed => assert_eq!(tokens.delete_named(owner, false, by).await.unwrap().tokens, 1),
            Self::Rotate => {
                let old = tokens.visible(&id.to_string(), Gains::Rights, by).await.unwrap();
                tokens.rotate(&old, &Rotation::default(), by).await.unwrap();
            }
            Self::RetireKey => {
                let oldest = tokens.root_keys().await.unwrap().pop().unwrap().key.id;
                assert_eq!(tokens.retire_key(oldest, &Caller::operator()).await.unwrap(), Changed::Done);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_one_node_changes_the_other_hears_of_from_the_feed() {
    for change in Change::ALL {
        hears_of(change, &Shared::file()).await;
    }
}

#[tokio::test]
async fn what_one_node_changes_the_other_hears_of_from_the_feed_of_a_shared_store() {
    for change in Change::ALL {
        let Some(shared) = Shared::database() else { return };
        hears_of(change, &shared).await;
    }
}

async fn hears_of(change: Change, shared: &Shared) {
    let keys = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
    let clock = Clock::manual(1_000_000);
    let node = async |name| Node::on(shared.open(name).await, Arc::<KeyEncryptionKeys>::clone(&keys), &clock).await;
    let one = node("one").await;
    let alice = alice(&one).await;
    change.prepare(&one, &alice).await;
    let mut other = node("other").await;
    let before = says(&other, &alice).await;

    change.apply(&one, &alice).await;

    let meanwhile = says(&other, &alice).await;
    other.follower.catch_up().await.unwrap();
    let after = says(&other, &alice).await;
    assert_ne!(after, before, "{change:?} changes nothing that is looked at here");
    assert_ne!(after, meanwhile, "{change:?}: nothing was remembered, so there was nothing to hear of");
    assert_eq!(after, says(&one, &alice).await, "{change:?}");
    // A third one has nothing to forget: what it says is what stands in the store.
    assert_eq!(after, says(&node("third").await, &alice).await, "{change:?}");
}

#[tokio::test]
async fn what_each_node_has_counted_adds_up() {
    for shared in [Some(Shared::file()), Shared::database()].into_iter().flatten() {
        adds_up(&shared).await;
    }
}

async fn adds_up(shared: &Shared) {
    let keys = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
    let clock = Clock::manual(1_000_000);
    let node = async |name| Node::on(shared.open(name).await, Arc::<KeyEncryptionKeys>::clone(&keys), &clock).await;
    let (one, other) = (node("one").await, node("other").await);
    let alice = alice(&one).await;
    for (node, uses) in [(&one, 2), (&other, 3), (&one, 4)] {
        for _ in 0..uses {
            let used = node.tokens.verify(&alice.texts[1], node.tokens.request(TokenKind::Access)).await.unwrap();
            node.tokens.count(&used);
        }
        node.tokens.write_counts().await.unwrap();
    }
    for node in [&one, &other] {
        assert_eq!(node.tokens.uses_of(alice.user.id, 1, &Caller::operator()).await.unwrap(), [(0, 9)]);
    }
}

#[tokio::test]
async fn an_address_at_which_an_account_signed_in_is_known_to_the_other_node() {
    for shared in [Some(Shared::file()), Shared::database()].into_iter().flatten() {
        is_known_there(&shared).await;
    }
}

async fn is_known_there(shared: &Shared) {
    let keys = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
    let clock = Clock::manual(1_000_000);
    let node = async |name| Node::on(shared.open(name).await, Arc::<KeyEncryptionKeys>::clone(&keys), &clock).await;
    let (one, other) = (node("one").await, node("other").await);
    alice(&one).await;
    one.accounts.sign_in("alice", presented(PASSWORD), HERE.into()).await.unwrap();
    // Somebody at the same address guesses until the address may not any more.
    let guess =
        async |number: usize| other.accounts.sign_in(&format!("nobody{number}"), presented("wrong"), HERE.into()).await;
    let mut guesses = 0;
    while !matches!(guess(guesses).await, Err(LoginError::TooMany { .. })) {
        guesses += 1;
        assert!(guesses < 1_000, "an address has a limit");
    }
    other.accounts.sign_in("alice", presented(PASSWORD), HERE.into()).await.unwrap();
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    while !matches!(
        other.accounts.sign_in("nobody", presented("wrong"), elsewhere.into()).await,
        Err(LoginError::TooMany { .. })
    ) {}
    let refused = other.accounts.sign_in("alice", presented(PASSWORD), elsewhere.into()).await;
    assert!(matches!(refused, Err(LoginError::TooMany { .. })), "she never was there: {refused:?}");
}

#[tokio::test]
async fn counts_that_cannot_be_written_are_written_later() {
    let shared = Shared::file();
    let keys = Arc::new(KeyEncryptionKeys::of(KeyEncryptionKey::generate(&Random::system())));
    let node = Node::on(shared.open("one").await, keys, &Clock::manual(1_000_000)).await;
    let alice = alice(&node).await;
    let Shared::File(folder) = &shared else { panic!("it is a file") };
    let raw = rusqlite::Connection::open(folder.path().join("zonemint.db")).unwrap();
    raw.execute_batch("ALTER TABLE uses RENAME TO elsewhere").unwrap();
    let used = node.tokens.verify(&alice.texts[0], node.tokens.request(TokenKind::Access)).await.unwrap();
    for _ in 0..2 {
        node.tokens.count(&used);
        node.tokens.write_counts().await.unwrap_err();
    }
    raw.execute_batch("ALTER TABLE elsewhere RENAME TO uses").unwrap();
    node.tokens.write_counts().await.unwrap();
    assert_eq!(node.tokens.uses_of(alice.user.id, 1, &Caller::operator()).await.unwrap(), [(0, 2)]);
}
