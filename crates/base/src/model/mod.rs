//! Plain domain types. Parsing gives only valid values. They know nothing of stores, HTTP or keys.

mod hex;
mod id;
mod identifier;
mod life;
mod name;
mod name_error;
mod network;
mod period;
mod privilege;
mod request_id;
mod service_prefix;
mod subject;
mod token;
mod token_type;
mod user;
mod user_name;

pub use self::hex::{from_hex, hex, hex_bytes, read_hex};
pub use id::{IdError, IdText, KeyId, TokenId, UserId};
pub use identifier::{Identifier, Persistence, named_identifier, temporary_identifier};
pub use life::{Excess, LONGEST_DAYS, Life, Within};
pub use name::{FullName, TokenName};
pub use name_error::NameError;
pub use network::{Network, NetworkError, counted_address};
pub use period::{Period, PeriodError};
pub use privilege::{Privilege, PrivilegeError, Privileges};
pub use request_id::{RequestId, RequestIdError};
pub use service_prefix::split_service;
pub use subject::{Subject, SubjectKind};
pub use token::{LastUse, Parent, ParentError, Token, TokenForm, TokenSecret, TokenUse};
pub use token_type::{InviteType, TokenType, TypeError};
pub use user::{PasswordHash, User};
pub use user_name::{FoldedName, NameRule, UserName, caseless};
