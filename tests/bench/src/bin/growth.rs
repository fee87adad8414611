//! What an operation costs as stored tokens grow. Nothing is remembered between operations, so that each asks the store.
//!
//! `cargo run --release --manifest-path tests/bench/Cargo.toml --features store --bin growth --` and then
//! `[--store postgres://…] [--plot FILE.svg] [TOKENS…]`
//!
//! Without an address the store is the embedded one, without numbers they are 10,000 and 1,000,000. The database must be empty.
//! Tokens are put in by bulk load, and belong to a hundred users. What counts is how each median grows beside the first
//! column; the goal is no more than half.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zonemint::caller::{Caller, Gains};
use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment, Overrides};
use zonemint::geo::Geo;
use zonemint::model::{FullName, KeyId, SubjectKind, Token, TokenForm, TokenId, TokenName, TokenSecret, User, UserId};
use zonemint::random::Random;
use zonemint::store::postgres::PostgresStore;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{
    Actor, Address, Chain, Freshness, Mark, Rows, Store, Tls, TokenFilter, TokenRow, TokenState, Which,
};
use zonemint::token::{KeyEncryptionKey, KeyEncryptionKeys, Keyring, MintRequest, Parts, TokenService};

const SIZES: [usize; 2] = [10_000, 1_000_000];
const USERS: usize = 100;
/// Tokens that are loaded in one transaction.
const AT_ONCE: usize = 5_000;
/// Operations of each kind that are timed.
const SAMPLES: usize = 1_000;
/// Mints that are under way at the same time.
const MINTING: usize = 256;
const PAGE: usize = 50;
/// Rounds, of which the best median of each kind is printed: the machine is shared.
const ROUNDS: usize = 5;
const DAY_S: u64 = 86_400;

type Medians = BTreeMap<&'static str, Duration>;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut address, mut plot, mut sizes) = (None, None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--store" => address = arguments.next(),
            "--plot" => plot = arguments.next(),
            number => sizes.push(number.parse().expect("a number of tokens")),
        }
    }
    if sizes.is_empty() {
        sizes = SIZES.to_vec();
    }
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(address.as_deref(), folder.path()).await;
    let mut columns = Vec::new();
    for size in &sizes {
        let started = Instant::now();
        house.fill(*size).await;
        eprintln!("{size} tokens are there after {:.1} s", started.elapsed().as_secs_f64());
        columns.push(house.measure().await);
    }
    house.store.close().await;
    print!("{}", table(&sizes, &columns));
    if let Some(file) = plot {
        std::fs::write(file, drawing(&sizes, &columns)).unwrap();
    }
}

struct House {
    store: Arc<dyn Store>,
    service: Arc<TokenService>,
    users: Vec<UserId>,
    key: KeyId,
    clock: Clock,
    random: Random,
    /// Those loaded, in no order.
    ids: Vec<TokenId>,
    loaded: usize,
}

impl House {
    async fn new(address: Option<&str>, folder: &std::path::Path) -> Self {
        let (clock, random) = (Clock::system(), Random::system());
        let mut config = Config::load(None, &Environment::default(), &Overrides::default()).unwrap();
        config.token.cache_entries = 1;
        let store: Arc<dyn Store> = if let Some(address) = address {
            config.store.url = Address::parse(address);
            config.store.tls = Tls::Disable;
            let store =
                PostgresStore::open(&config.store, Chain::parse("growth").unwrap(), Clock::system()).await.unwrap();
            assert!(store.users(None, 1).await.unwrap().is_empty(), "the database is not empty");
            Arc::new(store)
        } else {
            Arc::new(SqliteStore::open(&DataFolder::create(folder).unwrap().database(), Clock::system()).unwrap())
        };
        let mut users = Vec::new();
        for _ in 0..USERS {
            let name = FullName::parse("Some One").unwrap();
            let user = User::new(UserId::new(&random), SubjectKind::User, name, 0);
            users.push(user.id);
            let _ = store.insert_user(user, Actor::System).await.unwrap();
        }
        let keks = KeyEncryptionKeys::of(KeyEncryptionKey::generate(&random));
        let keyring = Keyring::open(&store, &keks, &random, &clock).await.unwrap();
        let key = keyring.ids().next().unwrap();
        let freshness = Freshness::new(config.token.max_staleness, clock.clone());
        let parts = Parts {
            store: Arc::clone(&store),
            keyring,
            key_source: Arc::new(keks),
            geo: Geo::none(),
            freshness,
            clock: clock.clone(),
            random: random.clone(),
        };
        let service = Arc::new(TokenService::new(config.token, parts));
        Self { store, service, users, key, clock, random, ids: Vec::new(), loaded: 0 }
    }

    /// Loads tokens until there are so many.
    async fn fill(&mut self, size: usize) {
        let every = (size / (4 * SAMPLES)).max(1);
        self.ids.clear();
        while self.loaded < size {
            let end = size.min(self.loaded + AT_ONCE);
            let rows: Vec<_> =
                (self.loaded..end).map(|number| TokenRow { token: self.token(number), deleted_ms: None }).collect();
            self.ids.extend(rows.iter().step_by(every).map(|row| row.token.id));
            let mark = Mark { name: "growth".to_owned(), value: None };
            self.store.load(Rows::Tokens(rows), mark).await.unwrap();
            self.loaded = end;
        }
    }

