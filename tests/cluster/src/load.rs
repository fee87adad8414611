//! The load: clients that mint, verify and revoke at the same time, on all ways, and note everything.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::history::{Event, Outcome, Via, What};
use crate::nodes::{PASSWORD, USER};

/// The service bounds its waits: what takes longer than this is not waited for any more, and counted as a fault.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How many clients of each kind there are, and how soon after one another each asks.
const MINTING: (u64, Duration) = (6, Duration::from_millis(20));
const VERIFYING: (u64, Duration) = (6, Duration::from_millis(15));
const REVOKING: (u64, Duration) = (6, Duration::from_millis(10));
/// For how long a revoked token is shown to all nodes.
const WATCHED: Duration = Duration::from_millis(1_500);
/// For how long clients that show it wait for the slowest way.
const SHOWING: Duration = Duration::from_millis(300);
/// Revoked tokens that verifying clients come back to.
const ENDED: usize = 100;

/// Everything that clients share.
pub struct Load {
    started: Instant,
    client: Client,
    balancer: u16,
    nodes: Vec<u16>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    history: Vec<Event>,
    /// Those that were acknowledged, in that order.
    tokens: Vec<Arc<str>>,
    /// Tokens whose revocation was not requested.
    good: Vec<usize>,
    /// Those that somebody has asked to revoke lately.
    ended: VecDeque<usize>,
}

