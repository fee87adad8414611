//! Why a directory gave no answer that can be used, and why it refused a sign-in.

/// The directory could not be used. The texts are for the administrator, not for clients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Settings and directory do not fit together; another attempt will not help.
    #[error("the directory cannot be used as configured: {0}")]
    Misconfigured(String),
    /// No server gave an answer in time. If a user's password was sent already, it was not sent again.
    #[error("the directory is unavailable: {0}")]
    Unavailable(String),
}

/// Why a sign-in is refused. All are the same answer to a client, except that a [`Refusal::Failure`] may be answered as a fault of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No entry has this name, the password is wrong, or the directory does not let this user sign in with it (expired, locked,
    /// must be changed): the log has the reason, the caller does not.
    #[error("wrong name or password")]
    Credentials,
    /// More than one entry has this name, so whose password it would be is unknown. None was asked.
    #[error("more than one entry of the directory has this name")]
    Ambiguous,
    /// The directory could not be used.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// The result codes of LDAP that are treated by number (RFC 4511, appendix A).
pub(crate) mod code {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const OPERATIONS_ERROR: u32 = 1;
    pub(crate) const TIME_LIMIT_EXCEEDED: u32 = 3;
    pub(crate) const SIZE_LIMIT_EXCEEDED: u32 = 4;
    pub(crate) const CONSTRAINT_VIOLATION: u32 = 19;
    pub(crate) const NO_SUCH_OBJECT: u32 = 32;
    pub(crate) const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
    pub(crate) const INVALID_CREDENTIALS: u32 = 49;
    pub(crate) const BUSY: u32 = 51;
    pub(crate) const UNAVAILABLE: u32 = 52;
    pub(crate) const UNWILLING_TO_PERFORM: u32 = 53;
    pub(crate) const OTHER: u32 = 80;
}

/// Longest text of a server that is shown, in characters.
const LONGEST_TEXT: usize = 300;

impl Failure {
    /// What a result code means if the operation cannot do without success. `what` says which operation, as "searching DN".
    pub(crate) fn of_result(what: &str, result: u32, text: &str) -> Self {
        let (what, meaning, text) = (clean(what), meaning(result), clean(text));
        let text = if text.is_empty() { text } else { format!(" ({text})") };
        let why = format!("{what}: result {result}, {meaning}{text}");
        match result {
            code::OPERATIONS_ERROR | code::TIME_LIMIT_EXCEEDED | code::BUSY | code::UNAVAILABLE | code::OTHER => {
                Self::Unavailable(why)
            }
            _ => Self::Misconfigured(why),
        }
    }
}

/// A text of a server, or one with a DN, for one line of a log.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST_TEXT).collect()
}

fn meaning(result: u32) -> &'static str {
    match result {
        code::OPERATIONS_ERROR => "error of the directory",
        code::TIME_LIMIT_EXCEEDED => {
            "the directory's time limit is exceeded; an attribute of the filter may have no index"
        }
        code::SIZE_LIMIT_EXCEEDED => "the directory's size limit is exceeded",
        7 | 8 => "the directory demands another way to authenticate",
        10 => "the entry is on another server, and referrals are not followed: name that server",
        11 => "the directory's limit is exceeded; an attribute of the filter may have no index",
        13 => "the directory demands TLS",
        code::CONSTRAINT_VIOLATION => "refused by a rule of the directory",
        code::NO_SUCH_OBJECT => "there is no such entry, or the service account may not read it",
        34 => "this is not a DN",
        code::INAPPROPRIATE_AUTHENTICATION => "the entry has no password",
        code::INVALID_CREDENTIALS => "the DN or its password is wrong, or the account is locked",
        50 => "the service account has no right to do this",
        code::BUSY => "the directory is busy",
        code::UNAVAILABLE => "the directory is shutting down",
        code::UNWILLING_TO_PERFORM => "the directory is not willing to do this",
        _ => "the directory refuses",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_a_fault_of_the_settings_unless_the_directory_is_in_trouble() {
        for result in [1, 3, 51, 52, 80] {
            assert!(matches!(Failure::of_result("x", result, ""), Failure::Unavailable(_)), "{result}");
        }
        for result in [4, 8, 10, 13, 32, 34, 49, 50, 53, 999] {
            assert!(matches!(Failure::of_result("x", result, ""), Failure::Misconfigured(_)), "{result}");
        }
        let shown = Failure::of_result("searching dc=org", 32, &format!("no\n{}", "x".repeat(999))).to_string();
        assert!(
            shown.contains("searching dc=org: result 32, there is no such entry") && shown.contains("(nox"),
            "{shown}"
        );
        assert!(!shown.contains('\n') && shown.len() < 600, "{shown}");
    }
}
