//! The whole program at work, at its most verbose: every route, every command and every error, and a search in all that it wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use zonemint::clock::Clock;
use zonemint::macaroon::{Limits, Macaroon};
use zonemint::store::postgres::PostgresStore;
use zonemint::store::sqlite::SqliteStore;
use zonemint::store::{Chain, Store};

use super::answered;
use super::commands::{COMMANDS, words};
use super::spelled::Secrets;
use crate::acme::dns::Says;
use crate::acme::stand::{NAMES, Stand, TIMEOUT};
use crate::support::{Program, install_crypto, postgres, zonemint};
#[cfg(feature = "otlp")]
use crate::traces::collector::Collector;

const ADMIN: &str = "admin's/own+pa\"ss\\wörd";
const WALKER: &str = "walker's=own&pa%ss#wörd";
const MISTYPED: &str = "mistyped?pa/ss@wörd";
const DATABASE: &str = "Kx/9aQ+z7Lr/Tg==";
const COLLECTOR: &str = "c0llector-s3cret-of-a-header";
const SEAL_CONTEXT: &[u8] = b"zonemint root key 1";
const PREFIX: &str = "/api/v3/onezone";
/// What the last octets of a macaroon of the first version are: the signature, and the end of its line.
const SIGNATURE: usize = 32;

/// The answers that hold the text of a token of the caller, because that is what they are for.
const HAND_OUT: [&str; 3] = [
    "GET /api/v3/onezone/user/client_tokens",
    "GET /api/v3/onezone/tokens/named/{id}",
    "GET /api/v3/onezone/user/tokens/named/name/{name}",
];

/// A running program, and what nobody may see.
struct Walk {
    program: Program,
    environment: Vec<(String, String)>,
    secrets: Secrets,
    client: Client,
    token: String,
    token_id: String,
    reset_secret: String,
}

