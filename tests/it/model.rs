//! Thousands of random operations on a real server, each answer compared with what a simple model says.
//!
//! `ZONEMINT_MODEL_STEPS=50000 ZONEMINT_MODEL_SEED=7 cargo test --test it model` for a longer run by hand. A failure prints
//! its seed and the operation that it came to.

mod steps;
mod world;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use zonemint::caller::Caller as Asker;
use zonemint::macaroon::{Limits, Macaroon};
use zonemint::model::{FullName, Period, TokenId};

use crate::support::{Answer, PASSWORD, TestServer};
use world::{ADMIN, Account, Caller, Form, HeldToken, Limit, Record, Refusal, Rights, Usage, Whose, World};

const STEPS: usize = 2_000;
const INTERFACES: [&str; 3] = ["rest", "oneclient", "graphsync"];

#[tokio::test]
async fn the_server_does_what_the_model_says() {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = setting("ZONEMINT_MODEL_SEED").unwrap_or(1);
    let steps = setting("ZONEMINT_MODEL_STEPS").map_or(STEPS, |steps| steps.try_into().unwrap());
    let mut run = Run::start(seed).await;
    for step in 0..steps {
        run.told.step = step;
        run.step().await;
        run.verify_one().await;
    }
    run.check_audit().await;
}

/// Reports on which seed and at which operation a run failed.
struct FailureReport {
    seed: u64,
    step: usize,
    operation: String,
}

impl Drop for FailureReport {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("ZONEMINT_MODEL_SEED={}, step {}: {}", self.seed, self.step, self.operation);
        }
    }
}

/// `SplitMix64`: the same run for the same seed.
struct Dice(u64);

impl Dice {
    fn number(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.number(below as u64)).unwrap()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.number(100) < percent
    }

    fn choose<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }
}

struct Run {
    server: Option<TestServer>,
    world: World,
    dice: Dice,
    told: FailureReport,
}

impl Run {
    async fn start(seed: u64) -> Self {
        let server = TestServer::start_with(|config| {
            // What is slow on purpose is tested elsewhere.
            config.login.remember = Period::from_ms(3_600_000);
            config.login.delays = vec![Period::from_ms(0)];
            config.login.address_burst = 1_000_000;
        })
        .await;
        let mut world = World::default();
        world.set_clock(server.clock.now_ms());
        let told = FailureReport { seed, step: 0, operation: String::new() };
        let mut run = Self { server: Some(server), world, dice: Dice(seed), told };
        let me = run.send(run.request("GET", "/user", &Caller::Nobody).basic_auth("admin", Some(PASSWORD))).await;
        run.world.accounts.push(account(me.json()["userId"].as_str().unwrap(), "admin", PASSWORD, false));
        let service = FullName::parse("storage").unwrap();
        let service = run.server().services.accounts.add_service(service, &Asker::operator()).await.unwrap();
        run.world.accounts.push(account(&service.id.to_string(), "storage", "", true));
        run.add_user().await;
        run.add_user().await;
        run
    }

    fn server(&self) -> &TestServer {
        self.server.as_ref().unwrap()
    }

    async fn add_user(&mut self) {
        let name = format!("user{}", self.world.accounts.len());
        let password = format!("password of {name}");
        let user = self.server().add_user(&name, &password).await;
        self.world.accounts.push(account(&user.id.to_string(), &name, &password, false));
    }

