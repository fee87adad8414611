//! Traefik.

use super::stand::Program;

pub const TRAEFIK: Program = Program {
    name: "traefik",
    files: &["traefik.yaml"],
    replaced: &[
        ("https://zonemint.example.org:8443", "https://{named-zonemint}"),
        ("http://127.0.0.1:8080", "http://{service}"),
        ("Host(`wiki.example.org`)", "Host(`localhost`)"),
        (" wiki.example.org\n", " localhost\n"),
        ("/etc/ssl/wiki.pem", "{certificate}"),
        ("/etc/ssl/wiki.key", "{key}"),
        ("/etc/ssl/zonemint.pem", "{authority}"),
    ],
    around: Some((
        "static.yml",
        "providers: {file: {filename: '{folder}/traefik.yaml'}}
entryPoints: {websecure: {address: '127.0.0.1:{port}'}}
global: {checkNewVersion: false, sendAnonymousUsage: false}
",
    )),
    cleans: true,
    answer_to_two_tokens: 400,
    passing_on: &[("Regex: (?i)^x[-_]auth[-_]", "Regex: (?i)^x(_auth|-auth_|-auth-([^t]|token[-_]id))")],
    arguments: &["--configFile=static.yml"],
};

super::every_case!(TRAEFIK);
