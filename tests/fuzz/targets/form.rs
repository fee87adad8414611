//! Any bytes as a form: what is read is what a plain decoder of our own reads, and nothing that it cannot.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use zonemint_http::form;

fuzz_target!(|body: &[u8]| {
    let decoded = decode(body);
    match (form::parse(body), decoded) {
        (Ok(form), Some(parameters)) => {
            for (name, value) in parameters {
                assert_eq!(form.value(&name), Some(value.as_str()).filter(|value| !value.is_empty()));
            }
        }
        (Err(_), None) => {}
        (read, decoded) => panic!("{read:?}, and {decoded:?}"),
    }
});

/// None for what must be refused.
fn decode(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for part in body.split(|byte| *byte == b'&').filter(|part| !part.is_empty()) {
        let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        let (name, value) = (text(&part[..at])?, text(part.get(at + 1..).unwrap_or_default())?);
        if parameters.insert(name, value).is_some() {
            return None;
        }
    }
    Some(parameters)
}

fn text(encoded: &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    let mut at = encoded.iter();
    while let Some(byte) = at.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(*at.next()?)? * 16 + digit(*at.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
