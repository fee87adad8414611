//! `zonemint service`: accounts that have tokens and no password, as Onezone's providers are; also next to a running server.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::opened_store::{OpenedStore, at};
use super::output::{Output, json_lines};
use super::user::{change_account, remove_account};
use super::{CommandError, Common, Failure, Location, fail, print};
use zonemint_base::clock::{self, Clock};
use zonemint_base::model::{FullName, Subject, SubjectKind, TokenName, User};
use zonemint_caveat::{Caveat, Time, TokenKind};
use zonemint_client::command::{EncodingName, written};
use zonemint_service::caller::Caller;
use zonemint_service::token::{Lifetime, MintError, NamedRequest, TokenService};
use zonemint_service::user::Accounts;
use zonemint_store::UserChange;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a service, and print an access token and an identity token for it
    ///
    /// Both tokens are valid until they are revoked or the service is removed, unless --ttl or `token.max_named_ttl` lets them expire.
    /// They are named "service access" and "service identity". They are printed only here: keep them where only the service
    /// can read them.
    Add {
        /// Name of the service: 2 to 128 letters and digits, with spaces and . , - ' inside
        name: String,
        /// Lifetime of both tokens, as in 12h or 30d, at most `token.max_named_ttl`; `none` for no end, whatever that setting says
        #[arg(long, value_name = "PERIOD|none")]
        ttl: Option<Lifetime>,
        /// How to write both tokens; by default as `token.alphabet` says
        #[arg(long)]
        encoding: Option<EncodingName>,
        #[command(flatten)]
        location: Location,
    },
    /// List all services
    List(Common),
    /// Refuse a service's tokens until unblocked
    Block(One),
    /// Undo a block
    Unblock(One),
    /// Remove a service for good: its tokens stay refused
    Remove {
        #[command(flatten)]
        one: One,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Mint another token for a service, and print it alone on its line
    Token {
        #[command(flatten)]
        one: One,
        /// What the token is for
        #[arg(long)]
        kind: ServiceTokenKind,
        /// Name of the token; no other token of the service may have it
        #[arg(long = "name", value_name = "NAME")]
        token_name: String,
        /// Lifetime, as in 12h or 30d, at most `token.max_named_ttl`; `none` for no end, whatever that setting says. By default
        /// `token.max_named_ttl`, or no end if that is `none`
        #[arg(long, value_name = "PERIOD|none")]
        ttl: Option<Lifetime>,
        /// How to write the token; by default as `token.alphabet` says
        #[arg(long)]
        encoding: Option<EncodingName>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct One {
    /// The service's id, as in prv-0123…, or its name
    #[arg(value_name = "ID|NAME")]
    service: String,
    #[command(flatten)]
    location: Location,
}

/// What a service's token is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ServiceTokenKind {
    /// To act with the service's rights
    Access,
    /// To prove who it is, and nothing else
    Identity,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add { name, ttl, encoding, location } => {
            at(location, async |opened| add(opened, name, *ttl, *encoding).await)
        }
        Command::List(common) => at(&common.location, async |opened| list(&opened.accounts, common.output).await),
        Command::Block(one) => change(one, UserChange::Block, "blocked"),
        Command::Unblock(one) => change(one, UserChange::Unblock, "not blocked"),
        Command::Remove { one, yes } => at(&one.location, async |opened| {
            let service = find(&opened.accounts, &one.service).await?;
            remove_account(&opened.accounts, &service, service.full_name.as_str(), *yes, no_service).await
        }),
        Command::Token { one, kind, token_name, ttl, encoding } => at(&one.location, async |opened| {
            let name = TokenName::parse(token_name)?;
            check_ttl(opened, *ttl)?;
            let service = find(&opened.accounts, &one.service).await?;
            let text = mint(&opened.tokens().await?, &service, kind.token_kind(), name, *ttl).await?;
            print(&format!("{}\n", written(&text, *encoding)))
        }),
    }
}

async fn add(
    opened: &OpenedStore,
    name: &str,
    ttl: Option<Lifetime>,
    encoding: Option<EncodingName>,
) -> Result<(), Failure> {
    let name = FullName::parse(name)?;
    check_ttl(opened, ttl)?;
    if let Some(other) = opened.accounts.services(|service| service.full_name == name).await?.first() {
        return fail(format!("there is a service of that name already: {}", other.subject()));
    }
    // Before the account: without the keys there is nothing to give to it.
    let tokens = opened.tokens().await?;
    let service = opened.accounts.add_service(name, &Caller::operator()).await?;
    let mut text = format!("added {} ({})\n", service.full_name, service.subject());
    for (label, kind) in [("access", TokenKind::Access), ("identity", TokenKind::Identity)] {
        let minted = mint(&tokens, &service, kind, TokenName::parse(&format!("service {label}"))?, ttl).await?;
        let _ = writeln!(text, "{:<14}  {}", format!("{label} token"), written(&minted, encoding));
    }
    print(&text)
}

