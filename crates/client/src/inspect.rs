//! What a token says, offline: `zonemint token inspect` and `zonemint tokens inspect`.

use std::io::Read as _;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::command::output::Output;
use crate::command::{Failure, TokenText, fail, print, warn_above_defaults};
use zonemint_base::model::split_service;
use zonemint_caveat::{self as caveat, PartyKind as _, ServiceType};
use zonemint_macaroon::{Caveat, Digits, Encoding, Limits, Macaroon, RootSecret, Version, printable};

/// More than any token that the format allows.
const MOST_INPUT: u64 = 4 << 20;

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
    let report = Report::new(&token, encoding, service);
    match secret.map(|secret| token.verify(&secret)) {
        None => print(&report.shown(arguments.output, None))?,
        Some(Ok(_)) => print(&report.shown(arguments.output, Some("valid")))?,
        Some(Err(_)) => {
            print(&report.shown(arguments.output, Some("invalid")))?;
            return refuse_quietly(arguments.output.is_json(), "the signature does not match this secret");
        }
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

fn input() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin().lock().take(MOST_INPUT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_secret() -> Result<RootSecret, Failure> {
    let bytes = input()?;
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok(RootSecret::new(secret.strip_suffix(b"\r").unwrap_or(secret)))
}

struct Report {
    location: String,
    identifier: String,
    encoding: Encoding,
    /// Of a provider, which hands it on, by the prefix `opw-` or `opp-`.
    service: Option<ServiceType>,
    caveats: Vec<CaveatReport>,
}

struct CaveatReport {
    text: String,
    words: String,
    json: Option<Value>,
    third_party: Option<String>,
}

impl Report {
    fn new(token: &Macaroon, encoding: Encoding, service: Option<ServiceType>) -> Self {
        Self {
            location: printable(token.location().as_bytes()),
            identifier: printable(token.identifier()),
            encoding,
            service,
            caveats: token.danger_unverified_caveats().map(CaveatReport::new).collect(),
        }
    }

    fn shown(&self, output: Output, signature: Option<&str>) -> String {
        if output.is_json() { self.as_json(signature) } else { output.facts(&self.facts(signature)) }
    }

    fn facts(&self, signature: Option<&str>) -> Vec<(&'static str, String)> {
        let mut facts = vec![("location", self.location.clone()), ("identifier", self.identifier.clone())];
        if self.caveats.is_empty() {
            facts.push(("caveats", "none: the token is not confined".to_owned()));
        }
        facts.extend(self.caveats.iter().map(|caveat| ("caveat", format!("{}  ({})", caveat.text, caveat.words))));
        if let Some(service) = self.service {
            let handed = format!("{}-  (handed on by a {})", service.abbreviation(), service.title());
            facts.push(("prefix", handed));
        }
        facts.push(("encoding", self.encoding.to_string()));
        facts.push(("signature", signature.unwrap_or("not checked: no secret given").to_owned()));
        facts
    }

    fn as_json(&self, signature: Option<&str>) -> String {
        let caveats: Vec<_> = self.caveats.iter().map(CaveatReport::as_json).collect();
        let (version, alphabet, padded) = match self.encoding {
            Encoding::Onezone => (Version::V1, "base62", false),
            Encoding::Base64 { version, digits: Digits::Url, padded } => (version, "base64url", padded),
            Encoding::Base64 { version, digits: Digits::Standard, padded } => (version, "base64", padded),
        };
        let mut report = json!({
            "location": self.location,
            "identifier": self.identifier,
            "version": if version == Version::V1 { 1 } else { 2 },
            "alphabet": alphabet,
            "padded": padded,
            "caveats": caveats,
            "signature": signature.unwrap_or("unchecked"),
        });
        if let Some(service) = self.service {
            report["service"] = json!(service.name());
        }
        format!("{report}\n")
    }
}

impl CaveatReport {
    fn new(caveat: Caveat<'_>) -> Self {
        let third_party = caveat.third_party.map(|third_party| printable(third_party.location));
        let (words, json) = match (&third_party, caveat::Caveat::parse(caveat.cid)) {
            (Some(location), _) => (format!("to be discharged by {location}"), None),
            (None, Ok(known)) => (known.in_words(), Some(known.to_json())),
            (None, Err(error)) => (error.to_string(), None),
        };
        Self { text: printable(caveat.cid), words, json, third_party }
    }

    fn as_json(&self) -> Value {
        let mut object = json!({"text": self.text, "words": self.words});
        if let Some(json) = &self.json {
            object["caveat"] = json.clone();
        }
        if let Some(location) = &self.third_party {
            object["thirdParty"] = json!(location);
        }
        object
    }
}
