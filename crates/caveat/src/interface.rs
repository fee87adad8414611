//! `interface = rest`: through which interface a token may be used.

use serde_json::{Value, json};

use super::JsonError;
use super::list::names;

names! {
    /// An interface of the services. As a caveat it holds when the request came through exactly this one.
    Interface {
        /// The REST API.
        Rest = "rest",
        /// A mounted file system or its library. That Onezone then grants only access to data is not decided here.
        Oneclient = "oneclient",
        /// The channel of the web interface.
        Graphsync = "graphsync",
    }
}

impl Interface {
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
