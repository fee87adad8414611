//! `data.readonly`: a token may be used only to read data. Enforced where the data is, as the caveats of `data.rs`.

use serde_json::{Value, json};

pub(super) const TEXT: &str = "data.readonly";

pub(super) fn to_json() -> Value {
    json!({"type": TEXT})
}

pub(super) fn in_words() -> String {
    "usable only to read data".to_owned()
}

pub(super) fn unverified_description() -> String {
    "unverified data access caveat: this token allows for readonly data access".to_owned()
}
