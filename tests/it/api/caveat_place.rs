//! `ip`, `asn` and `geo` caveats: where a request comes from, as a trusted proxy says.

use serde_json::json;

use crate::support::{Answer, As, TestServer, narrowed};

/// Caveat, address, and what is answered.
const PLACES: [(&str, &str, u16); 13] = [
    ("geo.country = PL", "192.0.2.7", 200),
    ("geo.country = PL|US", "198.51.100.7", 200),
    ("geo.country = PL", "198.51.100.7", 401),
    ("geo.country != PL", "198.51.100.7", 200),
    ("geo.country != PL", "192.0.2.7", 401),
    ("geo.country != PL", "10.0.0.1", 401),
    ("geo.region = Europe", "192.0.2.7", 200),
    ("geo.region = EU", "192.0.2.7", 200),
    ("geo.region = EU", "3fff:1::7", 401),
    ("geo.region != EU", "3fff:1::7", 200),
    ("geo.region = Oceania", "203.0.113.7", 200),
    ("asn = 64496|64499", "2001:db8::7", 200),
    ("asn = 64496", "198.51.100.7", 401),
];

/// A server that takes the word of whoever connects from this machine.
async fn behind_a_proxy(geo: bool) -> TestServer {
    TestServer::start_with(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned(), "::1".to_owned()];
        if geo {
            config.geo.country = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/geo.mmdb").into();
            config.geo.asn.clone_from(&config.geo.country);
        }
    })
    .await
}

async fn from(server: &TestServer, address: &str, token: &str) -> Answer {
    server.send(server.request("GET", "/user").header("x-auth-token", token).header("X-Forwarded-For", address)).await
}

#[tokio::test]
async fn the_proxys_word_decides_about_ip_caveats() {
    let server = behind_a_proxy(false).await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for (caveat, address, status) in [
        ("ip = 192.0.2.0/24", "192.0.2.7", 200),
        ("ip = 192.0.2.0/24", "192.0.3.7", 401),
        ("ip = 192.0.2.7/32|198.51.100.0/24", "198.51.100.9", 200),
        ("ip = 192.0.2.0/24", "192.0.2.7, 203.0.113.1", 401),
        ("ip = 203.0.113.1/32", "192.0.2.7, 203.0.113.1", 200),
        ("ip = 2001:db8::/32", "2001:db8::7", 200),
        ("ip = 127.0.0.1/32", "192.0.2.7", 401),
        ("ip = 127.0.0.1/32", "what", 401),
    ] {
        let answer = from(&server, address, &narrowed(&token, caveat)).await;
        assert_eq!(answer.status, status, "{caveat} from {address}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified");
    }
}

#[tokio::test]
async fn nobody_elses_word_does() {
    let server = TestServer::start().await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    assert_eq!(from(&server, "192.0.2.7", &narrowed(&token, "ip = 192.0.2.0/24")).await.status, 401);
    assert_eq!(from(&server, "192.0.2.7", &narrowed(&token, "ip = 127.0.0.1/32")).await.status, 200);
}

#[tokio::test]
async fn the_database_says_where_an_address_is() {
    let server = behind_a_proxy(true).await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for (caveat, address, status) in PLACES {
        let answer = from(&server, address, &narrowed(&token, caveat)).await;
        assert_eq!(answer.status, status, "{caveat} from {address}: {answer:?}");
        assert!(status == 200 || answer.error() == "tokenCaveatUnverified");
    }
}

#[tokio::test]
async fn without_a_database_nobody_is_anywhere() {
    let server = behind_a_proxy(false).await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for caveat in ["geo.country = PL", "geo.country != PL", "geo.region = EU", "geo.region != EU", "asn = 64496"] {
        let answer = from(&server, "192.0.2.7", &narrowed(&token, caveat)).await;
        assert_eq!(answer.refusal(), (401, "tokenCaveatUnverified".to_owned()), "{caveat}");
        assert!(answer.body.contains("no database that tells where an address is"), "{caveat}: {answer:?}");
    }
}

