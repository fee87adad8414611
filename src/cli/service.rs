//! `zonemint service`: accounts that have tokens and no password, as Onezone's providers are; also next to a running server.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::opened_store::{self, OpenedStore};
use super::output::{Output, json_lines};
use super::{CommandError, Failure, Location};
use zonemint_base::clock::{self, Clock};
use zonemint_base::model::{FullName, Subject, SubjectKind, TokenName, User};
use zonemint_caveat::{Caveat, Time, TokenKind};
use zonemint_client::command::{EncodingName, written};
use zonemint_service::caller::Caller;
use zonemint_service::token::{Lifetime, MintError, NamedRequest, TokenService};
use zonemint_service::user::Accounts;
use zonemint_store::{Changed, UserChange};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a service, and print an access token and an identity token for it
    ///
    /// Both tokens are good until they are revoked or the service is removed, if neither --ttl nor `token.max_named_ttl` ends them;
    /// they are named "service access" and "service identity". They are printed here only: keep them where only the service
    /// finds them.
    Add {
        /// What the service is called: 2 to 128 letters and digits, with spaces and . , - ' inside
        name: String,
        /// How long both tokens are good, as in 12h or 30d, within `token.max_named_ttl`; `none` for no end, whatever that says
        #[arg(long, value_name = "PERIOD|none")]
        ttl: Option<Lifetime>,
        /// How to write both tokens; as `token.alphabet` says, if not given
        #[arg(long)]
        encoding: Option<EncodingName>,
        #[command(flatten)]
        location: Location,
    },
    /// List all services
    List {
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        location: Location,
    },
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
    /// Make another token for a service, and print it, alone on its line
    Token {
        #[command(flatten)]
        one: One,
        /// What the token is for
        #[arg(long)]
        kind: ServiceTokenKind,
        /// What the token is called; no other token of the service may have the name
        #[arg(long = "name", value_name = "NAME")]
        token_name: String,
        /// How long it is good, as in 12h or 30d, within `token.max_named_ttl`; `none` for no end, whatever that says. When not
        /// given, so long as `token.max_named_ttl` says, or else until it is revoked
        #[arg(long, value_name = "PERIOD|none")]
        ttl: Option<Lifetime>,
        /// How to write the token; as `token.alphabet` says, if not given
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
    let location = match command {
        Command::Add { location, .. } | Command::List { location, .. } => location,
        Command::Block(one) | Command::Unblock(one) | Command::Remove { one, .. } | Command::Token { one, .. } => {
            &one.location
        }
    };
    opened_store::at(location, async |opened| execute(command, opened).await)
}

async fn execute(command: &Command, opened: &OpenedStore) -> Result<(), Failure> {
    match command {
        Command::Add { name, ttl, encoding, .. } => add(opened, name, *ttl, *encoding).await,
        Command::List { output, .. } => list(&opened.accounts, *output).await,
        Command::Block(one) => change(opened, one, UserChange::Block, "blocked").await,
        Command::Unblock(one) => change(opened, one, UserChange::Unblock, "not blocked").await,
        Command::Remove { one, yes } => remove(opened, one, *yes).await,
        Command::Token { one, kind, token_name, ttl, encoding } => {
            let text = token(opened, one, kind.token_kind(), token_name, *ttl).await?;
            super::print(&format!("{}\n", written(&text, *encoding)))
        }
    }
}

async fn add(
    opened: &OpenedStore,
    name: &str,
    ttl: Option<Lifetime>,
    encoding: Option<EncodingName>,
) -> Result<(), Failure> {
    let name = FullName::parse(name)?;
    let end = End::of(ttl)?;
    if let Some(other) = opened.accounts.services(|service| service.full_name == name).await?.first() {
        return Err(CommandError(format!("there is a service of that name already: {}", other.subject())).into());
    }
    // Before the account: without the keys there is nothing to give to it.
    let tokens = opened.tokens().await?;
    end.must_be_within(&tokens)?;
    let service = opened.accounts.add_service(name, &Caller::operator()).await?;
    let mut text = format!("added {} ({})\n", service.full_name, service.subject());
    for (label, kind) in [("access", TokenKind::Access), ("identity", TokenKind::Identity)] {
        let minted = mint(&tokens, &service, kind, TokenName::parse(&format!("service {label}"))?, &end).await?;
        let _ = writeln!(text, "{:<14}  {}", format!("{label} token"), written(&minted, encoding));
    }
    super::print(&text)
}

