//! Where we do otherwise than Onezone, and why.
//!
//! * **Minting never widens.** A token made, listed, shown or rotated with a confined token carries at least that token's
//!   caveats. In Onezone a new token inherits nothing, so that a narrow token is as good as a wide one.
//! * **A narrowed token stays narrow.** One that is narrowed by more than time sets no password that would outlive its caveats
//!   (`/users/{id}/basic_auth`, and a first one at `/user/password`), and one that is narrowed by more than time and `api` ends
//!   no tokens wholesale: some of them may be wider than it.
//!   Nor does it delete an account, which ends all of its tokens.
//! * **A revoked token is restored with a password only** (`"revoked": false`), by its owner or by an administrator. With a token
//!   the answer is 403: whoever stole two could undo with the second what the owner did to the first.
//! * **Nobody gains a privilege through somebody else.** Reading a token's text, minting, rotating and restoring for an account, and
//!   setting its password, answer 403 if the account has a privilege that the caller lacks. Onezone lets whoever may manage tokens
//!   or passwords act for an administrator.
//! * **A token may stand in the place of the password** in `Authorization: Basic`, after its owner's name or `__token__`. What begins
//!   as a token (`MD`, `Ag`) and has more than 100 characters is only read as one. Such a password cannot be chosen any
//!   more, and an account that has one cannot sign in with it: an administrator sets another one.
//! * **A `POST` of another site with a remembered password** is refused with 403, unless its `Content-Type` is one that browsers
//!   send only after a preflight (`application/json`). Onezone does what such a form says.
//! * **Unknown options are named.** Those of `POST /user/client_tokens` are ignored, as in Onezone, and the answer names them in
//!   `X-Ignored-Options`: a misspelt `ttl` is seen. At most eight names are given, each with at most 32 characters.
//! * **Whether a revoked token has a name** is told when the name is wanted for another one, with the way to free it. The error is
//!   the same, `badValueIdentifierOccupied`; its description is longer.
//! * **Named tokens may be bounded** (`token.max_named_ttl`, off at first): one that is asked for without a time caveat gets one, and
//!   a longer one is refused with `tokenTimeCaveatRequired`.
//! * **A time caveat ends in the year 9999 at the latest** where it is made; a greater number is most likely in milliseconds, and
//!   limits nothing. Onezone takes any (six of the cases that were compared: 253402300800, 2^53, 2^63, 2^64 - 1, 2^64 and 10^20);
//!   tokens that carry one up to 2^64 - 1 are verified here, too.
//! * **Numbers in caveats are plain.** They have no sign, no leading zero and no blank, and 64 bits at most: `time < -1`,
//!   `10.0.0.0/+8`, `10.0.0.0/08` and an AS number of 10^25 are refused. Onezone takes them.
//! * **Lists of `ip` caveats may hold IPv6 networks.** Onezone knows IPv4 alone, and refuses them.
//! * **What cannot be seen is no country and no id** in a caveat (`geo.country`, `service`, `consumer`, `api`): control characters,
//!   blanks at an end, nothing at all, and in the ids of services and consumers a comma. Nor is `|`, which ends an item. Onezone
//!   takes `P|` and `usr-a|b`, a bug: the text that it makes has two items, and the token is dead.
//! * **Paths in `data.path` are UTF-8.** Onezone takes any bytes.
//! * **Object ids are written in upper case,** and read in either. Onezone keeps the case that it was given, and then takes two
//!   spellings of one id for two ids.
//! * **The text of a caveat that is not met is one line.** The words are Onezone's; there the advice on consumers has four lines.
//! * **Nothing fails with 500** that a client can ask for. Onezone does where a token of its version 1 (a bare identifier) is confined,
//!   and where a token with a caveat that it cannot read is examined. Here the first is confined, and the second is refused with the
//!   reason.
//! * **A token is confined whatever subject its text names, unless it is signed here.** Then the subject must be there and not
//!   blocked, its session must last, and the services of new caveats must be there. Onezone looks before it has seen the signature,
//!   which tells strangers which users there are. A prefix `opw-` or `opp-` stays in front of the token, where Onezone drops it.
//! * **A token for other services reaches less.** Onezone lets providers and panels get whatever is about users, providers, groups and
//!   spaces, and takes an entry `ozw-` of any id for itself. Here they reach the
//!   [few operations](super::caveats) that they need, and only `ozw-onezone` and `ozw-*` mean the zone.
//! * **No token is made with a caveat that its kind does not support,** as `service` on an identity token: it would be dead. Onezone
//!   makes it.
//! * **A user name is more than a name** where proxies let groups pass (`forward_auth.groups`): `PATCH /user` takes none that a group
//!   lists or that another account had, and none with a token that is narrowed by more than time.
//! * **A token that ends soon may read what longer ones say** (`…/tokens`): the list has no texts, and an end says how long the
//!   caller may read, not what. To see a text, to restore, rotate or make a token that outlives it, it must be as narrow.
//! * **Tokens say when they were last used:** `lastUse` in `GET /tokens/named/{id}` and in `…/tokens`, with minute, network and service
//!   ([how](super::users)). `GET /tokens/named/{id}/history` is ours, too.
//! * **`/user` and `/users/{id}` tell `privileges`,** so that the console can leave out what its user may not do, and
//!   `mustChangePassword`. `/users/{id}/privileges` knows the privileges of this server, and a caller gives and takes only those that
//!   it has itself.
//! * **A reset link** (`POST /users/{id}/password_reset`, `POST /password_reset`) and **a password that must be changed** (403,
//!   `passwordChangeRequired`) are ours.
//! * **`GET /users?name=`** finds users by a part of the user name or the full name. It takes the privilege `oz_users_view`, too.
//! * **The signature comes first.** Onezone reports caveats, revocation and generations before it looks at the signature; that
//!   tells an outsider who forges tokens what there is. Only the kind of token is judged before, by what its own text says. An access
//!   token that should prove an identity is judged by its caveats first, as in Onezone.
//! * **Unknown, blocked and wrong hear the same at a sign-in,** and take the same time. Onezone tells blocked accounts apart
//!   before it looks at the password.
//! * **Sign-ins are slowed** ([how](super::administrators#guessing)). The attempts on an account take turns, further apart after
//!   each failure (`login.delays`), right and wrong ones alike; beyond a few that wait, and for an address that tries too much,
//!   the answer is 429. No account is ever locked.
//! * **One address has its share.** It may have `server.max_connections_per_address` connections, and, before it is known who is
//!   asking, `http.body_memory_per_address` bytes of requests that are not there yet (503, `Retry-After`). A connection of
//!   HTTP/2 without a request for `server.idle_timeout` is closed, whatever else it carries.
//! * **Client tokens** (`/user/client_tokens`) keep the older form of text, whatever the version of the client: location
//!   `onezone`, a bare identifier of 43 characters, one time caveat. They need no name, so `…/tokens/named` lists those that
//!   have one, and `GET /user/client_tokens` lists none of the newer form. Deleting one is final.
//! * **A token of `/oauth/token` without a scope only reads** what the API tells (`oauth.unscoped`). Onezone has no such endpoint;
//!   earlier versions of this program gave all rights.
//! * **Services are accounts** that an administrator makes: `POST /providers` takes a name and needs `zm_providers_create`, where
//!   a provider of Onezone registers itself. They can be blocked as users can.
//! * **Invitations** belong to spaces and groups, which we do not have: making or verifying one answers `notSupported`, 400.
//!   `/tokens/examine` reads them.
//! * **Tokens bound to a session** (`act:<session>`) are refused: there are no sessions.
//! * **One text in each encoding.** A token is taken as Onezone writes it, and in base64url or standard base64, with all of the
//!   padding or none, in version 1 or 2 of the format, because libraries write all of these; Onezone knows version 1 alone. In each there
//!   is one text: upper-case lengths, duplicate or reordered fields, and data after the signature are refused, where Onezone's parser is
//!   lenient. Whoever makes a token may ask for one of them (`encoding`); the default is Onezone's.
//! * **A refused text comes with a reason.** `badToken` has `details.hint`, and a caveat of a known kind with a bad value is a
//!   `badToken` that says so. Onezone calls such a caveat unknown. Where a refusal is a text and no object, the reason is not in it.
//! * **Tokens have bounds that can be set:** 8,192 characters (`token.max_length`, where Onezone takes 1 MiB), and in them 1,000 caveats
//!   (`token.max_caveats`, where Onezone counts none), each as long as its packet (`token.max_caveat`), as there.
//! * **401 carries `WWW-Authenticate`,** HEAD and OPTIONS answer, a malformed `Basic` header is a 401 that says what is wrong,
//!   and `application/json; charset=utf-8` is JSON.
//! * **A slash at the end of a path deletes nothing.** Everywhere else below `/api/v3/onezone` it is dropped, as in Onezone; for
//!   `DELETE` the answer is 404 with a text. A script whose variable is empty would delete all tokens in the place of one.
//! * **Errors are those of 21.02,** in ids, codes and details, so `forbidden` has a `hint`, and there is no `forbiddenWithHint`. Of
//!   25.x they have what an older client does not notice: `ctx`, which is always null; `details.key` of `badValueName`; and
//!   descriptions that hold the text of the error inside. All paths below `/api/v3/onezone` answer so, those that do not exist
//!   too, but for `/user/client_tokens`.
//! * **There are no spaces, groups or providers of spaces.** Their lists at `/user/spaces`, `/user/effective_spaces`,
//!   `/user/effective_providers` (and its `/{id}/spaces`), `/user/groups` and `/user/effective_groups` are empty;
//!   `/configuration` says no more than name, domain, version and build, and that there are no subdomains.
//! * **At `/user/client_tokens` nothing may be sent as nothing:** `null` in the place of an option or of the whole body, and a body
//!   of blanks and line ends, count as absent.
//! * **Creation answers say more:** named and temporary tokens come with `validUntil` and `caveats` beside the token, which is
//!   the last thing in the answer.
//! * **User names may be those of other directories,** mail addresses and `DOMAIN\user`, where
//!   [a setting](super::administrators) says so, and a store may [ignore their case](super::administrators). As it comes, neither.
//! * **The user name alone suffices** as a full name, where `POST /users` gets none.
