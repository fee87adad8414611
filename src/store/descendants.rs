//! Tokens that tokens have minted: the walk from those that are ended to all that is to end with them.
//!
//! The walk ends a generation of the family before it reads what that has minted. From then on it mints nothing more (the commit of
//! each mint looks), so nothing is missed however long the walk takes. It reads pages while others write, and writes a page at a time.

use std::collections::HashSet;

use super::{Actor, Family, Store, StoreError, Which};
use crate::model::{Parent, TokenId, UserId};

/// Tokens that are read at a time, and that one transaction revokes.
const MOST: usize = 5_000;

/// Whose descendants: the tokens that a token minted, and that these minted, and so on. The ancestors are ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ancestors {
    /// Those of one token, or of the temporary tokens of one generation.
    One(Parent),
    /// Those of a user's tokens that are not good any more; for all, of ended temporary tokens too.
    Of(UserId, Which),
    /// Those of a user's temporary tokens of all generations that are ended.
    Temporary(UserId),
}

/// A token, or the temporary tokens of a generation, as a member of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// Which.
    pub what: Parent,
    /// Whose.
    pub owner: UserId,
    /// Whether it is neither revoked nor deleted, or the generation not ended.
    pub is_good: bool,
}

/// Which tokens are read together, in the order of their identifiers.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The last one of the page before.
    pub after: Option<TokenId>,
    /// How many at most.
    pub limit: usize,
    /// When they are good or not, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// Descendants that are to be revoked together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Whose descendants they are.
    pub of: Ancestors,
    /// Which; those that are not good any more are left as they are.
    pub kin: Vec<Kin>,
    /// Who asks for it.
    pub by: Actor,
}

/// What came of revoking descendants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descendants {
    /// Tokens that were good until now.
    pub revoked: Vec<TokenId>,
    /// Accounts whose generation of temporary tokens was ended, because some of these were descendants.
    pub generations: Vec<UserId>,
}

impl Descendants {
    /// Whether there was nothing to revoke.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty() && self.generations.is_empty()
    }
}

/// Members of the family whose children are to be read, from a place on.
struct Step {
    parents: Vec<Parent>,
    after: Option<TokenId>,
}

/// Revokes the descendants of ancestors that are ended already, in whatever account, but for one token and what it mints. `told`
/// hears of each part as soon as it is done; `now_ms` gives the time, in milliseconds since the Unix epoch.
///
/// # Errors
/// [`StoreError`] when it is not known whether all are revoked. The same again goes on.
pub async fn revoke(
    store: &dyn Store,
    of: &Ancestors,
    except: Option<TokenId>,
    by: Actor,
    now_ms: impl Fn() -> u64,
    mut told: impl FnMut(&Descendants),
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
                told(&store.revoke_descendants(Doomed { of: of.clone(), kin: good, by }, now_ms()).await?);
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
