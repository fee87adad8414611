//! Plain domain types. They parse into what cannot be wrong, and know nothing of stores, HTTP or keys.

mod hex;
mod id;
mod name;
mod period;
mod privilege;
mod subject;
mod token;
mod user;

pub use hex::{from_hex, hex};
pub use id::{IdError, KeyId, TokenId, UserId};
pub use name::{FullName, NameError, TokenName, UserName};
pub use period::{Period, PeriodError};
pub use privilege::{Privilege, PrivilegeError, Privileges};
pub use subject::{Subject, SubjectKind};
pub use token::{Parent, ParentError, Token, TokenForm, TokenSecret};
pub use user::{PasswordHash, User};
