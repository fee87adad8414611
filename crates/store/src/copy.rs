//! Copies one store into another one, of whatever engine: in steps, each with a mark of how far it came, so that a copy that
//! was cut off goes on where it was.
//!
//! Rows that are there stay as they are, so a step that is done twice does no harm. In the end both sides are read once more
//! and compared by counts and sums.

mod content;

use sha2::{Digest, Sha256};

use content::text;
pub use content::{Content, Sum, content};

use super::{
    Actor, AddressHash, AuditAction, AuditEntry, Chain, FormerName, Head, Mark, PAGE_SIZE, ParentRow, Rows,
    SeenAddress, Store, StoreError, UsesRow, user_names,
};
use zonemint_base::model::{TokenId, UserId, UserName, hex};

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
    let mut stage = stage;
    let mut done = 0;
    while stage != Stage::Done {
        let (rows, next) = stage.read(from, &heads).await?;
        let (what, count) = match &rows {
            Rows::Keys(rows) => ("root keys", rows.len()),
            Rows::Users(rows) => ("users", rows.len()),
            Rows::Tokens(rows) => ("tokens", rows.len()),
            Rows::Uses(rows) => ("days of uses", rows.len()),
            Rows::Parents(rows) => ("parents of temporary tokens", rows.len()),
            Rows::Addresses(rows) => ("known addresses", rows.len()),
            Rows::Names(rows) => ("former names", rows.len()),
            Rows::Audit(rows) => ("audit rows", rows.len()),
        };
        to.load(rows, mark(&next)).await?;
        done += count as u64;
        report(Progress::Copied(what, done));
        if std::mem::discriminant(&stage) != std::mem::discriminant(&next) {
            done = 0;
        }
        stage = next;
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
    for (what, from, to) in [
        ("the root keys", from.keys, to.keys),
        ("the users", from.users, to.users),
        ("the tokens", from.tokens, to.tokens),
        ("the days of uses", from.uses, to.uses),
        ("the parents of temporary tokens", from.parents, to.parents),
        ("the known addresses", from.addresses, to.addresses),
        ("the former names", from.names, to.names),
        ("the audit rows", from.audit, to.audit),
    ] {
        if from != to {
            return Err(CopyError::Differs { what, from, to });
        }
    }
    Ok(())
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
    let hash: [u8; 32] = hash.finalize().into();
    Ok(hex(&hash[..16]))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// What is to be copied next. Users, tokens and days of uses are named by the last one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Keys,
    Users(Option<UserId>),
    Tokens(Option<TokenId>),
    Uses(Option<(UserId, u32, Chain)>),
    Parents(Option<ParentRow>),
    Addresses(Option<(UserId, AddressHash)>),
    Names(Option<FormerName>),
    Audit(Chain, u64),
    Done,
}

