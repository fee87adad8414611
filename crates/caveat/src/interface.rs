//! `interface = rest`: through which interface a token may be used.

use std::fmt;

use serde_json::{Value, json};

use super::JsonError;

/// An interface of the services. As a caveat it holds when the request came through exactly this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interface {
    /// The REST API.
    Rest,
    /// A mounted file system or its library. That Onezone then grants only access to data is not decided here.
    Oneclient,
    /// The channel of the web interface.
    Graphsync,
}

impl Interface {
    /// All there are, in the order in which Onezone lists them.
    pub const ALL: [Self; 3] = [Self::Rest, Self::Oneclient, Self::Graphsync];

    /// Reads the name of an interface: `rest`, `oneclient` or `graphsync`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| interface.name() == name)
    }

    /// The name of the interface: `rest`, `oneclient` or `graphsync`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Oneclient => "oneclient",
            Self::Graphsync => "graphsync",
        }
    }

    pub(super) fn parse(cid: &str) -> Option<Self> {
        Self::from_name(cid.strip_prefix("interface = ")?)
    }

    pub(super) fn from_json(json: &Value) -> Result<Self, JsonError> {
        json.get("interface").and_then(Value::as_str).and_then(Self::from_name).ok_or(JsonError::Interface)
    }

    pub(super) fn to_json(self) -> Value {
        json!({"type": "interface", "interface": self.name()})
    }

    pub(super) fn in_words(self) -> String {
        format!("usable only through the {self} interface")
    }

    pub(super) fn unverified_description(self) -> String {
        format!("unverified interface caveat: this token can only be used in the '{self}' interface")
    }
}

/// The name only; [`super::Caveat`] writes what stands before it.
impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_read() {
        assert_eq!(Interface::parse("interface = graphsync"), Some(Interface::Graphsync));
        for cid in ["interface = ", "interface = REST", "interface = rest|oneclient", "interface =rest"] {
            assert_eq!(Interface::parse(cid), None, "{cid:?} was accepted");
        }
    }
}
