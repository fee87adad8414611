//! Who may use a token: users, groups and providers.

use super::list::Field;
use super::party::{Party, PartyKind};

/// What a consumer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsumerKind {
    /// A user, `usr`.
    User,
    /// A group, `grp`.
    Group,
    /// A provider, `prv`.
    Provider,
}

/// One consumer, as in `usr-abc`.
pub type Consumer = Party<ConsumerKind>;

impl PartyKind for ConsumerKind {
    const ALL: &'static [Self] = &[Self::User, Self::Group, Self::Provider];
    const FIELD: Field = Field {
        kind: "consumer",
        name: "whitelist",
        item: "usr, grp or prv, a dash, and an id or *, such as \"usr-abc\" or \"prv-*\"",
    };

    fn abbreviation(self) -> &'static str {
        match self {
            Self::User => "usr",
            Self::Group => "grp",
            Self::Provider => "prv",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Provider => "oneprovider",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Provider => "provider",
        }
    }
}
