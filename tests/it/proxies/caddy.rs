//! Caddy.

use super::stand::Program;

pub const CADDY: Program = Program {
    name: "caddy",
    files: &["Caddyfile"],
    replaced: &[
        ("https://zonemint.example.org:8443", "https://{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("127.0.0.1:8080", "{service}"),
        ("\nwiki.example.org {", "\nhttps://localhost:{port} {"),
        ("/etc/ssl/wiki.pem", "{certificate}"),
        ("/etc/ssl/wiki.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: Some((
        "main",
        "{
            admin off
            auto_https disable_redirects
            default_bind 127.0.0.1
        }
        import {folder}/Caddyfile",
    )),
    cleans: false,
    answer_to_two_tokens: 400,
    passing_on: &[("\trequest_header -X-Auth-Token\n", "")],
    arguments: &["run", "--config", "main", "--adapter", "caddyfile"],
};

super::every_case!(CADDY);
