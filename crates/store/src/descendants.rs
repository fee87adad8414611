//! Tokens that tokens have minted: the walk from ended tokens to all descendants, which end with them.
//!
//! The walk ends a generation of the family before it reads what that has minted. From then on it mints nothing more (the commit of
//! each mint looks), so nothing is missed however long the walk takes. It reads pages while others write, and writes a page at a time.

use std::collections::HashSet;

use super::{Actor, Ancestors, Descendants, Doomed, Family, Kin, Page, Store, StoreError, Which};
use zonemint_base::model::{Parent, TokenId};

/// Tokens that are read at a time, and that one transaction revokes.
const MOST: usize = 5_000;

/// Members of the family whose children are to be read, from a place on.
struct Step {
    parents: Vec<Parent>,
    after: Option<TokenId>,
}

/// Revokes the descendants of ancestors that are ended already, in all accounts, except one token and what it mints. Calls `report`
/// with each part as soon as it is done. `now_ms` gives the time, in milliseconds since the Unix epoch.
///
/// # Errors
/// [`StoreError`] when it is not known whether all are revoked. The same call again continues.
pub async fn revoke(
    store: &dyn Store,
    of: &Ancestors,
    except: Option<TokenId>,
    by: Actor,
    now_ms: impl Fn() -> u64,
    mut report: impl FnMut(&Descendants),
) -> Result<(), StoreError> {
    let mut seen = VisitedMembers::default();
    let mut after = None;
    loop {
        let (roots, next) = roots(store, of, after, now_ms()).await?;
        let mut steps = vec![Step { parents: seen.unseen(roots), after: None }];
        while let Some(step) = steps.pop() {
            if step.parents.is_empty() {
                continue;
            }
            let mut kin =
                store.minted_by(step.parents.clone(), Page { after: step.after, limit: MOST, at_ms: now_ms() }).await?;
            if kin.len() == MOST {
                let (front, back) = step.parents.split_at(step.parents.len() / 2);
                if front.is_empty() {
                    let after = kin.last().and_then(|last| last.what.token());
                    steps.push(Step { parents: step.parents.clone(), after });
                } else {
                    // In halves, so that nothing that was read is sorted again and again.
                    steps.extend([front, back].map(|half| Step { parents: half.to_vec(), after: None }));
                    continue;
                }
            }
            if step.after.is_none() {
                kin.extend(store.family(Family::TemporaryMintedBy(step.parents)).await?);
            }
            kin.retain(|kin| except.is_none_or(|spared| kin.what != Parent::Token(spared)));
            let good: Vec<_> = kin.iter().copied().filter(|kin| kin.is_good).collect();
            if !good.is_empty() {
                report(&store.revoke_descendants(Doomed { of: of.clone(), kin: good, by }, now_ms()).await?);
            }
            steps.push(Step { parents: seen.unseen(kin.iter().map(|kin| kin.what)), after: None });
        }
        match next {
            None => return Ok(()),
            next => after = next,
        }
    }
}

/// Members that the walk has come by. A token has one parent, so only what leads back to a root or to temporary tokens can come
/// twice; still all are kept: roots may be descendants of one another.
#[derive(Default)]
struct VisitedMembers(HashSet<Parent>);

impl VisitedMembers {
    /// Those of them that are new.
    fn unseen(&mut self, members: impl IntoIterator<Item = Parent>) -> Vec<Parent> {
        members.into_iter().filter(|member| self.0.insert(*member)).collect()
    }
}

/// A part of the ancestors, and where the next one begins.
async fn roots(
    store: &dyn Store,
    of: &Ancestors,
    after: Option<TokenId>,
    at_ms: u64,
) -> Result<(Vec<Parent>, Option<TokenId>), StoreError> {
    let parents = |kin: Vec<Kin>| kin.into_iter().map(|kin| kin.what);
    let (owner, which) = match of {
        Ancestors::One(parent) => return Ok((vec![*parent], None)),
        Ancestors::Temporary(owner) => {
            return Ok((parents(store.family(Family::EndedGenerations(*owner)).await?).collect(), None));
        }
        Ancestors::Of(owner, which) => (*owner, which),
    };
    let mut kin = store.tokens_among(owner, which.clone(), Page { after, limit: MOST, at_ms }).await?;
    let next = kin.last().filter(|_| kin.len() == MOST).and_then(|last| last.what.token());
    // What was made since is no ancestor.
    kin.retain(|kin| !kin.is_good);
    let mut roots: Vec<_> = parents(kin).collect();
    if after.is_none() && *which == Which::All {
        roots.extend(parents(store.family(Family::EndedGenerations(owner)).await?));
    }
    Ok((roots, next))
}