impl Walk {
    async fn start(more: &[(&str, String)]) -> Self {
        install_crypto();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("headers"), format!("authorization: {COLLECTOR}\n")).unwrap();
        let environment =
            [("ZONEMINT_LOG__LEVEL", "trace"), ("ZONEMINT_LOGIN__DELAYS", "0s"), ("ZONEMINT_ADMIN_PASSWORD", ADMIN)];
        let mut environment: Vec<_> = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let borrowed: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let program = Program::start_in(folder, &borrowed);
        // The certificate changes under way.
        let client = Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().build().unwrap();
        let mut secrets = Secrets::default();
        for (name, secret) in [
            ("the administrator's password", ADMIN),
            ("the walker's password", WALKER),
            ("a mistyped password", MISTYPED),
            ("the database's password", DATABASE),
            ("the collector's secret", COLLECTOR),
        ] {
            secrets.add(name, secret.as_bytes());
        }
        let mut walk = Self {
            program,
            environment,
            secrets,
            client,
            token: String::new(),
            token_id: String::new(),
            reset_secret: String::new(),
        };
        walk.add_keys();
        walk.add_token().await;
        walk.add_reset_link().await;
        walk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.program.folder.path().join(name)
    }

    /// The keys that are there now.
    fn add_keys(&mut self) {
        if let Ok(text) = std::fs::read_to_string(self.at("data/zonemint.kek")) {
            for key in text.lines() {
                self.secrets.add("a key-encryption key", &unhex(key));
            }
        }
        self.secrets.add("the certificate's key", &scalar(&std::fs::read_to_string(self.at("certs/key.pem")).unwrap()));
        if let Ok(text) = std::fs::read_to_string(self.at("certs/acme-account.json")) {
            let account: Value = serde_json::from_str(&text).unwrap();
            let key = account["credentials"]["key_pkcs8"].as_str().unwrap();
            let key = URL_SAFE_NO_PAD.decode(key).unwrap();
            self.secrets.add("the ACME account's key", &scalar_of(&key));
        }
    }

    /// The root keys, opened as the keyring opens them.
    async fn add_root_keys(&mut self, key_encryption_keys: &str, store: &dyn Store) {
        let keys: Vec<_> = key_encryption_keys.lines().map(|line| <[u8; 32]>::try_from(unhex(line)).unwrap()).collect();
        let rows = store.keys().await.unwrap();
        assert!(!rows.is_empty(), "there are root keys");
        for row in rows.iter().filter(|row| row.retired_ms.is_none()) {
            let (nonce, msg) = row.sealed.split_first_chunk::<24>().unwrap();
            let aad = &[SEAL_CONTEXT, row.id.as_bytes()].concat();
            let opened = |key: &[u8; 32]| {
                XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
            };
            self.secrets.add("a root key", &keys.iter().find_map(opened).unwrap());
        }
    }

    /// A named token, which is one of the secrets from now on.
    async fn add_token(&mut self) {
        let request = self.request("POST", "/api/v3/onezone/user/tokens/named").basic_auth("admin", Some(ADMIN));
        let made: Value = request.json(&json!({"name": "walked by"})).send().await.unwrap().json().await.unwrap();
        let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        (self.token, self.token_id) = (text("token"), text("tokenId"));
        let (macaroon, _) = Macaroon::parse(&self.token, &Limits::default()).unwrap();
        let bytes = macaroon.to_v1().unwrap();
        let end = bytes.len() - 1;
        self.secrets.add("a token's signature", &bytes[end - SIGNATURE..end]);
    }

    /// A link by which a password is set, whose secret is one of the secrets from now on.
    async fn add_reset_link(&mut self) {
        let signed = |path: &str| self.request("POST", path).basic_auth("admin", Some(ADMIN));
        let user = signed("/api/v3/onezone/users").json(&json!({"username": "forgetful"})).send().await.unwrap();
        let account = user.headers()["location"].to_str().unwrap().split_once("/users/").unwrap().1.to_owned();
        let made = signed(&format!("/api/v3/onezone/users/{account}/password_reset")).send().await.unwrap();
        let made: Value = made.json().await.unwrap();
        made["secret"].as_str().unwrap_or_else(|| panic!("{made}")).clone_into(&mut self.reset_secret);
        self.secrets.add("a reset link's secret", &URL_SAFE_NO_PAD.decode(&self.reset_secret).unwrap());
        // Refused for its password, with a good link.
        let body = json!({"secret": self.reset_secret, "newPassword": "short"});
        let refused = self.request("POST", "/api/v3/onezone/password_reset").json(&body);
        assert_eq!(self.look(refused, "POST /api/v3/onezone/password_reset").await, 400);
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("https://localhost:{}{path}", self.program.port))
    }

    /// Sends a request; the answer holds none of the secrets, or only a token where it hands one out.
    async fn look(&self, request: RequestBuilder, what: &str) -> u16 {
        // What is too long for a head is not answered everywhere.
        let Ok(answer) = request.send().await else { return 0 };
        let status = answer.status().as_u16();
        let head = format!("{:?}", answer.headers());
        let body = answer.bytes().await.unwrap();
        let mut found = self.secrets.found(&body);
        found.extend(self.secrets.found(head.as_bytes()));
        if status == 200 && HAND_OUT.contains(&what) {
            found.retain(|name| *name != "a token's signature");
        }
        assert!(found.is_empty(), "{what} answers {status} with {found:?}: {head} {}", String::from_utf8_lossy(&body));
        status
    }

    /// Every operation of the document, by callers of every kind and with bodies of every kind.
    async fn walk_routes(&self) {
        let document: Value = self.request("GET", "/openapi.json").send().await.unwrap().json().await.unwrap();
        let mut operations: Vec<(String, &str, &Value)> = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                operations.push((method.to_uppercase(), path, operation));
            }
        }
        // What takes something away comes last, the caller's own account at the very end.
        operations.sort_by_key(|(method, path, _)| {
            let revokes = path.ends_with("/revoke") || path.ends_with("/retire") || path.ends_with("/rotate");
            (method == "DELETE" || revokes, path.ends_with("/user"))
        });
        assert!(operations.len() > 80, "{}", operations.len());
        let mut answered: BTreeMap<u16, usize> = BTreeMap::new();
        for (method, path, operation) in operations {
            let what = format!("{method} {path}");
            let filled = self.fill(path);
            let example = operation.pointer("/requestBody/content/application~1json/example");
            let body = example.cloned().map(|body| self.with_secrets(body));
            let request = || self.request(&method, &filled);
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("token", &self.token).append_pair("password", MISTYPED).append_pair("username", "admin");
            let form = form.finish();
            let half = format!("{{\"password\": \"{}\", \"token\": \"{}\", ", "mistyped?pa/ss@wörd", self.token);
            let mut tried = vec![
                request(),
                request().header("content-type", "application/json").body(half).basic_auth("admin", Some(ADMIN)),
                request()
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.clone())
                    .basic_auth("admin", Some(ADMIN)),
                request().bearer_auth(&self.token),
                request().header("x-auth-token", format!("{}x", self.token)),
                self.request(&method, &format!("{filled}?{form}")).header("x-auth-token", &self.token),
            ];
            for signed in [request().basic_auth("admin", Some(ADMIN)), request().header("x-auth-token", &self.token)] {
                tried.push(if let Some(body) = &body { signed.json(body) } else { signed });
            }
            for request in tried {
                *answered.entry(self.look(request, &what).await).or_default() += 1;
            }
        }
        // The walk has come through doors, not only to them.
        let good = answered.iter().filter(|(status, _)| **status < 300).map(|(_, count)| count).sum::<usize>();
        assert!(good > 100, "{answered:?}");
    }

    /// Whatever is no operation, and credentials that are none.
    async fn walk_errors(&self) {
        let token = &self.token;
        let wrong = |request: RequestBuilder| request.basic_auth("admin", Some(MISTYPED));
        let long = "x".repeat(20_000);
        for request in [
            wrong(self.request("GET", "/api/v3/onezone/user")),
            self.request("GET", "/api/v3/onezone/user").basic_auth("nobody", Some(ADMIN)),
            self.request("GET", "/api/v3/onezone/user").basic_auth(ADMIN, Some("admin")),
            self.request("GET", "/api/v3/onezone/user").header("authorization", format!("Basic {ADMIN}").as_bytes()),
            self.request("GET", "/api/v3/onezone/user").header("authorization", format!("Digest {token}")),
            self.request("GET", &format!("/{token}")),
            self.request("GET", &format!("/api/v3/onezone/{token}?{token}")),
            self.request("GET", &format!("/api/v3/onezone/users/{token}")).basic_auth("admin", Some(ADMIN)),
            self.request("BREW", "/api/v3/onezone/user").bearer_auth(token),
            self.request("GET", "/healthz").header("x-long", &long).bearer_auth(token),
            self.request("GET", &format!("/healthz?{long}{token}")),
            self.request("GET", "/auth/verify")
                .header("x-forwarded-uri", format!("/?access_token={token}"))
                .bearer_auth(token),
            self.request("GET", "/auth/verify").header("cookie", format!("token={token}")),
            self.request("GET", "/metrics").basic_auth("admin", Some(ADMIN)),
            self.request("GET", "/readyz").header("traceparent", format!("00-{token}")).header("tracestate", token),
        ] {
            self.look(request, "an error").await;
        }
    }

    fn fill(&self, path: &str) -> String {
        let id = if path.starts_with(&format!("{PREFIX}/tokens/")) {
            &self.token_id
        } else {
            "00000000000000000000000000000000ch0000"
        };
        path.replace("{id}", id).replace("{token}", &self.token).replace("{name}", "walked%20by")
    }

    /// A body in which each token is ours, and each password one that somebody mistyped.
    fn with_secrets(&self, mut body: Value) -> Value {
        if let Some(object) = body.as_object_mut() {
            for (key, value) in object {
                if key.to_lowercase().contains("token") && value.is_string() {
                    *value = self.token.clone().into();
                } else if key.to_lowercase().contains("password") && value.is_string() {
                    *value = MISTYPED.into();
                } else if key == "secret" {
                    *value = self.reset_secret.clone().into();
                }
            }
        }
        body
    }

    fn run(&self, words: &[String], change: &[(&str, String)], input: &str) -> Output {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut command = zonemint(self.program.folder.path(), &words);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let address = format!("127.0.0.1:{}", self.program.port);
        command.env("ZONEMINT_SERVER__LISTEN", address).env("ONEZONE_HOST", format!("localhost:{}", self.program.port));
        command.env("HOME", self.program.folder.path()).env_remove("ZONEMINT_ADMIN_PASSWORD");
        command.envs(change.iter().map(|(name, value)| (name, value)));
        answered(command, input)
    }

    /// Every command; how many came to a good end. What prints a new token has `--encoding`.
    fn walk_commands(&self, is_shared: bool) -> usize {
        let (mut good, mut printing) = (0, 0);
        // A second server of a shared database would go on.
        for (name, arguments) in COMMANDS.iter().filter(|(name, _)| !(is_shared && *name == "serve")) {
            let input = match *name {
                "login" | "tokens restore" => ADMIN.to_owned(),
                // The present one, and the new one.
                "password" => format!("{ADMIN}\n{ADMIN}"),
                _ => WALKER.to_owned(),
            };
            let out = self.run(&words(name, arguments, &self.token, "0000000000000000"), &[], &format!("{input}\n"));
            let is_printed = holds_new_token(&out.stdout, &self.token);
            let help = self.run(&words(name, &["--help"], "", ""), &[], "");
            let has_choice = String::from_utf8_lossy(&help.stdout).contains("--encoding <ENCODING>");
            assert!(has_choice || !is_printed, "{name} prints a token, and nobody can choose how it is written");
            self.secrets.assert_none(&[out.stdout, out.stderr].concat(), name);
            good += usize::from(out.status.success());
            printing += usize::from(is_printed);
        }
        assert!(printing >= 6, "{printing} commands printed a token");
        good
    }

    /// Commands that are given something wrong, with a secret in it.
    fn walk_mistakes(&self) {
        let key = std::fs::read_to_string(self.at("data/zonemint.kek")).unwrap_or_default().trim().to_owned();
        let pem = std::fs::read_to_string(self.at("certs/key.pem")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(self.at(name), text).unwrap();
        write("bad.pem", &pem.replace("-----END", "-----STOP"));
        write("bad.toml", &format!("[store]\nurl = \"postgres://zm:{DATABASE}@db/zm\n"));
        write("bad.password", "short");
        write("bad.headers", COLLECTOR);
        write("bad.token", &self.token[..self.token.len() - 2]);
        write(".config.toml", &format!("[profiles.x]\nhost = \"localhost\"\ntoken = \"{}\n", self.token));
        for (what, change, input) in [
            ("serve --data other", [("ZONEMINT_ADMIN_PASSWORD", format!("{ADMIN}\u{7}"))], ""),
            ("serve --data other", [("ZONEMINT_KEY_ENCRYPTION_KEY", format!("{key}x"))], ""),
            ("key list", [("ZONEMINT_KEY_ENCRYPTION_KEY", format!("{key} {key}"))], ""),
            ("serve --data other", [("ZONEMINT_TLS__KEY", self.at("bad.pem").display().to_string())], ""),
            ("serve --data other", [("ZONEMINT_ADMIN_PASSWORD_FILE", "bad.password".to_owned())], ""),
            ("serve --data other", [("ZONEMINT_TRACES__HEADERS_FILE", "bad.headers".to_owned())], ""),
            ("config check", [("ZONEMINT_STORE__URL", format!("postgres:/zm:{DATABASE}@db/zm"))], ""),
            ("config show --config bad.toml", [("X", String::new())], ""),
            ("user password admin --password-stdin", [("X", String::new())], &format!("{MISTYPED}\u{7}\n")),
            ("login --user admin --password-stdin --cacert certs/cert.pem", [("X", String::new())], MISTYPED),
            (
                "password --user admin --password-stdin --cacert certs/cert.pem",
                [("X", String::new())],
                &format!("{MISTYPED}\n{ADMIN}\n"),
            ),
            ("login --token-stdin --cacert certs/cert.pem", [("X", String::new())], &format!("{}x", self.token)),
            ("whoami --cacert certs/cert.pem", [("ONEZONE_API_KEY", format!("{}x", self.token))], ""),
            ("whoami --cacert certs/cert.pem", [("ONEZONE_BASIC_AUTH", format!("admin:{MISTYPED}"))], ""),
            ("whoami --cacert certs/cert.pem", [("ONEZONE_BASIC_AUTH", MISTYPED.to_owned())], ""),
            ("whoami", [("ONEZONE_HOST", format!("https://admin:{ADMIN}@localhost"))], ""),
            ("tokens inspect @bad.token", [("X", String::new())], ""),
            ("tokens verify - --cacert certs/cert.pem", [("X", String::new())], &self.token[4..]),
            ("token inspect --secret-stdin @bad.token", [("X", String::new())], DATABASE),
            ("token import -", [("X", String::new())], &format!("{}\n{{\"token\": \"{}\"\n", self.token, self.token)),
            ("user import --format htpasswd -", [("X", String::new())], &format!("{ADMIN}\nwalker:{WALKER}\n")),
            ("user import --format json -", [("X", String::new())], &format!("{{\"password\": \"{WALKER}\n")),
        ] {
            let words: Vec<_> = what.split(' ').map(str::to_owned).collect();
            let out = self.run(&words, &change, input);
            self.secrets.assert_none(&[out.stdout, out.stderr].concat(), &format!("{what} with {}", change[0].0));
        }
        for mistake in [
            vec!["user", "add", "walker", ADMIN],
            vec!["tokens", "list", &self.token],
            vec!["store", "purge", &format!("postgres://zm:{DATABASE}@db/zm")],
            vec!["health", "localhost", &self.token],
            vec!["login", "localhost", "--password", ADMIN],
            vec!["user", ADMIN],
            vec![&self.token],
            vec!["token", "inspect", &self.token, "--jsn"],
        ] {
            let words: Vec<_> = mistake.iter().map(|word| (*word).to_owned()).collect();
            let out = self.run(&words, &[], "");
            assert!(!out.status.success(), "{mistake:?}");
            self.secrets.assert_none(&[out.stdout, out.stderr].concat(), "a command with wrong arguments");
        }
    }

    /// Stops the program, and searches what it has printed, logged and left behind.
    async fn finish(mut self) -> (TempDir, Secrets) {
        self.add_keys();
        if self.at("data/zonemint.db").exists() {
            let text = std::fs::read_to_string(self.at("data/zonemint.kek")).unwrap();
            let store = SqliteStore::open(&self.at("data/zonemint.db"), Clock::system()).unwrap();
            self.add_root_keys(&text, &store).await;
            store.close().await;
        }
        let (printed, _, folder) = self.program.stop();
        self.secrets.assert_none(printed.as_bytes(), "standard output");
        // Files that are themselves a secret, or were given one above.
        let own = |path: &Path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name.starts_with("bad.")
                || ["zonemint.kek", "key.pem", "acme-account.json", "headers", ".config.toml", "client.toml"]
                    .contains(&name.as_str())
        };
        let mut folders = vec![folder.path().to_owned()];
        let mut searched = 0;
        while let Some(inner) = folders.pop() {
            for entry in std::fs::read_dir(inner).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !own(&path) {
                    let found = self.secrets.found(&std::fs::read(&path).unwrap()).join(", ");
                    assert!(found.is_empty(), "{} holds {found}{}", path.display(), excerpt(&path));
                    searched += 1;
                }
            }
        }
        assert!(searched >= 2, "{searched} files");
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is at its most verbose");
        (folder, self.secrets)
    }
}