#[tokio::test]
async fn a_flat_database_tells_countries_and_refuses_regions_with_the_reason() {
    let server = TestServer::start_with(|config| {
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned(), "::1".to_owned()];
        config.geo.country = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/geo-flat-code.mmdb").into();
    })
    .await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    for (caveat, address, status, is_told) in [
        ("geo.country = PL", "192.0.2.7", 200, false),
        ("geo.country != PL", "192.0.2.7", 401, false),
        ("geo.country = PL", "10.0.0.1", 401, false),
        ("geo.region = EU", "192.0.2.7", 401, true),
        ("geo.region != EU", "192.0.2.7", 401, true),
        ("geo.region != Asia", "192.0.2.7", 401, true),
        ("asn = 64496", "192.0.2.7", 401, true),
    ] {
        let answer = from(&server, address, &narrowed(&token, caveat)).await;
        assert_eq!(answer.status, status, "{caveat} from {address}: {answer:?}");
        assert_eq!(answer.body.contains("no database that tells"), is_told, "{caveat}: {answer:?}");
    }
}

#[tokio::test]
async fn a_token_is_made_with_a_warning_where_its_caveats_have_no_database() {
    let server = TestServer::start().await;
    let caveats = json!([
        {"type": "geo.region", "filter": "blacklist", "list": ["Asia"]},
        {"type": "asn", "whitelist": [64496]},
        {"type": "asn", "whitelist": [64496, 64497]},
        {"type": "time", "validUntil": server.clock.now_s() + 60},
    ]);
    let expected = "this server refuses the token, for it has no database for its caveat asn (geo.asn names no file) and geo.region \
                    (geo.country names no file)";
    for (path, body) in [
        ("/user/client_tokens", json!({"caveats": caveats})),
        ("/user/tokens/named", json!({"name": "far", "caveats": caveats})),
        ("/user/tokens/temporary", json!({"caveats": caveats})),
    ] {
        let answer = server.json("POST", path, body, As::Admin).await;
        assert_eq!(answer.header("x-warning"), expected, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_token_is_made_without_a_warning_where_there_is_a_database() {
    let server = behind_a_proxy(true).await;
    let caveats =
        json!([{"type": "geo.region", "filter": "blacklist", "list": ["Asia"]}, {"type": "asn", "whitelist": [1]}]);
    let answer = server.json("POST", "/user/client_tokens", json!({"caveats": caveats}), As::Admin).await;
    assert_eq!((answer.status, answer.header("x-warning")), (200, ""));
}

#[tokio::test]
async fn a_token_is_verified_for_the_address_in_the_body() {
    let server = behind_a_proxy(true).await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    let token = narrowed(&narrowed(&token, "geo.country = PL"), "ip = 192.0.2.0/24");
    for (peer, status) in [(json!("192.0.2.7"), 200), (json!("198.51.100.7"), 400), (json!(null), 400)] {
        let body = json!({"token": token, "peerIp": peer});
        let answer = server.json("POST", "/tokens/verify_access_token", body, As::Nobody).await;
        assert_eq!(answer.status, status, "{peer}: {answer:?}");
    }
}

#[tokio::test]
async fn a_token_narrowed_by_place_makes_nothing_wider() {
    let server = behind_a_proxy(true).await;
    let token = server.as_admin("POST", "/user/client_tokens").await.token();
    let narrow = narrowed(&token, "geo.country = PL");
    let request = server.request("POST", "/user/tokens/named").header("x-auth-token", &narrow);
    let made = server.send(request.header("X-Forwarded-For", "192.0.2.7").json(&json!({"name": "one"}))).await;
    let made = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(from(&server, "192.0.2.7", &made).await.status, 200);
    assert_eq!(from(&server, "198.51.100.7", &made).await.status, 401);
}
