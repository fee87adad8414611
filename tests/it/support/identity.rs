//! Certificates of servers that tests start.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority, and a certificate of a server on this machine with its key; all as PEM.
pub struct Identity {
    pub root: String,
    pub certificate: String,
    pub key: String,
}

impl Identity {
    pub fn of_localhost() -> Self {
        Self::of(&["localhost", "127.0.0.1"])
    }

    /// For these names and addresses.
    pub fn of(names: &[&str]) -> Self {
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().unwrap();
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(root, root_key);
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        Self { root: root_pem, certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
