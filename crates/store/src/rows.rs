//! Whole records that are written together.

use super::{AuditRow, FormerName, ParentRow, SealedKey, SeenAddress, TokenRow, UserRow, UsesRow};

/// Declares the kinds of records, each with its name.
macro_rules! rows {
    ($($(#[$doc:meta])* $kind:ident($row:ty) = $what:literal;)*) => {
        /// Records that are written together.
        #[derive(Debug, Clone)]
        pub enum Rows {
            $($(#[$doc])* $kind(Vec<$row>),)*
        }

        impl Rows {
            /// The kind of record, in the plural.
            pub(super) fn what(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $what,)*
                }
            }

            pub(super) fn len(&self) -> usize {
                match self {
                    $(Self::$kind(rows) => rows.len(),)*
                }
            }
        }
    };
}

rows! {
    /// The keyring.
    Keys(SealedKey) = "root keys";
    /// Users and services.
    Users(UserRow) = "users";
    /// Tokens of all kinds.
    Tokens(TokenRow) = "tokens";
    /// Uses of tokens by the day.
    Uses(UsesRow) = "days of uses";
    /// Which tokens have made temporary ones.
    Parents(ParentRow) = "parents of temporary tokens";
    /// Where accounts have signed in.
    Addresses(SeenAddress) = "known addresses";
    /// Names that accounts have no more.
    Names(FormerName) = "former names";
    /// Audit rows, each with its own chain, number and hash.
    Audit(AuditRow) = "audit rows";
}
