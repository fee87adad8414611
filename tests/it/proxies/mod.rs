//! The snippets of `config/proxy`, run by the programs that they are for.
//!
//! Each test has a zonemint, a proxy with its snippet in which only names, ports and paths are replaced, and a service that tells
//! what reaches it ([`stand`]). What must hold behind every proxy is in [`cases`] and [`routes`]; a file per proxy says how it is started. The
//! next proxy is a file like these.

mod caddy;
mod cases;
mod client;
mod envoy;
mod front;
mod haproxy;
mod nginx;
mod routes;
mod stand;
mod traefik;
mod upstream;

/// A test of each case with the proxy that the surrounding module starts.
macro_rules! behind {
    ($program:path, $cases:ident: $($case:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            if let Some(stand) = crate::proxies::stand::Stand::start(&$program).await {
                crate::proxies::$cases::$case(stand).await;
            }
        }
    )+};
}
use behind;

/// The cases, for each proxy.
macro_rules! every_case {
    ($program:path) => {
        crate::proxies::behind!($program, cases:
            who_is_allowed_is_named_and_their_token_stays_here,
            without_a_good_token_the_client_is_challenged,
            what_the_token_does_not_allow_is_refused_with_the_reason,
            what_the_client_says_of_itself_has_no_effect,
            a_path_is_served_as_it_was_decided_on,
            a_limited_token_opens_no_other_path,
            routes_need_their_groups,
            a_revoked_token_is_refused,
            without_zonemint_nothing_is_served,
            who_is_not_zonemint_is_not_believed,
            connections_are_used_again_and_closed,
        );
        crate::proxies::behind!($program, routes:
            a_host_is_that_of_the_route_or_is_not_served,
            a_path_is_on_the_route_or_not,
            of_two_tokens_none_or_one_counts,
            a_token_may_be_as_long_as_zonemint_takes_it,
        );
    };
}
use every_case;

#[test]
fn every_snippet_is_run_here_or_says_that_it_is_not() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/proxy");
    let programs = [
        &nginx::NGINX,
        &caddy::CADDY,
        &haproxy::HAPROXY,
        &envoy::ENVOY,
        &traefik::TRAEFIK,
        &front::NGINX,
        &front::REENCRYPTING,
    ];
    let run: Vec<_> = programs.iter().chain(&[&front::PASSING_THROUGH]).flat_map(|program| program.files).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let says = stand::snippet(&name).contains("has not been run");
        assert_ne!(run.iter().any(|file| **file == name), says, "{name}");
    }
}
