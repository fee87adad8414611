//! `zonemint token revoke`: tokens of all accounts that live too long.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::cli::opened_store::{self, OpenedStore};
use crate::cli::output::{Format, Output, json_lines};
use crate::cli::{Common, Failure, confirmed, fail, print};
use zonemint_base::clock::{self, Clock};
use zonemint_base::model::{Excess, Life, Period, SubjectKind, Token, TokenId, UserId, UserName};
use zonemint_caveat as caveat;
use zonemint_service::token::GoodTokens;
use zonemint_store::{Actor, BATCH_SIZE, Which};

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["endless", "longer_than", "older_than"])))]
pub(in crate::cli) struct Arguments {
    /// Tokens that never expire
    #[arg(long)]
    endless: bool,
    /// Tokens that expire, but live longer than this, as in 365d
    #[arg(long, value_name = "TIME")]
    longer_than: Option<Period>,
    /// Tokens that were minted longer ago, as in 400d
    #[arg(long, value_name = "TIME")]
    older_than: Option<Period>,
    /// Show these tokens, and revoke none
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    common: Common,
}

/// The tokens to revoke, and the names of their owners.
#[derive(Default)]
struct Chosen {
    tokens: Vec<Token>,
    owners: BTreeMap<UserId, String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    opened_store::at(&arguments.common.location, async |opened| {
        let now_ms = Clock::system().now_ms();
        let mut chosen = choose(opened, arguments, now_ms).await?;
        let told = chosen.describe();
        if !arguments.dry_run && !chosen.tokens.is_empty() && !arguments.yes && !confirmed(&format!("Revoke {told}?"))?
        {
            return fail(format!(
                "{told}: not revoked; --dry-run shows which, and y at the prompt or --yes revokes them"
            ));
        }
        print(&chosen.shown(arguments.common.output))?;
        if !arguments.dry_run {
            revoke(opened, &mut chosen, now_ms).await?;
        }
        if arguments.common.output.format() != Format::Table {
            return Ok(());
        }
        let done = if arguments.dry_run { "would revoke" } else { "revoked" };
        print(&format!("{done} {}\n", chosen.describe()))
    })
}

async fn choose(opened: &OpenedStore, arguments: &Arguments, now_ms: u64) -> Result<Chosen, Failure> {
    let made_before_ms = arguments.older_than.map(|age| now_ms.saturating_sub(age.ms()));
    let excess = |token: &Token, longest_s| Life::of(token).and_then(|life| life.excess(longest_s));
    let is_meant = |token: &Token| match (made_before_ms, arguments.longer_than) {
        (Some(before_ms), _) => token.created_ms < before_ms,
        (None, Some(longest)) => excess(token, longest.s()) == Some(Excess::OverLong),
        (None, None) => excess(token, u64::MAX) == Some(Excess::Endless),
    };
    let mut chosen = Chosen::default();
    let mut tokens = GoodTokens::at(&opened.store, now_ms).await?;
    while let Some(some) = tokens.step().await? {
        chosen.tokens.extend(some.into_iter().filter(is_meant));
    }
    for token in &chosen.tokens {
        if let Entry::Vacant(place) = chosen.owners.entry(token.user) {
            let owner = opened.accounts.get(token.user).await?;
            let name = owner.map(|user| match user.kind {
                SubjectKind::Provider => format!("{} ({})", user.full_name, user.subject()),
                SubjectKind::User => user.name.as_ref().map_or_else(|| user.subject().to_string(), UserName::to_string),
            });
            place.insert(name.unwrap_or_else(|| token.user.to_string()));
        }
    }
    Ok(chosen)
}

/// Keeps only the tokens that the store has revoked: others may have expired meanwhile.
async fn revoke(opened: &OpenedStore, chosen: &mut Chosen, now_ms: u64) -> Result<(), Failure> {
    let mut of_owners: BTreeMap<UserId, Vec<TokenId>> = BTreeMap::new();
    for token in &chosen.tokens {
        of_owners.entry(token.user).or_default().push(token.id);
    }
    let mut revoked = BTreeSet::new();
    for (owner, ids) in of_owners {
        for ids in ids.chunks(BATCH_SIZE) {
            let which = Which::Ids(ids.to_vec());
            revoked.extend(opened.store.revoke_tokens(owner, which, BATCH_SIZE, Actor::Operator, now_ms).await?);
        }
    }
    chosen.tokens.retain(|token| revoked.contains(&token.id));
    Ok(())
}

impl Chosen {
    /// How many tokens, of how many accounts.
    fn describe(&self) -> String {
        let counted = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let owners: BTreeSet<_> = self.tokens.iter().map(|token| token.user).collect();
        match self.tokens.len() {
            0 => "no token".to_owned(),
            count => format!("{} of {}", counted(count, "token"), counted(owners.len(), "account")),
        }
    }

    fn shown(&self, output: Output) -> String {
        let owner = |token: &Token| self.owners.get(&token.user).cloned().unwrap_or_default();
        let end = |token: &Token| caveat::valid_until(&token.caveats);
        if output.is_json() {
            let object = |token: &Token| {
                json!({
                    "id": token.id.to_string(),
                    "name": token.name.as_ref().map(ToString::to_string),
                    "owner": token.user.to_string(),
                    "ownerName": owner(token),
                    "created": token.created_ms / 1_000,
                    "expires": end(token),
                })
            };
            return json_lines(self.tokens.iter().map(object));
        }
        let row = |token: &Token| {
            [
                owner(token),
                token.name.as_ref().map_or_else(|| token.id.to_string(), ToString::to_string),
                clock::rfc3339(token.created_ms / 1_000),
                end(token).map_or_else(|| "never".to_owned(), clock::rfc3339),
            ]
        };
        let rows: Vec<_> = self.tokens.iter().map(row).collect();
        if rows.is_empty() { String::new() } else { output.rows(["OWNER", "NAME OR ID", "CREATED", "EXPIRES"], &rows) }
    }
}
