//! Why a directory refused a password, as far as it says so: the password policy control
//! (draft-behera-ldap-password-policy, section 6) and Active Directory's codes. All of it is logged, none of it is shown: who knows that
//! an account is locked or expired knows that it exists.

use ldap3::LdapResult;
use ldap3::controls::RawControl;

use crate::ber::{element, expect};

const POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// Tags within the control's value.
const SEQUENCE: u8 = 0x30;
const WARNING: u8 = 0xa0;
const GRACE_LOGINS: u8 = 0x81;
const ERROR: u8 = 0x81;
/// The error with which a bind may succeed.
const CHANGE_AFTER_RESET: &[u8] = &[2];

/// Asks the directory to say why. A directory that does not know the control ignores it.
pub(crate) fn request() -> RawControl {
    RawControl { ctype: POLICY.to_owned(), crit: false, val: None }
}

/// What a directory says about a password or its account.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The reason of a refusal, or of a warning.
    pub(crate) reason: Option<&'static str>,
    /// The bind succeeds, and the user may do nothing but change the password, which somebody else has set.
    pub(crate) must_change: bool,
}

impl Policy {
    /// Reads the answer to a bind.
    pub(crate) fn read(result: &LdapResult) -> Self {
        let controls = result.ctrls.iter().map(|control| &control.1);
        let value = controls.filter(|control| control.ctype == POLICY).find_map(|control| control.val.as_deref());
        let policy = value.and_then(Self::parse).unwrap_or_default();
        Self { reason: policy.reason.or_else(|| active_directory(&result.text)), ..policy }
    }

    /// `SEQUENCE { warning [0] CHOICE … OPTIONAL, error [1] ENUMERATED OPTIONAL }`
    fn parse(value: &[u8]) -> Option<Self> {
        let mut policy = Self::default();
        let mut rest = expect(value, SEQUENCE)?.content;
        while let Some(part) = element(rest) {
            match part.tag {
                WARNING if expect(part.content, GRACE_LOGINS).is_some() => {
                    policy.reason = Some("the password has expired; a grace login was used up");
                }
                ERROR => {
                    policy.reason = Some(error(part.content));
                    policy.must_change = part.content == CHANGE_AFTER_RESET;
                }
                _ => {}
            }
            rest = part.rest;
        }
        Some(policy)
    }
}

fn error(number: &[u8]) -> &'static str {
    match number {
        [0] => "the password has expired",
        [1] => "the account is locked",
        CHANGE_AFTER_RESET => "the password was set by somebody else and must be changed first",
        _ => "the directory's password policy refuses it",
    }
}

/// The hexadecimal code after `data` in the text of Active Directory (MS-ADTS and winerror.h).
fn active_directory(text: &str) -> Option<&'static str> {
    let (_, after) = text.split_once(", data ")?;
    match after.split(',').next()? {
        "525" => Some("the user does not exist"),
        "52e" => Some("the password is wrong"),
        "530" => Some("the user may not sign in at this time"),
        "531" => Some("the user may not sign in from here"),
        "532" => Some("the password has expired"),
        "533" => Some("the account is disabled"),
        "701" => Some("the account has expired"),
        "773" => Some("the password must be changed first"),
        "775" => Some("the account is locked"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_says_why_and_whether_the_password_must_be_changed() {
        let parse = |value: &[u8]| Policy::parse(value).map(|policy| (policy.reason, policy.must_change));
        assert_eq!(parse(&[0x30, 0]), Some((None, false)));
        assert_eq!(parse(&[0x30, 3, 0x81, 1, 0]), Some((Some("the password has expired"), false)));
        assert_eq!(parse(&[0x30, 3, 0x81, 1, 1]), Some((Some("the account is locked"), false)));
        assert!(parse(&[0x30, 3, 0x81, 1, 2]).is_some_and(|(_, must_change)| must_change));
        // One grace login is left, and the password must be changed.
        assert!(parse(&[0x30, 8, 0xa0, 3, 0x81, 1, 1, 0x81, 1, 2]).is_some_and(|(_, must_change)| must_change));
        // 100 seconds until the password expires.
        assert_eq!(parse(&[0x30, 5, 0xa0, 3, 0x80, 1, 100]), Some((None, false)));
        for broken in [&[][..], &[0x30], &[0x30, 3, 0x81], &[0x04, 0]] {
            assert_eq!(parse(broken), None);
        }
    }

    #[test]
    fn active_directory_says_why_in_its_text() {
        let text = "80090308: LdapErr: DSID-0C09042F, comment: AcceptSecurityContext error, data 775, v4563\0";
        assert_eq!(active_directory(text), Some("the account is locked"));
        for other in ["", "Invalid credentials", "x, data 57, v1"] {
            assert_eq!(active_directory(other), None);
        }
    }
}
