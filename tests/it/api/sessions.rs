//! Sessions of real clients of the newer API, as their scripts have them, with the real curl and jq.
//!
//! `$URL`, `$U` (user:password), `$T` (an access token of the same user), `$ID` (the user's id), `$S` (a service's token) and
//! `$NOW` are set by the test. What a client goes on to do with spaces, groups and clusters is not here.

use std::process::Output;

use serde_json::json;
use tokio::process::Command;

use crate::support::left_out::CLIENTS;
use crate::support::process::installed;
use crate::support::{As, PASSWORD, TestServer};

/// Name, script, and all that it must print: texts, or `<token>` for a token's.
const SESSIONS: &[(&str, &str, &str)] = &[
    (
        "infrastructure documentation, newer form",
        r#"curl -sS -k --fail -X POST -H "X-Auth-Token: $T" -H 'Content-type: application/json' \
             -d '{"name": "REST and CDMI access token", "type": {"accessToken": {}},
                  "caveats": [{"type": "interface", "interface": "rest"}]}' $URL/user/tokens/named | jq -r .token"#,
        "<token>",
    ),
    (
        "notebooks hub: only a 404 means that it must be made",
        r#"get() { curl -sS -k -w '\n%{http_code}' -H "x-auth-token: $T" "$URL/user/tokens/named/name/hub-$1"; }
           make() { curl -sS -k --fail -X POST -H "x-auth-token: $T" -H 'content-type: application/json' -d "$1" \
             $URL/user/tokens/named | jq -r .token; }
           get oneclient | tail -1; echo
           ONECLIENT_ACCESS_TOKEN=$(make '{"name": "hub-oneclient", "type": {"accessToken": {}},
             "caveats": [{"type": "interface", "interface": "oneclient"}]}')
           ONEZONE_ACCESS_TOKEN=$(make '{"name": "hub-rest", "type": {"accessToken": {}}, "caveats":
             [{"type": "interface", "interface": "rest"}, {"type": "service", "whitelist": ["ozw-onezone"]}]}')
           test "$(get oneclient | head -1 | jq -r .token)" = $ONECLIENT_ACCESS_TOKEN
           test "$(get rest | head -1 | jq -r .subject.id)" = $ID
           curl -sS -k --fail -H "x-auth-token: $ONEZONE_ACCESS_TOKEN" $URL/user | jq -r --arg id $ID '.userId == $id'"#,
        "404 true",
    ),
    (
        "farm of file systems: a taken name is tried again with a suffix",
        r#"make() { curl -sS -k -X POST -H "X-Auth-Token: $T" -H 'content-type: application/json' \
             -d "{\"name\": \"$1\", \"type\": {\"accessToken\": {}, \"usageLimit\": 1}}" $URL/users/$ID/tokens/named; }
           FIRST=$(make farm | jq -r .tokenId)
           KEY=$(make farm | jq -r .error.details.key)
           test $KEY = name && SECOND=$(make farm-x7q2 | jq -r .tokenId)
           curl -sS -k -H "X-Auth-Token: $T" $URL/tokens/named/$SECOND | jq -r .name
           curl -sS -k -H "X-Auth-Token: $T" $URL/users/$ID/tokens/named/name/farm | jq -r --arg id $FIRST '.id == $id'
           curl -sS -k -H "X-Auth-Token: $T" $URL/users/$ID/tokens/named | jq -r --arg id $FIRST '.tokens | index($id) >= 0'
           curl -sS -k -o /dev/null -w '%{http_code}\n' -H "X-Auth-Token: $T" $URL/users/$ID/tokens/named/name/gone"#,
        "farm-x7q2 true true 404",
    ),
    (
        "farm of file systems: an invitation is not supported",
        r#"curl -sS -k -X POST -H "X-Auth-Token: $T" -H 'content-type: application/json' $URL/user/tokens/temporary -d '
             {"type": {"inviteToken": {"inviteType": "supportSpace", "spaceId": "x", "parameters": {}}},
              "caveats": [{"type": "time", "validUntil": '$((NOW + 120))'}]}' | jq -r .error.id"#,
        "notSupported",
    ),
    (
        "file client's fixtures: a temporary token of exactly thirty days",
        r#"curl -sS -k -u $U -w '\n%{http_code}' -X POST -H 'Content-Type: application/json' $URL/user/tokens/temporary \
             -d '{"type": {"accessToken": {}}, "caveats": [{"type": "data.readonly"},
                  {"type": "time", "validUntil": '$((NOW + 2592000))'}]}' > answer
           head -1 answer | jq -r .token; tail -1 answer; echo
           curl -sS -k -u $U -X POST -H 'Content-Type: application/json' $URL/user/tokens/temporary \
             -d '{"caveats": [{"type": "time", "validUntil": '$((NOW + 2592001))'}]}' | jq -r .error.details.maxTtl"#,
        "<token> 201 2592000",
    ),
    (
        "gateway: what a token reaches, asked without credentials",
        r#"curl -sS -k -w '\n%{http_code}' -X POST -H 'Content-Type: application/json' -d "{\"token\":\"$T\"}" \
             $URL/tokens/infer_access_token_scope > answer
           tail -1 answer; echo
           head -1 answer | jq -r '.dataAccessScope | type, (.spaces | type)'
           curl -sS -k --fail -X GET -H 'Content-Type: application/json' -H 'Content-Length: 0' \
             -H "X-Auth-Token: $T" $URL/user | jq -r .username"#,
        "200 object object admin",
    ),
    (
        "file client: spaces and providers of the scope can be walked",
        r#"curl -sS -k --fail -H 'content-type: application/json' -d "{\"token\": \"$T\"}" $URL/tokens/infer_access_token_scope |
             jq -r '.dataAccessScope | [.spaces[] | .name, .supports], [.providers[] | .domain], .readonly | tostring'"#,
        "[] [] false",
    ),
    (
        "drive: a hand-built string is examined, then its scope asked",
        r#"BODY=$(printf '{"token":"%s"}' "$T")
           for path in examine infer_access_token_scope; do
             curl -sS -k --fail -X POST -H 'Content-Type: application/json; charset=utf-8' -d "$BODY" $URL/tokens/$path > $path
           done
           jq -r '.onezoneDomain, .persistence, .subject.type, (.type | keys[0])' examine
           jq -r '.validUntil' infer_access_token_scope"#,
        "localhost named user accessToken null",
    ),
    (
        "panel: whose is the token that a client shows",
        r#"ask() { curl -sS -k -X POST -H "X-Onedata-Service-Token: $S" -H 'Content-Type: application/json' \
             -d "{\"token\": \"$1\", \"peerIp\": \"192.0.2.7\"}" $URL/tokens/verify_access_token; }
           ask $T | jq -r --arg id $ID '.subject.type, .subject.id == $id, .ttl, has("error")'
           ask x$T | jq -r '.error.id'"#,
        "user true null false badValueToken",
    ),
    (
        "demo mode: an invitation by name is not supported",
        r#"curl -sS -k -u $U -X POST -H 'Content-type: application/json' $URL/user/tokens/named -d '{"name": "invite",
             "type": {"inviteToken": {"inviteType": "registerOneprovider", "adminUserId": "'$ID'"}}}' | jq -r .error.id
           curl -sS -k -u $U $URL/user/tokens/named/name/invite | jq -r .error.id"#,
        "notSupported notFound",
    ),
    (
        "console: why a login was refused",
        "curl -sS -k -u admin:wrong-password $URL/user | jq -r '.error.id, .error.details.authError.id'",
        "unauthorized badBasicCredentials",
    ),
    (
        "generated client: the key's header is the scheme's name",
        r#"curl -sS -k --fail -H "X-Auth-Token:$T" $URL/user/tokens/named | jq -r '.tokens | type'"#,
        "array",
    ),
];

