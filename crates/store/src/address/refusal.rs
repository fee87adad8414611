//! Why a text is not taken as an address.

/// Why a text is not taken as an address. It repeats nothing of the text but names of parameters that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Scheme,
    Ambiguous,
    Form,
    /// A parameter that nobody knows, so that its name may be a part of a password.
    Unknown,
    Twice(&'static str),
    /// A parameter, and why it cannot be taken, or not with its value.
    Parameter(&'static str, &'static str),
    Value(&'static str),
}

impl Refusal {
    /// The reason, in words that follow the name of the setting.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Scheme => "must start with postgres://, or be empty for the embedded store".to_owned(),
            Self::Ambiguous => "can be read in more than one way: write \"@\" as %40, and in the user's name \":\" as %3A, \"/\" as %2F \
                                and \"?\" as %3F; or put the password in store.password_file"
                .to_owned(),
            Self::Form => "is not the address of a PostgreSQL database, as in postgres://user@host/name".to_owned(),
            Self::Unknown => "has a parameter that is not known: leave it out; or, in a password, write \"&\" as %26".to_owned(),
            Self::Twice(name) => format!("has the parameter {name} twice"),
            Self::Parameter(name, why) => format!("has the parameter {name}, {why}"),
            Self::Value(name) => format!("has the parameter {name} with a value that is not known"),
        }
    }
}
