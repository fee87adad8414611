//! The files of orders, in the folder of the pair: the account, and an issued pair until it is in place.
//!
//! A pair is two files, and only one can be replaced at a time. So both are written into a third one first. After a power failure the
//! next start completes the replacement, and an issued certificate is never lost.

use std::io;
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use crate::inspect::{Facts, facts};
use crate::{PairFiles, TlsError};
use zonemint_base::{new_file, regular_file};

/// An account at an authority, with its key. Neither Debug nor Display: with it one can order and revoke.
#[derive(Deserialize, Serialize)]
pub(super) struct Account {
    /// The authority's directory.
    pub(super) directory: String,
    /// The mail addresses that were sent to the authority.
    pub(super) contact: Vec<String>,
    /// The directory of the authority that issued the last certificate, to this account or to one before.
    pub(super) issued_by: Option<String>,
    pub(super) credentials: AccountCredentials,
}

/// The origin of the current pair, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing was issued yet, as far as can be read: the pair has another origin.
    Unknown,
    /// From another authority, which was set before.
    Elsewhere,
    /// From this authority.
    Issued,
}

/// The paths.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pair: PairFiles,
    account: PathBuf,
    issued: PathBuf,
}

impl Files {
    pub(super) fn new(folder: &Path, pair: PairFiles) -> Self {
        Self { pair, account: folder.join("acme-account.json"), issued: folder.join("acme-issued.pem") }
    }

    /// The files with a key.
    pub(crate) fn secrets(self) -> [PathBuf; 3] {
        [self.pair.key, self.account, self.issued]
    }

    /// The account; none when there is none yet.
    pub(super) fn account(&self) -> Result<Option<Account>, TlsError> {
        let Some(text) = read(&self.account)? else { return Ok(None) };
        let broken = |error| failed(&self.account)(io::Error::new(io::ErrorKind::InvalidData, error));
        serde_json::from_str(&text).map(Some).map_err(broken)
    }

    pub(super) fn keep_account(&self, account: &Account) -> Result<(), TlsError> {
        let text = serde_json::to_string(account).map_err(|error| failed(&self.account)(error.into()))?;
        replace(&self.account, &text, 0o600)
    }

    /// The origin of the pair, relative to an authority's directory.
    pub(super) fn standing(&self, directory: &str) -> Standing {
        match self.account().ok().flatten().and_then(|account| account.issued_by) {
            Some(issuer) if issuer == directory => Standing::Issued,
            Some(_) => Standing::Elsewhere,
            None => Standing::Unknown,
        }
    }

    pub(super) fn change_account(&self, change: impl FnOnce(&mut Account)) -> Result<(), TlsError> {
        if let Some(mut account) = self.account()? {
            change(&mut account);
            self.keep_account(&account)?;
        }
        Ok(())
    }

    pub(super) fn forget_account(&self) -> Result<(), TlsError> {
        remove(&self.account)
    }

    /// Writes the key of a new order: an error of writing must come before the order, not after it.
    pub(super) fn begin(&self, key: &str) -> Result<(), TlsError> {
        for file in [&self.pair.key, &self.pair.certificate] {
            new_file::can_be_replaced(file).map_err(failed(file))?;
        }
        replace(&self.issued, key, 0o600)
    }

    /// The contents of an issued certificate, if it and its key can be served.
    pub(super) fn read_issued(&self, chain: &str, key: &str) -> Result<Facts, TlsError> {
        fitting(&self.issued, chain, key)
    }

    /// Puts an issued pair in place, and returns the contents of its certificate.
    pub(super) fn place(&self, chain: &str, key: &str) -> Result<Facts, TlsError> {
        let facts = fitting(&self.issued, chain, key)?;
        replace(&self.issued, &format!("{key}{chain}"), 0o600)?;
        replace(&self.pair.key, key, 0o600)?;
        replace(&self.pair.certificate, chain, 0o644)?;
        self.change_account(|account| account.issued_by = Some(account.directory.clone()))?;
        remove(&self.issued)?;
        Ok(facts)
    }

    /// An issued key and chain that are not in place yet.
    pub(super) fn unfinished(&self) -> Result<Option<(String, String)>, TlsError> {
        let Some(text) = read(&self.issued)? else { return Ok(None) };
        let (key, chain) = text.split_at(text.find("-----BEGIN CERTIFICATE-----").unwrap_or(text.len()));
        Ok(fitting(&self.issued, chain, key).is_ok().then(|| (key.to_owned(), chain.to_owned())))
    }

