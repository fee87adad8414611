//! What a store holds, summed up so that two stores can be compared.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{
    AuditRow, FormerName, Head, PAGE_SIZE, ParentRow, SealedKey, SeenAddress, Store, StoreError, TokenRow, UserRow,
    UsesRow,
};
use zonemint_base::model::{PasswordHash, TokenForm, TokenName, TokenSecret, UserName, hex};
use zonemint_caveat::TokenKind;

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

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    /// Rows of uses.
    pub uses: Sum,
    /// Which tokens have made temporary ones.
    pub parents: Sum,
    /// Where accounts have signed in.
    pub addresses: Sum,
    /// Names that accounts have no more.
    pub names: Sum,
    /// Audit rows of all chains.
    pub audit: Sum,
}

/// Sums up what a store holds, its audit rows up to the given ends of chains. Reads everything.
///
/// # Errors
/// [`StoreError`] when something cannot be read.
pub async fn content(store: &dyn Store, heads: &[Head]) -> Result<Content, StoreError> {
    let mut content = Content {
        users: sum(async |after| store.dump_users(after, PAGE_SIZE).await, |row| row.user.id, hash_user).await?,
        tokens: sum(async |after| store.dump_tokens(after, PAGE_SIZE).await, |row| row.token.id, hash_token).await?,
        uses: sum(async |after| store.dump_uses(after, PAGE_SIZE).await, Clone::clone, hash_uses).await?,
        parents: sum(async |after| store.dump_parents(after, PAGE_SIZE).await, Clone::clone, hash_parent).await?,
        addresses: sum(async |after| store.dump_addresses(after, PAGE_SIZE).await, Clone::clone, hash_address).await?,
        names: sum(async |after| store.dump_names(after, PAGE_SIZE).await, Clone::clone, hash_name).await?,
        ..Content::default()
    };
    for key in store.keys().await? {
        content.keys.add(hash_key(&key));
    }
    for head in heads {
        let mut seq = 0;
        while seq < head.seq {
            let rows = store.audit_after(&head.chain, seq, PAGE_SIZE).await?;
            for row in rows.iter().filter(|row| row.seq <= head.seq) {
                content.audit.add(hash_audit(row));
            }
            seq = rows.last().map_or(head.seq, |row| row.seq);
        }
    }
    Ok(content)
}

/// Sums up all records of a kind. `read` gives those after a place, at most [`PAGE_SIZE`].
async fn sum<T, P>(
    read: impl AsyncFn(Option<P>) -> Result<Vec<T>, StoreError>,
    place: impl Fn(&T) -> P,
    hash: impl Fn(&T) -> [u8; 32],
) -> Result<Sum, StoreError> {
    let (mut sum, mut after) = (Sum::default(), None);
    loop {
        let rows = read(after).await?;
        for row in &rows {
            sum.add(hash(row));
        }
        if rows.len() < PAGE_SIZE {
            return Ok(sum);
        }
        after = rows.last().map(&place);
    }
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
    number(&mut hash, key.number);
    hash.finalize().into()
}

fn hash_user(row: &UserRow) -> [u8; 32] {
    let UserRow { user, removed_ms, reset } = row;
    let mut hash = Sha256::new();
    text(&mut hash, user.id.as_bytes());
    text(&mut hash, user.kind.abbreviation().as_bytes());
    optional(&mut hash, user.name.as_ref().map(UserName::as_str).map(str::as_bytes));
    text(&mut hash, user.full_name.as_str().as_bytes());
    optional(&mut hash, user.password.as_ref().map(PasswordHash::expose).map(str::as_bytes));
    hash.update([user.basic_auth, user.blocked, user.ignores_case, user.must_change].map(u8::from));
    text(&mut hash, user.privileges.to_string().as_bytes());
    for value in
        [Some(user.generation), Some(user.created_ms), Some(user.version), Some(user.password_version), *removed_ms]
    {
        number(&mut hash, value);
    }
    optional(&mut hash, reset.as_ref().map(|link| link.hash.as_slice()));
    number(&mut hash, reset.map(|link| link.until_ms));
    hash.finalize().into()
}

fn hash_parent(row: &ParentRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    text(&mut hash, row.parent.to_string().as_bytes());
    text(&mut hash, row.owner.as_bytes());
    number(&mut hash, Some(row.generation));
    hash.finalize().into()
}

fn hash_token(row: &TokenRow) -> [u8; 32] {
    let TokenRow { token, deleted_ms } = row;
    let mut hash = Sha256::new();
    text(&mut hash, token.id.as_bytes());
    text(&mut hash, token.user.as_bytes());
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
    optional(&mut hash, token.parent.map(|parent| parent.to_string()).as_deref().map(str::as_bytes));
    let last_use = token.last_use.as_ref();
    number(&mut hash, last_use.map(|last| u64::from(last.minute)));
    for text in [last_use.map(|last| &last.network), last_use.map(|last| &last.service)] {
        optional(&mut hash, text.and_then(Option::as_deref).map(str::as_bytes));
    }
    hash.finalize().into()
}

fn hash_uses(row: &UsesRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    text(&mut hash, row.owner.as_bytes());
    hash.update(row.day.to_be_bytes());
    text(&mut hash, row.chain.as_str().as_bytes());
    hash.update(row.count.to_be_bytes());
    hash.finalize().into()
}

fn hash_address(row: &SeenAddress) -> [u8; 32] {
    let mut hash = Sha256::new();
    text(&mut hash, row.owner.as_bytes());
    hash.update(row.address);
    hash.update(row.seen_ms.to_be_bytes());
    hash.finalize().into()
}

fn hash_name(row: &FormerName) -> [u8; 32] {
    let mut hash = Sha256::new();
    text(&mut hash, row.owner.as_bytes());
    number(&mut hash, Some(row.until_ms));
    text(&mut hash, row.name.as_str().as_bytes());
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

/// Each value has a fixed length, or its length before it, so that no two records give the same bytes.
pub(super) fn text(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
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
}
