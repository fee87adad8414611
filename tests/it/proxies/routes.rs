//! What a proxy hands on of hosts, paths and tokens that can be read in two ways.

use futures_util::future::join_all;
use serde_json::{Value, json};
use zonemint::config::Config;

use super::client::Reply;
use super::stand::{Program, Stand, ZONEMINT};
use crate::support::{As, narrowed};

const CASES: &str = include_str!("../../vectors/hosts-and-paths.json");
/// The host of the cases, and what it is called here.
const WIKI: &str = "wiki.example.org";
const HERE: &str = "localhost";
/// More ways to write the host, each perhaps none.
const MORE_HOSTS: [&str; 12] = [
    "localhost:443:1", "localhost:", "localhost:0", "localhost:65536", "localhost.:443", "localhost..:443",
    "localhost\u{e9}", "\u{ff4c}ocalhost", "localhost%2e", "user@localhost", "localhost/x", "localhost\\",
];

async fn with_a_route(plain: &Stand) -> Stand {
    let change = |config: &mut Config| config.forward_auth.routes = vec![format!("{HERE}/admin/* = others")];
    Stand::start_with(plain.program, ZONEMINT, change).await.unwrap()
}

async fn asked(stand: &Stand, host: &str, target: &str) -> Reply {
    stand.send("GET", target, &[("host", host), ("x-auth-token", &stand.token)]).await
}

pub async fn a_host_is_that_of_the_route_or_is_not_served(plain: Stand) {
    let stand = with_a_route(&plain).await;
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let listed = cases["hosts"].as_array().unwrap().iter().map(|case| case["host"].as_str().unwrap());
    let here = |host: &str| host.replace(WIKI, HERE).replace("WIKI.example.org", "LOCALHOST");
    // All at once: Envoy keeps a connection open for a second whose request it does not read.
    let asking = listed.map(here).chain(MORE_HOSTS.map(str::to_owned)).map(async |host| {
        let reply = asked(&stand, &host, "/admin/panel").await;
        (host, reply)
    });
    let replies = join_all(asking).await;
    assert_eq!(stand.upstream.served(), 0, "{replies:?}");
    for hosts in [[HERE, "elsewhere"], ["elsewhere", HERE]] {
        let headers = [("host", hosts[0]), ("host", hosts[1]), ("x-auth-token", stand.token.as_str())];
        let reply = stand.send("GET", "/admin/panel", &headers).await;
        assert_eq!(stand.upstream.served(), 0, "{hosts:?}: {reply:?}");
    }
    for host in [HERE, "LOCALHOST", "localhost:443", "localhost:8443"] {
        let reply = asked(&stand, host, "/admin/panel").await;
        assert_eq!(reply.status, 403, "{host}: {reply:?}");
        assert!(reply.header("x-auth-reason").contains("none of the groups that this needs"), "{host}: {reply:?}");
        // The service reads the host that was decided on.
        let seen = asked(&stand, host, "/free").await.seen();
        assert!(seen.all("host").concat().eq_ignore_ascii_case(HERE), "{host}: {seen:?}");
        assert!(seen.all("x-forwarded-host").iter().all(|seen| seen.eq_ignore_ascii_case(HERE)), "{host}: {seen:?}");
    }
}

pub async fn a_path_is_on_the_route_or_not(plain: Stand) {
    let stand = with_a_route(&plain).await;
    let cases: Value = serde_json::from_str(CASES).unwrap();
    for case in cases["paths"].as_array().unwrap() {
        let (path, on) = (case["path"].as_str().unwrap(), case["on"].as_bool().unwrap());
        let served = stand.upstream.served();
        let reply = stand.get(path, &stand.token).await;
        assert_eq!(reply.status, if on { 403 } else { 200 }, "{path}: {reply:?}");
        assert_eq!(stand.upstream.served(), served + usize::from(!on), "{path}");
    }
}

pub async fn of_two_tokens_none_or_one_counts(plain: Stand) {
    for program in [plain.program, passing_on(plain.program)] {
        let stand = Stand::start_with(program, ZONEMINT, |_| {}).await.unwrap();
        let (id, other) = stand.zonemint.named("/user", json!({"name": "two"}), As::Admin).await;
        let both = [(&stand.token_id, &stand.token), (&id, &other)];
        let is_passed_on = |reply: &Reply| reply.seen().all("x-auth-token") == [stand.token.as_str()];
        let alone = stand.get("/a", &stand.token).await;
        assert_eq!(is_passed_on(&alone), !std::ptr::eq(program, plain.program), "{alone:?}");
        for [first, second] in [[both[0], both[1]], [both[1], both[0]]] {
            let headers = [("x-auth-token", first.1.as_str()), ("x-auth-token", second.1.as_str())];
            let reply = stand.send("GET", "/a", &headers).await;
            assert_eq!(reply.status, program.answer_to_two_tokens, "{reply:?}");
            let to_cgi = [("x_auth_token", second.1.as_str()), headers[0], ("x-auth_token", second.1.as_str())];
            for reply in [reply, stand.send("GET", "/a", &to_cgi).await].into_iter().filter(|reply| reply.status == 200)
            {
                let seen = reply.seen();
                assert_eq!(seen.identity()[2], *first.0, "{seen:?}");
                assert!(!seen.holds(second.1), "{seen:?}");
            }
        }
    }
}

/// The program with its snippet as it says how to pass the token on.
fn passing_on(program: &'static Program) -> &'static Program {
    let replaced = Box::leak([program.replaced, program.passing_on].concat().into_boxed_slice());
    Box::leak(Box::new(Program { replaced, ..*program }))
}

pub async fn a_token_may_be_as_long_as_zonemint_takes_it(stand: Stand) {
    let longest = stand.zonemint.config.token.max_length;
    let path = |length: usize| format!("/{}", "x".repeat(length));
    let caveat = |lengths: &[usize]| {
        let paths: Vec<_> = lengths.iter().map(|length| path(*length)).collect();
        format!("http.path = /a/*|{}", paths.join("|"))
    };
    let half = narrowed(&stand.token, &caveat(&[1_000, 1_000, 950]));
    let lengths = (1..1_000).rev().map(|length| caveat(&[1_000, 1_000, length]));
    let tokens = lengths.map(|caveat| narrowed(&half, &caveat)).filter(|token| token.len() <= longest);
    let token = tokens.max_by_key(String::len).unwrap();
    assert!(token.len() > longest - 10, "{}", token.len());
    let reply = stand.get("/a/b", &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.seen().identity()[3], "http.path");
}
