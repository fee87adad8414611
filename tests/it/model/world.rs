//! What the server should know, in plain lists, and what it should answer: written from the documents, not from its code.

use serde_json::{Value, json};

/// Longest life of a temporary token, in seconds.
const LONGEST_TEMPORARY_S: u64 = 2_592_000;
/// A client token's life when nobody says, in seconds.
const USUAL_LIFE_S: u64 = 31_536_000;

/// The first account, which may do everything to the others.
pub const ADMIN: usize = 0;

/// A caveat. All requests come from 127.0.0.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    Until(u64),
    From(&'static str),
    Through(&'static str),
    Readonly,
}

impl Limit {
    pub const NETWORKS: [&'static str; 3] = ["127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8"];

    pub fn text(&self) -> String {
        match self {
            Self::Until(end) => format!("time < {end}"),
            Self::From(network) => format!("ip = {network}"),
            Self::Through(interface) => format!("interface = {interface}"),
            Self::Readonly => "data.readonly".to_owned(),
        }
    }

    pub fn json(&self) -> Value {
        match self {
            Self::Until(end) => json!({"type": "time", "validUntil": end}),
            Self::From(network) => json!({"type": "ip", "whitelist": [network]}),
            Self::Through(interface) => json!({"type": "interface", "interface": interface}),
            Self::Readonly => json!({"type": "data.readonly"}),
        }
    }

    fn is_within(&self, wide: &Self) -> bool {
        match (self, wide) {
            (Self::Until(ours), Self::Until(other)) => ours <= other,
            (Self::From("127.0.0.1/32"), Self::From("127.0.0.0/8")) => true,
            _ => self == wide,
        }
    }

    fn holds(&self, usage: Usage, now_s: u64) -> bool {
        match self {
            Self::Until(end) => now_s < *end,
            Self::From(network) => network.starts_with("127"),
            Self::Through(interface) => usage.interface == Some(interface),
            Self::Readonly => usage.data && !usage.identity,
        }
    }
}

/// How a token is used.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub interface: Option<&'static str>,
    pub data: bool,
    pub identity: bool,
}

impl Usage {
    pub const HEADER: Self = Self { interface: Some("rest"), data: false, identity: false };
}

#[derive(Debug)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub service: bool,
    pub password: String,
    pub blocked: bool,
    pub removed: bool,
    pub generation: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Client,
    Named,
    /// Of a generation.
    Temporary(u64),
}

/// A token as it was made.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: String,
    /// The identifier's bytes, by which tokens are sorted.
    pub bytes: Vec<u8>,
    pub owner: usize,
    pub form: Form,
    pub identity: bool,
    pub name: Option<String>,
    pub limits: Vec<Limit>,
    pub created_ms: u64,
    /// From when on it is refused; 0 for at once.
    pub revoked_ms: Option<u64>,
    pub deleted: bool,
    pub text: String,
}

impl Record {
    pub fn is_stored(&self) -> bool {
        !self.deleted && !matches!(self.form, Form::Temporary(_))
    }
}

/// A text that somebody holds: of a record, with what was added to it.
#[derive(Debug, Clone)]
pub struct HeldToken {
    pub text: String,
    pub record: usize,
    pub limits: Vec<Limit>,
}

#[derive(Debug, Clone)]
pub enum Caller {
    Nobody,
    Password(usize, String),
    Token(HeldToken),
}

/// Status, and the error's id where the contract has ids.
pub type Refusal = (u16, &'static str);

pub const FORBIDDEN: Refusal = (403, "forbidden");
pub const NOT_FOUND: Refusal = (404, "notFound");

/// Who asks, and with which caveats; none for all rights.
#[derive(Debug, Clone)]
pub struct Rights {
    pub account: usize,
    pub own: Option<Vec<Limit>>,
}

impl Rights {
    pub fn own(&self) -> &[Limit] {
        self.own.as_deref().unwrap_or_default()
    }

    pub fn covers(&self, limits: &[Limit]) -> bool {
        self.own().iter().all(|wide| limits.iter().any(|limit| limit.is_within(wide)))
    }

    /// Whether a token is listed, without its text: when the caller's own ends does not matter.
    pub fn may_list(&self, limits: &[Limit]) -> bool {
        let mut timeless = self.own().iter().filter(|limit| !matches!(limit, Limit::Until(_)));
        timeless.all(|wide| limits.iter().any(|limit| limit.is_within(wide)))
    }

    pub fn is_narrowed(&self) -> bool {
        self.own().iter().any(|limit| !matches!(limit, Limit::Until(_)))
    }
}

/// Whose tokens a path is about.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Own { service: bool },
    Of { service: bool, account: usize },
}

