//! What is wrong with a name.

/// What is wrong with a name. The text is for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a user name.
    #[error(
        "a user name has 2 to 32 letters and digits of ASCII; dots, dashes and underscores are allowed, but not at the \
         beginning or the end"
    )]
    User,
    /// Not a user name under the rule that also allows names of other directories.
    #[error(
        "a user name has at least 2 characters and at most 254 bytes: letters with marks of their script, digits, and inside \
         . _ - + ' & # ! ^ ~ and at most one @ and one \\, none of which Unicode's NFKC replaces, as it does ligatures and full-width \
         letters; it is not \"usr-\" or \"prv-\" and an id"
    )]
    Directory,
    /// Not a full name.
    #[error(
        "a full name has 2 to 128 letters and digits; dashes, spaces, dots, commas and apostrophes are allowed, but not at \
         the beginning, and only a dot at the end"
    )]
    Full,
    /// Not a token name.
    #[error(
        "a token name has 2 to 128 letters, digits, brackets and underscores; dashes, spaces and dots are allowed, but not \
         at the beginning or the end"
    )]
    Token,
}
