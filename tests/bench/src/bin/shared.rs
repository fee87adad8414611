//! Durable mints on a shared store, beside the embedded one and beside `pgbench` that runs the bare insert, in one run.
//!
//! `cargo run --release --manifest-path tests/bench/Cargo.toml --features store --bin shared -- postgres://USER@HOST:PORT/DATABASE [SECONDS]`
//!
//! The database must be empty, and `pgbench` and `psql` in the path or where Debian keeps them. The bare insert writes as many
//! rows a transaction as the store was seen to, by one connection, as the store does, into tables with the same indexes:
//! once the token rows alone, once the audit rows too, which is what a mint writes. Neither checks an owner, chains a hash, or
//! answers anybody; both are made by the database itself, so that nothing is sent. What counts are the ratios.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment, Overrides};
use zonemint::model::{FullName, KeyId, SubjectKind, Token, TokenForm, TokenId, TokenSecret, User, UserId};
use zonemint::random::Random;
use zonemint::store::postgres::PostgresStore;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{Actor, Address, Caller, Chain, Inserted, Store, Tls};

/// Mints that are under way at the same time.
const CALLERS: usize = 256;
const ROUNDS: usize = 5;

const TABLES: &str =
    "CREATE TABLE bare_tokens (LIKE tokens INCLUDING ALL); CREATE TABLE bare_audit (LIKE audit INCLUDING ALL);
                      CREATE SEQUENCE bare_seq;";
/// Identifiers begin with the time, as those of tokens do.
const TOKENS: &str = "INSERT INTO bare_tokens (shard, id, owner, key, caveats, form, kind, expires_s)
    SELECT get_byte(v.id, 31) & 15, v.id, v.owner, v.key, 'time < 2000000000', '', 'act', 2000000000
    FROM (SELECT substr(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 3)
                 || substr(sha256(uuid_send(gen_random_uuid())), 1, 26) AS id,
                 '\\x00112233445566778899aabbccddeeff'::bytea AS owner, '\\x0011223344556677'::bytea AS key
          FROM generate_series(1, :n)) AS v;\n";
const AUDIT: &str = "INSERT INTO bare_audit (chain, seq, at_ms, action, actor, \"user\", token, hash)
    SELECT 'bare', nextval('bare_seq'), 1800000000000, 'token.mint', v.owner, v.owner, v.hash, v.hash
    FROM (SELECT '\\x00112233445566778899aabbccddeeff'::bytea AS owner, sha256(uuid_send(gen_random_uuid())) AS hash
          FROM generate_series(1, :n)) AS v;\n";

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("give the address of an empty database");
    let span = Duration::from_secs_f64(arguments.next().map_or(3.0, |text| text.parse().expect("a number of seconds")));
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::load(None, &Environment::default(), &Overrides::default()).unwrap();
    (config.store.url, config.store.tls) = (Address::parse(&address), Tls::Disable);
    let shared: Arc<dyn Store> =
        Arc::new(PostgresStore::open(&config.store, Chain::parse("bench").unwrap(), Clock::system()).await.unwrap());
    let file: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&DataFolder::create(folder.path()).unwrap().database(), Clock::system()).unwrap());
    let owners = [owner(&shared).await, owner(&file).await];
    sql(&address, TABLES);

    let (mut ours, mut embedded, mut bare, mut same) = (vec![], vec![], vec![], vec![]);
    let mut rows = 0.0;
    for _ in 0..ROUNDS {
        let before = commits(&address);
        let mints = mint(&shared, owners[0], span).await;
        rows = mints * span.as_secs_f64() / (commits(&address) - before).max(1.0);
        ours.push(mints);
        embedded.push(mint(&file, owners[1], span).await);
        bare.push(pgbench(&address, TOKENS, rows, span));
        same.push(pgbench(&address, &format!("BEGIN;\n{TOKENS}{AUDIT}COMMIT;\n"), rows, span));
    }
    let [ours, embedded, bare, same] = [ours, embedded, bare, same].map(median);
    println!("durable mints a second, {CALLERS} callers, about {rows:.0} a transaction");
    for (what, rate) in [
        ("on PostgreSQL", ours),
        ("on SQLite", embedded),
        ("pgbench: token rows alone", bare),
        ("pgbench: token and audit rows", same),
    ] {
        println!("{what:32} {rate:10.0}   PostgreSQL beside it {:5.2}", ours / rate);
    }
    shared.close().await;
    file.close().await;
}

async fn owner(store: &Arc<dyn Store>) -> UserId {
    let user = User::new(UserId::new(&Random::system()), SubjectKind::User, FullName::parse("Some One").unwrap(), 0);
    let id = user.id;
    let _ = store.insert_user(user, Actor::System).await.unwrap();
    id
}

/// Mints a second.
async fn mint(store: &Arc<dyn Store>, owner: UserId, span: Duration) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, over, random) = (Arc::clone(store), Arc::clone(&over), Random::system());
            tokio::spawn(async move {
                let mut done = 0_u32;
                while !over.load(Ordering::Relaxed) {
                    let token = token(owner, &random);
                    let at_ms = token.created_ms;
                    assert_eq!(
                        store.insert_token(token, Actor::Caller(Caller::by_password(owner, 1)), at_ms).await.unwrap(),
                        Inserted::Stored
                    );
                    done += 1;
                }
                done
            })
        })
        .collect();
    tokio::time::sleep(span).await;
    over.store(true, Ordering::Relaxed);
    let mut done = 0;
    for caller in callers {
        done += caller.await.unwrap();
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

fn token(owner: UserId, random: &Random) -> Token {
    let now_ms = zonemint::clock::Clock::system().now_ms();
    Token {
        id: TokenId::new(now_ms, random),
        user: owner,
        secret: TokenSecret::Derived(KeyId::from_bytes([7; 8])),
        form: TokenForm::Bare,
        kind: TokenKind::Access,
        name: None,
        caveats: vec![Caveat::Time(Time::until(2_000_000_000))],
        metadata: None,
        created_ms: now_ms,
        revoked_ms: None,
        last_used_day: None,
        last_use: None,
        parent: None,
    }
}

/// Rows a second.
fn pgbench(address: &str, script: &str, rows: f64, span: Duration) -> f64 {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(script.replace(['\n'], " ").replace(';', ";\n").as_bytes()).unwrap();
    let n = rows.round().max(1.0);
    let output = Command::new(tool("pgbench"))
        .args(["--no-vacuum", "--client=1", "--protocol=prepared", "-D", &format!("n={n}")])
        .arg(format!("--time={}", span.as_secs_f64().round().max(1.0)))
        .arg("--file")
        .arg(file.path())
        .arg(address)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
    tps.unwrap_or_else(|| panic!("{told} {}", String::from_utf8_lossy(&output.stderr))) * n
}

/// Transactions that were committed so far.
fn commits(address: &str) -> f64 {
    let asked = "SELECT pg_stat_force_next_flush(); SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    sql(address, asked).split_whitespace().last().and_then(|number| number.parse().ok()).unwrap()
}

fn sql(address: &str, text: &str) -> String {
    let output =
        Command::new(tool("psql")).args(["-qAt", "-v", "ON_ERROR_STOP=1", "-c", text, address]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn tool(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .map(|version| version.path().join("bin").join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| name.into())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
