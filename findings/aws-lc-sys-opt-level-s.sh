#!/usr/bin/env bash
# The crate aws-lc-sys 0.47.0 (Rust, below rustls): with `opt-level = "s"`, a P-256 signature takes four times as long.
#
# What one would expect: the level changes how the C code is compiled. Curves and AES are in assembly, which it does not change.
# What happens: at "s" and "z" the build defines OPENSSL_SMALL, which leaves the fast P-256 and the AVX-512 code out. A profile
# that makes a whole program small so makes its TLS handshakes slow. Cargo does not show the build's warning.
#
# Seen (microseconds for one signature, x86-64 with AVX-512):
#   level 1: 19.6
#   level 3: 19.5
#   level s: 83.8
#
# Passes while "s" takes more than twice the time of 1; fails if it changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "sign"
version = "0.0.0"
edition = "2021"

[dependencies]
aws-lc-rs = { version = "=1.19.0", default-features = false, features = ["aws-lc-sys"] }
aws-lc-sys = "=0.47.0"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use std::time::Instant;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

fn main() {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref()).unwrap();
    let best = (0..20)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..200 {
                key.sign(&random, b"message").unwrap();
            }
            start.elapsed().as_nanos() / 200
        })
        .min();
    println!("{}", best.unwrap());
}
RUST
nanoseconds() {
  (cd "$folder" && CARGO_TARGET_DIR=$folder/target cargo run --release --quiet --config "profile.release.package.aws-lc-sys.opt-level=$1")
}
one=$(nanoseconds 1)
small=$(nanoseconds '"s"')
echo "level 1: $one ns, level s: $small ns"
[ "$small" -gt $((2 * one)) ]
