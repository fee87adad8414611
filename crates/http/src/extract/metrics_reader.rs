//! Who may read the metrics: whoever asks from a listed address, and whoever has the privilege.

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

/// Somebody who may read the metrics, which is the operation `R`.
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

/// Whether it is asked from a listed address. What a proxy passes on that is not listed in `http.trusted_proxies` comes from
/// anywhere, though the proxy itself may be near. So does what a web page of another origin has a browser ask, of which `Origin`
/// tells: where the browser is says nothing of whose page it shows.
fn is_near(parts: &Parts, services: &SharedServices) -> Result<bool, ApiError> {
    let notes = notes_of(parts)?;
    let own = notes.client == Some(notes.peer.ip().to_canonical());
    let passed_on = own && client_address::was_forwarded(&parts.headers);
    let of_a_page = parts.headers.contains_key(ORIGIN);
    Ok(!passed_on && !of_a_page && notes.client.is_some_and(|client| services.metrics_readers.contains(client)))
}
