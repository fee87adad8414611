//! What the tests of an account's tokens share: the four paths by which one is named, each with somebody who may.

use crate::support::{As, BOB, TestServer};

/// Bob and a service, each named by themselves and by the administrator.
pub struct Accounts {
    pub bob: String,
    pub service: String,
    /// An access token of the service.
    pub token: String,
}

impl Accounts {
    pub async fn of(server: &TestServer) -> Self {
        let bob = server.add_bob().await;
        let (service, token) = server.add_service().await;
        Self { bob, service, token }
    }

    /// Path, and who asks.
    pub fn all(&self) -> [(String, As<'_>); 4] {
        [
            ("/user".to_owned(), BOB),
            (format!("/users/{}", self.bob), As::Admin),
            ("/provider".to_owned(), As::Token(&self.token)),
            (format!("/providers/{}", self.service), As::Admin),
        ]
    }

    /// Paths that each of these may not use, or that lead nowhere, and what is said of them.
    pub fn refused(&self) -> Vec<(String, As<'_>, u16, &'static str)> {
        let unknown = "0".repeat(32);
        let (of_service, admin) = (As::Token(&self.token), As::Admin);
        vec![
            (format!("/users/{}", self.bob), of_service, 403, "forbidden"),
            (format!("/providers/{}", self.service), BOB, 403, "forbidden"),
            (format!("/users/{unknown}"), BOB, 403, "forbidden"),
            (format!("/users/{unknown}"), admin, 404, "notFound"),
            ("/users/what".to_owned(), admin, 404, "notFound"),
            (format!("/users/{}", self.service), admin, 404, "notFound"),
            (format!("/providers/{}", self.bob), admin, 404, "notFound"),
            (format!("/providers/{}", self.bob), BOB, 404, "notFound"),
            ("/provider".to_owned(), BOB, 403, "forbidden"),
            ("/user".to_owned(), of_service, 403, "forbidden"),
            ("/users/".to_owned(), admin, 404, "notFound"),
        ]
    }

    /// Checks all of these for an operation.
    pub async fn check_refused(&self, server: &TestServer, method: &str, path: &str) {
        for (account, whom, status, id) in self.refused() {
            let answer = server.call(method, &format!("{account}{path}"), whom).await;
            assert_eq!(answer.refusal(), (status, id.to_owned()), "{method} {account}{path} {whom:?}");
        }
    }
}
