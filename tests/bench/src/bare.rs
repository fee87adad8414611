//! The yardstick: axum on axum-server with rustls, one route, no work.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Serves without end; prints its port.
pub fn serve(certificates: &str) {
    let folder = Path::new(certificates);
    let chain = CertificateDer::pem_file_iter(folder.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let body = r#"{"status":"ok"}"#;
    let router = Router::new().route("/", get(move || async move { ([(CONTENT_TYPE, "application/json")], body) }));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.set_nonblocking(true).unwrap();
    println!("port {}", listener.local_addr().unwrap().port());
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let config = RustlsConfig::from_config(Arc::new(config));
        axum_server::from_tcp_rustls(listener, config).unwrap().serve(router.into_make_service()).await.unwrap();
    });
}
