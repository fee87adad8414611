//! The document of the API, and its page: that nothing is missing, and that the server does what it says.
//!
//! Where the next thing goes: a rule that every operation keeps is a test in `walk.rs`, one about the text in `text.rs`.

mod declared;
mod page;
mod text;
mod walk;

use serde_json::Value;

use crate::support::TestServer;

/// The document of a server.
async fn document(server: &TestServer) -> Value {
    let answer = server.send(server.get("/openapi.json")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// An operation of the document.
struct Described<'a> {
    /// In upper case.
    method: String,
    /// Whole.
    path: &'a str,
    operation: &'a Value,
}

fn described<'a>(document: &'a Value) -> Vec<Described<'a>> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&'a String, &'a Value)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| Described { method: method.to_ascii_uppercase(), path, operation })
    };
    paths.iter().flat_map(of_path).collect()
}
