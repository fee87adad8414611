//! `zonemint token import`: client tokens of a Onezone.

use crate::cli::opened_store;
use crate::cli::takeover::{self, ImportLine, Reason, TakeOver};
use crate::cli::{Common, Failure};
use zonemint_base::model::{SubjectKind, User};
use zonemint_service::token::{ImportedToken, Owner, RefusedLine, TokenImport, TokenService};
use zonemint_service::user::Accounts;
use zonemint_store::Inserted;
use zonemint_telemetry::error_chain;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    take_over: TakeOver,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    opened_store::at(&arguments.common.location, async |opened| {
        let service = opened.tokens().await?;
        let mut tokens = TokenImport::new(arguments.take_over.open()?, service.settings().limits());
        let lines = std::iter::from_fn(move || tokens.next().map(|token| line(tokens.line(), token)));
        takeover::run(
            "tokens",
            &arguments.take_over,
            arguments.common.output.format(),
            lines,
            async |tokens: Vec<ImportedToken>| {
                take(&opened.accounts, &service, tokens, arguments.take_over.dry_run).await
            },
        )
        .await
    })
}

fn line(number: usize, token: Result<ImportedToken, RefusedLine>) -> ImportLine<ImportedToken> {
    match token {
        Ok(token) => ImportLine { number, name: Some(token.id.to_string()), record: Ok(token) },
        Err(RefusedLine { line, id, reason }) => {
            let reason = Reason::of(error_chain(&reason), reason.without_place().as_deref());
            ImportLine { number: line, name: id.map(|id| id.to_string()), record: Err(reason) }
        }
    }
}

/// What is refused of a batch; nothing is stored unless nothing is.
async fn take(
    accounts: &Accounts,
    service: &TokenService,
    tokens: Vec<ImportedToken>,
    dry_run: bool,
) -> Result<Vec<Option<String>>, Failure> {
    let mut pairs = Vec::with_capacity(tokens.len());
    let mut refusals = Vec::with_capacity(tokens.len());
    for token in tokens {
        let owner = owner(accounts, &token.owner).await?;
        refusals.push(owner.as_ref().err().map(|reason| (*reason).to_owned()));
        pairs.extend(owner.map(|owner| (owner.id, token)));
    }
    if refusals.iter().any(Option::is_some) {
        return Ok(refusals);
    }
    let answers = if dry_run { service.check_import(pairs).await? } else { service.import(pairs).await? };
    Ok(answers.into_iter().map(refusal).collect())
}

async fn owner(accounts: &Accounts, owner: &Owner) -> Result<Result<User, &'static str>, Failure> {
    let by_id = match owner.id {
        Some(id) => accounts.get(id).await?,
        None => None,
    };
    let found = match (by_id, &owner.name) {
        (None, Some(name)) => accounts.find(name).await?,
        (found, _) => found,
    };
    Ok(match found {
        None => Err("there is no such user here: import the users first"),
        Some(account) if account.kind != SubjectKind::User => Err("it would be a service's, but is a user's token"),
        Some(account) if account.blocked => {
            Err("its user is blocked: `zonemint user unblock`, import the token, and block again")
        }
        Some(account) => Ok(account),
    })
}

fn refusal(answer: Inserted) -> Option<String> {
    match answer {
        Inserted::Stored => None,
        Inserted::IdTaken => Some("there is, or was, a token of that identifier here already".to_owned()),
        Inserted::NameTaken => Some("its user has another token of that name".to_owned()),
        // The operator's tokens are not bounded.
        Inserted::TooMany => Some("its user has as many tokens as token.max_per_account allows".to_owned()),
        Inserted::OwnerGone => Some("its user was blocked or removed meanwhile".to_owned()),
    }
}
