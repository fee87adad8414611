//! `/audit`: the audit trail, for callers who may see all of it.

pub(crate) mod list;
pub(crate) mod paging;
mod row;

pub(crate) use row::{RequestOfRow, minted_by};

use crate::extract::{SignedIn, general};
use list::ListAudit;
use zonemint_base::model::{Privilege, UserId};

/// Whether the caller may see the networks of an account's requests: of its own account, if its token is not confined; of others, if it
/// may read the audit trail.
pub(crate) fn may_see_networks(caller: &SignedIn, of: UserId) -> bool {
    (caller.user.id == of && !caller.is_narrowed())
        || (caller.has(Privilege::AuditView) && caller.allows(&general::<ListAudit>()).is_ok())
}
