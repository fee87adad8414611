//! The service behind the proxy: it tells what reached it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as the service saw it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReceivedRequest {
    pub method: String,
    pub target: String,
    headers: Vec<(String, String)>,
}

impl ReceivedRequest {
    /// All values of a header, names compared as CGI does: in one case, dashes and underscores the same.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let same = |other: &str| other.replace('_', "-").eq_ignore_ascii_case(name);
        self.headers.iter().filter(|(other, _)| same(other)).map(|(_, value)| value.as_str()).collect()
    }

    /// The values of five headers that name somebody. An absent one counts as an empty one.
    pub fn identity(&self) -> [String; 5] {
        ["subject", "user", "token-id", "scope", "groups"].map(|what| self.all(&format!("x-auth-{what}")).join("|"))
    }

    /// Whether any header holds a text.
    pub fn holds(&self, text: &str) -> bool {
        self.headers.iter().any(|(_, value)| value.contains(text))
    }
}

pub struct Upstream {
    pub port: u16,
    served: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = Arc::new(AtomicUsize::new(0));
        let router = Router::new().fallback(tell).with_state(Arc::clone(&served));
        let running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, served, running }
    }

    /// How many requests have arrived.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn tell(State(served): State<Arc<AtomicUsize>>, request: Request) -> String {
    served.fetch_add(1, Ordering::Relaxed);
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let (method, target) = (request.method().to_string(), request.uri().to_string());
    serde_json::to_string(&ReceivedRequest { method, target, headers }).unwrap()
}
