//! `POST /tokens/verify_invite_token`: there is nothing here that an invitation could lead to.

use crate::http::body::{Body, invite_type, nullable, peer_ip, token};
use crate::http::error::ApiError;
use crate::http::extract::{Anyone, Options, public};

pub(in crate::http) async fn verify_invite(anyone: Anyone, Options(options): Options) -> Result<(), ApiError> {
    anyone.allows(&public("verify_invite_token"))?;
    let mut body = Body::new(&options);
    body.required("token", token)?;
    body.optional_or_null("consumerToken", token)?;
    body.optional("expectedInviteType", invite_type)?;
    body.optional_or_null("peerIp", nullable(peer_ip))?;
    Err(ApiError::NotSupported)
}
