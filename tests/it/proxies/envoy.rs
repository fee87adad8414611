//! Envoy.

use super::stand::Program;

pub const ENVOY: Program = Program {
    name: "envoy",
    files: &["envoy.yaml"],
    replaced: &[
        ("{address: 0.0.0.0, port_value: 443}", "{address: 127.0.0.1, port_value: {port}}"),
        ("{address: 127.0.0.1, port_value: 8080}", "{address: 127.0.0.1, port_value: {service-port}}"),
        ("{address: zonemint.example.org, port_value: 8443}", "{address: 127.0.0.1, port_value: {zonemint-port}}"),
        ("https://zonemint.example.org:8443", "https://{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("domains: [wiki.example.org]", "domains: [localhost]"),
        ("/etc/ssl/wiki.pem", "{certificate}"),
        ("/etc/ssl/wiki.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: None,
    cleans: true,
    answer_to_two_tokens: 401,
    passing_on: &[("[authorization, x-auth-token, macaroon]", "[authorization, macaroon]")],
    arguments: &["--config-path", "envoy.yaml", "--disable-hot-restart", "--concurrency", "1"],
};

super::every_case!(ENVOY);
