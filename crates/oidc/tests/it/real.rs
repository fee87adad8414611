//! The real oidc-provider, which Node runs: `npm ci` in `tests/oidc-provider`, copied to `oidc-provider` in Cargo's target folder,
//! installs it. Without it the test is left out and says so; with `ZONEMINT_REQUIRE_OIDC_PROVIDER` set that is a failure.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::{Certificate, Client, RequestBuilder, Response, Url, redirect};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use zonemint_base::clock::Clock;
use zonemint_base::random::Random;
use zonemint_oidc::{
    Callback, ClientSecret, Groups, InvalidToken, Outage, Provider, ProviderName, Refusal, Settings, SignInRefusal,
};

use crate::issuer::{self, subject};

const REQUIRED: &str = "ZONEMINT_REQUIRE_OIDC_PROVIDER";
const REDIRECT: &str = "https://localhost:9443/cb";

/// The folder with `node_modules`. None if the package, or Node, is not there.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("oidc-provider");
    let has_node = std::process::Command::new("node").arg("--version").output().is_ok();
    if has_node && folder.join("node_modules/oidc-provider").is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os(REQUIRED).is_none(),
        "oidc-provider is not in {}, but {REQUIRED} is set",
        folder.display()
    );
    // Written directly to the stream: the harness hides the output of the macros when a test passes.
    io::stderr().write_all(b"left out, 1 by now: real: Node or oidc-provider is not installed\n").unwrap();
    None
}

/// The provider in a process of its own, which ends with the test.
struct Real {
    _process: Child,
    /// It writes more, and ends if nobody reads.
    _lines: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
    url: String,
    ca: Vec<u8>,
    client: Client,
}

