//! Users: their accounts and passwords, and the throttling of password guesses.
//!
//! Hashing is the one expensive operation that a stranger can cause. So it runs in a bounded pool, behind a throttle, and its
//! good results are cached for a short time. This module knows neither tokens nor HTTP.
//!
//! Where the next thing goes: another kind of password hash that can be imported is a file next to `argon2id.rs`, another
//! program that writes a known kind in a form of its own a file in `exported/`.

mod accounts;
mod argon2id;
mod bcrypt;
mod bcrypt_sha256;
mod bucket;
mod changed_users;
mod changes;
mod credential_cache;
mod encoding;
mod exported;
mod foreign_argon2;
mod foreign_hash;
mod hash_kind;
mod hash_pool;
mod hash_refusal;
mod ignore_case;
mod import;
mod imported_hashes;
mod in_flight;
mod known_addresses;
mod login_error;
mod metrics;
mod names;
mod password;
mod password_field;
mod pbkdf2;
mod refusal_time;
mod refusals;
mod scrypt;
mod settings;
mod sha_crypt;
mod sighting;
mod sign_in;
mod source;
mod stored_hash;
mod throttle;
mod turns;
mod yescrypt;

pub use accounts::{AccountError, Accounts, NO_ADMINISTRATOR, NewUser, SignInChange};
pub use foreign_hash::{check, memory as hash_memory};
pub use hash_kind::Kind;
pub use hash_refusal::Refusal;
pub use ignore_case::{Clash, IgnoreCase};
pub use import::{Format, Import, ImportError, ImportedUser, Refused};
pub use known_addresses::{AddressKeys, delete_old_addresses};
pub use login_error::LoginError;
pub use password::{Password, PasswordRefused};
pub use password_field::{PasswordField, PresentedPassword};
pub use refusal_time::reveals_its_account;
pub use settings::{LoginSettings, PasswordSettings};
pub use sign_in::{Confirmed, ResetSecret};
pub use source::Source;
