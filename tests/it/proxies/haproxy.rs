//! HAProxy.

use super::stand::Program;

pub const HAPROXY: Program = Program {
    name: "haproxy",
    files: &["haproxy.cfg", "haproxy.lua"],
    replaced: &[
        ("zonemint.example.org:8443", "{zonemint}"),
        ("zonemint.example.org", "{name}"),
        ("wiki.example.org", "localhost"),
        ("127.0.0.1:8080", "{service}"),
        ("bind :443 ssl", "bind 127.0.0.1:{port} ssl"),
        ("/etc/haproxy/haproxy.lua", "{folder}/haproxy.lua"),
        ("/etc/ssl/wiki.pem", "{folder}/both.pem"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
        ("abns@zonemint-questions", "abns@zonemint-questions-{port}"),
    ],
    around: None,
    cleans: false,
    answer_to_two_tokens: 400,
    passing_on: &[(
        "default_backend service",
        "http-request set-header X-Auth-Token %[var(txn.zonemint_x_auth_token)]\n    default_backend service",
    )],
    arguments: &["-db", "-f", "haproxy.cfg"],
};

super::every_case!(HAPROXY);
