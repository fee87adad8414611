//! The authorization code flow (OIDC Core section 3.1) with PKCE S256, state, nonce and the issuer in the redirect (RFC 9207).

use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::authorization::{Callback, PendingSignIn};
use crate::error::{InvalidToken, Outage, Refusal, SignInRefusal};
use crate::identity::Identity;
use crate::jwt::{self, Form};
use crate::provider::Provider;

const WHAT: &str = "token endpoint";

impl Provider {
    /// Begins a sign-in: the address to send the browser to, and what to remember. `scope` must have `openid`.
    ///
    /// `redirect_uri` must be the provider's own if its redirects have no `iss`: [`Provider::names_issuer_in_redirect`].
    ///
    /// # Errors
    /// [`Outage`] when there is no discovery document, or it has no `authorization_endpoint`.
    pub async fn begin_sign_in(&self, redirect_uri: &str, scope: &str) -> Result<(String, PendingSignIn), Outage> {
        let document = self.document().await?;
        let pending = PendingSignIn::new(redirect_uri, self.random());
        let mut url = document.authorization()?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings().client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &pending.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok((url.into(), pending))
    }

    /// Whether each redirect of the provider has `iss`. Otherwise only a redirect address of its own keeps its codes from being taken for
    /// those of another provider (RFC 9700 section 4.4).
    ///
    /// # Errors
    /// [`Outage`] when there is no discovery document.
    pub async fn names_issuer_in_redirect(&self) -> Result<bool, Outage> {
        Ok(self.document().await?.names_issuer_in_redirect)
    }

    /// Ends a sign-in: redeems the code and verifies the ID token. `pending` is used up, whatever the result.
    ///
    /// # Errors
    /// [`SignInRefusal`]; an outage is logged.
    pub async fn finish_sign_in(&self, pending: PendingSignIn, callback: &Callback) -> Result<Identity, SignInRefusal> {
        self.finished(&pending, callback).await.inspect_err(|refusal| {
            if let SignInRefusal::Unavailable(outage) = refusal {
                self.log(&Refusal::Unavailable(outage.clone()));
            }
        })
    }

    async fn finished(&self, pending: &PendingSignIn, callback: &Callback) -> Result<Identity, SignInRefusal> {
        let state = callback.state.as_deref().unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return Err(SignInRefusal::State);
        }
        let document = self.document().await?;
        match &callback.iss {
            Some(iss) if *iss != self.settings().issuer => return Err(SignInRefusal::Issuer),
            None if document.names_issuer_in_redirect => return Err(SignInRefusal::Issuer),
            _ => {}
        }
        if callback.error.is_some() {
            return Err(SignInRefusal::Declined);
        }
        let code = callback.code.as_deref().filter(|code| !code.is_empty()).ok_or(SignInRefusal::NoCode)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*pending.redirect_uri),
            ("code_verifier", &**pending.verifier),
        ];
        let client = self.client(document.takes_secret_in_body);
        let answer = self.fetch().form(document.token()?, WHAT, &fields, &client).await?;
        let error = answer.body.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
        let body = match (answer.status, error) {
            (200, _) => answer.body.ok_or(Outage::Malformed { what: WHAT, why: "it is no JSON object" })?,
            (401, _) | (_, Some("invalid_client" | "unauthorized_client")) => {
                return Err(Outage::ClientRefused { what: WHAT }.into());
            }
            // glewlwyd says 403 and invalid_code for an unknown code.
            (400 | 403, _) => return Err(SignInRefusal::Code),
            (status, _) => return Err(Outage::Status { what: WHAT, status }.into()),
        };
        let id_token = body.get("id_token").and_then(Value::as_str);
        let id_token = id_token.ok_or(Outage::Malformed { what: WHAT, why: "it has no id_token" })?;
        self.identified(id_token, &pending.nonce).await
    }

    async fn identified(&self, id_token: &str, nonce: &str) -> Result<Identity, SignInRefusal> {
        let Form::Jwt(jwt) = jwt::read(id_token).map_err(SignInRefusal::IdToken)? else {
            return Err(SignInRefusal::IdToken(InvalidToken::Malformed));
        };
        let (header, claims) = self.verified(jwt).await?;
        let checked = self.claims(&claims);
        checked.check_id_token(&header, nonce)?;
        let subject = checked.subject().map_err(SignInRefusal::IdToken)?;
        Ok(Identity::read(&claims, subject, self.settings(), None))
    }
}
