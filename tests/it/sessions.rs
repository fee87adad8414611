//! Sessions of real clients, as their scripts have them, with the real curl, awk and jq.
//!
//! Each shape of `/user/client_tokens` that public scripts send is one line here. `$URL`, `$CA`, `$U` (user:password) and
//! `$T` (a token) are set by the test. Clients of the newer API are in `api/sessions.rs`.

use std::process::Command;

use crate::support::left_out::CLIENTS;
use crate::support::process::installed;
use crate::support::{PASSWORD, Program};

/// Name, script, and what its last line of output must be: a token, or this text.
const SESSIONS: &[(&str, &str, Expect)] = &[
    (
        "swagger 17.06 and 18.02",
        "curl -sS --cacert $CA -u $U -X POST -H 'Content-type: application/json' -d '{}' $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "deployment boot script",
        "curl -u $U -sS --tlsv1.2 -k -H 'Content-type: application/json' -X POST $URL/user/client_tokens | awk -F '\"' '{print $(NF-1)}'",
        Expect::Token,
    ),
    (
        "benchmark script",
        "curl -sku $U -X POST -d '' -H 'content-type: application/json' $URL/user/client_tokens | jq -r '.token'",
        Expect::Token,
    ),
    (
        "metadata ingest",
        "curl -k -N --tlsv1.2 --fail --show-error -X POST -d '' --silent -u $U $URL/user/client_tokens | jq -r '.token'",
        Expect::Token,
    ),
    (
        "token dispenser, no body and no type",
        "curl -sS -k -u $U -X POST $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "token dispenser, who am I",
        "curl -sS -k -H \"X-Auth-Token: $T\" $URL/user | jq -r '.userId | length'",
        Expect::Text("32"),
    ),
    (
        "exercise, exactly 200",
        "curl -sS -k -o /dev/null -w '%{http_code}' -X POST -H \"X-Auth-Token: $T\" -H 'Content-type: application/json' $URL/user/client_tokens",
        Expect::Text("200"),
    ),
    (
        "infrastructure documentation",
        "curl -sS -k -X POST -H 'content-type: application/json' -d '{}' -H \"X-Auth-Token: $T\" $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "old notebooks, first of the list",
        "curl -sS -k -H \"X-Auth-Token: $T\" $URL/user/client_tokens | jq -r '.tokens[0]'",
        Expect::Token,
    ),
    (
        "orchestrator, list then mint without a body",
        "curl -sS -k -H \"X-Auth-Token: $T\" $URL/user/client_tokens | jq -e '.tokens | type == \"array\"' >/dev/null && curl -sS -k -X POST -H \"X-Auth-Token: $T\" $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "file client's fixtures, empty form",
        "curl -sS -k -u $U -X POST -H 'Content-Type: application/x-www-form-urlencoded' -H 'Content-Length: 0' $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "performance script, json={}",
        "curl -sS -k -u $U -X POST -H 'Content-Type: application/json' -d '{}' $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "generated clients, with a charset",
        "curl -sS -k -u $U -X POST -H 'Content-Type: application/json; charset=UTF-8' -d '{\"options\":\"\"}' $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "release tests, header without a space",
        "curl -sS -k --fail -H \"X-Auth-Token:$T\" $URL/user | jq -r .login",
        Expect::Text("admin"),
    ),
    (
        "token as an environment value",
        "ONECLIENT_ACCESS_TOKEN=$T; export ONECLIENT_ACCESS_TOKEN; sh -c 'curl -sS -k -H \"Authorization: Bearer $ONECLIENT_ACCESS_TOKEN\" $URL/user' | jq -r .username",
        Expect::Text("admin"),
    ),
    ("old macaroon header", "curl -sS -k -H \"macaroon: $T\" $URL/user | jq -r .username", Expect::Text("admin")),
    (
        "a hand-built JSON string holds the token unescaped",
        "printf '{\"token\":\"%s\"}' \"$T\" | jq -r .token",
        Expect::Token,
    ),
    (
        "command line client, basic auth from the environment",
        "ONEZONE_BASIC_AUTH=$U; curl -sS -k --http1.1 -u \"$ONEZONE_BASIC_AUTH\" -X POST $URL/user/client_tokens | jq -r .token",
        Expect::Token,
    ),
    (
        "delete by the full text",
        "N=$(curl -sS -k -u $U -X POST $URL/user/client_tokens | jq -r .token); curl -sS -k -o /dev/null -w '%{http_code}' -X DELETE -u $U $URL/user/client_tokens/$N",
        Expect::Text("204"),
    ),
    (
        "the whole answer is one line, token last",
        "curl -sS -k -u $U -X POST -d '' $URL/user/client_tokens | tr -d 'A-Za-z0-9'",
        Expect::Text("{\"\":\"\"}"),
    ),
    (
        "the example of the reference document",
        "curl -sS --cacert $CA -u $U -X POST -d '' -H 'content-type: application/json' $URL/user/client_tokens | jq -r 'keys == [\"token\"]'",
        Expect::Text("true"),
    ),
];

#[derive(Clone, Copy)]
enum Expect {
    Token,
    Text(&'static str),
}

#[test]
fn every_client_of_the_reference_endpoint_gets_what_it_reads() {
    if !["curl", "jq"].into_iter().all(|tool| installed(tool, CLIENTS).is_some()) {
        return;
    }
    let program = Program::start();
    let shell = |script: &str, token: &str| {
        let out = Command::new("bash")
            .args(["-o", "pipefail", "-ec", script])
            .env("URL", format!("https://localhost:{}/api/v3/onezone", program.port))
            .env("CA", program.folder.path().join("certs/cert.pem"))
            .env("U", format!("admin:{PASSWORD}"))
            .env("T", token)
            .env("no_proxy", "*")
            .output()
            .unwrap();
        assert!(out.status.success(), "{script}: {out:?}");
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    let token = shell(SESSIONS[0].1, "");
    for (name, script, expected) in SESSIONS {
        let printed = shell(script, &token);
        match expected {
            Expect::Token => {
                let text = zonemint::macaroon::Macaroon::parse(&printed, &zonemint::macaroon::Limits::default());
                assert!(text.is_ok(), "{name}: {printed:?}");
            }
            Expect::Text(text) => assert_eq!(&printed, text, "{name}"),
        }
    }
}
