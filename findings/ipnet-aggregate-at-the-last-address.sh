#!/usr/bin/env bash
# The crate ipnet 2.12.0 (Rust): `aggregate` of networks gives a larger one at the end of the address space.
#
# What one would expect: the shortest list of networks with the same addresses. For one network alone, that network.
# What happens: 255.255.255.254/32 alone becomes a /31, with one address more. A list of allowed networks can grow by this.
#
# Seen:
#   10.0.0.254/32 [10.0.0.254/32]
#   255.255.255.254/32 [255.255.255.254/31]
#
# The crate takes the address after the last one as the end of an interval, and stops at the largest address.
# Passes while this is so; fails if it changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "aggregate"
version = "0.0.0"
edition = "2021"

[dependencies]
ipnet = "=2.12.0"
TOML
cat >"$folder/src/main.rs" <<'RUST'
use ipnet::Ipv4Net;

fn main() {
    for text in ["10.0.0.254/32", "255.255.255.254/32"] {
        println!("{text} {:?}", Ipv4Net::aggregate(&vec![text.parse().unwrap()]));
    }
}
RUST
seen=$(cd "$folder" && CARGO_TARGET_DIR=$folder/target cargo run --quiet)
echo "$seen"
[ "$seen" = "10.0.0.254/32 [10.0.0.254/32]
255.255.255.254/32 [255.255.255.254/31]" ]
