//! The document as the list of what to try: whatever it describes is called on a real server, and the answer must be one that
//! it declares.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{Described, described, document};
use crate::api::coverage::Walk;
use crate::support::{Answer, As, narrowed};

const PREFIX: &str = "/api/v3/onezone";
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Calls an operation with ids that there are.
async fn call(walk: &Walk, method: &str, path: &str, body: Option<&Value>, whom: As<'_>) -> Answer {
    let request = match path.strip_prefix(PREFIX) {
        Some(path) => walk.server.request(method, &walk.fill(path, path)),
        None => walk.server.beside(method, path),
    };
    let request = whom.sign(request);
    walk.server.send(if let Some(body) = body { request.json(body) } else { request }).await
}

fn whom<'a>(walk: &'a Walk, path: &str) -> As<'a> {
    walk.whom(path.strip_prefix(PREFIX).unwrap_or(path))
}

/// Whether the document says that it cannot be called without credentials.
fn needs_credentials(it: &Described<'_>) -> bool {
    let ways = it.operation["security"].as_array().into_iter().flatten();
    let mut ways = ways.peekable();
    ways.peek().is_some() && ways.all(|way| !way.as_object().unwrap().is_empty())
}

#[tokio::test]
async fn without_credentials_each_operation_does_what_its_security_says() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    for it in described(&document) {
        let answer = call(&walk, &it.method, it.path, None, As::Nobody).await;
        assert_eq!(answer.status == 401, needs_credentials(&it), "{} {}: {answer:?}", it.method, it.path);
        it.check(&document, &answer);
    }
}

/// What every service of a zone needs to do with the tokens that users hand to it.
const NEEDED_BY_SERVICES: [(&str, &str); 4] =
    [("GET", "/user"), ("GET", "/users/{id}"), ("GET", "/providers"), ("GET", "/providers/{id}")];
/// What only a provider needs.
const NEEDED_BY_PROVIDERS: [(&str, &str); 5] = [
    ("GET", "/user/spaces"),
    ("GET", "/user/effective_spaces"),
    ("GET", "/user/effective_providers/{id}/spaces"),
    ("GET", "/user/groups"),
    ("GET", "/user/effective_groups"),
];

/// A request with a token in one of the places for it.
type TokenHeader = fn(RequestBuilder, &str) -> RequestBuilder;

/// Everywhere that a token may stand in a request of any operation.
const TOKEN_HEADERS: [TokenHeader; 5] = [
    |request, token| request.header("x-auth-token", token),
    |request, token| request.bearer_auth(token),
    |request, token| request.header("macaroon", token),
    |request, token| request.basic_auth("__token__", Some(token)),
    |request, token| request.basic_auth("admin", Some(token)),
];

