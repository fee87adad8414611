//! Whether the certificates of a file make a chain.

use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::pair::certificates;
use super::{PairFiles, TlsError};

/// What [`inspect_chain`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainReport {
    /// Each certificate is followed by that of its issuer, as far as the file goes; their number.
    Whole(usize),
    /// The certificate of this number, counted from 1, is not followed by that of its issuer.
    BreaksAfter(usize),
}

/// Compares the names in the chain; clients verify the signatures. The last certificate's issuer is one that clients have, or should
/// have.
///
/// # Errors
/// [`TlsError`] when the file cannot be read, or has no certificate.
pub fn inspect_chain(files: &PairFiles) -> Result<ChainReport, TlsError> {
    let path = &files.certificate;
    let chain = certificates(path)?;
    let parse = |der: &CertificateDer<'_>| {
        Certificate::from_der(der).map_err(|source| TlsError::Certificate { path: path.clone(), source })
    };
    let chain = chain.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let broken = chain.windows(2).position(|two| two[0].tbs_certificate.issuer != two[1].tbs_certificate.subject);
    Ok(broken.map_or(ChainReport::Whole(chain.len()), |at| ChainReport::BreaksAfter(at + 1)))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, Issuer, KeyPair};

    use super::*;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    #[test]
    fn a_chain_that_lacks_a_link_shows_where() {
        let folder = tempfile::tempdir().unwrap();
        let files = PairFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        let [root, middle, own] = std::array::from_fn(|_| KeyPair::generate().unwrap());
        let top = params("root").self_signed(&root).unwrap().pem();
        let root = Issuer::new(params("root"), root);
        let between = params("middle").signed_by(&middle, &root).unwrap().pem();
        let middle = Issuer::new(params("middle"), middle);
        let leaf = params("own").signed_by(&own, &middle).unwrap().pem();
        for (text, expected) in [
            (leaf.clone(), ChainReport::Whole(1)),
            (format!("{leaf}{between}"), ChainReport::Whole(2)),
            (format!("{leaf}{between}{top}"), ChainReport::Whole(3)),
            (format!("{leaf}{top}{between}"), ChainReport::BreaksAfter(1)),
            (format!("{leaf}{between}{between}"), ChainReport::BreaksAfter(2)),
        ] {
            std::fs::write(&files.certificate, text).unwrap();
            assert_eq!(inspect_chain(&files).unwrap(), expected);
        }
    }
}