    fn token(&self, number: usize) -> Token {
        let now_ms = self.clock.now_ms();
        Token {
            id: TokenId::named(now_ms, &self.random),
            user: self.users[number % USERS],
            secret: TokenSecret::Derived(self.key),
            form: TokenForm::Structured(SubjectKind::User),
            kind: TokenKind::Access,
            name: TokenName::parse(&format!("token {number:08}")).ok(),
            caveats: vec![Caveat::Time(Time::until(now_ms / 1_000 + 365 * DAY_S))],
            metadata: None,
            created_ms: now_ms,
            revoked_ms: None,
            last_used_day: None,
            last_use: None,
            parent: None,
        }
    }

    async fn measure(&self) -> Medians {
        let (by, mut sample) = (&Caller::server(), Vec::new());
        for at in 0..SAMPLES {
            let id = self.ids[at * self.ids.len() / SAMPLES];
            let token = self.service.visible(&id.to_string(), Gains::Rights, by).await.unwrap();
            let text = self.service.show(&token, by).await.unwrap();
            sample.push((token, text));
        }
        let mut best = Medians::new();
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let mut told = |name, median: Duration| {
                best.entry(name).and_modify(|best| *best = median.min(*best)).or_insert(median);
            };
            for (_, text) in &sample {
                let at = Instant::now();
                let _ = self.service.verify(text, self.service.request(TokenKind::Access)).await.unwrap();
                times.push(at.elapsed());
            }
            told("verify", median(&mut times));
            let active = TokenFilter { state: Some((TokenState::Active, 0)), ..TokenFilter::default() };
            for (name, filter) in [("page", TokenFilter::default()), ("page of active tokens", active)] {
                for (token, _) in &sample {
                    let at = Instant::now();
                    self.service.page(token.user, &filter, Some(token.id), PAGE, by).await.unwrap();
                    times.push(at.elapsed());
                }
                told(name, median(&mut times));
            }
            for (token, _) in &sample {
                let at = Instant::now();
                self.service.visible_by_name(token.user, token.name.as_ref().unwrap(), by).await.unwrap();
                times.push(at.elapsed());
            }
            told("by name", median(&mut times));
            told("mint, durable, many at once", self.mint_many().await);
        }
        for (token, _) in &sample {
            let at = Instant::now();
            let which = Which::Ids(vec![token.id]);
            assert_eq!(self.service.revoke(token.user, which, false, by).await.unwrap().tokens, 1);
            times.push(at.elapsed());
        }
        best.insert("revoke, durable, one by one", median(&mut times));
        best
    }

    /// The time a mint takes of the store when it is never idle.
    async fn mint_many(&self) -> Duration {
        let started = Instant::now();
        let minting: Vec<_> = (0..MINTING)
            .map(|at| {
                let (service, user) = (Arc::clone(&self.service), self.users[at % USERS]);
                tokio::spawn(async move {
                    for _ in 0..SAMPLES / 50 {
                        service.mint(user, MintRequest::default(), &Caller::server()).await.unwrap();
                    }
                })
            })
            .collect();
        for minted in minting {
            minted.await.unwrap();
        }
        started.elapsed() / u32::try_from(MINTING * (SAMPLES / 50)).unwrap()
    }
}

/// The median; deletes what it created.
fn median(times: &mut Vec<Duration>) -> Duration {
    times.sort();
    let median = times[times.len() / 2];
    times.clear();
    median
}

fn table(sizes: &[usize], columns: &[Medians]) -> String {
    let mut text = format!("{:30}", "microseconds, at tokens");
    for size in sizes {
        let _ = write!(text, " {size:>10}");
    }
    text.push_str("   last/first\n");
    for (name, first) in &columns[0] {
        let _ = write!(text, "{name:30}");
        for column in columns {
            let _ = write!(text, " {:10.1}", column[name].as_secs_f64() * 1e6);
        }
        let last = columns[columns.len() - 1][name];
        let _ = writeln!(text, " {:12.2}", last.as_secs_f64() / first.as_secs_f64());
    }
    text
}

/// The growth of each median relative to the first, over the decades.
fn drawing(sizes: &[usize], columns: &[Medians]) -> String {
    const COLOURS: [&str; 6] = ["#1b6ca8", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#475569"];
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    let x = |at: usize| 60.0 + 400.0 * number(at) / number(sizes.len().max(2) - 1);
    // What is more than two and a half times the first is drawn at the edge.
    let y = |ratio: f64| 280.0 - 100.0 * ratio.min(2.5);
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 320\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"700\" height=\"320\" fill=\"white\"/>\n",
    );
    for ratio in [0.5, 1.0, 1.5, 2.0] {
        let at = y(ratio);
        let _ =
            writeln!(svg, "<path d=\"M60 {at}H460\" stroke=\"#ccc\"/><text x=\"25\" y=\"{}\">{ratio}</text>", at + 4.0);
    }
    for (at, size) in sizes.iter().enumerate() {
        let _ = writeln!(svg, "<text x=\"{}\" y=\"300\" text-anchor=\"middle\">{size}</text>", x(at).round());
    }
    for (line, (name, first)) in columns[0].iter().enumerate() {
        let colour = COLOURS[line % COLOURS.len()];
        let points: Vec<_> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{:.1},{:.1}", x(at), y(column[name].as_secs_f64() / first.as_secs_f64())))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        );
        let _ = writeln!(svg, "<text x=\"480\" y=\"{}\" fill=\"{colour}\">{name}</text>", 40 + 20 * line);
    }
    svg.push_str("</svg>\n");
    svg
}
