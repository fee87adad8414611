//! One order, from the account to the issued pair (RFC 8555 section 7).

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use instant_acme::{
    AuthorizationStatus, CertificateIdentifier, ChallengeType, Error, ExternalAccountKey, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::challenge::handshake;
use super::client::Http;
use super::error::{OrderError, is};
use super::files::{Account, Files};
use super::schedule::Window;
use crate::TlsError;
use crate::acme_settings::{Challenge, Settings};
use crate::challenge_answers::{HttpAnswers, TlsAnswers};
use crate::inspect::{CertificateId, Facts, is_for};

/// Polls the authority: after a quarter of a second, then with growing delays, for three minutes.
const POLL: RetryPolicy = RetryPolicy::new().timeout(Duration::from_mins(3));
/// How long an order may take, with all of its names.
const TIME: Duration = Duration::from_mins(15);

/// Orders certificates.
pub(super) struct Orderer {
    pub(super) settings: Settings,
    pub(super) files: Files,
    pub(super) tls: TlsAnswers,
    pub(super) http: HttpAnswers,
}

/// Removes the answers when an order ends, also after an error.
struct UnderWay<'a>(&'a Orderer);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.tls.clear();
        self.0.http.clear();
    }
}

impl Orderer {
    /// Orders a certificate, puts it in place with its key, and returns its contents. `replaced`: the certificate that it replaces, if
    /// the authority suggests times of renewal.
    pub(super) async fn order(&self, client: &Http, replaced: Option<&CertificateId>) -> Result<Facts, OrderError> {
        if let Some(facts) = self.files.finish()? {
            return Ok(facts);
        }
        let _under_way = UnderWay(self);
        let ordering = async {
            match self.order_with_account(client, replaced).await {
                // The authority has lost its accounts, as a test server does.
                Err(OrderError::Authority(Error::Api(problem))) if is(&problem, "accountDoesNotExist") => {
                    self.files.forget_account()?;
                    self.order_with_account(client, None).await
                }
                other => other,
            }
        };
        tokio::time::timeout(TIME, ordering).await.map_err(|_| OrderError::TooLong)?
    }

    async fn order_with_account(&self, client: &Http, replaced: Option<&CertificateId>) -> Result<Facts, OrderError> {
        let failed = |error| OrderError::Files(TlsError::SelfSigned(error));
        let key = KeyPair::generate().map_err(failed)?;
        self.files.begin(&key.serialize_pem())?;
        let account = self.account(client).await?;

        let names = self.settings.names.iter().map(|name| name.to_ascii_lowercase());
        let identifiers: Vec<_> = names.map(Identifier::Dns).collect();
        let mut new = NewOrder::new(&identifiers);
        if !self.settings.profile.is_empty() {
            new = new.profile(&self.settings.profile);
        }
        if let Some(replaced) = replaced {
            new = new.replaces(identifier(replaced));
        }
        let mut order = account.new_order(&new).await?;
        self.show_names(&mut order).await?;

        let mut params = CertificateParams::new(self.settings.names.clone()).map_err(failed)?;
        params.distinguished_name = DistinguishedName::new();
        order.finalize_csr(params.serialize_request(&key).map_err(failed)?.der()).await?;
        let chain = order.poll_certificate(&POLL).await?;
        let facts = self.files.read_issued(&chain, &key.serialize_pem())?;
        if let Some(name) = self.settings.names.iter().find(|name| !is_for(&facts.names, name)) {
            return Err(OrderError::WrongNames(name.clone()));
        }
        Ok(self.files.place(&chain, &key.serialize_pem())?)
    }

    /// Asks the authority when to renew a certificate, and in how many seconds to ask again.
    pub(super) async fn suggestion(&self, client: &Http, of: &CertificateId) -> Result<(Window, u64), OrderError> {
        let account = self.account(client).await?;
        let (info, again) = account.renewal_info(&identifier(of)).await?;
        let seconds = |unix: i64| u64::try_from(unix).unwrap_or(0);
        let window = info.suggested_window;
        let (start_s, end_s) = (seconds(window.start.unix_timestamp()), seconds(window.end.unix_timestamp()));
        Ok((Window { of: of.clone(), start_s, end_s }, again.as_secs()))
    }

    /// The stored account, if it is one of this authority, or a new one.
    async fn account(&self, client: &Http) -> Result<instant_acme::Account, OrderError> {
        let builder = instant_acme::Account::builder_with_http(Box::new(client.clone()));
        let contact: Vec<_> = self.settings.contact.iter().map(|address| format!("mailto:{address}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        if let Some(kept) = self.files.account()?
            && kept.directory == self.settings.directory
        {
            let known = kept.contact == self.settings.contact;
            let account = builder.from_credentials(kept.credentials).await?;
            if !known {
                account.update_contacts(&contact).await?;
                self.files.change_account(|account| account.contact.clone_from(&self.settings.contact))?;
            }
            return Ok(account);
        }
        let issued_by = self.files.account()?.and_then(|before| before.issued_by);
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: self.settings.agree_to_terms,
            only_return_existing: false,
        };
        let external = self.external_account()?;
        let (account, credentials) = builder.create(&new, self.settings.directory.clone(), external.as_ref()).await?;
        self.files.keep_account(&Account {
            directory: self.settings.directory.clone(),
            contact: self.settings.contact.clone(),
            issued_by,
            credentials,
        })?;
        Ok(account)
    }

    fn external_account(&self) -> Result<Option<ExternalAccountKey>, OrderError> {
        let path = &self.settings.external_account_key;
        if self.settings.external_account.is_empty() {
            return Ok(None);
        }
        let failed = |reason: String| OrderError::ExternalAccountKey { path: path.clone(), reason };
        let text = zonemint_base::regular_file::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let key = BASE64_URL_SAFE_NO_PAD
            .decode(text.trim().trim_end_matches('='))
            .map_err(|_| failed("it is not base64url".to_owned()))?;
        Ok(Some(ExternalAccountKey::new(self.settings.external_account.clone(), &key)))
    }

    /// Answers the challenge of every name, and waits until the authority has validated all.
    async fn show_names(&self, order: &mut Order) -> Result<(), OrderError> {
        let challenge = self.settings.challenge;
        let kind = match challenge {
            Challenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
            Challenge::Http01 => ChallengeType::Http01,
        };
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let Some(mut asked) = authorization.challenge(kind.clone()) else {
                return Err(OrderError::NotOffered { name, challenge: challenge.name() });
            };
            let answer = asked.key_authorization();
            match challenge {
                Challenge::TlsAlpn01 => {
                    self.tls.add(name.clone(), handshake(&name, answer.digest().as_ref())?);
                }
                Challenge::Http01 => self.http.add(asked.token.clone(), answer.as_str().to_owned()),
            }
            asked.set_ready().await?;
        }
        match order.poll_ready(&POLL).await {
            Ok(OrderStatus::Invalid) | Err(Error::Api(_)) => Err(why_invalid(order).await?),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }
}

/// The authority's error for the first name that it could not validate.
async fn why_invalid(order: &mut Order) -> Result<OrderError, OrderError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        authorization.refresh().await?;
        if let Some(problem) = authorization.challenges.iter().find_map(|challenge| challenge.error.clone()) {
            return Ok(OrderError::Unseen { name: authorization.identifier().to_string(), problem });
        }
    }
    Ok(order.state().error.clone().map_or(OrderError::Ended, |problem| Error::Api(problem).into()))
}

fn identifier(id: &CertificateId) -> CertificateIdentifier<'static> {
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes).into();
    CertificateIdentifier { authority_key_identifier: text(&id.authority_key), serial: text(&id.serial) }
}