impl Real {
    async fn start(modules: &Path) -> Self {
        zonemint_tls::use_aws_lc();
        let folder = tempfile::tempdir().unwrap();
        let (ca, certificate, key) = issuer::certificate();
        let files = ["key.pem", "cert.pem"].map(|name| folder.path().join(name));
        std::fs::write(&files[0], key.serialize_pem()).unwrap();
        std::fs::write(&files[1], certificate.pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc-provider/issuer.js");
        let mut process = Command::new("node")
            .arg(script)
            .args(&files)
            .arg(modules)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().expect("it prints its port");
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
            .build()
            .unwrap();
        Self { _process: process, _lines: lines, _folder: folder, url: format!("https://localhost:{port}"), ca, client }
    }

    fn provider(&self, change: impl FnOnce(&mut Settings)) -> Provider {
        let mut settings = Settings::new(ProviderName::parse("real").unwrap(), &self.url);
        settings.ca = Some(self.ca.clone());
        settings.audiences = vec!["zonemint".to_owned()];
        "web".clone_into(&mut settings.client_id);
        settings.client_secret = Some(ClientSecret::new("web-secret".to_owned()));
        "name".clone_into(&mut settings.name_claim);
        change(&mut settings);
        Provider::new(settings, &Clock::system(), &Random::system()).unwrap()
    }

    async fn token(&self, user: &str, secret: &str, form: &[(&str, &str)]) -> Value {
        let body = encoded(form);
        let request = self.client.post(format!("{}/token", self.url)).basic_auth(user, Some(secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What a browser does from the address of a sign-in to the redirect, whose query it returns.
    async fn signed_in(&self, address: &str, login: &str) -> String {
        let mut cookies = HashMap::new();
        let mut url = Url::parse(address).unwrap();
        for _ in 0..20 {
            let answer = sent(self.client.get(url.clone()), &mut cookies).await;
            let answer = if answer.status() == 200 {
                let page = answer.text().await.unwrap();
                let form = if page.contains("name=\"login\"") {
                    encoded(&[("prompt", "login"), ("login", login), ("password", "any")])
                } else {
                    encoded(&[("prompt", "consent")])
                };
                let post = self.client.post(url.clone()).header("content-type", "application/x-www-form-urlencoded");
                sent(post.body(form), &mut cookies).await
            } else {
                answer
            };
            let to = answer.headers().get("location").expect("each step is a redirect").to_str().unwrap();
            if let Some(query) = to.strip_prefix(&format!("{REDIRECT}?")) {
                return query.to_owned();
            }
            url = url.join(to).unwrap();
        }
        panic!("no redirect to {REDIRECT}");
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// Sends the cookies and keeps the new ones.
async fn sent(request: RequestBuilder, cookies: &mut HashMap<String, String>) -> Response {
    let all: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let answer = request.header("cookie", all.join("; ")).send().await.unwrap();
    for set in answer.headers().get_all("set-cookie") {
        let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
    answer
}

#[tokio::test]
async fn tokens_and_sign_ins_of_oidc_provider_are_accepted() {
    let Some(modules) = installed() else { return };
    let real = Real::start(&modules).await;
    let provider = real.provider(|_| ());

    let report = provider.probe().await;
    report.discovery.unwrap();
    report.introspection.unwrap().unwrap();
    assert_eq!(report.keys.unwrap(), 2);
    assert!(report.clock_difference_s.unwrap().abs() < 60);

    // A JWT of a client, which is no person.
    let form = [("grant_type", "client_credentials"), ("resource", "https://zone.test"), ("scope", "read")];
    let jwt = real.token("api", "api-secret", &form).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(subject(&provider, &jwt).await.unwrap(), "api");
    let other = real.provider(|settings| settings.audiences = vec!["other".to_owned()]);
    assert_eq!(subject(&other, &jwt).await, Err(InvalidToken::Audience));

    // A sign-in.
    let (address, pending) = provider.begin_sign_in(REDIRECT, "openid profile").await.unwrap();
    let query = real.signed_in(&address, "joe").await;
    let callback = Callback::read(&query).unwrap();
    assert_eq!(callback.iss.as_deref(), Some(&*real.url));
    let identity = provider.finish_sign_in(pending, &callback).await.unwrap();
    assert_eq!((identity.issuer, identity.subject), (real.url.clone(), "joe".to_owned()));

    // A code counts once, with its own verifier.
    let (_, mut pending) = provider.begin_sign_in(REDIRECT, "openid").await.unwrap();
    pending.state = callback.state.clone().unwrap().into();
    let refusal = provider.finish_sign_in(pending, &callback).await.unwrap_err();
    assert!(matches!(refusal, SignInRefusal::Code), "{refusal:?}");

    // The opaque token and the ID token of a sign-in.
    let (address, pending) = provider.begin_sign_in(REDIRECT, "openid profile groups").await.unwrap();
    let callback = Callback::read(&real.signed_in(&address, "joe").await).unwrap();
    let code = callback.code.as_deref().unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", pending.verifier.as_str()),
    ];
    let tokens = real.token("web", "web-secret", &form).await;
    let [opaque, id_token] = ["access_token", "id_token"].map(|name| tokens[name].as_str().expect(name).to_owned());
    assert_eq!(subject(&provider, &id_token).await, Err(InvalidToken::Type));
    assert_eq!(subject(&provider, &opaque).await, Err(InvalidToken::NoAudience));
    assert_eq!(subject(&provider, "unknown").await, Err(InvalidToken::Inactive));
    let party = real.provider(|settings| settings.authorized_parties = vec!["web".to_owned()]);
    assert_eq!(subject(&party, &opaque).await.unwrap(), "joe");
    let any = real.provider(|settings| {
        settings.client_secret = None;
        settings.accept_any_audience = true;
    });
    let identity = any.check(&opaque).await.unwrap();
    let groups = Groups::Listed(vec!["staff".to_owned(), "Data, Berlin".to_owned()]);
    assert_eq!((identity.name.as_deref(), &identity.groups), (Some("Joe"), &groups));
    assert_eq!(subject(&any, "unknown").await, Err(InvalidToken::Inactive));

    let wrong = real.provider(|settings| settings.client_secret = Some(ClientSecret::new("wrong".to_owned())));
    let refusal = wrong.check(&opaque).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unavailable(Outage::ClientRefused { .. })), "{refusal:?}");
    assert!(wrong.probe().await.introspection.unwrap().is_err());
}
