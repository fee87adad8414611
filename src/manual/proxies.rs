//! Proxies that ask here before they pass a request on, and proxies in front of zonemint itself.
//!
//! Any service can be opened to holders of tokens without knowing what a token is: the proxy in front of it asks
//! `GET /auth/verify` about each request, and passes on what is allowed, with headers that say who it is. Nothing is cached: a
//! token that is revoked here is refused there from the next request on.
//!
//! # The question
//!
//! | header of the question | what |
//! |---|---|
//! | `X-Auth-Token`, `Authorization: Bearer`, `macaroon` or `Authorization: Basic` | the token, in the first of these that is there; in Basic it stands in the place of the password. A password is no credential here, and is not looked at |
//! | `Origin`, `Sec-Fetch-Site`, `Sec-Fetch-Mode` | whose page makes a browser ask, where the token is in Basic |
//! | `X-Forwarded-Method`, `X-Forwarded-Uri` | what is asked for: the method, and the target with its query as the client sent it |
//! | `X-Forwarded-Host` | the service's name or address, for routes that name one |
//! | `X-Forwarded-For` (or as `http.forwarded` says) | where the client is, believed from `http.trusted_proxies` only |
//! | `X-Onedata-Service-Token`, `X-Onedata-Consumer-Token` | who else proves an identity, for the caveats `service` and `consumer` |
//!
//! A `service` caveat says who hands the token on, and not which route it is for: a provider that proves itself may use a token that
//! is bound to it at every route, for all methods. Bind tokens to routes by `http.path` and `http.method`.
//!
//! Each may be there once; twice is 400. What the proxy does not tell is not known: a caveat about it refuses, and so does a
//! route that it may be on. Envoy asks otherwise: below `/auth/verify/`, with the method, the path after that prefix, and the
//! `Host` of the request itself; the `X-Forwarded-…` above are not read then, but for the client's address.
//!
//! # The answer
//!
//! | status | headers | when |
//! |---|---|---|
//! | 200 | `X-Auth-Subject`: `usr-` or `prv-` and an identifier, which never changes. `X-Auth-User`: the user's name, empty for a service. `X-Auth-Token-Id`. `X-Auth-Scope`: `all`, or the kinds of the token's caveats other than `time`, parted by spaces. `X-Auth-Groups`, parted by commas | the token is good, and good for this |
//! | 401 | `WWW-Authenticate: Bearer …`; before it `Basic …` where `forward_auth.basic` lists the host | there is no good token |
//! | 403 | `X-Auth-Reason` | the token is good, but not for this; or its user is blocked, or in none of the groups that a route needs; or another site has the browser send it |
//! | 400 | | the question can be read in two ways |
//! | 503 | `Retry-After` | it cannot be decided now |
//!
//! A token with a caveat about Onedata's own operations or data (`api`, `data.*`) is refused: the service would not hold it to
//! that. [Caveats](super::caveats) lists all kinds; `http.method` and `http.path` are made for this.
//!
//! **Groups and routes** are settings: `forward_auth.groups = ["staff = alice bob"]` and `forward_auth.routes =
//! ["wiki.example.org/admin/* = staff"]`. A route takes away: whoever asks for what is on it needs one of its groups, beside a
//! token that allows it. A request on several routes needs one group of each. A group gives nothing by itself; the service
//! sees all groups of the user and may do with them what it likes.
//!
//! A group lists its members by name or by subject (`usr-` and an identifier, as `X-Auth-Subject` has it; `zonemint user show` tells
//! it). A subject never changes and is never given again; a name can be given to somebody else, by an administrator. So list
//! subjects, and let services authorise by `X-Auth-Subject`. Users can take neither a name that a group lists
//! nor one that another account had.
//!
//! | of a request | is on the route `wiki.example.org/admin/*` | is not |
//! |---|---|---|
//! | host | `wiki.example.org`, also in capitals, with a dot at its end, and with a port from 1 to 65535 | any other name (letters, digits, `-`, `_`, dots), IPv4 address or IPv6 address in brackets |
//! | | whatever is no host in this sense: it is on **every** route | |
//! | path | `/admin/panel`, `/admin`, `/admin/`, also with octets encoded that need not be | `/administrators`, `/files/a;v=1`, `/files/movie%20[2019].mkv` (`[ ] ^ \|` are ordinary characters) |
//! | | what some program may read so: `/admin;x/panel`, `/public/%252e%252e/admin`, `/x/../admin`, `//admin`, `/x\..\admin`, `/x%2F..%2Fadmin` | |
//! | | what is no path, or has more readings than can be looked at: it is on **every** route | |
//!
//! So a path that can be read in several ways is on each route that one of the readings is on: parameters after `;` cut off or
//! not, octets decoded once or again, a backslash or an encoded slash taken for a slash or not, `.`, `..` and empty components
//! resolved or not. `X-Auth-Reason` tells such a refusal from others. Paths are compared with case; `forward_auth.ignore_case =
//! true` compares them without, for services that do not tell `/Admin` from `/admin`. A caveat `http.path` is no route: its
//! `/admin/*` is for what is below only, and a path that can be read in two ways is in no list.
//!
//! # Clients that know Basic only
//!
//! git, docker, twine, Maven, mounts by DAV and older mail programs send a user name and a password and nothing else. They send a
//! token as the password, and as the name its owner's or `__token__`; with another name the answer is 401. It is judged as the same
//! token in any other header. Most of them send nothing before they are asked: `forward_auth.basic = ["git.example.org"]` lists the
//! hosts for which a 401 offers Basic, too. A password is refused there without a look at it: it would reach everything, and the
//! service behind the proxy has no use for it.
//!
//! ```text
//! git clone https://__token__:TOKEN@git.example.org/project        # better: git credential approve
//! ```
//!
//! **Browsers ask their user, remember what was typed, and send it by themselves from then on**, whatever page makes them. So list
//! only hosts that need it, and let people type narrow tokens that end soon. What a page of another site has a browser send with Basic
//! is refused (403), unless it is a `GET` or `HEAD` without an `Origin`, as a link is: a service must change nothing by these. That
//! goes by the headers `Origin` and `Sec-Fetch-…`, so the proxy must pass them to zonemint, as the snippets do. Scripts of other
//! origins are never offered Basic. There is no logout: a browser forgets when it is closed.
//!
//! # Who is trusted with what
//!
//! * **The client** may send the token. Everything else that it says of itself is taken away by the proxy, before it asks and
//!   before it passes on: `X-Auth-…`, `X-Onedata-…`, `X-Forwarded-…`, `Forwarded`. Also under names with underscores, which
//!   CGI and WSGI do not tell from dashes; and by way of `Connection`, which names headers that the next program drops.
//! * **The proxy** is believed about method, target and host by whoever holds the token: it could as well serve anything
//!   without asking. About addresses it is believed if `http.trusted_proxies` lists it. It knows zonemint by its certificate;
//!   an answer from anybody else is no answer.
//! * **The service** believes `X-Auth-…` from the proxy, and must be reachable through the proxy only. It gets no token, so that
//!   none stands in its log; the snippets say how to pass it on.
//! * **zonemint** need not know the service, and has no secret in common with the proxy. What it answers is about the token that
//!   is shown, so anybody may ask.
//!
//! # Snippets
//!
//! In `config/proxy`, each complete; names, addresses and files of certificates are to be replaced. Tests run them as they stand
//! with the version named (Debian 12's; Traefik's and Envoy's are newer, as Debian has none), and try each of the pitfalls below.
//!
//! | file | proxy | run by tests | when zonemint is away |
//! |---|---|---|---|
//! | `nginx.conf` | nginx, `auth_request` | 1.22 | 500 |
//! | `Caddyfile` | Caddy, `forward_auth` | 2.6 | 502 |
//! | `haproxy.cfg`, `haproxy.lua` | HAProxy with an action in Lua | 2.6 | 503 |
//! | `traefik.yaml` | Traefik, `ForwardAuth` | 3.7 | 500 |
//! | `envoy.yaml` | Envoy, `ext_authz` with an HTTP service | 1.40 | 503 |
//! | `front-nginx.conf` | nginx in front of zonemint, encrypting again | 1.22 | |
//! | `front-haproxy-reencrypt.cfg` | HAProxy in front of zonemint, encrypting again | 2.6 | |
//! | `front-haproxy-passthrough.cfg` | HAProxy in front of zonemint, passing TLS through; for several nodes see `config/docker/haproxy.cfg` | 2.6 | |
//!
//! nginx's `auth_request` knows 200, 401 and 403; the snippet hands on 429 and 503, too, with `Retry-After`, and whatever else
//! zonemint answers becomes a 500. HAProxy's snippet makes it 503,
//! Caddy and Traefik hand it to the client as it is. In none of them is anything served.
//!
//! All five hand on the bare host, without a port, to zonemint and to the service. They pass tokens of the default
//! `token.max_length`; with a greater one raise `large_client_header_buffers` in nginx, `tune.bufsize` in HAProxy and
//! `max_request_headers_kb` in Envoy. The service gets no token; where a snippet is changed as it says to pass `X-Auth-Token` on:
//!
//! | proxy | a request with two `X-Auth-Token` headers |
//! |---|---|
//! | nginx | the first one counts, and is the only one that the service gets. From 1.23 on nginx joins the two, which are no token then: 401 |
//! | Caddy | refused, 400 |
//! | HAProxy | refused, 400 |
//! | Traefik | refused, 400 |
//! | Envoy | refused, 401: it joins them, and they are no token then |
//!
//! Only one of the three headers should be passed on: of several that a request has, the first in the order above counts, and a
//! service that looks at another one sees another token.
//!
//! # Pitfalls
//!
//! * **Two readings of a path.** `//`, `/a/../b`, `%2e%2e`, `%2F`, `..;` mean one thing to one program and another to the next.
//!   zonemint takes such a target for none that a caveat lists, and for all that a route may mean: a limited token does not open
//!   it, a route bars it. A token without limits on paths does, where no route is. So the service must get what was asked about: the snippets for
//!   nginx, Caddy and HAProxy pass the target on as it came, those for Traefik and Envoy clean it before they ask. Rewriting,
//!   stripping of prefixes or serving of files between question and service breaks that.
//! * **A location of its own without the question** is a way around for all that can be written like it.
//! * **Names.** A route with a host holds for this host. A proxy that serves whatever `Host` it gets would fetch the same page
//!   under another name: the snippets answer their own only.
//! * **Preflights.** A browser's `OPTIONS` before a call from another origin has no token, and is answered 401 like any request
//!   without one. Let the proxy answer it by itself, and not the service.
//! * **What stays open.** A decision is made once a request. A WebSocket, or a download, that was allowed goes on after the token
//!   is revoked.
//! * **Proxies in a row.** `X-Forwarded-For` is set, not added to, by the snippets: they stand at the edge. Behind another proxy
//!   let them add to it, and list both in `http.trusted_proxies`.
//! * **zonemint behind its own front.** Ask zonemint directly: the fronts in `config/proxy` do not pass `/auth/` on, since an
//!   address that they tell would be that of the proxy that asks.
