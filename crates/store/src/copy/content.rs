//! What a store holds, summed up so that two stores can be compared.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{
    AuditRow, Dump, FormerName, Head, PAGE_SIZE, ParentRow, Rows, SealedKey, SeenAddress, Store, StoreError, TokenRow,
    UserRow, UsesRow, columns,
};
use zonemint_base::model::{PasswordHash, TokenName, TokenSecret, UserName, hex};
use zonemint_caveat::TokenKind;

/// How many records there are of a kind, and the sum of their hashes: the same for the same records in any order.
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
    fn add_all<T>(&mut self, rows: &[T], hash: fn(&mut Sha256, &T)) {
        for row in rows {
            let mut sum = Sha256::new();
            hash(&mut sum, row);
            self.add(sum.finalize().into());
        }
    }

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

impl Content {
    /// Each sum, with the kind of record.
    pub(super) fn sums(&self) -> [(&'static str, Sum); 8] {
        [
            ("the root keys", self.keys),
            ("the users", self.users),
            ("the tokens", self.tokens),
            ("the days of uses", self.uses),
            ("the parents of temporary tokens", self.parents),
            ("the known addresses", self.addresses),
            ("the former names", self.names),
            ("the audit rows", self.audit),
        ]
    }

    fn add(&mut self, rows: &Rows) {
        match rows {
            Rows::Keys(rows) => self.keys.add_all(rows, hash_key),
            Rows::Users(rows) => self.users.add_all(rows, hash_user),
            Rows::Tokens(rows) => self.tokens.add_all(rows, hash_token),
            Rows::Uses(rows) => self.uses.add_all(rows, hash_uses),
            Rows::Parents(rows) => self.parents.add_all(rows, hash_parent),
            Rows::Addresses(rows) => self.addresses.add_all(rows, hash_address),
            Rows::Names(rows) => self.names.add_all(rows, hash_name),
            Rows::Audit(rows) => self.audit.add_all(rows, hash_audit),
        }
    }
}

/// Sums up what a store holds, its audit rows up to the given ends of chains. Reads everything.
///
/// # Errors
/// [`StoreError`] when something cannot be read.
pub async fn content(store: &dyn Store, heads: &[Head]) -> Result<Content, StoreError> {
    let (mut content, mut next) = (Content::default(), Some(Dump::FIRST));
    while let Some(dump) = next {
        let rows = store.dump(dump.clone(), PAGE_SIZE).await?;
        content.add(&rows);
        next = dump.after(&rows);
    }
    content.add(&Rows::Keys(store.keys().await?));
    for head in heads {
        let mut seq = 0;
        while seq < head.seq {
            let mut rows = store.audit_after(&head.chain, seq, PAGE_SIZE).await?;
            seq = rows.last().map_or(head.seq, |row| row.seq);
            rows.retain(|row| row.seq <= head.seq);
            content.add(&Rows::Audit(rows));
        }
    }
    Ok(content)
}

fn number(hash: &mut Sha256, number: Option<u64>) {
    hash.update([u8::from(number.is_some())]);
    hash.update(number.unwrap_or(0).to_be_bytes());
}

fn optional(hash: &mut Sha256, bytes: Option<&[u8]>) {
    hash.update([u8::from(bytes.is_some())]);
    text(hash, bytes.unwrap_or_default());
}

fn hash_key(hash: &mut Sha256, key: &SealedKey) {
    hash.update(key.id.as_bytes());
    hash.update(key.sealed_by.as_bytes());
    text(hash, &key.sealed);
    number(hash, Some(key.created_ms));
    number(hash, key.retired_ms);
    number(hash, key.number);
}

fn hash_user(hash: &mut Sha256, row: &UserRow) {
    let UserRow { user, removed_ms, reset, tokens } = row;
    text(hash, user.id.as_bytes());
    text(hash, user.kind.abbreviation().as_bytes());
    optional(hash, user.name.as_ref().map(UserName::as_str).map(str::as_bytes));
    text(hash, user.full_name.as_str().as_bytes());
    optional(hash, user.password.as_ref().map(PasswordHash::expose).map(str::as_bytes));
    hash.update([user.basic_auth, user.blocked, user.ignores_case, user.must_change].map(u8::from));
    text(hash, user.privileges.to_string().as_bytes());
    for value in
        [Some(user.generation), Some(user.created_ms), Some(user.version), Some(user.password_version), *removed_ms]
    {
        number(hash, value);
    }
    optional(hash, reset.as_ref().map(|link| link.hash.as_slice()));
    number(hash, reset.map(|link| link.until_ms));
    number(hash, Some(tokens.added));
    hash.update(tokens.ended.to_be_bytes());
}

fn hash_parent(hash: &mut Sha256, row: &ParentRow) {
    text(hash, row.parent.to_string().as_bytes());
    text(hash, row.owner.as_bytes());
    number(hash, Some(row.generation));
}

fn hash_token(hash: &mut Sha256, row: &TokenRow) {
    let TokenRow { token, deleted_ms } = row;
    text(hash, token.id.as_bytes());
    text(hash, token.user.as_bytes());
    match &token.secret {
        TokenSecret::Derived(key) => {
            hash.update([0]);
            hash.update(key.as_bytes());
        }
        TokenSecret::Imported { sealed_by, sealed } => {
            hash.update([1]);
            hash.update(sealed_by.as_bytes());
            text(hash, sealed);
        }
    }
    text(hash, columns::form(token.form).as_bytes());
    hash.update([match token.kind {
        TokenKind::Access => 0,
        TokenKind::Identity => 1,
        TokenKind::Invite => 2,
    }]);
    optional(hash, token.name.as_ref().map(TokenName::as_str).map(str::as_bytes));
    number(hash, Some(token.caveats.len() as u64));
    for caveat in &token.caveats {
        text(hash, caveat.to_string().as_bytes());
    }
    optional(hash, token.metadata.as_deref().map(str::as_bytes));
    let day = token.last_used_day.map(u64::from);
    for value in [Some(token.created_ms), token.revoked_ms, day, *deleted_ms] {
        number(hash, value);
    }
    optional(hash, token.parent.map(|parent| parent.to_string()).as_deref().map(str::as_bytes));
    let last_use = token.last_use.as_ref();
    number(hash, last_use.map(|last| u64::from(last.minute)));
    for text in [last_use.map(|last| &last.network), last_use.map(|last| &last.service)] {
        optional(hash, text.and_then(Option::as_deref).map(str::as_bytes));
    }
}

fn hash_uses(hash: &mut Sha256, row: &UsesRow) {
    text(hash, row.owner.as_bytes());
    hash.update(row.day.to_be_bytes());
    text(hash, row.chain.as_str().as_bytes());
    hash.update(row.count.to_be_bytes());
}

fn hash_address(hash: &mut Sha256, row: &SeenAddress) {
    text(hash, row.owner.as_bytes());
    hash.update(row.address);
    hash.update(row.seen_ms.to_be_bytes());
}

fn hash_name(hash: &mut Sha256, row: &FormerName) {
    text(hash, row.owner.as_bytes());
    number(hash, Some(row.until_ms));
    text(hash, row.name.as_str().as_bytes());
}

/// A row's own hash covers the rest of it.
fn hash_audit(hash: &mut Sha256, row: &AuditRow) {
    text(hash, row.chain.as_str().as_bytes());
    hash.update(row.chained(&row.hash));
    hash.update(row.hash);
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
