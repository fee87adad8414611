//! That nothing is left out: the table of operations, against the routes that the server is built from.
//!
//! Where the next thing goes: a new operation is a row here and a test file beside this one. Without them this file fails.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{As, TestServer, narrowed};

/// An operation: method, path, the file of its tests (without `.rs`), and its name in `api` caveats. `{me}` is the
/// caller, `{id}` and `{token}` are what the path has there.
type Row = (&'static str, &'static str, &'static str, &'static str);

const OPERATIONS: &[Row] = &[
    ("GET", "/user", "user_show", "get/user.{me}.instance:protected"),
    ("PATCH", "/user", "user_update", "update/user.{me}.instance:private"),
    ("DELETE", "/user", "user_delete", "delete/user.{me}.instance:private"),
    ("PATCH", "/user/password", "user_password", "update/user.{me}.password:private"),
    ("POST", "/password_reset", "password_reset", "create/user.null.password_reset:public"),
    ("GET", "/user/client_tokens", "../client_tokens", "get/user.{me}.client_tokens:private"),
    ("POST", "/user/client_tokens", "../client_tokens", "create/user.{me}.client_tokens:private"),
    ("DELETE", "/user/client_tokens/{token}", "../client_tokens", "delete/user.{me}.client_token,{token}:private"),
    ("GET", "/users", "users_list", "get/user.null.list:private"),
    ("POST", "/users", "users_create", "create/user.null.instance:private"),
    ("GET", "/users/{id}", "users_show", "get/user.{id}.instance:protected"),
    ("DELETE", "/users/{id}", "users_delete", "delete/user.{id}.instance:private"),
    ("PATCH", "/users/{id}/basic_auth", "users_basic_auth", "update/user.{id}.basic_auth:private"),
    ("PATCH", "/users/{id}/access_block", "users_access_block", "update/user.{id}.access_block:private"),
    ("POST", "/users/{id}/password_reset", "users_password_reset", "create/user.{id}.password_reset:private"),
    ("GET", "/users/{id}/privileges", "users_privileges", "get/user.{id}.oz_privileges:private"),
    ("PATCH", "/users/{id}/privileges", "users_privileges", "update/user.{id}.oz_privileges:private"),
    ("GET", "/providers", "providers_list", "get/provider.null.list:private"),
    ("POST", "/providers", "providers_create", "create/provider.null.instance:private"),
    ("GET", "/providers/{id}", "providers_show", "get/provider.{id}.instance:protected"),
    ("DELETE", "/providers/{id}", "providers_delete", "delete/provider.{id}.instance:private"),
    ("PATCH", "/providers/{id}/access_block", "providers_access_block", "update/provider.{id}.access_block:private"),
    ("GET", "/user/spaces", "memberships", "get/user.{me}.spaces:private"),
    ("GET", "/user/effective_spaces", "memberships", "get/user.{me}.eff_spaces:private"),
    ("GET", "/user/effective_providers", "memberships", "get/user.{me}.eff_providers:private"),
    ("GET", "/user/effective_providers/{id}/spaces", "memberships", "get/provider.{id}.user_spaces,{me}:private"),
    ("GET", "/user/groups", "memberships", "get/user.{me}.groups:private"),
    ("GET", "/user/effective_groups", "memberships", "get/user.{me}.eff_groups:private"),
    ("GET", "/configuration", "zone", "get/oz_worker.null.configuration:private"),
    ("GET", "/provider/public/get_current_time", "zone", "get/provider.null.current_time:private"),
    ("GET", "/keys", "keys_list", "get/key.null.list:private"),
    ("POST", "/keys/rotate", "keys_rotate", "create/key.null.instance:private"),
    ("POST", "/keys/{id}/activate", "keys_activate", "update/key.{id}.activation:private"),
    ("POST", "/keys/{id}/retire", "keys_retire", "update/key.{id}.retirement:private"),
    ("GET", "/audit", "audit_list", "get/audit.null.list:private"),
    ("POST", "/tokens/examine", "tokens_examine", "create/token.null.examine:public"),
    ("POST", "/tokens/confine", "tokens_confine", "create/token.null.confine:public"),
    (
        "POST",
        "/tokens/infer_access_token_scope",
        "tokens_infer_scope",
        "create/token.null.infer_access_token_scope:public",
    ),
    ("POST", "/tokens/verify_access_token", "tokens_verify_access", "create/token.null.verify_access_token:public"),
    (
        "POST",
        "/tokens/verify_identity_token",
        "tokens_verify_identity",
        "create/token.null.verify_identity_token:public",
    ),
    ("POST", "/tokens/verify_invite_token", "tokens_verify_invite", "create/token.null.verify_invite_token:public"),
    ("GET", "/tokens/named", "tokens_named_list", "get/token.null.list:private"),
    ("GET", "/tokens/named/{id}", "tokens_named_show", "get/token.{id}.instance:private"),
    ("PATCH", "/tokens/named/{id}", "tokens_named_update", "update/token.{id}.instance:private"),
    ("DELETE", "/tokens/named/{id}", "tokens_named_delete", "delete/token.{id}.instance:private"),
    ("GET", "/tokens/named/{id}/status", "tokens_named_status", "get/token.{id}.instance:shared"),
    ("GET", "/tokens/named/{id}/history", "tokens_named_history", "get/token.{id}.history:private"),
    ("POST", "/tokens/{id}/rotate", "tokens_rotate", "create/token.{id}.rotation:private"),
];

