//! Copies one store into another one, of whatever engine: in steps, each with a mark of how far it came, so that a copy that
//! was cut off goes on where it was.
//!
//! Rows that are there stay as they are, so a step that is done twice does no harm. In the end both sides are read once more
//! and compared by counts and sums.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{
    Actor, AuditAction, AuditEntry, AuditRow, Chain, Head, Mark, Rows, SealedKey, Store, StoreError, TokenRow, UserRow,
};
use crate::caveat::TokenKind;
use crate::model::{PasswordHash, TokenForm, TokenId, TokenName, TokenSecret, UserId, UserName};

/// Its name in the target. While it is there the target is not to be served.
pub const MARK: &str = "copy";

/// Records that one step copies.
const STEP: usize = 1_000;

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

/// How many records there are of a kind, and the sum of their hashes: the same for the same records in whatever order.
///
/// Hashes (SHA-256) are added modulo 2^256. Exclusive or would be as quick, but there a record that is there twice is as good
/// as none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: u64,
    sum: [u8; 32],
}

impl Sum {
    fn add(&mut self, hash: [u8; 32]) {
        self.count += 1;
        let mut carry = 0;
        for (byte, other) in self.sum.iter_mut().zip(hash).rev() {
            let total = u16::from(*byte) + u16::from(other) + carry;
            *byte = total.to_be_bytes()[1];
            carry = total >> 8;
        }
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (sum {})", self.count, hex(&self.sum[..8]))
    }
}