#[derive(Debug, Default)]
pub struct World {
    pub accounts: Vec<Account>,
    pub records: Vec<Record>,
    pub held: Vec<HeldToken>,
    clock_ms: u64,
    highest_ms: u64,
}

impl World {
    pub fn set_clock(&mut self, ms: u64) {
        self.clock_ms = ms;
        self.highest_ms = self.highest_ms.max(ms);
    }

    /// A new process believes whatever the clock says.
    pub fn restart_clock(&mut self, ms: u64) {
        (self.clock_ms, self.highest_ms) = (ms, ms);
    }

    pub fn clock_ms(&self) -> u64 {
        self.clock_ms
    }

    pub fn now_ms(&self) -> u64 {
        self.clock_ms
    }

    pub fn latest_ms(&self) -> u64 {
        self.highest_ms
    }

    pub fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// By which tokens end, which no step back takes back.
    pub fn latest_s(&self) -> u64 {
        self.latest_ms() / 1000
    }

    pub fn is_revoked(&self, record: &Record) -> bool {
        record.revoked_ms.is_some_and(|ms| ms <= self.latest_ms())
    }

    /// As far as the clock says now: for counting and restoring.
    pub fn was_revoked(&self, record: &Record) -> bool {
        record.revoked_ms.is_some_and(|ms| ms <= self.now_ms())
    }

    /// Whether a moment of revocation is between two readings of the clock, which the filter of lists may take either way.
    pub fn is_unclear(&self, record: &Record) -> bool {
        record.revoked_ms.is_some_and(|ms| ms > self.latest_s() * 1000 && ms <= self.latest_ms())
    }

