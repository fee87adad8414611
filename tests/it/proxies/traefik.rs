//! Traefik.

use super::stand::Program;

pub const TRAEFIK: Program = Program {
    name: "traefik",
    files: &["traefik.yaml"],
    replaced: &[
        ("https://zonemint.example.org:8443", "https://{named-zonemint}"),
        ("http://127.0.0.1:8080", "http://{service}"),
        ("Host(`wiki.example.org`)", "Host(`localhost`)"),
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
    arguments: &["--configFile=static.yml"],
};

super::every_case!(TRAEFIK);