/// Refuses a period that is zero or longer than the settings allow, before anything is changed.
fn check_ttl(opened: &OpenedStore, ttl: Option<Lifetime>) -> Result<(), Failure> {
    match (ttl, opened.config.token.max_named_ttl) {
        (Some(Lifetime::For(period)), _) if period.s() == 0 => fail("--ttl must be at least 1s"),
        (Some(Lifetime::For(period)), Lifetime::For(longest)) if period.s() > longest.s() => fail(format!(
            "--ttl must not exceed {longest}, which is token.max_named_ttl; `--ttl none` mints a token that never expires"
        )),
        _ => Ok(()),
    }
}

/// Without a `ttl`, the settings say how long the token lives.
async fn mint(
    tokens: &TokenService,
    service: &User,
    kind: TokenKind,
    name: TokenName,
    ttl: Option<Lifetime>,
) -> Result<String, Failure> {
    let told = format!("{} has a token named {name} already; give another --name", service.full_name);
    let mut caveats = Vec::new();
    if let Some(Lifetime::For(period)) = ttl {
        let end = Caveat::Time(Time::until(Clock::system().earliest_s().saturating_add(period.s())));
        caveats.push(end.checked_new()?);
    }
    let request = NamedRequest { name, kind, caveats, metadata: None, revoked: false, encoding: None };
    let minted = if ttl == Some(Lifetime::Unlimited) {
        tokens.create_unlimited(service.subject(), request).await
    } else {
        tokens.create_named(service.subject(), request, &Caller::operator()).await
    };
    match minted {
        Ok(minted) => Ok(minted.text),
        Err(MintError::NameTaken | MintError::NameOfRevoked) => fail(told),
        Err(MintError::OwnerGone) => fail(format!(
            "{} is blocked or gone, so its tokens would be refused; `zonemint service unblock` undoes a block",
            service.full_name
        )),
        Err(error) => Err(error.into()),
    }
}

fn change(one: &One, change: UserChange, state: &str) -> Result<(), Failure> {
    at(&one.location, async |opened| {
        let service = find(&opened.accounts, &one.service).await?;
        change_account(&opened.accounts, &service, service.full_name.as_str(), change, state).await
    })
}

async fn list(accounts: &Accounts, output: Output) -> Result<(), Failure> {
    let services = accounts.services(|_| true).await?;
    if output.is_json() {
        return print(&json_lines(services.iter().map(as_json)));
    }
    let row = |service: &User| {
        [
            service.subject().to_string(),
            if service.blocked { "blocked" } else { "active" }.to_owned(),
            clock::rfc3339(service.created_ms / 1000),
            service.full_name.to_string(),
        ]
    };
    let rows: Vec<_> = services.iter().map(row).collect();
    print(&output.rows(["ID", "STATE", "CREATED", "NAME"], &rows))
}

fn as_json(service: &User) -> serde_json::Value {
    serde_json::json!({
        "serviceId": service.subject().to_string(),
        "name": service.full_name.as_str(),
        "blocked": service.blocked,
        "creationTime": service.created_ms / 1000,
    })
}

/// A service by its id, with or without `prv-`, or by its name.
async fn find(accounts: &Accounts, text: &str) -> Result<User, Failure> {
    let id = text.parse().map(|subject: Subject| subject.id).or_else(|_| text.parse());
    if let Ok(id) = id
        && let Some(service) = accounts.get(id).await?.filter(|account| account.kind == SubjectKind::Provider)
    {
        return Ok(service);
    }
    let mut named = accounts.services(|service| service.full_name.as_str() == text).await?;
    match named.pop() {
        None => Err(no_service(text)),
        Some(service) if named.is_empty() => Ok(service),
        Some(_) => fail(format!("several services are called {text:?}: give an id; `zonemint service list` shows all")),
    }
}

fn no_service(text: &str) -> Failure {
    CommandError(format!("there is no service {text:?}; `zonemint service list` shows all")).into()
}

impl ServiceTokenKind {
    fn token_kind(self) -> TokenKind {
        match self {
            Self::Access => TokenKind::Access,
            Self::Identity => TokenKind::Identity,
        }
    }
}
