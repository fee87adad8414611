//! The Authorization header of RFC 7617.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use zonemint_http::basic;

fuzz_target!(|value: &[u8]| {
    let Ok(credentials) = basic::parse(value) else { return };
    assert!(!credentials.username.contains(':'), "the first colon ends the user name");
    let pair = format!("{}:{}", credentials.username, *credentials.password);
    let again = basic::parse(format!("Basic {}", STANDARD.encode(pair)).as_bytes());
    assert!(
        again.is_ok_and(|again| again.username == credentials.username && *again.password == *credentials.password)
    );
});