    /// Puts such a pair in place; none if there is none.
    pub(super) fn finish(&self) -> Result<Option<Facts>, TlsError> {
        if let Some((key, chain)) = self.unfinished()? {
            return self.place(&chain, &key).map(Some);
        }
        remove(&self.issued)?;
        Ok(None)
    }
}

/// The contents of the first certificate of a chain, if it and the key can be served.
fn fitting(path: &Path, chain: &str, key: &str) -> Result<Facts, TlsError> {
    let not = |what| TlsError::Pem { path: path.to_owned(), what };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().map_err(|_| not("certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| not("private key"))?;
    let facts = facts(path, &chain)?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(TlsError::Pair)?;
    Ok(facts)
}

fn read(path: &Path) -> Result<Option<String>, TlsError> {
    match regular_file::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

fn remove(path: &Path) -> Result<(), TlsError> {
    new_file::remove_if_there(path).map_err(failed(path))
}

fn replace(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    new_file::replace(path, text, mode, |_| Ok(())).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> TlsError {
    move |source| TlsError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::{Certificates, ensure_pair, inspect};

    fn files(folder: &Path) -> Files {
        let pair = PairFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        ensure_pair(&pair, &[]).unwrap();
        Files::new(folder, pair)
    }

    /// A chain and its key.
    fn issued() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["zone.example.org".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn an_issued_pair_takes_the_place_of_the_one_before_and_stays_private() {
        let folder = tempfile::tempdir().unwrap();
        let (files, (chain, key)) = (files(folder.path()), issued());
        files.begin(&key).unwrap();
        assert_eq!(files.place(&chain, &key).unwrap().names, ["zone.example.org"]);
        let report = inspect(&files.pair).unwrap();
        assert_eq!((report.names, report.key_mode), (vec!["zone.example.org".to_owned()], 0o600));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_was_cut_short_is_finished_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let (files, (chain, key)) = (files(folder.path()), issued());
        fs::write(&files.issued, format!("{key}{chain}")).unwrap();
        fs::write(&files.pair.key, &key).unwrap();
        assert!(Certificates::load(files.pair.clone()).is_err(), "half of it was in place");
        assert!(files.finish().unwrap().is_some());
        Certificates::load(files.pair.clone()).unwrap();
        assert!(files.finish().unwrap().is_none());
    }

    #[test]
    fn what_was_there_before_the_first_order_came_to_something_is_somebody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let account = r#"{"directory":"https://a.example.org","contact":[],"issued_by":null,
            "credentials":{"id":"1","key_pkcs8":"AA","directory":"https://a.example.org"}}"#;
        fs::write(&files.account, account).unwrap();
        assert_eq!(files.standing("https://a.example.org"), Standing::Unknown);
        files.place(&issued().0, "").unwrap_err();
        assert_eq!(files.standing("https://b.example.org"), Standing::Unknown);
        let (chain, key) = issued();
        files.place(&chain, &key).unwrap();
        assert_eq!(files.standing("https://a.example.org"), Standing::Issued);
        assert_eq!(files.standing("https://b.example.org"), Standing::Elsewhere);
    }

    #[test]
    fn a_pipe_in_the_place_of_an_account_is_not_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        for path in [&files.account, &files.issued] {
            mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
            assert!(read(path).unwrap_err().to_string().contains("cannot be"), "{}", path.display());
        }
    }

    #[test]
    fn where_the_pair_cannot_be_replaced_nothing_is_ordered() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let elsewhere = PairFiles { key: "/proc/nowhere/key.pem".into(), ..files.pair.clone() };
        assert!(Files { pair: elsewhere, ..files.clone() }.begin(&issued().1).is_err());
        assert!(!files.issued.exists());
    }

    #[test]
    fn a_key_without_a_certificate_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        files.begin(&issued().1).unwrap();
        assert_eq!(fs::metadata(&files.issued).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(files.finish().unwrap().is_none() && !files.issued.exists());
    }

    #[test]
    fn a_chain_that_is_not_for_the_key_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let before = fs::read_to_string(&files.pair.certificate).unwrap();
        assert!(files.place(&issued().0, &issued().1).is_err());
        assert_eq!(fs::read_to_string(&files.pair.certificate).unwrap(), before);
        Certificates::load(files.pair).unwrap();
    }
}