impl Stage {
    fn text(&self) -> String {
        match self {
            Self::Keys => "keys".to_owned(),
            Self::Users(after) => format!("users {}", after.map(|id| id.to_string()).unwrap_or_default()),
            Self::Tokens(after) => {
                format!("tokens {}", after.map(|id| hex(id.as_bytes())).unwrap_or_default())
            }
            Self::Uses(None) => "uses".to_owned(),
            Self::Uses(Some((owner, day, chain))) => format!("uses {owner} {day} {}", chain.as_str()),
            Self::Parents(None) => "parents".to_owned(),
            Self::Parents(Some(ParentRow { parent, owner, generation })) => {
                format!("parents {parent} {owner} {generation}")
            }
            Self::Addresses(None) => "addresses".to_owned(),
            Self::Addresses(Some((owner, address))) => format!("addresses {owner} {}", hex(address)),
            Self::Names(None) => "names".to_owned(),
            Self::Names(Some(FormerName { owner, until_ms, name })) => format!("names {owner} {until_ms} {name}"),
            Self::Audit(chain, seq) => format!("audit {seq} {}", chain.as_str()),
            Self::Done => "done".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        match what {
            "keys" => Some(Self::Keys),
            "users" if rest.is_empty() => Some(Self::Users(None)),
            "users" => Some(Self::Users(Some(rest.parse().ok()?))),
            "tokens" if rest.is_empty() => Some(Self::Tokens(None)),
            "tokens" => Some(Self::Tokens(Some(TokenId::from_bytes(&from_hex(rest)?).ok()?))),
            "uses" if rest.is_empty() => Some(Self::Uses(None)),
            "uses" => {
                let (owner, rest) = rest.split_once(' ')?;
                let (day, chain) = rest.split_once(' ')?;
                Some(Self::Uses(Some((owner.parse().ok()?, day.parse().ok()?, Chain::parse(chain)?))))
            }
            "parents" if rest.is_empty() => Some(Self::Parents(None)),
            "parents" => {
                let (parent, rest) = rest.split_once(' ')?;
                let (owner, generation) = rest.split_once(' ')?;
                let (parent, owner, generation) = (parent.parse().ok()?, owner.parse().ok()?, generation.parse().ok()?);
                Some(Self::Parents(Some(ParentRow { parent, owner, generation })))
            }
            "addresses" if rest.is_empty() => Some(Self::Addresses(None)),
            "addresses" => {
                let (owner, address) = rest.split_once(' ')?;
                Some(Self::Addresses(Some((owner.parse().ok()?, from_hex(address)?.try_into().ok()?))))
            }
            "names" if rest.is_empty() => Some(Self::Names(None)),
            "names" => {
                let (owner, rest) = rest.split_once(' ')?;
                let (until_ms, name) = rest.split_once(' ')?;
                let (owner, until_ms, name) =
                    (owner.parse().ok()?, until_ms.parse().ok()?, UserName::parse(name).ok()?);
                Some(Self::Names(Some(FormerName { owner, until_ms, name })))
            }
            "audit" => {
                let (seq, chain) = rest.split_once(' ')?;
                Some(Self::Audit(Chain::parse(chain)?, seq.parse().ok()?))
            }
            "done" => Some(Self::Done),
            _ => None,
        }
    }

    /// The next rows of the source, and what comes after them.
    async fn read(&self, from: &dyn Store, heads: &[Head]) -> Result<(Rows, Self), StoreError> {
        Ok(match self {
            Self::Keys => (Rows::Keys(from.keys().await?), Self::Users(None)),
            Self::Users(after) => {
                let rows = from.dump_users(*after, PAGE_SIZE).await?;
                let next = if rows.len() < PAGE_SIZE {
                    Self::Tokens(None)
                } else {
                    Self::Users(rows.last().map(|row| row.user.id))
                };
                (Rows::Users(rows), next)
            }
            Self::Tokens(after) => {
                let rows = from.dump_tokens(*after, PAGE_SIZE).await?;
                let last = rows.last().map(|row| row.token.id);
                let next = if rows.len() < PAGE_SIZE { Self::Uses(None) } else { Self::Tokens(last) };
                (Rows::Tokens(rows), next)
            }
            Self::Uses(after) => {
                let after = after.clone().map(|(owner, day, chain)| UsesRow { owner, day, chain, count: 0 });
                let rows = from.dump_uses(after, PAGE_SIZE).await?;
                let last = rows.last().map(|row| (row.owner, row.day, row.chain.clone()));
                let next = if rows.len() < PAGE_SIZE { Self::Parents(None) } else { Self::Uses(last) };
                (Rows::Uses(rows), next)
            }
            Self::Parents(after) => {
                let rows = from.dump_parents(*after, PAGE_SIZE).await?;
                let last = rows.last().copied();
                let next = if rows.len() < PAGE_SIZE { Self::Addresses(None) } else { Self::Parents(last) };
                (Rows::Parents(rows), next)
            }
            Self::Addresses(after) => {
                let after = after.map(|(owner, address)| SeenAddress { owner, address, seen_ms: 0 });
                let rows = from.dump_addresses(after, PAGE_SIZE).await?;
                let last = rows.last().map(|row| (row.owner, row.address));
                let next = if rows.len() < PAGE_SIZE { Self::Names(None) } else { Self::Addresses(last) };
                (Rows::Addresses(rows), next)
            }
            Self::Names(after) => {
                let rows = from.dump_names(after.clone(), PAGE_SIZE).await?;
                let last = rows.last().cloned();
                let next = if rows.len() < PAGE_SIZE { Self::first_chain(heads) } else { Self::Names(last) };
                (Rows::Names(rows), next)
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
    use zonemint_base::model::Parent;

    #[test]
    fn a_stage_survives_its_text() {
        let id = TokenId::from_bytes(&[7; 16]).unwrap();
        let chain = |name| Chain::parse(name).unwrap();
        for stage in [
            Stage::Keys,
            Stage::Users(None),
            Stage::Users(Some(UserId::from_bytes([3; 16]))),
            Stage::Tokens(None),
            Stage::Tokens(Some(id)),
            Stage::Addresses(None),
            Stage::Addresses(Some((UserId::from_bytes([3; 16]), [0xa7; 32]))),
            Stage::Names(None),
            Stage::Names(Some(FormerName {
                owner: UserId::from_bytes([3; 16]),
                until_ms: 5,
                name: UserName::parse("al.ice").unwrap(),
            })),
            Stage::Uses(None),
            Stage::Uses(Some((UserId::from_bytes([3; 16]), 20_000, chain("")))),
            Stage::Uses(Some((UserId::from_bytes([3; 16]), 20_000, chain("node-1")))),
            Stage::Parents(None),
            Stage::Parents(Some(ParentRow {
                parent: Parent::Token(id),
                owner: UserId::from_bytes([3; 16]),
                generation: 2,
            })),
            Stage::Audit(chain(""), 0),
            Stage::Audit(chain("node-1"), 17),
            Stage::Done,
        ] {
            assert_eq!(Stage::parse(&stage.text()), Some(stage));
        }
        for text in ["", "user", "tokens 0", "tokens zz", "uses 5 a", "addresses 5 a", "audit 5", "audit x node"] {
            assert_eq!(Stage::parse(text), None, "{text:?}");
        }
    }
}