/// Operations on the tokens of an account. The path follows the account's; in the name, `{kind}` is `user` or `provider`
/// and `{account}` its id.
const ON_AN_ACCOUNT: &[Row] = &[
    ("GET", "/tokens", "user_tokens_list", "get/token.null.{kind}_tokens,{account}:private"),
    ("GET", "/tokens/uses", "user_tokens_uses", "get/token.null.{kind}_token_uses,{account}:private"),
    ("POST", "/tokens/revoke", "user_tokens_revoke", "delete/token.null.{kind}_tokens,{account}:private"),
    ("GET", "/tokens/named", "user_tokens_named_list", "get/token.null.{kind}_named_tokens,{account}:private"),
    ("POST", "/tokens/named", "user_tokens_named_create", "create/token.null.{kind}_named_token,{account}:private"),
    ("DELETE", "/tokens/named", "user_tokens_named_delete", "delete/token.null.{kind}_named_tokens,{account}:private"),
    (
        "GET",
        "/tokens/named/name/{name}",
        "user_tokens_named_show_by_name",
        "get/token.{name}.{kind}_named_token,{account}:private",
    ),
    ("GET", "/tokens/temporary", "user_tokens_temporary_show", "get/temporary_token_secret.{account}.{kind}:shared"),
    (
        "POST",
        "/tokens/temporary",
        "user_tokens_temporary_create",
        "create/token.null.{kind}_temporary_token,{account}:private",
    ),
    (
        "DELETE",
        "/tokens/temporary",
        "user_tokens_temporary_delete",
        "delete/token.null.{kind}_temporary_tokens,{account}:private",
    ),
];

const ACCOUNTS: [&str; 4] = ["/user", "/users/{id}", "/provider", "/providers/{id}"];

/// What anybody may do. The list may only shrink; who sets a password by a link has no other credential.
const PUBLIC: [&str; 9] = [
    "/password_reset", "/configuration", "/provider/public/get_current_time", "/tokens/examine", "/tokens/confine",
    "/tokens/infer_access_token_scope", "/tokens/verify_access_token", "/tokens/verify_identity_token",
    "/tokens/verify_invite_token",
];

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

pub struct Operation {
    pub method: &'static str,
    pub path: String,
    file: &'static str,
    pub name: String,
}

