//! `/audit`: what happened, for who may see all of it.

pub(crate) mod list;
pub(crate) mod paging;
mod row;

pub(crate) use row::{OfRequest, minted_by};

use crate::extract::{SignedIn, general};
use list::ListAudit;
use zonemint_base::model::{Privilege, UserId};

/// Whether the caller may know from where an account's requests came: of its own with all of its rights, of others as one who may
/// read the audit trail.
pub(crate) fn may_see_networks(caller: &SignedIn, of: UserId) -> bool {
    (caller.user.id == of && !caller.is_narrowed())
        || (caller.has(Privilege::AuditView) && caller.allows(&general::<ListAudit>()).is_ok())
}
