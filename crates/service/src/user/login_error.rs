//! Why nobody was signed in, and how that is counted.

use super::bucket::TooMany;
use super::refusals::FailedLoginKey;
use zonemint_store::StoreError;

/// Why nobody was signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoginError {
    /// Unknown user, wrong password or blocked account: the answer does not say which, and takes the same time.
    #[error("name or password is wrong, or the account is blocked")]
    Refused,
    /// Too many attempts from the address, or on the account.
    #[error("too many attempts from this address or on this account")]
    TooMany {
        /// When to try again, in whole seconds.
        retry_after_s: u64,
    },
    /// More passwords are waiting to be hashed than is allowed.
    #[error("too many logins are waiting")]
    Overloaded,
    /// The store failed.
    #[error("the account cannot be read now")]
    Store(#[from] StoreError),
}

impl From<TooMany> for LoginError {
    fn from(TooMany { retry_after_s }: TooMany) -> Self {
        Self::TooMany { retry_after_s }
    }
}

/// Why an attempt was not let in, and under which key that is counted.
#[derive(Debug, Clone)]
pub(super) struct DeniedLogin {
    pub(super) error: LoginError,
    pub(super) key: Option<FailedLoginKey>,
}

impl DeniedLogin {
    pub(super) fn refused(key: FailedLoginKey) -> Self {
        Self { error: LoginError::Refused, key: Some(key) }
    }
}

impl<E: Into<LoginError>> From<E> for DeniedLogin {
    fn from(error: E) -> Self {
        let error = error.into();
        let key = matches!(error, LoginError::TooMany { .. }).then_some(FailedLoginKey::Throttled);
        Self { error, key }
    }
}
