//! Request bodies: stricter than serde_json, and never of another opinion about what it accepts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use zonemint_http::json;

fuzz_target!(|body: &[u8]| {
    let Ok(object) = json::object(body) else { return };
    let reference = serde_json::from_slice::<Map<String, Value>>(body);
    assert!(reference.is_ok_and(|reference| reference == object));
});