/// Both tables as one. What ends the account of a caller comes last.
pub fn operations() -> Vec<Operation> {
    let plain = OPERATIONS.iter().map(|&(method, path, file, name)| Operation {
        method,
        path: path.to_owned(),
        file,
        name: name.to_owned(),
    });
    let on_accounts = ACCOUNTS.iter().flat_map(|account| {
        ON_AN_ACCOUNT.iter().map(move |&(method, path, file, name)| {
            let kind = if account.starts_with("/provider") { "provider" } else { "user" };
            let whose = if account.ends_with("{id}") { "{id}" } else { "{me}" };
            let name = name.replace("{kind}", kind).replace("{account}", whose);
            Operation { method, path: format!("{account}{path}"), file, name }
        })
    });
    let mut all: Vec<_> = plain.chain(on_accounts).collect();
    let ends = |operation: &Operation| match (operation.method, operation.path.as_str()) {
        ("DELETE", "/user") => 2,
        ("DELETE", "/providers/{id}") => 1,
        _ => 0,
    };
    all.sort_by_key(ends);
    all
}

/// A server with somebody for every path.
pub struct Walk {
    pub server: TestServer,
    admin: String,
    bob: String,
    /// The id of a service, and a token of its own.
    pub service: (String, String),
}

impl Walk {
    pub async fn start() -> Self {
        // Else a listed address would need no credentials for one operation.
        let server = TestServer::start_with(|config| config.metrics.networks = Vec::new()).await;
        let (admin, bob, service) = (server.id_of(As::Admin).await, server.add_bob().await, server.add_service().await);
        Self { server, admin, bob, service }
    }

    fn is_of_service(path: &str) -> bool {
        path.starts_with("/provider/")
    }

    /// Who may do it: the service on its own paths, the administrator elsewhere.
    pub fn whom(&self, path: &str) -> As<'_> {
        if Self::is_of_service(path) { As::Token(&self.service.1) } else { As::Admin }
    }

    /// A token for whoever may do it, with one caveat.
    pub async fn token(&self, path: &str, caveat: &str) -> String {
        let account = if Self::is_of_service(path) { format!("/providers/{}", self.service.0) } else { "/user".into() };
        narrowed(&self.server.temporary(&account, serde_json::json!({}), As::Admin).await, caveat)
    }

    /// Puts in the ids of the accounts that there are, and of a token that there is not.
    pub fn fill(&self, text: &str, path: &str) -> String {
        let me = if Self::is_of_service(path) { &self.service.0 } else { &self.admin };
        let id = match path.split('/').nth(1) {
            Some("users") => &self.bob,
            Some("providers") => &self.service.0,
            _ => "00000000000000000000000000000000ch0000",
        };
        text.replace("{me}", me).replace("{id}", id).replace("{token}", id).replace("{name}", "none")
    }
}

fn paths() -> BTreeSet<String> {
    operations().into_iter().map(|operation| operation.path).collect()
}

#[test]
fn every_operation_of_the_router_stands_in_the_table_and_no_other() {
    let routed: BTreeSet<_> = zonemint::http::operations().into_iter().collect();
    let named: BTreeSet<_> =
        operations().into_iter().map(|operation| (operation.method.to_owned(), operation.path)).collect();
    assert_eq!(named, routed);
    assert_eq!(named.len(), 88);
}

#[test]
fn every_operation_has_a_test_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/api");
    let modules = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
    for Operation { method, path, file, .. } in operations() {
        let text = std::fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap_or_default();
        assert!(text.contains("#[tokio::test]"), "{method} {path} has no tests in {file}.rs");
        assert!(file.starts_with("..") || modules.contains(&format!("mod {file};")), "{file}.rs is not in mod.rs");
    }
}

