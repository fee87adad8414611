//! Readers of the metrics: clients with a listed address, and callers with the privilege.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header::ORIGIN;
use axum::http::request::Parts;

use super::Authorized;
use super::caller::notes_of;
use crate::client_address;
use crate::error::ApiError;
use crate::rule::Rule;
use crate::state::SharedServices;

/// A caller who may read the metrics, which is the operation `R`.
pub(crate) struct MetricsReader<R>(PhantomData<R>);

impl<R: Rule> FromRequestParts<SharedServices> for MetricsReader<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &SharedServices) -> Result<Self, ApiError> {
        if is_near(parts, services)? {
            return Ok(Self(PhantomData));
        }
        Authorized::<R>::from_request_parts(parts, services).await.map(|_| Self(PhantomData))
    }
}

/// Whether the request comes from a listed address. A request through a proxy that `http.trusted_proxies` does not list may come
/// from anywhere, even if the proxy has a listed address. So may a request that a web page causes, which `Origin` shows: the
/// browser's address says nothing about whose page it is.
fn is_near(parts: &Parts, services: &SharedServices) -> Result<bool, ApiError> {
    let notes = notes_of(parts)?;
    let own = notes.client == Some(notes.peer.ip().to_canonical());
    let passed_on = own && client_address::was_forwarded(&parts.headers);
    let of_a_page = parts.headers.contains_key(ORIGIN);
    Ok(!passed_on && !of_a_page && notes.client.is_some_and(|client| services.metrics_readers.contains(client)))
}
