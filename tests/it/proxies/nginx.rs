//! nginx.

use super::stand::{Program, Stand};

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

pub const NGINX: Program = Program {
    name: "nginx",
    files: &["nginx.conf"],
    replaced: &[
        ("zonemint.example.org:8443", "{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("127.0.0.1:8080", "{service}"),
        ("wiki.example.org", "localhost"),
        ("listen 443 ssl", "listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/wiki.pem", "{certificate}"),
        ("/etc/ssl/wiki.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: Some(("main.conf", AROUND)),
    cleans: false,
    answer_to_two_tokens: 200,
    passing_on: &[("proxy_set_header X-Auth-Token \"\";", "proxy_set_header X-Auth-Token $http_x_auth_token;")],
    arguments: ARGUMENTS,
};

super::every_case!(NGINX);

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_no_page_for_clients() {
    let Some(stand) = Stand::start(&NGINX).await else { return };
    for target in ["/.zonemint", "/%2ezonemint", "/a/../.zonemint"] {
        assert_eq!(stand.get(target, &stand.token).await.status, 404, "{target}");
    }
}
