//! Prints tokens as JSON lines, 200 of made-up parts and some that the whole service minted, for `pymacaroons_check.py`:
//!
//! ```text
//! cargo run --example emit | python3 pymacaroons_check.py
//! ```
//!
//! Their fields are text, because pymacaroons reads nothing else.

use serde_json::json;
use zonemint::caveat::{Caveat, Time};
use zonemint::macaroon::Encoding;
use zonemint::random::Random;
use zonemint_oracle::Recipe;
use zonemint_oracle::service::served;

const TOKENS: usize = 200;
const LOCATIONS: [&str; 4] = ["onezone", "", "https://zone.example.org:8443", "Москва ♔"];
const CAVEATS: [&str; 6] =
    ["ip = 10.0.0.0/8|172.98.11.23/32", "data.readonly", "geo.country != PL", "π > 3", " = ", "x"];

#[tokio::main]
async fn main() {
    let random = Random::danger_seeded(1);
    for number in 0..TOKENS {
        let recipe = recipe(&random, number);
        let caveats: Vec<_> = recipe.caveats.iter().map(|caveat| String::from_utf8_lossy(caveat)).collect();
        let token = recipe.token().to_text(Encoding::BASE64URL).unwrap();
        println!("{}", json!({"secret_hex": hex(&recipe.secret), "token": token, "caveats": caveats}));
    }
    let folder = tempfile::tempdir().expect("a folder");
    for token in served(folder.path()).await {
        println!("{}", json!({"secret_hex": hex(&token.secret), "token": token.text, "caveats": token.caveats}));
    }
}

fn recipe(random: &Random, number: usize) -> Recipe {
    let time = Caveat::Time(Time::until(u64::from_be_bytes(random.bytes())));
    let mut caveats = vec![time.to_string().into_bytes()];
    caveats.extend((0..number % 7).map(|at| CAVEATS[(number + at) % CAVEATS.len()].as_bytes().to_vec()));
    Recipe {
        secret: random.bytes::<32>().to_vec(),
        location: LOCATIONS[number % LOCATIONS.len()].to_owned(),
        identifier: hex(&random.bytes::<22>()).split_off(1).into_bytes(),
        caveats,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}
