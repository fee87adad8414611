//! Certificates: the self-signed pair of a first start, loading, and reloading while connections go on.
//!
//! Where the next thing goes: another way to get a certificate is a file next to `self_signed.rs`, or a folder next to `acme`.

mod accept;
mod acme;
mod acme_settings;
mod chain;
mod challenge_answers;
mod client;
mod error;
mod inspect;
mod pair;
mod pin;
mod reload;
mod self_signed;
mod settings;
mod tickets;

pub use acme::{Orders, finish_orders, secret_files};
pub use acme_settings::{Challenge, Settings as AcmeSettings};
pub use chain::{ChainReport, inspect_chain};
pub use client::{Distrust, distrust, find, is_no_tls, use_aws_lc};
pub use error::TlsError;
pub use inspect::{PairReport, inspect, is_for};
pub use pair::PairFiles;
pub use pin::{Fingerprint, FingerprintError, pinned_client, shown};
pub use reload::{Certificates, Reload, watch};
pub use self_signed::{ensure_pair, load_pair};
pub use settings::Settings;
pub use tickets::SessionSealer;
