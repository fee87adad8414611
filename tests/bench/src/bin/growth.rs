//! What an operation costs as stored tokens grow: verifying, paging and revoking at 1,000 and at 1,000,000 tokens of one user,
//! in one run. Nothing is remembered between operations, so that each asks the store.
//!
//! `cargo run --release --manifest-path tests/bench/Cargo.toml --bin growth [TOKENS]`. What counts is the last column; the goal
//! is that no median grows by more than half.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zonemint::caveat::TokenKind;
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment, Overrides};
use zonemint::geo::Geo;
use zonemint::model::{FullName, Subject, SubjectKind, TokenId, TokenName, User, UserId};
use zonemint::random::Random;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{Actor, Freshness, Store, TokenFilter, TokenState, Which};
use zonemint::token::{Authority, KeyEncryptionKey, KeyEncryptionKeys, Keyring, NamedRequest, Parts, TokenService};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
/// Tokens that are made at the same time.
const AT_ONCE: usize = 4_096;
/// Operations of each kind that are timed.
const SAMPLES: usize = 1_000;
const PAGE: usize = 50;
/// Rounds of which the best median of each kind is told: the machine is shared.
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let many = std::env::args().nth(1).map_or(MANY, |text| text.parse().expect("a number of tokens"));
    let (few, many) = (measure(FEW).await, measure(many).await);
    println!("{:32} {:>12} {:>12} {:>7}", "median, us", FEW, many.tokens, "growth");
    for ((name, few), (_, many)) in few.medians.iter().zip(&many.medians) {
        let growth = many.as_secs_f64() / few.as_secs_f64();
        println!("{name:32} {:12.1} {:12.1} {growth:7.2}", few.as_secs_f64() * 1e6, many.as_secs_f64() * 1e6);
    }
}

struct Measured {
    tokens: usize,
    medians: Vec<(&'static str, Duration)>,
}

async fn measure(count: usize) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let (service, store, user) = service(folder.path()).await;
    let started = Instant::now();
    let ids = fill(&service, user, count).await;
    eprintln!("{count} tokens were made in {:.1} s", started.elapsed().as_secs_f64());
    let mut sample = Vec::new();
    for at in 0..SAMPLES {
        let token = store.token(ids[at * ids.len() / SAMPLES]).await.unwrap().unwrap();
        sample.push((token.id, service.text_of(&token).unwrap()));
    }
    let mut best: BTreeMap<&str, Duration> = BTreeMap::new();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let mut told = |name, times: &mut Vec<Duration>| {
            let median = median(times);
            best.entry(name).and_modify(|best| *best = median.min(*best)).or_insert(median);
        };
        for (_, text) in &sample {
            let at = Instant::now();
            let _ = service.verify(text, service.request(TokenKind::Access)).await.unwrap();
            times.push(at.elapsed());
        }
        told("verify", &mut times);
        for (name, filter) in [
            ("page", TokenFilter::default()),
            ("page of active tokens", TokenFilter { state: Some((TokenState::Active, 0)), ..TokenFilter::default() }),
        ] {
            for (id, _) in &sample {
                let at = Instant::now();
                service.page(user, filter.clone(), Some(*id), PAGE).await.unwrap();
                times.push(at.elapsed());
            }
            told(name, &mut times);
        }
        for at in 0..SAMPLES {
            let name = name(at * count / SAMPLES);
            let at = Instant::now();
            service.find_by_name(user, &name).await.unwrap().unwrap();
            times.push(at.elapsed());
        }
        told("by name", &mut times);
    }
    let mut medians: Vec<_> = best.into_iter().collect();
    for (id, _) in &sample {
        let at = Instant::now();
        assert_eq!(service.revoke(user, Which::Ids(vec![*id]), Actor::System).await.unwrap(), 1);
        times.push(at.elapsed());
    }
    medians.push(("revoke, durable", median(&mut times)));
    store.close().await;
    Measured { tokens: count, medians }
}

async fn service(folder: &std::path::Path) -> (Arc<TokenService>, Arc<dyn Store>, UserId) {
    let (clock, random) = (Clock::system(), Random::system());
    let mut config = Config::load(None, &Environment::default(), &Overrides::default()).unwrap();
    config.token.cache_entries = 1;
    let data = DataFolder::create(folder).unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data.database()).unwrap());
    let user = User::new(UserId::new(&random), SubjectKind::User, FullName::parse("Some One").unwrap(), 0);
    let _ = store.insert_user(user.clone(), Actor::System).await.unwrap();
    let keks = KeyEncryptionKeys::of(KeyEncryptionKey::generate(&random));
    let keyring = Keyring::open(&store, &keks, &random, &clock).await.unwrap();
    let freshness = Freshness::new(config.token.max_staleness, clock.clone());
    let parts = Parts {
        store: Arc::clone(&store),
        keyring,
        key_source: Arc::new(keks),
        geo: Geo::none(),
        freshness,
        clock,
        random,
    };
    (Arc::new(TokenService::new(config.token, parts)), store, user.id)
}

/// Makes tokens with names, and gives their identifiers in the order of their names.
async fn fill(service: &Arc<TokenService>, user: UserId, count: usize) -> Vec<TokenId> {
    let subject = Subject { kind: SubjectKind::User, id: user };
    let mut ids = Vec::with_capacity(count);
    for start in (0..count).step_by(AT_ONCE) {
        let minting: Vec<_> = (start..count.min(start + AT_ONCE))
            .map(|number| {
                let service = Arc::clone(service);
                tokio::spawn(async move {
                    let request = NamedRequest {
                        name: name(number),
                        kind: TokenKind::Access,
                        caveats: Vec::new(),
                        metadata: None,
                        revoked: false,
                    };
                    service.create_named(subject, Actor::System, &Authority::Full, request).await.unwrap().id
                })
            })
            .collect();
        for minted in minting {
            ids.push(minted.await.unwrap());
        }
    }
    ids
}

fn name(number: usize) -> TokenName {
    TokenName::parse(&format!("token {number:08}")).unwrap()
}

/// The median; leaves nothing behind.
fn median(times: &mut Vec<Duration>) -> Duration {
    times.sort();
    let median = times[times.len() / 2];
    times.clear();
    median
}
