//! `GET /configuration` and `GET /provider/public/get_current_time`.

use crate::support::TestServer;

#[tokio::test]
async fn anybody_may_know_the_time_and_the_version() {
    let server = TestServer::start_with(|config| config.token.domain = "zone.example.org".to_owned()).await;
    let time = server.send(server.request("GET", "/provider/public/get_current_time")).await;
    assert_eq!((time.status, time.body), (200, format!("{{\"timeMillis\":{}}}", server.clock.now_ms())));
    let configuration = server.send(server.request("GET", "/configuration")).await;
    let expected = format!(
        r#"{{"name":"zone.example.org","domain":"zone.example.org","version":"{}","build":"unknown","subdomainDelegationSupported":false}}"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!((configuration.status, configuration.body), (200, expected));
}
