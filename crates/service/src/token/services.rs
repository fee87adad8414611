//! Which services a token may be handed to, by its `service` caveats, as far as that is known when they are added.
//!
//! A caveat that no service can meet makes a token useless, so Onezone refuses it. A service's own token is for the zone only.

use std::collections::HashSet;

use super::error::MintError;
use super::service::TokenService;
use zonemint_base::model::{SubjectKind, User, UserId};
use zonemint_caveat::{Caveat, Service, ServicePattern, ServiceType, Services, TokenKind};
use zonemint_store::StoreError;

impl TokenService {
    /// The first service that new caveats name and that may not act with tokens of such a subject; none if all may. Caveats of
    /// other kinds of tokens than access tokens are not checked: these support no `service` caveat.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be found out.
    pub async fn forbidden_service(
        &self,
        kind: TokenKind,
        subject: SubjectKind,
        caveats: &[Caveat],
    ) -> Result<Option<ServicePattern>, StoreError> {
        if kind != TokenKind::Access {
            return Ok(None);
        }
        let lists =
            caveats.iter().filter_map(|caveat| if let Caveat::Service(list) = caveat { Some(list) } else { None });
        // A list may name one service any number of times, and the store is asked once.
        let mut there = HashSet::<UserId>::new();
        for service in lists.flat_map(Services::entries) {
            let is_allowed = match (service.kind(), service.id(), subject) {
                (ServiceType::OzWorker, id, _) => id.is_none_or(|id| id == Service::ONEZONE),
                (_, _, SubjectKind::Provider) => false,
                (_, None, SubjectKind::User) => true,
                (ServiceType::OzPanel, Some(id), SubjectKind::User) => id == Service::ONEZONE,
                (ServiceType::OpWorker | ServiceType::OpPanel, Some(id), SubjectKind::User) => match id.parse() {
                    Ok(id) => {
                        let is_provider = |user: User| user.kind == SubjectKind::Provider;
                        !there.insert(id) || self.store.user(id).await?.is_some_and(is_provider)
                    }
                    Err(_) => false,
                },
            };
            if !is_allowed {
                return Ok(Some(service.clone()));
            }
        }
        Ok(None)
    }

    /// As [`TokenService::forbidden_service`], for a token that is to be made.
    pub(super) async fn must_be_allowed(
        &self,
        kind: TokenKind,
        subject: SubjectKind,
        caveats: &[Caveat],
    ) -> Result<(), MintError> {
        match self.forbidden_service(kind, subject, caveats).await? {
            None => Ok(()),
            Some(service) => Err(MintError::Service(service)),
        }
    }
}
