//! OAuth 2.0 and grid clients: how their words are meant here.
//!
//! A client of OAuth is an account: its `client_id` is the user name, its `client_secret` the password. There is nothing to
//! register, and no authorization endpoint: nobody is sent through a browser. `/.well-known/oauth-authorization-server`
//! (RFC 8414) names the endpoints, under the name by which the client reached the server. `/.well-known/openid-configuration` says
//! the same to clients that look there; of OIDC there is nothing else, no `id_token` and no keys.
//!
//! # A token: `POST /oauth/token`
//!
//! The grant `client_credentials`, and `password` for clients that know no other (OAuth 2.1 drops it; it does the same here). The
//! answer is a temporary access token in plain base64url, which every macaroon library reads, whatever `token.alphabet` says.
//!
//! * **Name and password** come in `Authorization: Basic`, or as `client_id` and `client_secret` in the body, or under the grant
//!   `password` as `username` and `password`. Where a request has several, they must be the same. All count as sign-ins: slowed,
//!   refused with 429 before anything is hashed, hashed in the same pool, and audited alike. A Basic header without a password
//!   beside credentials in the body says no more than `client_id` does.
//! * **In Basic they stand as they are or form-encoded.** curl, requests, Authlib and davix send them as they are; RFC 6749 section
//!   2.3.1 wants them encoded first, and some clients do that (oauth4webapi encodes `-`, `_` and `.`, too). So a pair that holds `%`
//!   or `+` is tried as it was sent and, if that is wrong, decoded: two attempts, each with its turn and its hash. If one is right,
//!   none is charged; but until the server remembers the password, the second waits for its turn, about a second. The body (`client_secret_post`) leaves no doubt. So it is below `/oauth` only. Requests and Authlib
//!   send what goes beyond ASCII in the body, as in Basic they write it in Latin-1 and RFC 7617 in UTF-8.
//! * **A token is no credential here,** nor in the place of the password. Who has one narrows it, or makes another one at `…/tokens/temporary`, which then carries
//!   its caveats.
//! * **`expire_in`** is the lifetime in seconds, an hour by default, at most `token.max_temporary_ttl`. The name is that of
//!   XRootD, gfal2 and the WLCG profile. More than is allowed is refused rather than cut.
//! * **`scope`** (or `scopes`, as gfal2 writes) becomes caveats, or `invalid_scope`; it is never ignored. `data.readonly` is
//!   that caveat, `DOWNLOAD:/space LIST:/space` is it too, with a `data.path`. `api.get` is `api = all/get/*.*.*:*`: the token reads
//!   what the API tells and changes nothing.
//! * **Without a scope** the token is one for `api.get`, and the answer says so in `scope`. Clients ask so whose user has not thought
//!   of a scope, and gfal-token asks so first whatever its user wants. `oauth.unscoped = "refuse"` answers `invalid_scope`, as XRootD
//!   does: only then gfal-token sends its second request, which has the scope and the lifetime. `"all"` gives all rights.
//!
//! # Is it good: `POST /oauth/introspect`
//!
//! Any account may ask about any access token, by password or by a token of its own: who has a token's text could use it, so the
//! answer tells nothing new. That one must say who asks is what RFC 7662 section 2.1 wants against trying texts.
//!
//! What is not known of the use makes a caveat fail, as everywhere. A resource server that sees the bearer says what it sees:
//!
//! | parameter | for caveats |
//! |---|---|
//! | `ip`: the bearer's address | `ip`, `asn`, `geo.country`, `geo.region` |
//! | `interface`: `rest`, `oneclient` or `graphsync` | `interface` |
//! | `enforces=data`: the asker will enforce them | `data.readonly`, `data.path`, `data.objectid` |
//! | `enforces=api`, or `enforces=api data` for both | `api` |
//! | none: a service account that asks is `opw-<its id>` | `service` |
//!
//! A service's own access token is for the zone only: it is not active where a service account asks.
//! A `consumer` caveat never holds here, since nobody proves to be the consumer: `/tokens/verify_access_token` takes such proof.
//! Whoever enforces caveats finds them in `caveats`, beside `sub`, `username`, `exp`, `iat`, `jti`, `iss`, `token_type` and `scope`.
//!
//! Anything else, an unknown token, an expired, revoked or forged one, or no token at all, is `{"active":false}`, byte for byte,
//! costs about the same work ([`TokenService::introspect`](crate::token::TokenService::introspect)), and is held back until 10 ms
//! have passed, so that the rest does not show. The store is asked each time: a revocation made on another node is seen at once,
//! and the answer is not faster for tokens that were seen before.
//!
//! # Ending it: `POST /oauth/revoke`
//!
//! For the token's owner, and for who manages tokens. 200 (with `{}`) also when there is no such token (any more). A named or client token is
//! deleted. A temporary one is stored nowhere and cannot be ended alone: **all temporary tokens of its owner end with it.** RFC
//! 7009 section 2.1 leaves that to the server; the choice was between that and `unsupported_token_type`, which leaves a token that
//! leaked good to its end. A client that must end one token alone takes a client token. A caller whose own token is narrowed by
//! more than time and `api` may not end so many, and hears 403.
//!
//! # Grid clients: `application/macaroon-request`
//!
//! `POST /api/v3/onezone/user/client_tokens` understands the requests of dCache and XRootD beside its own:
//!
//! ```text
//! {"caveats": ["activity:DOWNLOAD,LIST", "path:/space/dir"], "validity": "PT1H"}      ->  {"macaroon":"MDAxNW…"}
//! ```
//!
//! `validity` is an ISO 8601 length in days, hours, minutes and seconds, as Java reads it. Less than a second is one second; what is
//! over whole seconds is cut. Without it, and without an end among the caveats, the token is good for a day
//! (`token.macaroon_request_ttl`). `null` is as good as nothing. The token is a client token: kept, listed, and revoked alone. `uri` is not in the answer, as no token is accepted in a URL.
//!
//! | theirs | ours |
//! |---|---|
//! | `before:2026-12-24T18:00:00Z` | `time < …`, rounded down to a second |
//! | `activity:DOWNLOAD,LIST`, with `READ_METADATA` or without | `data.readonly` |
//! | `path:/space/dir` | `data.path = …`; `path:/` limits nothing; a second `path:/more` means `/space/dir/more` |
//! | `ip:192.0.2.0/24,2001:db8::1` | `ip = …` |
//! | the text of a caveat of ours, as in `interface = rest` | itself |
//!
//! Anything else is a 400 that names it, and no token is made: other activities, `root:`, keys beside these two. `path:` names
//! what Oneprovider calls a path, which begins with a space's id.
//!
//! Programs of the grid look for a token in `BEARER_TOKEN`, in the file that `BEARER_TOKEN_FILE` names, and in `bt_u<uid>` in
//! `$XDG_RUNTIME_DIR` or `/tmp` (WLCG Bearer Token Discovery). `zonemint tokens create --bearer` puts one there, readable by its owner
//! alone; `--output FILE` anywhere else. The commands of `zonemint` look in the two variables after their own ones, and in `bt_u<uid>`
//! where there is no profile either (`zonemint login` makes one). They take a token of Onezone or zonemint only, and a file if it is
//! the user's own and has mode 0600; one that `BEARER_TOKEN_FILE` names and that cannot be used is an error. `-v` says which token
//! was used.
//!
//! davix (0.8.4) looks in none of these places and asks for no token. Give it one with `-H "Authorization: Bearer $(cat FILE)"`, where
//! other users of the machine can see it in the list of processes: let it be narrow and end soon.
