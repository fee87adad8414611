//! All paths of the API, in one table. `/docs` has each operation with its parameters, answers and errors, and lets you try it.
//!
//! The server describes itself: `GET /openapi.json` is an OpenAPI 3.1 document that is made from the code. For each operation it has
//! the privilege that is needed, the name in `api` caveats, and every error. [For integrators](super::integrators) shows how to use
//! the API, and [Examples](super::examples) has whole programs.
//!
//! # Credentials
//!
//! A request has one of these:
//!
//! * a user name and a password: `Authorization: Basic`;
//! * a token: `X-Auth-Token`, `Authorization: Bearer` or `macaroon`.
//!
//! If a request has both, the token decides. Some operations need no credential: the table says "no login".
//!
//! # The reference endpoint
//!
//! It has been in Onezone since version 17.06, and makes tokens without a name. Paths are below `/api/v3/onezone`.
//!
//! | path | methods | what |
//! |---|---|---|
//! | `/user/client_tokens` | GET POST | POST makes a token: 200 `{"token":"…"}`. All options are optional, in a JSON object: `ttl` (seconds), `validUntil` (Unix seconds), `name`, `caveats`. Unknown options are ignored, and named in `X-Ignored-Options`. GET lists the tokens that are good now, newest first: 200 `{"tokens":[…]}` |
//! | `/user/client_tokens/{token}` | DELETE | 204. The token is refused from then on. `{token}` is its text or its identifier |
//!
//! # Tokens
//!
//! `…` stands for four prefixes: `/user` is the caller, and `/provider` is the service that calls. Who manages tokens may also use
//! `/users/{id}` and `/providers/{id}`. Paths are below `/api/v3/onezone`. "Ours" means that Onezone does not have it.
//!
//! | path | methods | what |
//! |---|---|---|
//! | `/tokens/examine`, `/tokens/confine` | POST | what a token says; a token with more caveats. No login. Nothing is verified |
//! | `/tokens/verify_access_token`, `/tokens/verify_identity_token` | POST | whose token it is and how long it is good, for the use that the body describes; or why it is not good. No login |
//! | `/tokens/verify_invite_token` | POST | always refused: there are no invitations here. No login |
//! | `/tokens/infer_access_token_scope` | POST | what an access token may do. No login |
//! | `…/tokens/named` | GET POST DELETE | tokens with names |
//! | `…/tokens/named/name/{name}` | GET | the token with this name |
//! | `…/tokens/temporary` | GET POST DELETE | tokens that end within 30 days, and are revoked all together |
//! | `/tokens/named` | GET | all named tokens, for administrators |
//! | `/tokens/named/{id}` | GET PATCH DELETE | one token: see, rename, revoke, restore, delete |
//! | `/tokens/named/{id}/history` | GET | ours: the audit rows about one token. Pages: `limit`, `cursor` |
//! | `/tokens/named/{id}/status` | GET | whether it is revoked. No login |
//! | `…/tokens` | GET | ours: a page of all tokens with their limits, in JSON and in words. Filters: `state`, `name`, `expires_before`, `created_after`; pages: `limit`, `cursor` |
//! | `…/tokens/uses` | GET | ours: how often the account's tokens were used, for each of the last `days` (30; at most 90) |
//! | `…/tokens/revoke` | POST | ours: revokes many at once: `all`, `issuedBefore` (Unix seconds) or `ids` |
//! | `/tokens/{id}/rotate` | POST | ours: a new token with the same rights; the old one stays good for `overlap` seconds |
//!
//! Operations that end tokens also take `descendants`: then everything ends that the token made, and what these made. Lists say what
//! made a token (`mintedBy`).
//!
//! # Accounts, services, keys, audit
//!
//! Paths are below `/api/v3/onezone`.
//!
//! | path | methods | what |
//! |---|---|---|
//! | `/user` | GET PATCH DELETE | the caller's own account |
//! | `/user/password` | PATCH | the caller's own password |
//! | `/users` | GET POST | accounts, for administrators. `?name=` finds those whose user name or full name has this text in it |
//! | `/users/{id}` | GET DELETE | one account |
//! | `/users/{id}/basic_auth`, `/users/{id}/access_block` | PATCH | its password; whether it is blocked |
//! | `/users/{id}/privileges` | GET PATCH | the privileges of an account; grants and revokes them. The set of privileges is another one than Onezone's |
//! | `/users/{id}/password_reset` | POST | ours: makes the secret of a link by which its user sets a new password: one use, one hour |
//! | `/password_reset` | POST | ours: sets the new password with that secret. No login |
//! | `/providers` | GET POST | services, for administrators |
//! | `/providers/{id}` | GET DELETE | one service |
//! | `/providers/{id}/access_block` | PATCH | whether it is blocked |
//! | `/keys` | GET | ours: root keys. With `?count=true` also how many good tokens depend on each |
//! | `/keys/rotate`, `/keys/{id}/activate`, `/keys/{id}/retire` | POST | ours: changes root keys ([Keys](super::keys)) |
//! | `/audit` | GET | ours: the newest audit rows of all nodes ([The audit trail](super::audit)). Filters: `user`, `name`, `kind` (for example `token.mint`), `from` and `until` (Unix seconds), `network`, `request`; pages: `limit`, `cursor` |
//! | `/configuration`, `/provider/public/get_current_time` | GET | name, domain and version; the time in milliseconds. No login |
//! | `/user/spaces`, `/user/effective_spaces`, `/user/groups`, `/user/effective_groups` | GET | empty lists, for scripts that ask |
//! | `/user/effective_providers`, `/user/effective_providers/{id}/spaces` | GET | empty lists, for scripts that ask |
//!
//! # Outside of that path
//!
//! Paths are below the root of the server. The OAuth paths take forms and answer JSON ([OAuth and the grid](super::oauth)).
//!
//! | path | methods | what |
//! |---|---|---|
//! | `/auth/verify` | GET | for proxies ([Proxies](super::proxies)): does the token allow the request that the `X-Forwarded-…` headers describe? 200 with `X-Auth-…` headers that say who it is; 401; or 403 with the reason |
//! | `/oauth/token` | POST | a temporary token by the grants `client_credentials` and `password`; `expire_in` (seconds), `scope` |
//! | `/oauth/introspect` | POST | RFC 7662: is this access token good, and whose is it? |
//! | `/oauth/revoke` | POST | RFC 7009: the token is refused from now on. A temporary token ends together with all others of its owner |
//! | `/.well-known/oauth-authorization-server`, `/.well-known/openid-configuration` | GET | RFC 8414: the addresses of these |
//! | `/healthz` | GET | 200 while the process lives |
//! | `/readyz` | GET | 200 when the store answers and a new token would be stored; otherwise 503. `zonemint health` asks it, for containers |
//! | `/metrics` | GET | metrics for Prometheus ([Monitoring](super::monitoring)) |
//! | `/openapi.json`, `/docs` | GET | the description of the API, as JSON and as a page |
//!
//! # Errors
//!
//! The reference endpoint answers `{"error":"<text>"}`. Other paths below `/api/v3/onezone` answer
//! `{"error":{"id":…,"details":…,"description":…}}`, and the OAuth paths `{"error":"<code>","error_description":"<text>"}`.
//! [When something goes wrong](super::troubleshooting#answers-of-the-api) explains the texts.
