//! A secret in every way in which it may be written.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zonemint::model::hex;

/// Secrets that nothing may hold, each with what it is called when it is found.
pub struct Secrets {
    names: Vec<String>,
    /// By the first two octets of a spelling: which secret, and the spelling.
    spellings: Vec<Vec<(usize, Vec<u8>)>>,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { names: Vec::new(), spellings: vec![Vec::new(); 1 << 16] }
    }
}

impl Secrets {
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= 5, "{name} is so short that it is found by chance");
        for spelling in spellings(secret) {
            self.spellings[first_two(&spelling)].push((self.names.len(), spelling));
        }
        self.names.push(name.to_owned());
    }

    pub fn of(name: &str, secret: &[u8]) -> Self {
        let mut secrets = Self::default();
        secrets.add(name, secret);
        secrets
    }

    /// What is found in a text, also when its lines are one; by its name, not to tell it once more.
    pub fn found(&self, text: &[u8]) -> Vec<&str> {
        let folded: Vec<u8> = text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
        let mut found = BTreeSet::new();
        for text in [text, &folded] {
            for at in 0..text.len().saturating_sub(1) {
                let here = &text[at..];
                let at_hand = self.spellings[first_two(here)].iter();
                found.extend(at_hand.filter(|(_, spelling)| here.starts_with(spelling)).map(|(secret, _)| *secret));
            }
        }
        found.into_iter().map(|secret| self.names[secret].as_str()).collect()
    }

    /// Fails when any of them is there.
    pub fn assert_none(&self, text: &[u8], what: &str) {
        let found = self.found(text);
        assert!(found.is_empty(), "{what} holds {found:?}: {}", String::from_utf8_lossy(text));
    }
}

fn first_two(text: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([text[0], text[1]]))
}

fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::to_string(text).unwrap();
        let debug = format!("{text:?}");
        all.extend([text.to_owned(), inside(&json), inside(&debug)]);
        all.push(text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat());
        all.push(form_urlencoded(text));
    }
    all.extend([hex(secret).to_uppercase(), hex(secret)]);
    all.extend([percent(secret, false), percent(secret, true)]);
    all.extend([percent(secret, false).to_lowercase(), percent(secret, true).to_lowercase()]);
    // As a list of numbers, which is how bytes are printed for a search.
    all.push(inside(&format!("{secret:?}")));
    all.push(inside(&serde_json::to_string(secret).unwrap()));
    for before in 0..3 {
        all.extend([&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].map(|alphabet| base64(alphabet, secret, before)));
    }
    let base62: Vec<_> = all.iter().filter(|text| text.contains(['0', '_', '-'])).map(|text| escaped(text)).collect();
    all.extend(base62);
    let all: BTreeSet<_> = all.into_iter().map(String::into_bytes).chain([secret.to_vec()]).collect();
    all.into_iter().collect()
}

/// As the texts of tokens are escaped.
fn escaped(base64url: &str) -> String {
    base64url.replace('0', "00").replace('_', "01").replace('-', "02")
}

/// Without what is around it.
fn inside(text: &str) -> String {
    text[1..text.len() - 1].to_owned()
}

/// Every octet, or those only that RFC 3986 does not leave as they are.
fn percent(secret: &[u8], all: bool) -> String {
    let plain = |byte: u8| !all && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let encode = |&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    secret.iter().map(encode).collect()
}

fn form_urlencoded(text: &str) -> String {
    percent(text.as_bytes(), false).replace("%20", "+")
}

/// What base64 is alike wherever the secret stands, `before` octets after the beginning of three: without the characters that
/// its neighbours have a part in.
fn base64(alphabet: &impl base64::Engine, secret: &[u8], before: usize) -> String {
    let text = alphabet.encode([&vec![0; before][..], secret].concat());
    let begin = (before * 8).div_ceil(6);
    let end = (before + secret.len()) * 8 / 6;
    text[begin..end].to_owned()
}

#[test]
fn a_secret_is_found_however_it_is_written_and_wherever_it_stands() {
    let secret = "pä/ss+wo=rd\"1?";
    let secrets = Secrets::of("password", secret.as_bytes());
    for before in ["", "a", "ab", "user:", "\u{1}"] {
        for after in ["", ".", "..", "\n"] {
            let text = format!("{before}{secret}{after}");
            let written = [
                text.clone(),
                format!("{text:?}"),
                serde_json::to_string(&text).unwrap(),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
                base64::engine::general_purpose::STANDARD.encode(&text),
                base64::engine::general_purpose::URL_SAFE.encode(&text),
                format!("{:?}", text.as_bytes()),
                percent(text.as_bytes(), false),
                percent(text.as_bytes(), true).to_lowercase(),
                form_urlencoded(&text),
                hex(text.as_bytes()).to_uppercase(),
            ];
            for written in written {
                assert_eq!(secrets.found(format!("x {written} y").as_bytes()), ["password"], "{written}");
            }
        }
    }
    let (first, last) = secret.split_at(9);
    assert_eq!(secrets.found(format!("{first}\n{last}").as_bytes()), ["password"], "in lines");
    assert!(secrets.found("pä/ss+wo=rd".as_bytes()).is_empty());
}