/// What a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Content {
    /// Root keys.
    pub keys: Sum,
    /// Users and services, the removed ones too.
    pub users: Sum,
    /// Tokens, the deleted ones too.
    pub tokens: Sum,
    /// Audit rows of all chains.
    pub audit: Sum,
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
    mut told: impl FnMut(Progress),
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
            Rows::Audit(rows) => ("audit rows", rows.len()),
        };
        to.load(rows, mark(&next)).await?;
        done += count as u64;
        told(Progress::Copied(what, done));
        if std::mem::discriminant(&stage) != std::mem::discriminant(&next) {
            done = 0;
        }
        stage = next;
    }
    told(Progress::Comparing);
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is to be copied next. Users and tokens are named by the last one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Keys,
    Users(Option<UserId>),
    Tokens(Option<TokenId>),
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
            "tokens" => {
                let byte = |at| u8::from_str_radix(rest.get(at..at + 2)?, 16).ok();
                let bytes: Vec<u8> = (0..rest.len()).step_by(2).map(byte).collect::<Option<_>>()?;
                Some(Self::Tokens(Some(TokenId::from_bytes(&bytes).ok()?)))
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
                let rows = from.dump_users(*after, STEP).await?;
                let next = if rows.len() < STEP {
                    Self::Tokens(None)
                } else {
                    Self::Users(rows.last().map(|row| row.user.id))
                };
                (Rows::Users(rows), next)
            }
            Self::Tokens(after) => {
                let rows = from.dump_tokens(*after, STEP).await?;
                let last = rows.last().map(|row| row.token.id);
                let next = if rows.len() < STEP { Self::first_chain(heads) } else { Self::Tokens(last) };
                (Rows::Tokens(rows), next)
            }
            Self::Audit(chain, seq) => {
                let rows = from.audit_after(chain, *seq, STEP).await?;
                let next = match rows.last() {
                    Some(last) if rows.len() == STEP => Self::Audit(chain.clone(), last.seq),
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

/// Sums up what a store holds, its audit rows up to the given ends of chains. Reads everything.
///
/// # Errors
/// [`StoreError`] when something cannot be read.
pub async fn content(store: &dyn Store, heads: &[Head]) -> Result<Content, StoreError> {
    let mut content = Content::default();
    for key in store.keys().await? {
        content.keys.add(hash_key(&key));
    }
    let mut after = None;
    loop {
        let rows = store.dump_users(after, STEP).await?;
        for row in &rows {
            content.users.add(hash_user(row));
        }
        after = rows.last().map(|row| row.user.id);
        if rows.len() < STEP {
            break;
        }
    }
    let mut after = None;
    loop {
        let rows = store.dump_tokens(after, STEP).await?;
        for row in &rows {
            content.tokens.add(hash_token(row));
        }
        after = rows.last().map(|row| row.token.id);
        if rows.len() < STEP {
            break;
        }
    }
    for head in heads {
        let mut seq = 0;
        while seq < head.seq {
            let rows = store.audit_after(&head.chain, seq, STEP).await?;
            for row in rows.iter().filter(|row| row.seq <= head.seq) {
                content.audit.add(hash_audit(row));
            }
            seq = rows.last().map_or(head.seq, |row| row.seq);
        }
    }
    Ok(content)
}

/// Each value has a fixed length, or its length before it, so that no two records give the same bytes.
fn text(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn number(hash: &mut Sha256, number: Option<u64>) {
    hash.update([u8::from(number.is_some())]);
    hash.update(number.unwrap_or(0).to_be_bytes());
}

fn optional(hash: &mut Sha256, bytes: Option<&[u8]>) {
    hash.update([u8::from(bytes.is_some())]);
    text(hash, bytes.unwrap_or_default());
}

fn hash_key(key: &SealedKey) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(key.id.as_bytes());
    hash.update(key.sealed_by.as_bytes());
    text(&mut hash, &key.sealed);
    number(&mut hash, Some(key.created_ms));
    number(&mut hash, key.retired_ms);
    hash.finalize().into()
}

fn hash_user(row: &UserRow) -> [u8; 32] {
    let UserRow { user, removed_ms } = row;
    let mut hash = Sha256::new();
    hash.update(user.id.as_bytes());
    text(&mut hash, user.kind.abbreviation().as_bytes());
    optional(&mut hash, user.name.as_ref().map(UserName::as_str).map(str::as_bytes));
    text(&mut hash, user.full_name.as_str().as_bytes());
    optional(&mut hash, user.password.as_ref().map(PasswordHash::expose).map(str::as_bytes));
    hash.update([u8::from(user.basic_auth), u8::from(user.blocked)]);
    text(&mut hash, user.privileges.to_string().as_bytes());
    for value in [Some(user.generation), Some(user.created_ms), Some(user.version), *removed_ms] {
        number(&mut hash, value);
    }
    hash.finalize().into()
}

fn hash_token(row: &TokenRow) -> [u8; 32] {
    let TokenRow { token, deleted_ms } = row;
    let mut hash = Sha256::new();
    text(&mut hash, token.id.as_bytes());
    hash.update(token.user.as_bytes());
    match &token.secret {
        TokenSecret::Derived(key) => {
            hash.update([0]);
            hash.update(key.as_bytes());
        }
        TokenSecret::Imported { sealed_by, sealed } => {
            hash.update([1]);
            hash.update(sealed_by.as_bytes());
            text(&mut hash, sealed);
        }
    }
    let form = match token.form {
        TokenForm::Bare => "",
        TokenForm::Structured(kind) => kind.abbreviation(),
    };
    text(&mut hash, form.as_bytes());
    hash.update([match token.kind {
        TokenKind::Access => 0,
        TokenKind::Identity => 1,
        TokenKind::Invite => 2,
    }]);
    optional(&mut hash, token.name.as_ref().map(TokenName::as_str).map(str::as_bytes));
    number(&mut hash, Some(token.caveats.len() as u64));
    for caveat in &token.caveats {
        text(&mut hash, caveat.to_string().as_bytes());
    }
    optional(&mut hash, token.metadata.as_deref().map(str::as_bytes));
    let day = token.last_used_day.map(u64::from);
    for value in [Some(token.created_ms), token.revoked_ms, day, *deleted_ms] {
        number(&mut hash, value);
    }
    hash.finalize().into()
}

/// A row's own hash covers the rest of it.
fn hash_audit(row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    text(&mut hash, row.chain.as_str().as_bytes());
    hash.update(row.chained(&row.hash));
    hash.update(row.hash);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_of_the_records_and_not_of_their_order() {
        let mut sums = [Sum::default(); 3];
        for (sum, order) in sums.iter_mut().zip([[1, 2, 0xff], [0xff, 1, 2], [1, 1, 0xff]]) {
            for byte in order {
                sum.add([byte; 32]);
            }
        }
        assert_eq!(sums[0], sums[1]);
        assert_ne!(sums[0], sums[2]);
        let mut twice = Sum::default();
        twice.add([0x80; 32]);
        twice.add([0x80; 32]);
        assert_ne!(twice.sum, [0; 32], "carries are kept: 0x0101\u{2026}00");
    }

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
            Stage::Audit(chain(""), 0),
            Stage::Audit(chain("node-1"), 17),
            Stage::Done,
        ] {
            assert_eq!(Stage::parse(&stage.text()), Some(stage));
        }
        for text in ["", "user", "tokens 0", "tokens zz", "audit 5", "audit x node"] {
            assert_eq!(Stage::parse(text), None, "{text:?}");
        }
    }
}
