//! What a token can be narrowed by.
//!
//! A caveat stands in a token as a text; in the API it is a JSON object. All caveats of a token must hold. One that is not known
//! here refuses the token, because nobody would enforce it; one of a known kind with another value refuses it with a text that
//! says how it is written. The JSON forms are Onezone's; lists keep their order.
//!
//! What is made here has one text. Three kinds are read in other texts too, which holders write offline and Onezone takes: an
//! address without its mask is a network of one, an operation without `:scope` is private, and an object id may be in lower case.
//! A token keeps the text that it has. Leading zeros, signs and blanks are refused.
//!
//! | kind | text | JSON | holds |
//! |---|---|---|---|
//! | time | `time < 1571147494` | `{"type":"time","validUntil":1571147494}` | before that second, by the server's clock; not at it. A new one ends in the year 9999 at the latest, so that milliseconds are told apart |
//! | ip | `ip = 192.0.2.0/24\|2001:db8::/32` | `{"type":"ip","whitelist":["192.0.2.0/24"]}` | from an address in one of the networks. IPv6 is our addition. `192.0.2.7` alone is `192.0.2.7/32` |
//! | asn | `asn = 64496\|64511` | `{"type":"asn","whitelist":[64496]}` | from one of the autonomous systems |
//! | geo.country | `geo.country = PL\|FR`, `geo.country != PL` | `{"type":"geo.country","filter":"whitelist","list":["PL"]}` | in one of the countries; with `blacklist` in none of them |
//! | geo.region | `geo.region = EU`, `geo.region != Asia` | `{"type":"geo.region","filter":"blacklist","list":["Asia"]}` | likewise for Africa, Antarctica, Asia, Europe, EU, `NorthAmerica`, Oceania, `SouthAmerica`. A place may lie in several |
//! | service | `service = ozw-onezone\|opw-*` | `{"type":"service","whitelist":["ozw-onezone"]}` | at one of the services: ours is `ozw-onezone`; others prove theirs by an identity token in `X-Onedata-Service-Token` or `serviceToken` |
//! | consumer | `consumer = usr-abc\|prv-*` | `{"type":"consumer","whitelist":["usr-abc"]}` | in the hands of one of the subjects, who prove it by an identity token in `X-Onedata-Consumer-Token` or `consumerToken`. Groups (`grp-`) are not known here, so nobody is in one |
//! | interface | `interface = rest` | `{"type":"interface","interface":"rest"}` | through that interface: `rest`, which ours is, `oneclient` or `graphsync` |
//! | api | `api = ozw/get/user.*.*:*` | `{"type":"api","whitelist":["ozw/get/user.*.*:*"]}` | for operations that one of the entries matches: service, operation (`create`, `get`, `update`, `delete`, `all`), and Onezone's name of the resource, `type.id.aspect:scope`. The type is one that there is. An id has up to 168 bytes. Other services enforce it for their own operations |
//! | data.readonly | `data.readonly` | `{"type":"data.readonly"}` | for reading data. It, and the two below, hold only where a verifier says that it enforces them (`allowDataAccessCaveats`); never at our own API |
//! | data.path | `data.path = L3NwYWNlL2Rpcg==` | `{"type":"data.path","whitelist":["L3NwYWNlL2Rpcg=="]}` | for what lies below one of the paths, each in base64: `/space/dir` here. A path with empty, `.` or `..` components or control characters is taken as it is, as the name of nothing else |
//! | data.objectid | `data.objectid = 0000000000081BF36775696423612362` | `{"type":"data.objectid","whitelist":["0000000000081BF36775696423612362"]}` | for files and directories of these CDMI object ids, also of shares and hard links. A new one must decode to a file's id |
//! | http.method | `http.method = GET\|HEAD` | `{"type":"http.method","whitelist":["GET","HEAD"]}` | for requests with one of the methods. It, and the one below, are ours, and hold only where a proxy forwards the request (`/auth/verify`) or a verifier tells it (`httpMethod`, `httpPath`); never at our own API |
//! | http.path | `http.path = /data/*\|/status` | `{"type":"http.path","whitelist":["/data/*","/status"]}` | for requests for one of the paths: exactly it, or with `/*` at its end everything below. Percent-encoded where RFC 3986 demands it, `* \| [ ] ^` too, and nowhere else; a request may have these four raw. A request's path that programs are known to read differently (`//`, `..`, `%2F`, `..;`, `%252e`) is in no list |
//! | scope | `authorization = none` | `{"scope":"identityToken"}` | never, but where a service shows its access token to prove who it is; older than identity tokens |
//!
//! `asn` and `geo.*` need databases in MaxMind's format (`[geo]` in the settings). Without one, and for an address that is not
//! in it, they refuse, whitelists and blacklists alike. Where there is no database for a caveat, the refusal says so, and a token
//! that is made with it comes with an `X-Warning`.
//!
//! A database is looked into when the server starts, and whenever the file changes. A country is read from `country.iso_code`
//! (MaxMind, DB-IP), `country_code` (ip-location-db, IPinfo Lite) or `country` (IPinfo), whichever most of the records that are
//! looked at have; an autonomous system from `autonomous_system_number` or `asn`, as an unsigned number of any width or as text
//! such as `AS64500`. `zonemint config check`, `zonemint doctor` and the log say which field was found, and how many of the
//! records had it. A file of which no record has it is refused. Regions are in databases of the first shape only: the others do
//! not say who is a member of the European Union, so with them `geo.region` has no database.
//!
//! The address that counts is the TCP peer's, or the one that a *listed* proxy names
//! (`http.trusted_proxies`, `server.proxy_protocol_from`); when a listed proxy does not name one, it is not known, and `ip`
//! refuses too.
//!
//! Access tokens can carry all; identity tokens `time`, `ip`, `asn`, `geo.*`, `consumer` and `interface`. A caveat that a kind of
//! token cannot carry never holds, so no such token is minted. The first caveat that does not hold is the one that an error names.
//!
//! A new `service` caveat names services that may act with the token, else the answer is `tokenServiceForbidden`: `ozw-onezone`,
//! `ozp-onezone`, `opw-` and `opp-` with the id of a service account that there is, and `*` in place of an id. A service's own access
//! token is for the zone only: `ozw-onezone` or `ozw-*`.
//!
//! A `service` caveat also limits what the token does at this API. Where its list does not allow `ozw-onezone`, only another service
//! can present the token, and reaches what services need: `GET /user`, `/users/{id}`, `/providers` and `/providers/{id}`, and with an
//! entry `opw` the lists of spaces and groups, which are empty here. Every other operation answers 401 `tokenCaveatUnverified`. So a provider that was handed `service = opw-*` cannot change or delete its user's
//! account, nor see or mint tokens. Operations that need no caller (verify, examine, confine, infer) are open to everybody.
//!
//! The code is [`crate::caveat`], one file for each.