async fn token(
    opened: &OpenedStore,
    one: &One,
    kind: TokenKind,
    token_name: &str,
    ttl: Option<Lifetime>,
) -> Result<String, Failure> {
    let token_name = TokenName::parse(token_name)?;
    let end = End::of(ttl)?;
    let service = find(&opened.accounts, &one.service).await?;
    let tokens = opened.tokens().await?;
    end.must_be_within(&tokens)?;
    mint(&tokens, &service, kind, token_name, &end).await
}

/// When a token is to end.
enum End {
    /// As the settings say.
    BySettings,
    /// So many seconds from now.
    After(u64),
    /// Never, whatever the settings say.
    Never,
}

impl End {
    fn of(ttl: Option<Lifetime>) -> Result<Self, Failure> {
        match ttl {
            None => Ok(Self::BySettings),
            Some(Lifetime::Unlimited) => Ok(Self::Never),
            Some(Lifetime::For(period)) if period.s() == 0 => {
                Err(CommandError("--ttl must be at least 1s".to_owned()).into())
            }
            Some(Lifetime::For(period)) => Ok(Self::After(period.s())),
        }
    }

    /// Tells a time that is too long before anything is changed.
    fn must_be_within(&self, tokens: &TokenService) -> Result<(), Failure> {
        match (self, tokens.settings().max_named_ttl) {
            (Self::After(seconds), Lifetime::For(longest)) if *seconds > longest.s() => Err(CommandError(format!(
                "--ttl must not exceed {longest}, which is token.max_named_ttl; `--ttl none` mints a token that never expires"
            ))
            .into()),
            _ => Ok(()),
        }
    }

    fn caveats(&self) -> Result<Vec<Caveat>, Failure> {
        let Self::After(seconds) = self else { return Ok(Vec::new()) };
        let end = Caveat::Time(Time::until(Clock::system().earliest_s().saturating_add(*seconds)));
        Ok(vec![end.checked_new()?])
    }
}

async fn mint(
    tokens: &TokenService,
    service: &User,
    kind: TokenKind,
    name: TokenName,
    end: &End,
) -> Result<String, Failure> {
    let told = format!("{} has a token named {name} already; give another --name", service.full_name);
    let request = NamedRequest { name, kind, caveats: end.caveats()?, metadata: None, revoked: false, encoding: None };
    let minted = match end {
        End::Never => tokens.create_unlimited(service.subject(), request).await,
        End::BySettings | End::After(_) => tokens.create_named(service.subject(), request, &Caller::operator()).await,
    };
    match minted {
        Ok(minted) => Ok(minted.text),
        Err(MintError::NameTaken | MintError::NameOfRevoked) => Err(CommandError(told).into()),
        Err(MintError::OwnerGone) => {
            let told = "is blocked or gone, so its tokens would be refused; `zonemint service unblock` undoes a block";
            Err(CommandError(format!("{} {told}", service.full_name)).into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn change(opened: &OpenedStore, one: &One, change: UserChange, state: &str) -> Result<(), Failure> {
    let service = find(&opened.accounts, &one.service).await?;
    match opened.accounts.change(service.id, change, &Caller::operator()).await? {
        Changed::Done => super::print(&format!("{} is now {state}\n", service.full_name)),
        Changed::NotFound | Changed::NameTaken => {
            Err(CommandError(format!("{} is {state} already", service.full_name)).into())
        }
    }
}

async fn remove(opened: &OpenedStore, one: &One, yes: bool) -> Result<(), Failure> {
    let service = find(&opened.accounts, &one.service).await?;
    let name = service.full_name.as_str();
    if !yes && !super::confirmed(&format!("Remove {name} for good, with all tokens?"))? {
        return Err(CommandError(format!("{name} was not removed; answer y at the prompt, or give --yes")).into());
    }
    match opened.accounts.change(service.id, UserChange::Remove, &Caller::operator()).await? {
        Changed::Done => super::print(&format!("removed {name}\n")),
        Changed::NotFound | Changed::NameTaken => Err(no_service(name)),
    }
}

async fn list(accounts: &Accounts, output: Output) -> Result<(), Failure> {
    let services = accounts.services(|_| true).await?;
    if output.is_json() {
        return super::print(&json_lines(services.iter().map(as_json)));
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
    super::print(&output.rows(["ID", "STATE", "CREATED", "NAME"], &rows))
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
        Some(_) => Err(CommandError(format!(
            "several services are called {text:?}: give an id; `zonemint service list` shows all"
        ))
        .into()),
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
