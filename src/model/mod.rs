//! Plain domain types. They parse into what cannot be wrong, and know nothing of stores, HTTP or keys.

mod hex;
mod id;
mod name;
mod period;
mod privilege;
mod subject;
mod token;
mod user;
mod user_name;

pub use hex::{from_hex, hex};
pub use id::{IdError, KeyId, TokenId, UserId};
pub use name::{FullName, NameError, TokenName};
pub use period::{Period, PeriodError};
pub use privilege::{Privilege, PrivilegeError, Privileges};
pub use subject::{Subject, SubjectKind};
pub use token::{Parent, ParentError, Token, TokenForm, TokenSecret};
pub use user::{PasswordHash, User};
pub use user_name::{FoldedName, NameRule, UserName};