    /// A request by somebody.
    fn request(&self, method: &str, path: &str, caller: &Caller) -> RequestBuilder {
        let request = self.server().request(method, path);
        match caller {
            Caller::Nobody => request,
            Caller::Password(account, password) => {
                request.basic_auth(&self.world.accounts[*account].name, Some(password))
            }
            Caller::Token(held) => request.header("x-auth-token", &held.text),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        self.server().send(request).await
    }

    /// Sends a request, and compares how it comes out. The answer is there to be looked at when it was to succeed.
    async fn expect(
        &mut self,
        method: &str,
        path: &str,
        caller: &Caller,
        body: Option<Value>,
        expected: Result<u16, Refusal>,
    ) -> Option<Answer> {
        self.told.operation = format!("{caller:?}: {method} {path} {body:?}, expected {expected:?}");
        let request = self.request(method, path, caller);
        let answer = self.send(if let Some(body) = &body { request.json(body) } else { request }).await;
        match expected {
            Ok(status) => {
                assert_eq!(answer.status, status, "{answer:?}");
                Some(answer)
            }
            Err((status, id)) => {
                assert_eq!(answer.status, status, "{answer:?}");
                if !path.contains("client_tokens") {
                    assert_eq!(answer.error(), id, "{answer:?}");
                }
                None
            }
        }
    }

    /// Somebody who may be blocked, gone, or hold a token that is good for nothing; mostly somebody who is none of it.
    fn caller(&mut self) -> Caller {
        match self.dice.number(20) {
            0 => Caller::Nobody,
            1..=6 => Caller::Password(ADMIN, PASSWORD.to_owned()),
            7 | 8 => {
                let account = self.dice.index(self.world.accounts.len());
                let known = &self.world.accounts[account];
                // A service has no password, and nobody its name.
                if known.service { Caller::Nobody } else { Caller::Password(account, known.password.clone()) }
            }
            _ => self.held().map_or(Caller::Nobody, Caller::Token),
        }
    }

    /// A token's text, mostly a good one.
    fn held(&mut self) -> Option<HeldToken> {
        let tries = if self.dice.chance(80) { 20 } else { 1 };
        let mut held = None;
        for _ in 0..tries {
            let count = self.world.held.len();
            held = (count > 0).then(|| self.world.held[self.dice.index(count)].clone());
            if held.as_ref().is_none_or(|held| self.world.judge(held, Usage::HEADER).is_ok()) {
                break;
            }
        }
        held
    }

    /// A stored token's id, or one that never was.
    fn id(&mut self) -> String {
        let count = self.world.records.len();
        if count == 0 || self.dice.chance(3) {
            return "0123456789abcdef0123456789abcdefch0123".to_owned();
        }
        for _ in 0..10 {
            let record = &self.world.records[self.dice.index(count)];
            if record.is_stored() {
                return record.id.clone();
            }
        }
        self.world.records[self.dice.index(count)].id.clone()
    }

    /// Whose tokens, and the path below which they are.
    fn whose(&mut self) -> (Whose, String) {
        let account = self.dice.index(self.world.accounts.len());
        let id = &self.world.accounts[account].id;
        if self.dice.chance(50) {
            let service = self.dice.chance(15);
            (Whose::Own { service }, if service { "/provider" } else { "/user" }.to_owned())
        } else {
            // Now and then below the path of the other kind of account.
            let service = self.world.accounts[account].service != self.dice.chance(5);
            let kind = if service { "providers" } else { "users" };
            (Whose::Of { service, account }, format!("/{kind}/{id}"))
        }
    }

    fn limits(&mut self, most: u64) -> Vec<Limit> {
        (0..self.dice.number(most + 1))
            .map(|_| match self.dice.number(12) {
                0..=6 => Limit::Until(self.world.now_s() + 1 + self.dice.number(200_000)),
                7..=9 => Limit::From(self.dice.choose(&Limit::NETWORKS)),
                10 => Limit::Through(if self.dice.chance(70) { "rest" } else { self.dice.choose(&INTERFACES) }),
                _ => Limit::Readonly,
            })
            .collect()
    }

    /// Few names, so that they are often taken.
    fn name(&mut self) -> String {
        format!("Name {}", self.dice.number(40))
    }

    /// What the world knows of a token that was made just now.
    fn record(&self, owner: usize, form: Form, identity: bool, limits: Vec<Limit>, text: &str) -> Record {
        let (macaroon, _) = Macaroon::parse(text, &Limits::default()).unwrap();
        let identifier = str::from_utf8(macaroon.identifier()).unwrap();
        let id = identifier.rsplit('/').next().unwrap().to_owned();
        let cids: Vec<_> = macaroon.danger_unverified_caveats().map(|caveat| caveat.cid.to_vec()).collect();
        assert_eq!(cids, limits.iter().map(|limit| limit.text().into_bytes()).collect::<Vec<_>>());
        Record {
            bytes: TokenId::parse(id.as_bytes()).unwrap().as_bytes().to_vec(),
            id,
            owner,
            form,
            identity,
            name: None,
            limits,
            created_ms: self.world.now_ms(),
            revoked_ms: None,
            deleted: false,
            text: text.to_owned(),
        }
    }

    /// Asks about any token that there ever was, used in any way.
    async fn verify_one(&mut self) {
        if self.world.held.is_empty() {
            return;
        }
        let held = self.world.held[self.dice.index(self.world.held.len())].clone();
        let identity = self.dice.chance(20);
        let interface = if self.dice.chance(60) { Some("rest") } else { None };
        let usage = Usage { interface, data: !identity && self.dice.chance(50), identity };
        let mut question = json!({"token": held.text});
        if let Some(interface) = interface {
            question["interface"] = json!(interface);
        }
        if !identity {
            question["allowDataAccessCaveats"] = json!(usage.data);
        }
        let path = if identity { "/tokens/verify_identity_token" } else { "/tokens/verify_access_token" };
        let verdict = self.world.judge(&held, usage);
        let expected = verdict.map(|_| 200).map_err(|id| (400, id));
        if let Some(answer) = self.expect("POST", path, &Caller::Nobody, Some(question), expected).await {
            let owner = &self.world.accounts[self.world.records[held.record].owner];
            let kind = if owner.service { "oneprovider" } else { "user" };
            let subject = json!({"type": kind, "id": owner.id});
            assert_eq!(answer.json(), json!({"subject": subject, "ttl": verdict.unwrap()}));
        }
    }

    /// The audit trail is whole, whatever happened.
    async fn check_audit(&self) {
        let (mut seq, mut hash) = (0, self.server().store.chain().genesis());
        loop {
            let rows = self.server().store.audit_after(&self.server().store.chain(), seq, 1_000).await.unwrap();
            let Some(last) = rows.last() else { break };
            seq = last.seq;
            for row in rows {
                assert_eq!(row.hash, row.chained(&hash), "row {}", row.seq);
                hash = row.hash;
            }
        }
        assert!(seq >= self.world.records.len() as u64, "fewer rows than tokens");
    }

    fn rights(&self, caller: &Caller) -> Result<Rights, Refusal> {
        self.world.authenticate(caller)
    }
}

fn account(id: &str, name: &str, password: &str, service: bool) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        service,
        password: password.to_owned(),
        blocked: false,
        removed: false,
        generation: 1,
    }
}
