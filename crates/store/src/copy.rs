//! Copies one store into another one, of any engine, in steps. Each step has a mark of how far it came, so that a copy that was cut
//! off continues from there.
//!
//! Rows that are there stay as they are, so a step that is done twice does no harm. In the end both sides are read once more
//! and compared by counts and sums.

mod content;

use sha2::{Digest, Sha256};

use content::text;
pub use content::{Content, Sum, content};

use super::{
    Actor, AuditAction, AuditEntry, Chain, Dump, FormerName, Head, Mark, PAGE_SIZE, ParentRow, Rows, SeenAddress,
    Store, StoreError, UsesRow, user_names,
};
use zonemint_base::model::{TokenId, UserName, from_hex, hex, hex_bytes};

/// Its name in the target. While it is there the target is not to be served.
pub const MARK: &str = "copy";

/// Why a copy is not made, or not made to the end.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is something in the target already.
    #[error("the target is not empty, and what is in it is no unfinished copy; give it an empty one")]
    NotEmpty,
    /// The target is the unfinished copy of something else, or of an earlier state.
    #[error(
        "the target is an unfinished copy of another store, or of an earlier state of this one; empty it (remove the data folder, or drop \
         and make the database), and start again"
    )]
    OtherSource,
    /// The source was written to meanwhile.
    #[error("the source was changed while it was copied; stop whatever serves it, empty the target, and start again")]
    Changed,
    /// The two sides are not the same.
    #[error("{what} of the two stores are not the same: {from} here, {to} there; empty the target, and start again")]
    Differs {
        /// The kind of record.
        what: &'static str,
        /// Count and sum of the source.
        from: Sum,
        /// Count and sum of the target.
        to: Sum,
    },
    /// A store failed. The same command goes on where this one stopped.
    #[error("a store failed; give the same command again to go on")]
    Store(#[from] StoreError),
}

/// What a copy is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many records are there, of which kind.
    Copied(&'static str, u64),
    /// The two sides are read and compared.
    Comparing,
}

/// Copies everything, or what is left of it, and compares the two sides.
///
/// # Errors
/// [`CopyError`]; the mark is still there then, if anything was written.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    at_ms: u64,
    mut report: impl FnMut(Progress),
) -> Result<Content, CopyError> {
    let heads = from.heads().await?;
    let source = identity(from, &heads).await?;
    let stage = match to.mark(MARK).await? {
        None if is_empty(to).await? => Stage::Keys,
        None => return Err(CopyError::NotEmpty),
        Some(text) => match text.split_once(' ') {
            Some((of, stage)) if of == source => Stage::parse(stage).ok_or(CopyError::OtherSource)?,
            _ => return Err(CopyError::OtherSource),
        },
    };
    let mark = |stage: &Stage| Mark { name: MARK.to_owned(), value: Some(format!("{source} {}", stage.text())) };
    let (mut stage, mut former, mut done) = (stage, "", 0);
    while stage != Stage::Done {
        let (rows, next) = stage.read(from, &heads).await?;
        let (what, count) = (rows.what(), rows.len());
        to.load(rows, mark(&next)).await?;
        done = if what == former { done + count as u64 } else { count as u64 };
        report(Progress::Copied(what, done));
        (stage, former) = (next, what);
    }
    if from.ignores_case().await? {
        to.set_mark(user_names::mark()).await?;
    }
    report(Progress::Comparing);
    let content = content(from, &heads).await?;
    compare(&content, &self::content(to, &heads).await?)?;
    if from.heads().await? != heads {
        return Err(CopyError::Changed);
    }
    let Content { users, tokens, audit, .. } = content;
    let note = Some(format!("users={} tokens={} audit={}", users.count, tokens.count, audit.count));
    let copied = heads.iter().find(|head| head.chain == to.chain()).map_or(0, |head| head.seq);
    // A run that was cut off between its last two writes has recorded it already.
    if to.audit_after(&to.chain(), copied, 1).await?.is_empty() {
        let entry = AuditEntry { note, ..AuditEntry::new(AuditAction::StoreCopy, Actor::Operator) };
        to.append_audit(vec![entry], at_ms).await?;
    }
    to.set_mark(Mark { name: MARK.to_owned(), value: None }).await?;
    Ok(content)
}

