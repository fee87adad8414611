//! What a token says, offline: `zonemint token inspect` and `zonemint tokens inspect`.

use std::io::Read as _;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::command::output::Output;
use crate::command::{Failure, LONGEST_INPUT, TokenText, fail, print, warn_above_defaults};
use zonemint_base::model::split_service;
use zonemint_caveat::{self as caveat, PartyKind as _, ServiceType};
use zonemint_macaroon::{Caveat, Digits, Encoding, Limits, Macaroon, RootSecret, Version, printable};

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The token's text; `-` for standard input, `@FILE` for a file
    #[arg(allow_hyphen_values = true)]
    token: TokenText,
    #[command(flatten)]
    output: Output,
    /// Read the root secret from standard input (one trailing line end is taken off) and check the signature
    #[arg(long)]
    secret_stdin: bool,
}

/// Prints what a token says. Checks its signature only if the root secret is given.
///
/// # Errors
/// [`Failure`] when the text is no token, or the signature does not match.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.token.is_input() && arguments.secret_stdin {
        return fail("the token and the secret cannot both come from standard input");
    }
    let text = arguments.token.read()?;
    let secret = arguments.secret_stdin.then(read_secret).transpose()?;
    let (service, text) = split_service(&text);
    let (token, encoding) = match Macaroon::parse(text, &Limits::FORMAT) {
        Ok(parsed) => parsed,
        Err(rule) => return refuse(arguments.output.is_json(), &rule.to_string()),
    };
    warn_above_defaults(text);
    let checked = secret.map(|secret| if token.clone().verify(&secret).is_ok() { "valid" } else { "invalid" });
    if arguments.output.is_json() {
        print(&as_json(&token, encoding, service, checked))?;
    } else {
        print(&arguments.output.facts(&facts(&token, encoding, service, checked)))?;
    }
    if checked == Some("invalid") {
        return refuse_quietly(arguments.output.is_json(), "the signature does not match this secret");
    }
    Ok(())
}

fn refuse(json: bool, rule: &str) -> Result<(), Failure> {
    if json {
        print(&format!("{}\n", json!({"error": rule})))?;
    }
    refuse_quietly(json, rule)
}

fn refuse_quietly(json: bool, rule: &str) -> Result<(), Failure> {
    if json { Err(Failure::No) } else { fail(format!("not a valid token: {rule}")) }
}

fn read_secret() -> Result<RootSecret, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().take(LONGEST_INPUT).read_to_end(&mut bytes)?;
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok(RootSecret::new(secret.strip_suffix(b"\r").unwrap_or(secret)))
}

fn facts(
    token: &Macaroon,
    encoding: Encoding,
    service: Option<ServiceType>,
    signature: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut facts =
        vec![("location", printable(token.location().as_bytes())), ("identifier", printable(token.identifier()))];
    let caveats = token.danger_unverified_caveats();
    facts.extend(caveats.map(|caveat| ("caveat", format!("{}  ({})", printable(caveat.cid), describe(&caveat).0))));
    if facts.len() == 2 {
        facts.push(("caveats", "none: the token is not confined".to_owned()));
    }
    if let Some(service) = service {
        facts.push(("prefix", format!("{}-  (handed on by a {})", service.abbreviation(), service.title())));
    }
    facts.push(("encoding", encoding.to_string()));
    facts.push(("signature", signature.unwrap_or("not checked: no secret given").to_owned()));
    facts
}

fn as_json(token: &Macaroon, encoding: Encoding, service: Option<ServiceType>, signature: Option<&str>) -> String {
    let (version, alphabet, padded) = match encoding {
        Encoding::Onezone => (Version::V1, "base62", false),
        Encoding::Base64 { version, digits: Digits::Url, padded } => (version, "base64url", padded),
        Encoding::Base64 { version, digits: Digits::Standard, padded } => (version, "base64", padded),
    };
    let caveat = |caveat: Caveat<'_>| {
        let (words, details) = describe(&caveat);
        let mut object = json!({"text": printable(caveat.cid), "words": words});
        if let Some((key, value)) = details {
            object[key] = value;
        }
        object
    };
    let mut report = json!({
        "location": printable(token.location().as_bytes()),
        "identifier": printable(token.identifier()),
        "version": if version == Version::V1 { 1 } else { 2 },
        "alphabet": alphabet,
        "padded": padded,
        "caveats": token.danger_unverified_caveats().map(caveat).collect::<Vec<_>>(),
        "signature": signature.unwrap_or("unchecked"),
    });
    if let Some(service) = service {
        report["service"] = json!(service.name());
    }
    format!("{report}\n")
}

/// A caveat in words, and what else JSON says of it.
fn describe(caveat: &Caveat<'_>) -> (String, Option<(&'static str, Value)>) {
    if let Some(third_party) = caveat.third_party {
        let location = printable(third_party.location);
        return (format!("to be discharged by {location}"), Some(("thirdParty", json!(location))));
    }
    match caveat::Caveat::parse(caveat.cid) {
        Ok(known) => (known.in_words(), Some(("caveat", known.to_json()))),
        Err(error) => (error.to_string(), None),
    }
}