#[tokio::test]
async fn every_listed_method_is_there_and_every_other_one_is_not() {
    let walk = Walk::start().await;
    for path in paths() {
        let there: Vec<_> = operations().into_iter().filter(|row| row.path == path).map(|row| row.method).collect();
        let filled = walk.fill(&path, &path);
        for method in METHODS {
            let listed = there.contains(&method) || (method == "HEAD" && there.contains(&"GET"));
            let answer = walk.server.call(method, &filled, As::Nobody).await;
            assert_eq!(answer.status == 405, !listed, "{method} {path}: {answer:?}");
            assert_ne!(answer.status, 404, "{method} {path}");
            if !listed {
                let allowed: Vec<_> = answer.header("allow").split(',').filter(|method| *method != "HEAD").collect();
                assert_eq!(BTreeSet::from_iter(allowed), BTreeSet::from_iter(there.clone()), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn without_credentials_every_operation_answers_401_but_the_public_ones() {
    let walk = Walk::start().await;
    for Operation { method, path, .. } in operations() {
        let answer = walk.server.call(method, &walk.fill(&path, &path), As::Nobody).await;
        assert_eq!(answer.status == 401, !PUBLIC.contains(&path.as_str()), "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_credential_that_is_not_good_is_refused_everywhere() {
    let walk = Walk::start().await;
    for Operation { method, path, .. } in operations() {
        let answer = walk.server.call(method, &walk.fill(&path, &path), As::Token("nonsense")).await;
        assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
    }
}

#[tokio::test]
async fn every_body_has_an_upper_bound() {
    let walk = Walk::start().await;
    let long = serde_json::json!({"x": "x".repeat(walk.server.config.http.max_body)});
    for Operation { method, path, .. } in operations().iter().filter(|row| ["POST", "PATCH"].contains(&row.method)) {
        let answer = walk.server.json(method, &walk.fill(path, path), long.clone(), walk.whom(path)).await;
        assert_eq!(answer.status, 413, "{method} {path}: {answer:?}");
    }
}

const NULL: (&str, &str, u16) = ("application/json", "null", 400);

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused_everywhere() {
    let walk = Walk::start().await;
    for Operation { method, path, .. } in operations().iter().filter(|row| ["POST", "PATCH"].contains(&row.method)) {
        for (kind, body, status) in
            [("application/json", "[]", 400), ("application/json", "{", 400), ("text/plain", "{}", 415), NULL]
        {
            // The reference endpoint takes null for nothing.
            let status = if path == "/user/client_tokens" && body == "null" { 200 } else { status };
            let request = walk.server.request(method, &walk.fill(path, path)).header("content-type", kind);
            let answer = walk.server.send(walk.whom(path).sign(request.body(body))).await;
            assert_eq!(answer.status, status, "{method} {path} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_for_data_only_does_nothing_here() {
    let walk = Walk::start().await;
    for Operation { method, path, .. } in operations() {
        for caveat in ["data.readonly", "data.path = L3NwYWNl", "interface = oneclient", "service = opw-*"] {
            let token = walk.token(&path, caveat).await;
            let answer = walk.server.call(method, &walk.fill(&path, &path), As::Token(&token)).await;
            assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
            if !path.starts_with("/user/client_tokens") {
                assert_eq!(answer.error(), "tokenCaveatUnverified", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn an_api_caveat_allows_its_own_operation_and_no_other() {
    let walk = Walk::start().await;
    let operations = operations();
    for (at, Operation { method, path, name, .. }) in operations.iter().enumerate() {
        let own = walk.token(path, &format!("api = ozw/{}", walk.fill(name, path))).await;
        let after = operations[at..].iter().chain(&operations[..at]);
        let other = after.into_iter().find(|other| &other.name != name).unwrap();
        let other = walk.token(path, &format!("api = ozw/{}", walk.fill(&other.name, path))).await;
        let refused = walk.server.call(method, &walk.fill(path, path), As::Token(&other)).await;
        assert_eq!(refused.status, 401, "{method} {path}: {refused:?}");
        let allowed = walk.server.call(method, &walk.fill(path, path), As::Token(&own)).await;
        assert!(allowed.status != 401 && allowed.status < 500, "{method} {path}: {allowed:?}");
    }
}
