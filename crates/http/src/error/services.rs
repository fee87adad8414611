//! Translates errors of services for clients.
//!
//! Each match names every variant, so a new variant does not compile before it has a text.

use super::{ApiError, DataError, TokenError};
use zonemint_caveat::TokenKind;
use zonemint_service::caller::{Denied, Unlimited};
use zonemint_service::token::{KeyringError, ManageError, MintError, VerifyError};
use zonemint_service::user::{AccountError, LoginError};
use zonemint_store::{Lost, NotReady, StoreError};
use zonemint_telemetry::error_chain;

/// After the request was authenticated and before its commit.
const PRIVILEGE_LOST: &str = "a privilege that this needs was revoked in the meantime";

/// A mint, a restored token or a rotation beyond the limit.
const FULL: &str = "the account has as many valid tokens as token.max_per_account allows; revoke or delete some, and try again after a \
                    minute";

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            StoreError::Unavailable(_) => Self::Unavailable(error_chain(&error)),
            StoreError::Corrupt { .. } => Self::Internal(error_chain(&error)),
            StoreError::NotAuthorised(Lost::Account) => Self::Unauthorized(TokenError::UserBlocked),
            StoreError::NotAuthorised(Lost::Token) => Self::Unauthorized(TokenError::TokenRevoked),
            StoreError::NotAuthorised(Lost::Password) => Self::BadCredentials,
            StoreError::NotAuthorised(Lost::PasswordToChange) => Self::PasswordChangeRequired,
            StoreError::NotAuthorised(Lost::Privilege) => Self::Forbidden { hint: Some(PRIVILEGE_LOST) },
            StoreError::NotAuthorised(Lost::Rank) => Denied::Outranked.into(),
        }
    }
}

impl From<NotReady> for ApiError {
    fn from(error: NotReady) -> Self {
        match error {
            NotReady::NotFollowed | NotReady::Timeout => Self::Unavailable(error_chain(&error)),
            NotReady::ClockSkew(skew) => Self::ClockSkew(skew),
            NotReady::Store(error) => error.into(),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused => Self::BadCredentials,
            LoginError::TooMany { retry_after_s } => Self::TooManyLogins(retry_after_s),
            LoginError::Overloaded => Self::Overloaded,
            LoginError::Store(error) => error.into(),
        }
    }
}

impl ApiError {
    /// The token that is the credential is not valid.
    pub(crate) fn unauthorized(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused(why) => Self::Unauthorized(TokenError::of(&why, TokenKind::Access)),
            VerifyError::Store(error) => error.into(),
        }
    }

    /// The token under the key `token` of a body is not valid, or not of the kind `asked`.
    pub(crate) fn about(error: VerifyError, asked: TokenKind) -> Self {
        match error {
            VerifyError::Refused(why) => match TokenError::of(&why, asked) {
                error @ (TokenError::BadToken { .. } | TokenError::TokenTooLarge { .. }) => {
                    Self::Data(DataError::BadValueToken { key: "token", error })
                }
                error => Self::Token(error),
            },
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let hint = match denied {
            Denied::NoPrivilege => return Self::Forbidden { hint: None },
            Denied::LacksGiven => "you can grant and revoke only privileges that you have yourself",
            Denied::OtherOwner => "the token is another account's",
            Denied::Narrower => "your own token is narrower than this one",
            Denied::SomeWider => "your own token is narrower than some that this may end",
            Denied::Outranked => "the account has a privilege that you lack, and you would get it by this",
            Denied::Confined(Unlimited::Password) => "your own token is confined, and a password is not",
            Denied::Confined(Unlimited::ResetLink) => "your own token is confined, and a password set by a link is not",
            Denied::Confined(Unlimited::Privileges) => "your own token is confined, and the user's rights are not",
            Denied::Confined(Unlimited::UserName) => {
                "your own token is confined, and a user name is for the whole account"
            }
            Denied::NeedsPassword => {
                "a token is restored only with the password, of its owner or of an administrator: send Authorization: Basic"
            }
        };
        Self::Forbidden { hint: Some(hint) }
    }
}

impl From<ManageError> for ApiError {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotFound => Self::NotFound,
            ManageError::NameTaken => MintError::NameTaken.into(),
            ManageError::NameOfRevoked => MintError::NameOfRevoked.into(),
            ManageError::TooMany => MintError::TooMany.into(),
            ManageError::Denied(denied) => denied.into(),
            ManageError::Store(error) => error.into(),
        }
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> Self {
        match error {
            MintError::NameTaken => Self::Data(DataError::BadValueIdentifierOccupied { key: "name" }),
            MintError::NameOfRevoked => Self::Data(DataError::NameOfRevokedToken),
            MintError::OwnerGone => {
                Self::Forbidden { hint: Some("the account that would own the token is blocked or deleted") }
            }
            MintError::NotFound => Self::NotFound,
            MintError::TooMany => Self::Forbidden { hint: Some(FULL) },
            MintError::Denied(denied) => denied.into(),
            MintError::CaveatsUnknown => Self::Forbidden {
                hint: Some("the token was taken over without its text, which only its holder has; it can be revoked"),
            },
            MintError::Unsupported(caveat) => Self::Data(DataError::BadValueCaveat { caveat: caveat.to_json() }),
            MintError::Service(service) => Self::Data(DataError::TokenServiceForbidden(service)),
            MintError::TimeRequired { max_ttl_s } => {
                Self::Data(DataError::TokenTimeCaveatRequired { max_ttl: max_ttl_s })
            }
            MintError::Bounds(rule) => Self::Data(DataError::bad("caveats", rule.to_string())),
            MintError::ClockSkew(skew) => Self::ClockSkew(skew),
            MintError::OverAtOnce(distrust) => Self::OverAtOnce(distrust),
            MintError::NoKey | MintError::Build(_) => Self::Internal(error_chain(&error)),
            MintError::Store(error) => error.into(),
        }
    }
}

impl From<KeyringError> for ApiError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Store(error) => error.into(),
            KeyringError::Denied(denied) => denied.into(),
            KeyringError::WrongKey { .. } | KeyringError::Damaged(_) | KeyringError::DamagedSecret(_) => {
                Self::Internal(error_chain(&error))
            }
        }
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NameTaken => Self::Data(DataError::BadValueIdentifierOccupied { key: "username" }),
            AccountError::Hash => Self::Overloaded,
            AccountError::NoPassword => Self::CannotSetPassword,
            AccountError::Denied(denied) => denied.into(),
            AccountError::Store(error) => error.into(),
        }
    }
}
