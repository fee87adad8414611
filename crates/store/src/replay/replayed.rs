//! What a replay has done.

use crate::{AuditAction, AuditRow};
use zonemint_base::model::KeyId;

/// Counts, for the output of the command and for the audit row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Rows of the trail that follow the backup. None when there was no trail: everything was revoked instead.
    pub rows: Option<u64>,
    /// Tokens of the backup that were good, and are revoked.
    pub revoked: u64,
    /// Tokens that are deleted.
    pub deleted: u64,
    /// Users that are blocked.
    pub blocked: u64,
    /// Users that are removed.
    pub removed: u64,
    /// Users whose earlier temporary tokens are refused.
    pub generations: u64,
    /// Users that have no password any more, because it was changed. By name; who has none, by identifier.
    pub passwords: Vec<String>,
    /// Users that cannot sign in with their password, because whether they may was changed.
    pub sign_ins: Vec<String>,
    /// Users without privileges, because these were changed.
    pub privileges: Vec<String>,
    /// Root keys that are retired.
    pub keys: u64,
    /// Tokens and users that are refused although they were made good again: the backup refuses them, or it is not known which
    /// came last.
    pub kept_refused: u64,
    /// Tokens that were made after the backup: they are not known any more.
    pub lost_tokens: u64,
    /// Users and services that were added after the backup.
    pub lost_users: u64,
    /// Root keys that were made after the backup: their tokens are refused.
    pub lost_keys: Vec<KeyId>,
    /// Whether the order of root keys was changed after the backup: it is as before.
    pub reordered: bool,
    /// Whether the store was marked after the backup to ignore the case of user names: it is not.
    pub unmarked: bool,
    /// Users that have again the names from before.
    pub names: u64,
}

/// How the note of a restore begins that revoked everything. A later restore that meets such a row does the same.
pub(super) const REVOKE_ALL: &str = "mode=revoke-all";
/// The same, of one that replayed a trail.
const TRAIL: &str = "mode=trail";

impl Replayed {
    fn without_rights(&self) -> u64 {
        [&self.passwords, &self.sign_ins, &self.privileges].map(|names| names.len() as u64).iter().sum()
    }

    /// Whether a row records that a trail was replayed.
    pub(super) fn is_recorded_by(row: &AuditRow) -> bool {
        row.action == AuditAction::StoreRestore && row.note.as_deref().is_some_and(|note| note.contains(TRAIL))
    }

    /// The note of the audit row.
    pub(crate) fn note(&self) -> String {
        match self.rows {
            None => format!("{REVOKE_ALL} tokens={} users={}", self.revoked, self.generations),
            Some(rows) => format!(
                "{TRAIL} rows={rows} tokens={} users={} keys={}",
                self.revoked + self.deleted,
                self.blocked + self.removed + self.generations + self.without_rights(),
                self.keys
            ),
        }
    }
}
