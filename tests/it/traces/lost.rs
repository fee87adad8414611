//! What becomes of spans when the collector is not there, does not answer, or wants to know who sends them.

use tokio::net::TcpListener;

use super::collector::{Collector, Traced};
use crate::support::zonemint;

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_costs_a_warning_for_all_that_was_to_be_exported() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = Traced::start(&format!("http://{nobody}"), &[]);
    for _ in 0..3 {
        server.mint().await;
    }
    let (_, log) = server.stop();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
    // Where the server takes longer than one period of export, there are several.
    let lost =
        |line: &str| -> Option<usize> { line.split_once("traces were lost")?.1.split_once("spans=")?.1.parse().ok() };
    let spans: Option<usize> = warnings.iter().map(|line| lost(line)).sum();
    assert!(spans.is_some_and(|spans| spans >= 3 && warnings.len() < spans), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_does_not_keep_the_server_from_stopping() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = [("ZONEMINT_TRACES__TIMEOUT", "1m"), ("ZONEMINT_SERVER__DRAIN", "1s")];
    let server = Traced::start(&format!("http://{}", silent.local_addr().unwrap()), &settings);
    server.mint().await;
    let (_, log) = server.stop();
    assert!(log.contains("WARN the last traces were not exported"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_come_from_a_file() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("headers"), "# of the collector\n\nAuthorization: Bearer abc\n").unwrap();
    let server = Traced::start_in(folder, &collector.endpoint, &[("ZONEMINT_TRACES__HEADERS_FILE", "headers")]);
    server.mint().await;
    server.stop();
    assert_eq!(collector.header("authorization"), ["Bearer abc"]);
    assert_eq!(collector.header("content-type"), ["application/x-protobuf"]);
}

#[test]
fn a_file_of_headers_that_holds_something_else_is_refused_without_telling_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("headers"), "a: b\nsecret\n").unwrap();
    let settings =
        [("ZONEMINT_TRACES__ENDPOINT", "http://localhost:4318"), ("ZONEMINT_TRACES__HEADERS_FILE", "headers")];
    let out = zonemint(folder.path(), &["serve", "--listen", "127.0.0.1:0"]).envs(settings).output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(told.contains("line 2 of traces.headers_file headers is not \"name: value\""), "{told}");
    assert!(!told.contains("secret"), "{told}");
}