    pub fn state(&self, record: &Record) -> &'static str {
        let ended = end(&record.limits).is_some_and(|end| end <= self.latest_s());
        match (self.is_revoked(record), ended) {
            (true, _) => "revoked",
            (false, true) => "expired",
            (false, false) => "active",
        }
    }

    pub fn judge(&self, held: &HeldToken, usage: Usage) -> Result<Option<u64>, &'static str> {
        let record = &self.records[held.record];
        let owner = &self.accounts[record.owner];
        if !usage.identity && record.identity {
            return Err("notAnAccessToken");
        }
        let revoked = match record.form {
            Form::Temporary(_) if owner.removed => return Err("tokenInvalid"),
            Form::Temporary(generation) => generation < owner.generation,
            Form::Client | Form::Named if record.deleted => return Err("tokenInvalid"),
            Form::Client | Form::Named => self.is_revoked(record),
        };
        if revoked {
            return Err("tokenRevoked");
        }
        if !held.limits.iter().all(|limit| limit.holds(usage, self.latest_s())) {
            return Err("tokenCaveatUnverified");
        }
        // That a user's access token proves no identity is said of a good one.
        if usage.identity && !record.identity && !owner.service {
            return Err("notAnIdentityToken");
        }
        match (owner.removed, owner.blocked) {
            (true, _) => Err("tokenSubjectInvalid"),
            (false, true) => Err("userBlocked"),
            (false, false) => Ok(end(&held.limits).map(|end| end - self.latest_s())),
        }
    }

    pub fn authenticate(&self, caller: &Caller) -> Result<Rights, Refusal> {
        match caller {
            Caller::Nobody => Err((401, "unauthorized")),
            Caller::Password(account, password) => {
                let known = &self.accounts[*account];
                let good = !known.removed && !known.blocked && known.password == *password;
                good.then_some(Rights { account: *account, own: None }).ok_or((401, "badBasicCredentials"))
            }
            Caller::Token(held) => {
                self.judge(held, Usage::HEADER).map_err(|id| (401, id))?;
                Ok(Rights { account: self.records[held.record].owner, own: Some(held.limits.clone()) })
            }
        }
    }

    pub fn resolve(&self, rights: &Rights, whose: Whose) -> Result<usize, Refusal> {
        let caller = &self.accounts[rights.account];
        match whose {
            Whose::Own { service } if caller.service == service => Ok(rights.account),
            Whose::Own { .. } => Err(FORBIDDEN),
            Whose::Of { account, .. } if account != rights.account && rights.account != ADMIN => Err(FORBIDDEN),
            Whose::Of { service, account } => {
                let known = &self.accounts[account];
                if known.removed || known.service != service { Err(NOT_FOUND) } else { Ok(account) }
            }
        }
    }

    /// A stored token by its id, if it may be seen.
    pub fn visible(&self, rights: &Rights, id: &str) -> Result<usize, Refusal> {
        let found = self.records.iter().position(|record| record.id == id && record.is_stored());
        let at = found.ok_or(NOT_FOUND)?;
        let record = &self.records[at];
        if record.owner != rights.account && rights.account != ADMIN {
            return Err(FORBIDDEN);
        }
        if self.accounts[record.owner].removed {
            return Err(NOT_FOUND);
        }
        if rights.covers(&record.limits) { Ok(at) } else { Err(FORBIDDEN) }
    }

    pub fn stored_of(&self, owner: usize) -> impl Iterator<Item = usize> {
        (0..self.records.len()).filter(move |at| self.records[*at].owner == owner && self.records[*at].is_stored())
    }

    fn has_name(&self, owner: usize, name: &str, beside: Option<usize>) -> bool {
        self.stored_of(owner).any(|at| Some(at) != beside && self.records[at].name.as_deref() == Some(name))
    }

    pub fn client_limits(&self, rights: &Rights, life_s: Option<u64>, asked: &[Limit]) -> Vec<Limit> {
        let ends = Limit::Until(self.now_s() + life_s.unwrap_or(USUAL_LIFE_S));
        let all = once_each(rights.own().iter().chain([&ends]).chain(asked).cloned());
        let others = all.iter().filter(|limit| !matches!(limit, Limit::Until(_)));
        end(&all).map(Limit::Until).iter().chain(others).cloned().collect()
    }

    /// Whether a client token or a named one can be made.
    pub fn may_store(&self, owner: usize, name: Option<&str>) -> Result<(), Refusal> {
        if self.accounts[owner].blocked {
            return Err(FORBIDDEN);
        }
        match name {
            Some(name) if self.has_name(owner, name, None) => Err((400, "badValueIdentifierOccupied")),
            _ => Ok(()),
        }
    }

    pub fn may_rename(&self, at: usize, name: &str) -> bool {
        !self.has_name(self.records[at].owner, name, Some(at))
    }

    pub fn inherited(rights: &Rights, asked: &[Limit], identity: bool) -> Result<Vec<Limit>, Refusal> {
        let all = once_each(rights.own().iter().chain(asked).cloned());
        if identity && all.contains(&Limit::Readonly) { Err((400, "badValueCaveat")) } else { Ok(all) }
    }

    /// An end that is past only by the latest time is refused while the clock is noticeably behind it.
    pub fn is_not_over(&self, limits: &[Limit]) -> Result<(), Refusal> {
        let is_over = end(limits).is_some_and(|end| end > self.now_s() && end <= self.latest_s());
        if is_over && self.latest_ms() - self.now_ms() > 5_000 { Err((503, "serviceUnavailable")) } else { Ok(()) }
    }

    pub fn may_be_temporary(&self, limits: &[Limit]) -> Result<(), Refusal> {
        let soon = end(limits).is_some_and(|end| end <= self.now_s() + LONGEST_TEMPORARY_S);
        if soon { Ok(()) } else { Err((400, "tokenTimeCaveatRequired")) }
    }

    pub fn add(&mut self, record: Record) -> usize {
        let at = self.records.len();
        self.held.push(HeldToken { text: record.text.clone(), record: at, limits: record.limits.clone() });
        self.records.push(record);
        at
    }

    pub fn newest_first(&self, mut records: Vec<usize>) -> Vec<usize> {
        records.sort_by(|one, other| self.records[*other].bytes.cmp(&self.records[*one].bytes));
        records
    }
}

/// The earliest end.
pub fn end(limits: &[Limit]) -> Option<u64> {
    let ends = limits.iter().filter_map(|limit| if let Limit::Until(end) = limit { Some(*end) } else { None });
    ends.min()
}

/// Without what was said before.
pub fn once_each(limits: impl Iterator<Item = Limit>) -> Vec<Limit> {
    limits.fold(vec![], |mut all, limit| {
        if !all.contains(&limit) {
            all.push(limit);
        }
        all
    })
}