async fn run(server: &TestServer, script: &str, variables: &[(&str, String)]) -> Output {
    let mut command = Command::new("bash");
    command.args(["-o", "pipefail", "-euc", script]).current_dir(server.folder.path()).env("no_proxy", "*");
    command.envs(variables.iter().map(|(name, value)| (name, value))).output().await.unwrap()
}

/// Puts `<token>` for every token that was printed.
fn redacted(printed: &str) -> String {
    let limits = zonemint::macaroon::Limits::default();
    let is_token = |word: &&str| zonemint::macaroon::Macaroon::parse(word, &limits).is_ok();
    let words = printed.split_whitespace().map(|word| if is_token(&word) { "<token>" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_of_the_newer_api_gets_what_it_reads() {
    if !["curl", "jq"].into_iter().all(|tool| installed(tool, CLIENTS).is_some()) {
        return;
    }
    let server = TestServer::start().await;
    let (_, token) = server.named("/user", json!({"name": "of the script"}), As::Admin).await;
    let variables = [
        ("URL", format!("https://localhost:{}/api/v3/onezone", server.port())),
        ("U", format!("admin:{PASSWORD}")),
        ("T", token),
        ("ID", server.id_of(As::Admin).await),
        ("S", server.add_service().await.1),
        ("NOW", server.now_s().to_string()),
    ];
    for (name, script, expected) in SESSIONS {
        let out = run(&server, script, &variables).await;
        assert!(out.status.success(), "{name}: {out:?}");
        assert_eq!(redacted(&String::from_utf8(out.stdout).unwrap()), *expected, "{name}");
    }
}