/// Chance that is the same in each run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    /// From 0 to `end`, without `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    /// True in so many of a hundred cases.
    fn shows(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What a request is made with.
enum Credential<'a> {
    Password,
    Token(&'a str),
}

impl Load {
    pub fn new(certificate: &Path, balancer: u16, nodes: Vec<u16>) -> Self {
        let certificate = Certificate::from_pem(&std::fs::read(certificate).unwrap()).unwrap();
        let client = Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .http1_only()
            .resolve("localhost", ([127, 0, 0, 1], 0).into())
            .timeout(TIMEOUT)
            .build()
            .unwrap();
        Self { started: Instant::now(), client, balancer, nodes, notes: Mutex::default() }
    }

    /// Starts the clients; they end when `stop` becomes true.
    pub fn start(self: &Arc<Self>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let mut clients = Vec::new();
        for number in 0..MINTING.0 {
            let (load, stop) = (Arc::clone(self), stop.clone());
            clients.push(tokio::spawn(async move { load.keep_minting(number, stop).await }));
        }
        for number in 0..VERIFYING.0 {
            let (load, stop) = (Arc::clone(self), stop.clone());
            clients.push(tokio::spawn(async move { load.keep_verifying(number, stop).await }));
        }
        for number in 0..REVOKING.0 {
            let (load, stop) = (Arc::clone(self), stop.clone());
            clients.push(tokio::spawn(async move { load.keep_revoking(number, stop).await }));
        }
        clients
    }

    /// Since the start.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// What was noted so far.
    pub fn history(&self) -> Vec<Event> {
        self.notes.lock().unwrap().history.clone()
    }

    /// The texts of all acknowledged tokens.
    pub fn tokens(&self) -> Vec<Arc<str>> {
        self.notes.lock().unwrap().tokens.clone()
    }

    /// All ways there are.
    pub fn ways(&self) -> impl Iterator<Item = Via> {
        std::iter::once(Via::Balancer).chain((0..self.nodes.len()).map(Via::Node))
    }

    /// Whether this node says that it is ready. None when it says nothing.
    pub async fn is_ready(&self, node: usize) -> Option<bool> {
        let url = format!("https://localhost:{}/readyz", self.nodes[node]);
        let answer = self.client.get(url).send().await.ok()?;
        Some(answer.status() == StatusCode::OK)
    }

    /// What this node says at `/readyz` beside that it is ready.
    pub async fn detail(&self, node: usize) -> Option<String> {
        let url = format!("https://localhost:{}/readyz", self.nodes[node]);
        let body = self.client.get(url).send().await.ok()?.text().await.ok()?;
        let body = serde_json::from_str::<serde_json::Value>(&body).ok()?;
        Some(body["detail"].as_str()?.to_owned())
    }

    /// Whether on this way tokens are minted, and verified.
    pub async fn serves(&self, via: Via) -> bool {
        let Some(token) = self.mint(via, &Credential::Password).await else { return false };
        self.verify(via, token).await == Outcome::Done
    }

    /// Takes so many of the good tokens, which nobody else revokes then, and a token to revoke them with.
    pub async fn take_many(&self, count: usize) -> (Arc<str>, Vec<usize>) {
        let mut pace = pace(REVOKING.1);
        let own = loop {
            pace.tick().await;
            if let Some(own) = self.mint(Via::Balancer, &Credential::Password).await {
                break own;
            }
        };
        let mut notes = self.notes.lock().unwrap();
        let count = count.min(notes.good.len());
        (Arc::clone(&notes.tokens[own]), notes.good.drain(..count).collect())
    }

    /// Revokes tokens on all ways at the same time, until each is revoked or its time is over.
    pub async fn revoke_all(self: &Arc<Self>, own: &Arc<str>, tokens: &[usize]) {
        let mut clients = JoinSet::new();
        for (number, token) in tokens.iter().copied().enumerate() {
            let (load, own) = (Arc::clone(self), Arc::clone(own));
            clients.spawn(async move {
                let mut pace = pace(REVOKING.1);
                let began = Instant::now();
                for via in load.ways().collect::<Vec<_>>().into_iter().cycle().skip(number) {
                    pace.tick().await;
                    let outcome = load.revoke(via, &own, token).await;
                    if matches!(outcome, Outcome::Done | Outcome::Refused) || began.elapsed() > TIMEOUT {
                        return;
                    }
                }
            });
        }
        clients.join_all().await;
    }

    /// Shows tokens on all ways, one after the other.
    pub async fn show_all(self: &Arc<Self>, tokens: impl IntoIterator<Item = usize>) {
        for token in tokens {
            for via in self.ways() {
                self.verify(via, token).await;
            }
        }
    }

    /// Shows every token to the service once more, on all ways.
    pub async fn verify_all(self: &Arc<Self>, clients: usize) {
        let count = self.tokens().len();
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let load = Arc::clone(self);
                tokio::spawn(async move {
                    for token in (client..count).step_by(clients) {
                        let via = load.ways().nth(token / clients % (load.nodes.len() + 1)).unwrap();
                        load.verify(via, token).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }

    async fn keep_minting(&self, number: u64, mut stop: watch::Receiver<bool>) {
        let mut dice = Dice(1_000 + number);
        let mut pace = pace(MINTING.1);
        let mut own: Option<Arc<str>> = None;
        while !stopped(&mut stop, &mut pace).await {
            // Most go through the balancer, as clients do.
            let via = if number.is_multiple_of(3) { self.any_node(&mut dice) } else { Via::Balancer };
            let credential = match &own {
                Some(token) if dice.shows(50) => Credential::Token(token),
                _ => Credential::Password,
            };
            let Some(token) = self.mint(via, &credential).await else { continue };
            if own.is_none() {
                // Kept by this client: nobody else finds it, so nobody revokes it.
                own = Some(self.text(token));
                continue;
            }
            if dice.shows(20) {
                self.verify(self.any_way(&mut dice), token).await;
            }
            self.notes.lock().unwrap().good.push(token);
        }
    }

    async fn keep_verifying(&self, number: u64, mut stop: watch::Receiver<bool>) {
        let mut dice = Dice(2_000 + number);
        let mut pace = pace(VERIFYING.1);
        while !stopped(&mut stop, &mut pace).await {
            let via = self.any_way(&mut dice);
            let token = {
                let notes = self.notes.lock().unwrap();
                let choice = dice.below(10);
                match choice {
                    0..3 if !notes.ended.is_empty() => Some(notes.ended[dice.below(notes.ended.len())]),
                    // Often the same few, which nodes remember.
                    3..7 if !notes.good.is_empty() => Some(notes.good[dice.below(notes.good.len().min(50))]),
                    _ if !notes.good.is_empty() => Some(notes.good[dice.below(notes.good.len())]),
                    _ => None,
                }
            };
            if let Some(token) = token {
                self.verify(via, token).await;
            }
        }
    }

    /// Has all nodes remember a token, revokes it, and shows it to all of them.
    async fn keep_revoking(self: Arc<Self>, number: u64, mut stop: watch::Receiver<bool>) {
        let mut dice = Dice(3_000 + number);
        let mut pace = pace(REVOKING.1);
        let Some(own) = self.own_token(&mut stop, &mut pace).await else { return };
        while !stopped(&mut stop, &mut pace).await {
            let Some(token) = self.take(&mut dice) else { continue };
            self.show(token).await;
            let mut attempt = self.revoke(self.any_way(&mut dice), &own, token).await;
            while !matches!(attempt, Outcome::Done | Outcome::Refused) && !stopped(&mut stop, &mut pace).await {
                attempt = self.revoke(self.any_way(&mut dice), &own, token).await;
            }
            let revoked = Instant::now();
            while revoked.elapsed() < WATCHED && !stopped(&mut stop, &mut pace).await {
                self.show(token).await;
            }
        }
    }

    /// Shows a token on all ways at the same time; one that does not answer soon does not hold up the others.
    async fn show(self: &Arc<Self>, token: usize) {
        let mut answers: JoinSet<_> = self
            .ways()
            .map(|via| {
                let load = Arc::clone(self);
                async move { load.verify(via, token).await }
            })
            .collect();
        let all = async { while answers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(SHOWING, all).await;
        answers.detach_all();
    }

    async fn own_token(&self, stop: &mut watch::Receiver<bool>, pace: &mut tokio::time::Interval) -> Option<Arc<str>> {
        while !stopped(stop, pace).await {
            if let Some(token) = self.mint(Via::Balancer, &Credential::Password).await {
                return Some(self.text(token));
            }
        }
        None
    }

    /// Takes a token to be revoked from those that are good.
    fn take(&self, dice: &mut Dice) -> Option<usize> {
        let mut notes = self.notes.lock().unwrap();
        if notes.good.is_empty() {
            return None;
        }
        // Half of them from those that are verified often.
        let most = if dice.shows(50) { notes.good.len() } else { notes.good.len().min(50) };
        let at = dice.below(most);
        let token = notes.good.swap_remove(at);
        notes.ended.push_back(token);
        if notes.ended.len() > ENDED {
            notes.ended.pop_front();
        }
        Some(token)
    }

    fn any_node(&self, dice: &mut Dice) -> Via {
        Via::Node(dice.below(self.nodes.len()))
    }

    fn any_way(&self, dice: &mut Dice) -> Via {
        if dice.shows(40) { Via::Balancer } else { self.any_node(dice) }
    }

    fn text(&self, token: usize) -> Arc<str> {
        Arc::clone(&self.notes.lock().unwrap().tokens[token])
    }

    async fn mint(&self, via: Via, credential: &Credential<'_>) -> Option<usize> {
        let request = self.client.post(self.url(via, "/user/client_tokens"));
        let request = match credential {
            Credential::Password => request.basic_auth(USER, Some(PASSWORD)),
            Credential::Token(token) => request.header("x-auth-token", *token),
        };
        let invoked = self.now();
        let (mut outcome, body) = send(request, What::Mint).await;
        let answered = self.now();
        let text =
            serde_json::from_str::<serde_json::Value>(&body).ok().and_then(|body| Some(body["token"].as_str()?.into()));
        if outcome == Outcome::Done && text.is_none() {
            outcome = Outcome::Odd("a mint without a token".to_owned());
        }
        let mut notes = self.notes.lock().unwrap();
        let token = text.map(|text| {
            notes.tokens.push(text);
            notes.tokens.len() - 1
        });
        notes.history.push(Event { via, token, what: What::Mint, invoked, answered, outcome });
        token
    }

    async fn verify(&self, via: Via, token: usize) -> Outcome {
        let text = self.text(token);
        let request = self.client.get(self.url(via, "/user")).header("x-auth-token", &*text);
        self.noted(via, token, What::Verify, request).await
    }

    async fn revoke(&self, via: Via, own: &str, token: usize) -> Outcome {
        let url = self.url(via, &format!("/user/client_tokens/{}", self.text(token)));
        self.noted(via, token, What::Revoke, self.client.delete(url).header("x-auth-token", own)).await
    }

    async fn noted(&self, via: Via, token: usize, what: What, request: RequestBuilder) -> Outcome {
        let invoked = self.now();
        let (outcome, _) = send(request, what).await;
        let event = Event { via, token: Some(token), what, invoked, answered: self.now(), outcome: outcome.clone() };
        self.notes.lock().unwrap().history.push(event);
        outcome
    }

    fn url(&self, via: Via, path: &str) -> String {
        let port = match via {
            Via::Balancer => self.balancer,
            Via::Node(node) => self.nodes[node],
        };
        format!("https://localhost:{port}/api/v3/onezone{path}")
    }
}

fn pace(period: Duration) -> tokio::time::Interval {
    let mut pace = tokio::time::interval(period);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// Waits for the next turn; true when there is to be none.
async fn stopped(stop: &mut watch::Receiver<bool>, pace: &mut tokio::time::Interval) -> bool {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => true,
        _ = pace.tick() => false,
    }
}

async fn send(request: RequestBuilder, what: What) -> (Outcome, String) {
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return (outcome_of(&error), String::new()),
    };
    let said = outcome(&answer, what);
    let status = answer.status();
    match answer.text().await {
        Ok(body) => (said.unwrap_or_else(|| Outcome::Odd(format!("{what:?} {status}: {body}"))), body),
        Err(error) => (outcome_of(&error), String::new()),
    }
}

fn outcome_of(error: &reqwest::Error) -> Outcome {
    if error.is_timeout() {
        Outcome::Silence
    } else if error.is_connect() {
        Outcome::Unreachable
    } else {
        Outcome::Broken
    }
}

/// What an answer says; none when it is not foreseen.
fn outcome(answer: &Response, what: What) -> Option<Outcome> {
    Some(match (what, answer.status()) {
        (What::Mint | What::Verify, StatusCode::OK) | (What::Revoke, StatusCode::NO_CONTENT) => Outcome::Done,
        (What::Verify, StatusCode::UNAUTHORIZED) | (What::Revoke, StatusCode::NOT_FOUND) => Outcome::Refused,
        (_, StatusCode::SERVICE_UNAVAILABLE) if answer.headers().contains_key("retry-after") => Outcome::Unavailable,
        _ => return None,
    })
}