fn compare(from: &Content, to: &Content) -> Result<(), CopyError> {
    let differs = from.sums().into_iter().zip(to.sums()).find(|(from, to)| from != to);
    differs.map_or(Ok(()), |((what, from), (_, to))| Err(CopyError::Differs { what, from, to }))
}

async fn is_empty(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.keys().await?.is_empty()
        && store.dump_users(None, 1).await?.is_empty()
        && store.dump_tokens(None, 1).await?.is_empty()
        && store.heads().await?.is_empty())
}

/// Which store in which state: where its chains of audit rows end, since everything that is done leaves one.
async fn identity(store: &dyn Store, heads: &[Head]) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    for key in store.keys().await? {
        hash.update(key.id.as_bytes());
    }
    for head in heads {
        text(&mut hash, head.chain.as_str().as_bytes());
        hash.update(head.seq.to_be_bytes());
        hash.update(head.hash);
    }
    Ok(hex(&hash.finalize()[..16]))
}

/// What is to be copied next, after the last record that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Keys,
    Records(Dump),
    Audit(Chain, u64),
    Done,
}

impl Stage {
    fn text(&self) -> String {
        let of = |kind, after: Option<String>| format!("{kind} {}", after.unwrap_or_default());
        match self {
            Self::Keys => "keys".to_owned(),
            Self::Records(Dump::Users(after)) => of("users", after.map(|id| id.to_string())),
            Self::Records(Dump::Tokens(after)) => of("tokens", after.map(|id| hex(id.as_bytes()))),
            Self::Records(Dump::Uses(after)) => {
                let text = |UsesRow { owner, day, chain, .. }: &_| format!("{owner} {day} {}", chain.as_str());
                of("uses", after.as_ref().map(text))
            }
            Self::Records(Dump::Parents(after)) => {
                let text = |ParentRow { parent, owner, generation }| format!("{parent} {owner} {generation}");
                of("parents", after.map(text))
            }
            Self::Records(Dump::Addresses(after)) => {
                of("addresses", after.map(|row| format!("{} {}", row.owner, hex(&row.address))))
            }
            Self::Records(Dump::Names(after)) => {
                let text = |FormerName { owner, until_ms, name }: &_| format!("{owner} {until_ms} {name}");
                of("names", after.as_ref().map(text))
            }
            Self::Audit(chain, seq) => format!("audit {seq} {}", chain.as_str()),
            Self::Done => "done".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = rest.splitn(3, ' ');
        let mut part = || parts.next();
        let is_first = rest.is_empty();
        Some(match what {
            "keys" => Self::Keys,
            "users" if is_first => Self::Records(Dump::Users(None)),
            "users" => Self::Records(Dump::Users(Some(rest.parse().ok()?))),
            "tokens" if is_first => Self::Records(Dump::Tokens(None)),
            "tokens" => Self::Records(Dump::Tokens(Some(TokenId::from_bytes(&hex_bytes(rest)?).ok()?))),
            "uses" if is_first => Self::Records(Dump::Uses(None)),
            "uses" => {
                let (owner, day, chain) = (part()?.parse().ok()?, part()?.parse().ok()?, Chain::parse(part()?)?);
                Self::Records(Dump::Uses(Some(UsesRow { owner, day, chain, count: 0 })))
            }
            "parents" if is_first => Self::Records(Dump::Parents(None)),
            "parents" => {
                let (parent, owner, generation) = (part()?.parse().ok()?, part()?.parse().ok()?, part()?.parse().ok()?);
                Self::Records(Dump::Parents(Some(ParentRow { parent, owner, generation })))
            }
            "addresses" if is_first => Self::Records(Dump::Addresses(None)),
            "addresses" => {
                let (owner, address) = (part()?.parse().ok()?, from_hex(part()?)?);
                Self::Records(Dump::Addresses(Some(SeenAddress { owner, address, seen_ms: 0 })))
            }
            "names" if is_first => Self::Records(Dump::Names(None)),
            "names" => {
                let (owner, until_ms, name) =
                    (part()?.parse().ok()?, part()?.parse().ok()?, UserName::parse(part()?).ok()?);
                Self::Records(Dump::Names(Some(FormerName { owner, until_ms, name })))
            }
            "audit" => {
                let seq = part()?.parse().ok()?;
                Self::Audit(Chain::parse(part()?)?, seq)
            }
            "done" => Self::Done,
            _ => return None,
        })
    }

    /// The next rows of the source, and what comes after them.
    async fn read(&self, from: &dyn Store, heads: &[Head]) -> Result<(Rows, Self), StoreError> {
        Ok(match self {
            Self::Keys => (Rows::Keys(from.keys().await?), Self::Records(Dump::FIRST)),
            Self::Records(dump) => {
                let rows = from.dump(dump.clone(), PAGE_SIZE).await?;
                let next = dump.after(&rows).map_or_else(|| Self::first_chain(heads), Self::Records);
                (rows, next)
            }
            Self::Audit(chain, seq) => {
                let rows = from.audit_after(chain, *seq, PAGE_SIZE).await?;
                let next = match rows.last() {
                    Some(last) if rows.len() == PAGE_SIZE => Self::Audit(chain.clone(), last.seq),
                    _ => Self::chain_after(heads, chain),
                };
                (Rows::Audit(rows), next)
            }
            Self::Done => (Rows::Audit(Vec::new()), Self::Done),
        })
    }

    fn first_chain(heads: &[Head]) -> Self {
        heads.first().map_or(Self::Done, |head| Self::Audit(head.chain.clone(), 0))
    }

    fn chain_after(heads: &[Head], chain: &Chain) -> Self {
        let next = heads.iter().skip_while(|head| head.chain != *chain).nth(1);
        next.map_or(Self::Done, |head| Self::Audit(head.chain.clone(), 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zonemint_base::model::{Parent, UserId};

    #[test]
    fn a_stage_survives_its_text() {
        let (id, owner) = (TokenId::from_bytes(&[7; 16]).unwrap(), UserId::from_bytes([3; 16]));
        let chain = |name| Chain::parse(name).unwrap();
        for stage in [
            Stage::Keys,
            Stage::Records(Dump::Users(None)),
            Stage::Records(Dump::Users(Some(owner))),
            Stage::Records(Dump::Tokens(None)),
            Stage::Records(Dump::Tokens(Some(id))),
            Stage::Records(Dump::Addresses(None)),
            Stage::Records(Dump::Addresses(Some(SeenAddress { owner, address: [0xa7; 32], seen_ms: 0 }))),
            Stage::Records(Dump::Names(None)),
            Stage::Records(Dump::Names(Some(FormerName {
                owner,
                until_ms: 5,
                name: UserName::parse("al.ice").unwrap(),
            }))),
            Stage::Records(Dump::Uses(None)),
            Stage::Records(Dump::Uses(Some(UsesRow { owner, day: 20_000, chain: chain(""), count: 0 }))),
            Stage::Records(Dump::Uses(Some(UsesRow { owner, day: 20_000, chain: chain("node-1"), count: 0 }))),
            Stage::Records(Dump::Parents(None)),
            Stage::Records(Dump::Parents(Some(ParentRow { parent: Parent::Token(id), owner, generation: 2 }))),
            Stage::Audit(chain(""), 0),
            Stage::Audit(chain("node-1"), 17),
            Stage::Done,
        ] {
            assert_eq!(Stage::parse(&stage.text()), Some(stage));
        }
        assert_eq!(Stage::parse("uses"), Some(Stage::Records(Dump::Uses(None))), "as the version before wrote it");
        for text in ["", "user", "tokens 0", "tokens zz", "uses 5 a", "addresses 5 a", "audit 5", "audit x node"] {
            assert_eq!(Stage::parse(text), None, "{text:?}");
        }
    }
}
