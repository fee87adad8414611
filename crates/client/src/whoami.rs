//! `zonemint whoami`

use serde_json::{Value, json};

use super::access::Server;
use super::credential::{Credential, TokenClaims, read_claims};
use super::text::{json_line, plain};
use crate::command::output::Output;
use crate::command::{Failure, print};
use zonemint_base::clock;
use zonemint_caveat::{self as caveat, Caveat};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (connection, profile) = arguments.server.connect_by_profile()?;
    let user = connection.get(&["user"], &[]).await?;
    // Releases before 20.02 use other names for the same fields.
    let text = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| user.get(*key).and_then(Value::as_str));
        found.map_or_else(|| "-".to_owned(), plain)
    };
    let claims = connection.credential.as_ref().and_then(Credential::token).and_then(read_claims);
    let id = claims.as_ref().and_then(TokenClaims::id);
    let caveats = claims.as_ref().map(|claims| claims.caveats.as_slice()).unwrap_or_default();
    let until = caveat::valid_until(caveats);
    if arguments.output.is_json() {
        return print(&json_line(&json!({
            "host": connection.host.url(),
            "profile": profile,
            "user": user,
            "tokenId": id,
            "caveats": caveats.iter().map(Caveat::to_json).collect::<Vec<_>>(),
            "validUntil": until,
        })));
    }
    let mut lines = vec![
        ("user", text(["username", "login"])),
        ("full name", text(["fullName", "name"])),
        ("user id", text(["userId", "id"])),
        ("host", connection.host.to_string()),
        ("by", connection.credential.as_ref().map_or("-", Credential::from).to_owned()),
    ];
    if claims.is_some() {
        lines.push(("token id", id.map_or_else(|| "-".to_owned(), plain)));
        lines.push(("expires", until.map_or_else(|| "never".to_owned(), clock::rfc3339)));
        let others = caveats.iter().filter(|caveat| !matches!(caveat, Caveat::Time(_)));
        lines.extend(others.map(|caveat| ("caveat", plain(&caveat.in_words()))));
    }
    print(&arguments.output.facts(&lines))
}
