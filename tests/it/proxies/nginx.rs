//! nginx.

use super::stand::{Program, Stand, ZONEMINT};

/// What takes the snippet in. nginx needs folders for temporary files at its start, whether it writes there or not.
pub const AROUND: &str = "daemon off; master_process off; pid pid; error_log stderr;
    events {}
    http {
        access_log off;
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        include {folder}/*nginx.conf;
    }";
pub const ARGUMENTS: &[&str] = &["-p", "{folder}", "-c", "main.conf"];

/// What the file's words become. `zonemint` is where the proxy asks.
const fn replaced(zonemint: &'static str) -> [(&'static str, &'static str); 8] {
    [
        ("zonemint.example.org:8443", zonemint),
        ("zonemint.example.org", "{name}"),
        ("127.0.0.1:8080", "{service}"),
        ("wiki.example.org", "localhost"),
        ("listen 443 ssl", "listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/wiki.pem", "{certificate}"),
        ("/etc/ssl/wiki.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ]
}

pub const NGINX: Program = Program {
    name: "nginx",
    files: &["nginx.conf"],
    replaced: &replaced("{zonemint}"),
    around: Some(("main.conf", AROUND)),
    cleans: false,
    answer_to_two_tokens: 200,
    passing_on: &[("proxy_set_header X-Auth-Token \"\";", "proxy_set_header X-Auth-Token $http_x_auth_token;")],
    arguments: ARGUMENTS,
};

super::every_case!(NGINX);

/// With somebody in zonemint's place who has too much to do.
const OVERLOADED: Program = Program {
    replaced: &replaced("unix:{folder}/overloaded.sock"),
    around: Some((
        "main.conf",
        "daemon off; master_process off; pid pid; error_log stderr;
        events {}
        http {
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            include {folder}/nginx.conf;
            server {
                listen unix:{folder}/overloaded.sock ssl;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                add_header Retry-After 7 always;
                if ($http_x_forwarded_uri = /429) { return 429; }
                if ($http_x_forwarded_uri = /503) { return 503; }
                return 400;
            }
        }",
    )),
    ..NGINX
};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_come_back_later_is_told_when() {
    let Some(stand) = Stand::start(&OVERLOADED).await else { return };
    for (target, status, retry_after) in [("/429", 429, "7"), ("/503", 503, "7"), ("/400", 500, "")] {
        let reply = stand.get(target, &stand.token).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(status == 500 || reply.header("retry-after") == retry_after, "{reply:?}");
    }
    assert_eq!(stand.upstream.served(), 0);
}

/// Debian 12's passes on the first of several challenges only, and git and docker need that of Basic.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_only_basic_is_challenged() {
    let started = Stand::start_with(&NGINX, ZONEMINT, |config| {
        config.forward_auth.basic = vec!["localhost".to_owned()];
    });
    let Some(stand) = started.await else { return };
    let reply = stand.send("GET", "/", &[]).await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Basic realm=\"onezone\", charset=\"UTF-8\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_no_page_for_clients() {
    let Some(stand) = Stand::start(&NGINX).await else { return };
    for target in ["/.zonemint", "/%2ezonemint", "/a/../.zonemint"] {
        assert_eq!(stand.get(target, &stand.token).await.status, 404, "{target}");
    }
}
