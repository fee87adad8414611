//! The lifetimes of tokens.

use super::facts::Facts;
use super::finding::{CheckResult, Finding, WithRemedies as _, note, ok, warning};
use super::remedy::Remedy;
use super::settings::counted;
use crate::config::Config;
use zonemint_base::clock::DAY_S;
use zonemint_base::model::{Excess, LONGEST_DAYS, Life};
use zonemint_service::token::{GoodTokens, Lifetime, Lives};

/// The most steps of a few hundred records each.
const MOST_STEPS: usize = 400;

pub(super) fn lives(facts: &Facts, config: &Config) -> CheckResult {
    let (store, now_ms) = (facts.store()?, facts.clock.now_ms());
    let longest_s = config.token.longest_life_s();
    let mut lives = Lives::default();
    let mut is_whole = false;
    facts.wait(async {
        let mut tokens = GoodTokens::at(store, now_ms).await?;
        for _ in 0..MOST_STEPS {
            let Some(some) = tokens.step().await? else {
                is_whole = true;
                break;
            };
            some.iter().filter_map(Life::of).for_each(|life| lives.count(life, longest_s, now_ms / 1_000));
        }
        Ok::<_, Finding>(())
    })?;
    judged(&lives, config.token.max_named_ttl, is_whole)
}

fn judged(lives: &Lives, longest: Lifetime, is_whole: bool) -> CheckResult {
    let count = |excess| usize::try_from(lives.with(excess)).unwrap_or(usize::MAX);
    let (endless, over_long) = (count(Excess::Endless), count(Excess::OverLong));
    let advised = format!("token.max_named_ttl = \"{LONGEST_DAYS}d\"");
    let is_advised = matches!(longest, Lifetime::For(period) if period.s() <= LONGEST_DAYS * DAY_S);
    let bound = match longest {
        Lifetime::Unlimited => format!("{LONGEST_DAYS}d"),
        Lifetime::For(period) => period.to_string(),
    };
    let part = if is_whole { "" } else { "of the inspected tokens, which are not all: " };
    if endless + over_long == 0 {
        let found = format!("{part}every token expires, and none lives longer than {bound}");
        return if is_advised { ok(found) } else { note(format!("{found}; with {advised} new tokens expire, too")) };
    }
    let found = format!(
        "{part}{} without an end, {} longer than {bound}: a leaked token can be used until it expires",
        counted(endless, "token is", "tokens are"),
        counted(over_long, "token lives", "tokens live"),
    );
    let look = "check which tokens are still needed, replace these with tokens that expire, and revoke the old ones";
    let fix = if is_advised { look.to_owned() } else { format!("set {advised}, so that new tokens expire; {look}") };
    let commands = [
        (endless, "token revoke --endless --dry-run".to_owned()),
        (over_long, format!("token revoke --longer-than {bound} --dry-run")),
    ];
    let commands = commands.into_iter().filter(|(count, _)| *count > 0);
    warning(found, fix).with(commands.map(|(_, command)| Remedy::zonemint(&command)))
}
