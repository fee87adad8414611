# The commands of CONTRIBUTING.md. `just` lists them; https://just.systems has the program. None of them needs it.

_list:
    @just --list --unsorted

# What a change needs while it is written: it compiles, also its tests
check:
    cargo check --tests

# Some tests, by a part of their names: `just test api::keys arch::`
test *names:
    cargo test --test it -- {{ names }}

# The unit tests of modules, by a part of their names
unit *names:
    cargo test --lib -- {{ names }}

# All tests, as the README runs them
test-all:
    cargo test

# Formatting, lints and spelling
lint:
    cargo fmt --all --check
    cargo clippy --all-targets --locked -- -D warnings
    typos

# Writes the kept texts again: the API's document and every --help. Look at the difference
renew:
    ZONEMINT_RENEW=1 cargo test --test it -- openapi::text cli::help
    git diff --stat tests/data

# A server for trying things: https://localhost:8443, all data below target/try
serve:
    mkdir -p target/try
    cargo run -- serve --data target/try/data --listen 127.0.0.1:8443

# The documentation of the modules
doc:
    cargo doc --no-deps --open

# Everything that must hold before a change lands. It takes long, and installs what it needs
ci:
    .ci/run