#[tokio::test]
async fn a_token_that_is_for_other_services_does_only_what_these_need() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let (id, own) = walk.service.clone();
    let account = format!("/providers/{id}");
    let identity = walk.server.temporary(&account, json!({"type": {"identityToken": {}}}), As::Admin).await;
    let (mut refused, mut allowed) = (0, 0);
    for it in described(&document) {
        let below = it.path.strip_prefix(PREFIX).unwrap_or(it.path);
        // A service's own token is for the zone alone: it is refused before anything is asked of the operation.
        let of_user = !below.starts_with("/provider/");
        for (caveat, proof, is_provider) in [
            ("service = opw-*", format!("opw-{identity}"), true),
            ("service = opw-*|ozw-elsewhere", own.clone(), true),
            (&*format!("service = ozp-onezone|opp-{id}"), format!("opp-{identity}"), false),
            ("service = opp-*|ozp-*", format!("opp-{own}"), false),
        ] {
            let token = walk.token(below, caveat).await;
            let path = walk.fill(it.path, below);
            for (at, place) in TOKEN_HEADERS.into_iter().enumerate().filter(|(at, _)| of_user || *at < 4) {
                let request = place(walk.server.beside(&it.method, &path), &token);
                let answer = walk.server.send(request.header("x-onedata-service-token", &proof)).await;
                it.check(&document, &answer);
                let told = format!("{} {path} with {caveat} at {at}: {answer:?}", it.method);
                let here = (&*it.method, below);
                let needed = NEEDED_BY_SERVICES.contains(&here) || is_provider && NEEDED_BY_PROVIDERS.contains(&here);
                if needed {
                    assert_eq!(answer.status, 200, "{told}");
                    allowed += 1;
                } else if needs_credentials(&it) && it.path != "/auth/verify" {
                    assert_eq!(answer.status, 401, "{told}");
                    refused += 1;
                } else {
                    assert!(answer.status < 400 || !told.contains("tokenCaveatUnverified"), "{told}");
                }
            }
            // Nobody proves to be the service.
            if needs_credentials(&it) && it.path != "/auth/verify" {
                let answer = walk.server.send(TOKEN_HEADERS[0](walk.server.beside(&it.method, &path), &token)).await;
                assert_eq!(answer.status, 401, "{} {path} with {caveat}: {answer:?}", it.method);
            }
        }
    }
    assert_eq!(allowed, TOKEN_HEADERS.len() * (4 * NEEDED_BY_SERVICES.len() + 2 * NEEDED_BY_PROVIDERS.len()));
    assert!(refused > 4 * 5 * 60, "{refused}");
    // Where a list names Onezone, too, the token may be used here by itself, and by whom it was handed to.
    for caveat in ["service = ozw-onezone|opw-*", "service = opw-*|ozw-*"] {
        let token = walk.token("/user", caveat).await;
        let request = walk.server.request("GET", "/keys").header("x-auth-token", &token);
        let answer = walk.server.send(request.header("x-onedata-service-token", &identity)).await;
        assert_eq!(answer.status, 200, "{caveat}: {answer:?}");
    }
    // Each list must have a service that needs the operation.
    let wide = walk.token("/user", "service = opp-*|opw-*").await;
    let narrow = narrowed(&wide, "service = opp-*");
    for (token, path, status) in [(&wide, "/user/spaces", 200), (&narrow, "/user", 200), (&narrow, "/user/spaces", 401)]
    {
        let request = walk.server.request("GET", path).header("x-auth-token", token);
        let answer = walk.server.send(request.header("x-onedata-service-token", format!("opp-{identity}"))).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    assert_eq!(walk.server.call("GET", "/user", As::Admin).await.status, 200);
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_with_a_password_that_the_browser_adds() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let mut refused = 0;
    for it in described(&document).iter().filter(|it| it.method == "POST") {
        let path = walk.fill(it.path, it.path.strip_prefix(PREFIX).unwrap_or(it.path));
        for (header, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example.org"),
            ("origin", "null"),
        ] {
            let request = || As::Admin.sign(walk.server.post(&path).header(header, value));
            let answer = walk.server.send(request()).await;
            it.check(&document, &answer);
            assert_eq!(answer.status, 403, "{path} {header}: {answer:?}");
            assert!(answer.body.contains("application/json"), "{answer:?}");
            let form = request().header("content-type", "application/x-www-form-urlencoded").body("token=x");
            assert_eq!(walk.server.send(form).await.status, 403, "{path} {header}");
            let meant = request().header("content-type", "application/json").body("{");
            assert!(!walk.server.send(meant).await.body.contains("another site"), "{path} {header}");
            refused += 1;
        }
        for (header, value) in [("sec-fetch-site", "same-origin"), ("origin", &*walk.server.origin())] {
            let own = As::Admin.sign(walk.server.post(&path).header(header, value).body("{"));
            assert!(!walk.server.send(own).await.body.contains("another site"), "{path} {header}");
        }
    }
    assert!(refused > 4 * 20, "{refused}");
    assert_eq!(walk.server.call("GET", "/keys", As::Admin).await.json()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_as_declared() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let long = json!({"x": "x".repeat(walk.server.config.http.max_body)});
    let with_body: Vec<_> =
        described(&document).into_iter().filter(|it| it.operation["requestBody"].is_object()).collect();
    assert!(with_body.len() > 20);
    for it in with_body {
        let answer = call(&walk, &it.method, it.path, Some(&long), whom(&walk, it.path)).await;
        assert_eq!(answer.status, 413, "{} {}: {answer:?}", it.method, it.path);
        it.check(&document, &answer);
    }
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_described() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let all = described(&document);
    for it in &all {
        let here: Vec<_> =
            all.iter().filter(|other| other.path == it.path).map(|other| other.method.as_str()).collect();
        for method in METHODS.into_iter().filter(|method| !here.contains(method)) {
            let answer = call(&walk, method, it.path, None, As::Nobody).await;
            assert_eq!(answer.status, 405, "{method} {}: {answer:?}", it.path);
            assert!(
                here.iter().all(|method| answer.header("allow").contains(method)),
                "{method} {}: {answer:?}",
                it.path
            );
            it.check(&document, &answer);
        }
    }
}

/// The keys that the document says must be there.
fn required(it: &Described<'_>) -> Vec<String> {
    let schema = &it.operation["requestBody"]["content"]["application/json"]["schema"];
    schema["required"].as_array().into_iter().flatten().map(|key| key.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_key_that_must_be_there_is_missed_and_its_name_said() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let mut missed = 0;
    for it in described(&document) {
        let example = &it.operation["requestBody"]["content"]["application/json"]["example"];
        for key in required(&it) {
            let mut body = example.clone();
            body.as_object_mut().unwrap().remove(&key);
            let answer = call(&walk, &it.method, it.path, Some(&body), whom(&walk, it.path)).await;
            it.check(&document, &answer);
            // An earlier key of the example may be refused first: its token is none.
            if answer.error() != "badValueToken" && answer.status != 404 {
                assert_eq!(answer.json()["error"]["details"]["key"], *key, "{} {}: {answer:?}", it.method, it.path);
                missed += 1;
            }
        }
    }
    assert!(missed > 10, "{missed}");
}

#[tokio::test]
async fn the_examples_of_bodies_are_answered_as_declared() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let mut all = described(&document);
    // What ends the caller comes last.
    all.sort_by_key(|it| (it.method == "DELETE", it.path.ends_with("/user")));
    for it in all {
        let example = it.operation.pointer("/requestBody/content/application~1json/example");
        let answer = call(&walk, &it.method, it.path, example, whom(&walk, it.path)).await;
        it.check(&document, &answer);
    }
}

#[tokio::test]
async fn a_parameter_that_stands_twice_is_refused_as_declared() {
    let walk = Walk::start().await;
    let document = document(&walk.server).await;
    let mut refused = 0;
    for it in described(&document) {
        let example = it.operation.pointer("/requestBody/content/application~1json/example");
        let parameters = it.operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let path = format!("{}?{name}=1&{name}=1", it.path);
            let answer = call(&walk, &it.method, &path, example, whom(&walk, it.path)).await;
            it.check(&document, &answer);
            // Else what the path names is looked for first, and is not there.
            assert!([400, 404].contains(&answer.status), "{} {path}: {answer:?}", it.method);
            refused += usize::from(answer.status == 400);
        }
    }
    assert!(refused > 50, "{refused}");
}