/// The end of a log, for whoever looks for the line.
fn excerpt(path: &Path) -> String {
    if path.ends_with("log") { format!(": {}", std::fs::read_to_string(path).unwrap()) } else { String::new() }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Whether there is a token in what a command printed, other than the one that it was given.
fn holds_new_token(printed: &[u8], given: &str) -> bool {
    let printed = String::from_utf8_lossy(printed);
    printed.split_whitespace().any(|word| word != given && Macaroon::parse(word, &Limits::default()).is_ok())
}

/// What is secret in a PEM file of a P-256 key.
fn scalar(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    scalar_of(&STANDARD.decode(text).unwrap())
}

/// An octet string of 32 octets (DER: 04 20), which a P-256 key in PKCS#8 has once.
fn scalar_of(der: &[u8]) -> Vec<u8> {
    let at = der.windows(2).position(|pair| pair == [4, 32]).unwrap();
    der[at + 2..at + 34].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_and_its_commands_write_holds_a_secret() {
    let walk = Walk::start(&[("ZONEMINT_LOG__FORMAT", "human".to_owned())]).await;
    walk.walk_errors().await;
    let good = walk.walk_commands(false);
    assert!(good >= COMMANDS.len() - 8, "{good} commands came to a good end");
    walk.walk_mistakes();
    walk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_answered_or_logged_on_any_route_holds_a_secret() {
    let walk = Walk::start(&[("ZONEMINT_LOG__FORMAT", "json".to_owned())]).await;
    walk.walk_errors().await;
    walk.walk_routes().await;
    walk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_of_a_shared_database_writes_holds_a_secret() {
    let Some(database) = postgres::database() else { return };
    let url = database.url_with_password("zm", DATABASE).await;
    let key = zonemint::token::KeyEncryptionKey::generate(&zonemint::random::Random::system()).expose();
    let environment = [
        ("ZONEMINT_STORE__URL", url.clone()),
        ("ZONEMINT_STORE__TLS", "disable".to_owned()),
        ("ZONEMINT_STORE__NODE", "node".to_owned()),
        ("ZONEMINT_KEY_ENCRYPTION_KEY", key.trim().to_owned()),
    ];
    let mut walk = Walk::start(&environment).await;
    walk.secrets.add("the key-encryption key", &unhex(key.trim()));
    walk.walk_commands(true);
    walk.walk_mistakes();
    for wrong in [url.replace("==@", "=@"), url.replace("/test_", "/no_test_"), url.replace("zm:", "nobody:")] {
        let words = ["store", "check"].map(str::to_owned);
        let out = walk.run(&words, &[("ZONEMINT_STORE__URL", wrong)], "");
        assert!(!out.status.success(), "{out:?}");
        walk.secrets.assert_none(&[out.stdout, out.stderr].concat(), "a command that cannot connect");
    }
    walk.walk_routes().await;
    let store =
        PostgresStore::open(&database.settings(), Chain::parse("test").unwrap(), Clock::system()).await.unwrap();
    walk.add_root_keys(key.trim(), &store).await;
    store.close().await;
    let rows = database.rows().await;
    assert!(rows.lines().count() > 100, "{rows}");
    walk.secrets.assert_none(rows.as_bytes(), "the database");
    database.take_away();
    for path in ["/readyz", "/api/v3/onezone/user", "/metrics"] {
        walk.look(walk.request("GET", path).basic_auth("admin", Some(ADMIN)), "a server without its database").await;
    }
    walk.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_written_while_a_certificate_is_ordered_holds_a_key() {
    let Some(stand) = Stand::start(Says::Here).await else { return };
    let external = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let acme = [
        ("ENABLED", "true".to_owned()),
        ("AGREE_TO_TERMS", "true".to_owned()),
        ("NAMES", NAMES.join(",")),
        ("DIRECTORY", stand.directory()),
        ("ROOT", stand.root().display().to_string()),
        ("CHALLENGE", "http-01".to_owned()),
        ("HTTP_LISTEN", format!("127.0.0.1:{}", stand.http_port)),
    ];
    let acme = acme.map(|(key, value)| (format!("ZONEMINT_TLS__ACME__{key}"), value));
    let mut walk = Walk::start(&acme.each_ref().map(|(key, value)| (key.as_str(), value.clone()))).await;
    let issued = async {
        let account = walk.at("certs/acme-account.json");
        while !std::fs::read_to_string(&account).is_ok_and(|text| text.contains("\"issued_by\":\"")) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, issued).await.expect("a certificate is issued");
    walk.secrets.add("the external account's key", external.as_bytes());
    std::fs::write(walk.at("bad.external"), external).unwrap();
    for (words, account) in [("doctor --json", "kid-1"), ("config show", "kid-1"), ("config check", "")] {
        let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
        let change = [
            ("ZONEMINT_TLS__ACME__EXTERNAL_ACCOUNT", account.to_owned()),
            ("ZONEMINT_TLS__ACME__EXTERNAL_ACCOUNT_KEY", "bad.external".to_owned()),
        ];
        let out = walk.run(&words, &change, "");
        walk.secrets.assert_none(&[out.stdout, out.stderr].concat(), &format!("{words:?}"));
    }
    walk.add_keys();
    walk.walk_errors().await;
    let (folder, _) = walk.finish().await;
    // What its account's key signs is sent to the authority, and its log may be anywhere.
    let account = std::fs::read_to_string(folder.path().join("certs/acme-account.json")).unwrap();
    let account: Value = serde_json::from_str(&account).unwrap();
    let key = URL_SAFE_NO_PAD.decode(account["credentials"]["key_pkcs8"].as_str().unwrap()).unwrap();
    Secrets::of("the ACME account's key", &scalar_of(&key))
        .assert_none(stand.pebble.log().as_bytes(), "the authority's log");
}

#[cfg(feature = "otlp")]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_traced_holds_a_secret() {
    let collector = Collector::start().await;
    let traces = [
        ("ZONEMINT_TRACES__ENDPOINT", collector.endpoint.clone()),
        ("ZONEMINT_TRACES__SAMPLE_RATIO", "1".to_owned()),
        ("ZONEMINT_TRACES__HEADERS_FILE", "headers".to_owned()),
    ];
    let walk = Walk::start(&traces).await;
    walk.walk_errors().await;
    walk.walk_commands(false);
    walk.walk_mistakes();
    walk.walk_routes().await;
    let (_, secrets) = walk.finish().await;
    // The collector itself is told its own secret.
    let told = collector.bodies();
    assert!(told.len() > 10_000, "{} octets are traced", told.len());
    secrets.assert_none(&told, "what is traced");
}
