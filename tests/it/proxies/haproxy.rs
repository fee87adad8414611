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
    arguments: &["-db", "-f", "haproxy.cfg"],
};

super::every_case!(HAPROXY);
