//! A collector, and a program that sends it spans.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use reqwest::{Certificate, Client, Method, RequestBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{PASSWORD, Program, install_crypto};

type Batches = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

pub struct Collector {
    pub endpoint: String,
    batches: Batches,
    running: JoinHandle<()>,
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let batches = Batches::default();
        let router = Router::new().route("/v1/traces", post(keep)).with_state(Arc::clone(&batches));
        let running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, batches, running }
    }

    /// Everything that has arrived, heads too; but for the collector's own address.
    pub fn bytes(&self) -> Vec<u8> {
        let batches = self.batches.lock().unwrap();
        let mut bytes = Vec::new();
        for (headers, body) in batches.iter() {
            for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
                bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
            }
            bytes.extend(body);
        }
        bytes
    }

    /// The bodies of what has arrived.
    pub fn bodies(&self) -> Vec<u8> {
        self.batches.lock().unwrap().iter().flat_map(|(_, body)| body.to_vec()).collect()
    }

    /// The values of a header, one for each batch.
    pub fn header(&self, name: &str) -> Vec<String> {
        let batches = self.batches.lock().unwrap();
        batches.iter().map(|(headers, _)| headers[name].to_str().unwrap().to_owned()).collect()
    }

    pub fn spans(&self) -> Spans {
        let batches = self.batches.lock().unwrap();
        let requests = batches.iter().map(|(_, body)| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        Spans(scopes.flat_map(|scope| scope.spans).collect())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn keep(State(batches): State<Batches>, headers: HeaderMap, body: Bytes) {
    batches.lock().unwrap().push((headers, body));
}

#[derive(Debug)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// The only span of a name.
    pub fn one(&self, name: &str) -> &Span {
        let mut found = self.0.iter().filter(|span| span.name == name);
        let span = found.next().unwrap_or_else(|| panic!("no {name} in {self:#?}"));
        assert!(found.next().is_none(), "{name} is there twice: {self:#?}");
        span
    }

    /// Those of whole requests.
    pub fn requests(&self) -> impl Iterator<Item = &Span> {
        self.0.iter().filter(|span| span.kind() == SpanKind::Server)
    }

    /// The names of a span's children, sorted.
    pub fn below(&self, parent: &Span) -> Vec<&str> {
        let children = self.0.iter().filter(|span| span.parent_span_id == parent.span_id);
        let mut names: Vec<_> = children.inspect(|child| assert_eq!(child.trace_id, parent.trace_id)).collect();
        names.sort_by_key(|span| &span.name);
        names.into_iter().map(|span| span.name.as_str()).collect()
    }
}

/// A span's attributes as texts, sorted.
pub fn attributes(span: &Span) -> Vec<(&str, String)> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let value = |it: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        text(it.value.as_ref().unwrap().value.as_ref().unwrap())
    };
    let mut all: Vec<_> = span.attributes.iter().map(|it| (it.key.as_str(), value(it))).collect();
    all.sort();
    all
}

/// A program that traces every request, unless `settings` say otherwise, and a client of it.
pub struct Traced {
    pub program: Program,
    client: Client,
}

impl Traced {
    pub fn start(endpoint: &str, settings: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), endpoint, settings)
    }

    pub fn start_in(folder: TempDir, endpoint: &str, settings: &[(&str, &str)]) -> Self {
        install_crypto();
        let usual = [
            ("ZONEMINT_ADMIN_PASSWORD", PASSWORD),
            ("ZONEMINT_TRACES__ENDPOINT", endpoint),
            ("ZONEMINT_TRACES__SAMPLE_RATIO", "1"),
        ];
        let program = Program::start_in(folder, &[&usual, settings].concat());
        let certificate = std::fs::read(program.folder.path().join("certs/cert.pem")).unwrap();
        let certificate = Certificate::from_pem(&certificate).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).no_proxy().build().unwrap();
        Self { program, client }
    }

    /// A request of any path.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("https://localhost:{}{path}", self.program.port))
    }

    /// Mints a token with the administrator's password: its text, and the request's id.
    pub async fn mint(&self) -> (String, String) {
        let request = self.request("POST", "/api/v3/onezone/user/client_tokens").basic_auth("admin", Some(PASSWORD));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: serde_json::Value = answer.json().await.unwrap();
        (body["token"].as_str().unwrap().to_owned(), id)
    }

    /// Stops it; its folder, and what it has logged.
    pub fn stop(self) -> (TempDir, String) {
        let (_, code, folder) = self.program.stop();
        assert_eq!(code, Some(0));
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        (folder, log)
    }
}
