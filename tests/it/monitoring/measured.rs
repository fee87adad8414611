//! A server that has done a little of everything.

use serde_json::json;
use zonemint::config::Config;

use crate::support::{As, TestServer};

/// Client tokens, named ones and temporary ones that [`start`] makes.
pub const MINTED: u32 = 2 + 1 + 1;

/// Starts a server that has minted, verified, let people in and turned them away, and once answered 503; with what its
/// `/metrics` says then.
pub async fn start(change: impl FnOnce(&mut Config)) -> (TestServer, String) {
    let server = TestServer::start_with(|config| {
        // Who has failed once has to wait from then on, and nobody may.
        config.login.waiting = 0;
        config.login.delays = vec!["1s".parse().unwrap()];
        change(config);
    })
    .await;
    let token = server.mint(json!({})).await.token();
    server.mint(json!({})).await.token();
    server.named("/user", json!({"name": "one"}), As::Admin).await;
    server.temporary("/user", json!({}), As::Admin).await;
    for whom in [As::Token(&token), As::Token("no token"), As::Nobody] {
        server.call("GET", "/user", whom).await;
    }
    server.add_bob().await;
    for expected in [401, 503] {
        assert_eq!(server.call("GET", "/user", As::Basic("bob", "not his")).await.status, expected);
    }
    let answer = server.send(As::Admin.sign(server.get("/metrics"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (server, answer.body)
}
