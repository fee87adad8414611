//! Tokens that the whole service minted, from the request to the store, with the secrets that they were made with.

use std::path::Path;

use zonemint::app::{self, Dependencies};
use zonemint::caller::{Caller, Gains};
use zonemint::caveat::{Caveat, TokenKind};
use zonemint::clock::Clock;
use zonemint::config::{Config, Environment, Overrides};
use zonemint::model::{Subject, SubjectKind, TokenName, UserId, UserName};
use zonemint::random::Random;
use zonemint::telemetry::Sink;
use zonemint::token::{MintRequest, Minted, NamedRequest, TemporaryRequest, TokenService};

/// One caveat of each kind that an access token can carry.
const CAVEATS: [&str; 14] = [
    "time < 1900000000",
    "ip = 10.0.0.0/8|172.98.11.23/32|2001:db8::/32",
    "asn = 64496|64511",
    "geo.country = PL|FR",
    "geo.region != Africa|EU",
    "service = ozw-onezone|opw-*",
    "consumer = usr-abc|prv-*",
    "interface = rest",
    "api = ozw/all/user.*.*:*",
    "data.readonly",
    "data.path = L3NwYWNlL2Rpcg==",
    "data.objectid = 0000000000081BF36775696423612362",
    "http.method = GET|HEAD",
    "http.path = /data/*|/status",
];

/// A token as the service handed it out.
pub struct Served {
    /// In the form that other macaroon libraries take.
    pub secret: Vec<u8>,
    /// Base64url.
    pub text: String,
    /// In their order.
    pub caveats: Vec<String>,
}

/// Starts a service in `folder`, and has it mint tokens of every kind. The same kinds on every run, but other tokens.
///
/// # Panics
/// When the service does not do what it is asked.
pub async fn served(folder: &Path) -> Vec<Served> {
    let mut config =
        Config::load(None, &Environment::default(), &Overrides::default()).expect("the defaults are valid");
    config.server.listen = "127.0.0.1:0".parse().expect("an address");
    config.store.folder = folder.join("data");
    config.tls.folder = folder.join("certs");
    config.token.alphabet = zonemint::token::Alphabet::Base64url;
    let dependencies = Dependencies {
        clock: Clock::manual(1_800_000_000_000),
        random: Random::system(),
        environment: Environment::default(),
        log: Sink::start(std::io::sink()).expect("a thread"),
        listener: None,
        hash_room: u64::MAX,
    };
    let running = app::start(&config, dependencies).await.expect("the service starts");
    let services = std::sync::Arc::clone(&running.services);
    let admin = services.accounts.find(&UserName::parse("admin").expect("a name")).await.expect("the store answers");
    let tokens = mint(&services.tokens, admin.expect("the first account").id).await;
    running.run_until(async {}).await.expect("the service stops");
    tokens
}

async fn mint(tokens: &TokenService, user: UserId) -> Vec<Served> {
    let all: Vec<Caveat> = CAVEATS.iter().map(|text| Caveat::parse(text.as_bytes()).expect("a caveat")).collect();
    let subject = Subject { kind: SubjectKind::User, id: user };
    let mut served = Vec::new();
    for count in 0..=all.len() {
        let caveats = all[..count].to_vec();
        let request = MintRequest { caveats: caveats.clone(), ..MintRequest::default() };
        let client = tokens.mint(user, request, &Caller::server()).await.expect("a client token");
        served.push(stored(tokens, client).await);
        let name = TokenName::parse(&format!("token {count}")).expect("a name");
        let kind = TokenKind::Access;
        let request =
            NamedRequest { name, kind, caveats: caveats.clone(), metadata: None, revoked: false, encoding: None };
        let named = tokens.create_named(subject, request, &Caller::server()).await;
        served.push(stored(tokens, named.expect("a named token")).await);
        if count > 0 {
            let soon = Caveat::parse(b"time < 1800000600").expect("a caveat");
            let caveats = all[1..count].iter().cloned().chain([soon]).collect();
            let soon = TemporaryRequest { kind, caveats, encoding: None };
            let temporary = tokens.create_temporary(subject, soon, &Caller::server()).await;
            let keyring = tokens.keyring();
            let secret = keyring
                .danger_raw_temporary_secret(keyring.ids().next().expect("a key"), user, 1)
                .expect("it is there");
            served.push(with_secret(temporary.expect("a temporary token"), &secret));
        }
    }
    served
}

async fn stored(tokens: &TokenService, minted: Minted) -> Served {
    let token =
        tokens.visible(&minted.id.to_string(), Gains::Nothing, &Caller::operator()).await.expect("it was stored");
    let secret = tokens.keyring().danger_raw_secret(&token).expect("its key is there");
    with_secret(minted, &secret)
}

fn with_secret(minted: Minted, secret: &[u8]) -> Served {
    let caveats = minted.caveats.iter().map(ToString::to_string).collect();
    Served { secret: secret.to_vec(), text: minted.text, caveats }
}
