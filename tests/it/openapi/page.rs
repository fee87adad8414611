//! The page at `/docs`: it is made of what this server has, and lets nothing else in.

use crate::support::TestServer;

/// The addresses in a page or a script.
fn addresses(text: &str) -> Vec<&str> {
    ["href=\"", "src=\"", "url: \""]
        .into_iter()
        .flat_map(|before| text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_page_asks_for_nothing_but_what_this_server_has() {
    let server = TestServer::start().await;
    let page = server.send(server.get("/docs")).await;
    let start = server.send(server.get("/docs/start.js")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let asked = [addresses(&page.body), addresses(&start.body)].concat();
    assert!(asked.len() >= 6, "{asked:?}");
    for address in asked {
        let answer = server.send(server.get(address)).await;
        assert_eq!((answer.status, address.starts_with('/')), (200, true), "{address}");
    }
}

#[tokio::test]
async fn the_page_has_a_policy_that_lets_in_nothing_from_elsewhere_and_nothing_inline() {
    let server = TestServer::start().await;
    let page = server.send(server.get("/docs")).await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for word in policy.split([' ', ';']).filter(|word| !word.is_empty()) {
        let names_a_rule = word.ends_with("-src") || ["base-uri", "form-action", "frame-ancestors"].contains(&word);
        assert!(names_a_rule || ["'none'", "'self'", "data:"].contains(&word), "{word} in {policy}");
    }
    assert_eq!(page.body.matches("<script").count(), page.body.matches("<script src=").count());
    assert!(!page.body.contains("<style") && !page.body.contains(" style="));
}

#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again() {
    let server = TestServer::start().await;
    for path in ["/openapi.json", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"] {
        let first = server.send(server.get(path)).await;
        assert_eq!(first.status, 200, "{path}");
        let tag = first.header("etag").to_owned();
        let again = server.send(server.get(path).header("if-none-match", &tag)).await;
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", tag.as_str()), "{path}");
        let other = server.send(server.get(path).header("if-none-match", "\"other\"")).await;
        assert_eq!((other.status, other.body == first.body), (200, true), "{path}");
    }
}

#[tokio::test]
async fn other_files_of_the_page_do_not_exist() {
    let server = TestServer::start().await;
    for path in ["/docs//", "/docs/index.html", "/docs/swagger-initializer.js", "/docs/..%2fopenapi.json", "/docs/%ff"]
    {
        let answer = server.send(server.get(path)).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
    }
}
