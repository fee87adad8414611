//! For people who write a service, a script or a web page that gets tokens or checks them.
//!
//! Everything is HTTPS and JSON. The paths below `/api/v3/onezone` are those of Onezone, so clients of Onezone work without a change.
//! [The API](super::api) lists all paths, and `/docs` lets you try them. [Examples](super::examples) has whole programs, and
//! [Clients and libraries](super::clients) says which programs and libraries were tried.
//!
//! In the commands, `zone.example.org` is the server, and `password` is a file with the password of `alice`.
//!
//! # Getting a token
//!
//! ```sh
//! API=https://zone.example.org:8443/api/v3/onezone
//! TOKEN=$(curl -s -u "alice:$(cat password)" -X POST -H 'content-type: application/json' \
//!   -d '{"ttl": 3600}' "$API/user/client_tokens" | jq -r .token)
//! ```
//!
//! The same in Python, with its standard library:
//!
//! ```sh
//! python3 - <<'PYTHON'
//! import base64, json, urllib.request
//! password = open("password").read().strip()
//! basic = base64.b64encode(f"alice:{password}".encode()).decode()
//! request = urllib.request.Request(
//!     "https://zone.example.org:8443/api/v3/onezone/user/client_tokens", data=b"{}", method="POST",
//!     headers={"Authorization": f"Basic {basic}", "Content-Type": "application/json"})
//! print(json.load(urllib.request.urlopen(request))["token"][:8])
//! PYTHON
//! ```
//!
//! And from a page of another origin, which the server allows unless `http.allow_origins` says otherwise:
//!
//! ```js
//! const answer = await fetch("https://zone.example.org:8443/api/v3/onezone/user/client_tokens", {
//!   method: "POST",
//!   headers: { Authorization: "Basic " + btoa(name + ":" + password), "Content-Type": "application/json" },
//!   body: "{}",
//! });
//! const { token } = await answer.json();
//! ```
//!
//! Send a token in `X-Auth-Token`, in `Authorization: Bearer`, or in `macaroon`. A token has only letters and digits, so it needs no
//! quoting anywhere. Its length differs: allow up to 64 KiB. Macaroon libraries need [other texts](#macaroon-libraries) of the same
//! token.
//!
//! # Asking whose token it is
//!
//! A service that receives a token sends it in the body, and says how it is used: the address that the request came from, the
//! interface, and whether the service enforces limits to data. This needs no authentication.
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/verify_access_token" \
//!   -d "{\"token\": \"$TOKEN\", \"peerIp\": \"192.0.2.7\", \"interface\": \"rest\"}"
//! ```
//!
//! For a good token the answer is 200, with its subject and the seconds until its end. Cache the answer for a few seconds at most,
//! because the token may be revoked. For a bad token the answer is 400 with the reason:
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/verify_access_token" -d '{"token": "rubbish"}' | jq .error.id
//! ```
//!
//! A token may have limits to data (`data.readonly`, `data.path`, `data.objectid`). The answer is 400, unless you send
//! `"allowDataAccessCaveats": true`. Send it only if you enforce every one of these limits; `examine` lists them.
//!
//! So a service that accepts these tokens does four things:
//!
//! 1. It reads the token from `X-Auth-Token` or `Authorization: Bearer`.
//! 2. It asks `verify_access_token`, with the client's address as `peerIp`.
//! 3. It trusts `subject` in the answer, and nothing that it reads in the token itself.
//! 4. If the answer is 400, it answers 401 to its client.
//!
//! If tokens with `service` caveats are sent to your service, it needs an account (`POST /providers`), and must always send its own
//! identity token as `serviceToken`. Without `serviceToken` the answer is about the zone itself: then a token only for `ozw-onezone`
//! is good, although it is not for your service, and a token for your service is refused.
//!
//! # Python libraries of Onedata
//!
//! `onedatafilerestclient`, `onedatarestfsspec` and `fs-onedatarestfs` (25.2.0) take the server as host and port, without
//! `https://`, and the certificates to trust as a path; they look at no environment variable for that:
//!
//! ```python
//! from onedatafilerestclient import OnedataFileRESTClient
//! client = OnedataFileRESTClient("zone.example.org:8443", token, verify_ssl="/path/ca.pem")
//! ```
//!
//! They ask zonemint what the token may do (`infer_access_token_scope`), and Oneproviders for everything else. zonemint has no spaces,
//! so `list_spaces` is empty. They do not wait for `Retry-After`: after 429 or 503 your program must try again.
//!
//! # Reading what a token says
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/examine" -d "{\"token\": \"$TOKEN\"}" | jq .caveats
//! ```
//!
//! This verifies nothing. It is for showing a token, never for a decision. Any macaroon library can add a limit to a token. Only the
//! server has the secret to verify it. The operation `confine` and the command `zonemint tokens confine` add a limit without a library:
//!
//! ```sh
//! NARROW=$(curl -s -H 'content-type: application/json' "$API/tokens/confine" -d "{\"token\": \"$TOKEN\",
//!   \"caveats\": [{\"type\": \"ip\", \"whitelist\": [\"127.0.0.0/8\"]}]}" | jq -r .token)
//! curl -s -H "Authorization: Bearer $NARROW" "$API/user" | jq -r .username
//! ```
//!
//! All caveats, with their texts and JSON forms, are in [Caveats](super::caveats).
//!
//! # Macaroon libraries
//!
//! A token is a macaroon in the format of libmacaroons, version 1, in base64url. So that it has letters and digits only, Onezone
//! writes `00`, `01` and `02` for `0`, `_` and `-`, which no library undoes. Whoever makes a token may ask for another text of it,
//! by `encoding` in the query or in the body of `/user/client_tokens`, `…/tokens/named`, `…/tokens/temporary` and
//! `/tokens/{id}/rotate`, or by `--encoding` at the command line:
//!
//! * `onezone` is the default.
//! * `base64url` is version 1 as libmacaroons, pymacaroons, macaroons.js and the crates for Rust read it.
//! * `v2` is version 2 of the format, binary, in base64url: for the packages of Go, npm's `macaroon` and the bakery family.
//!
//! ```sh
//! curl -s -u "alice:$(cat password)" -X POST "$API/user/client_tokens?encoding=base64url" | jq -r .token > for-a-library
//! zonemint tokens convert @for-a-library --encoding v2 > for-go
//! curl -s -H "X-Auth-Token: $(cat for-go)" "$API/user" | jq -r .username
//! ```
//!
//! With a token at hand, one line gives the base64url text. In a shell, and in Python:
//!
//! ```sh
//! sed 's/00/./g; s/01/_/g; s/02/-/g; s/[.]/0/g' <<< "$TOKEN" > plain
//! python3 -c 'import re, sys; print(re.sub("0(.)", lambda pair: "0_-"[int(pair[1])], sys.argv[1]))' "$TOKEN" | cmp - plain
//! zonemint tokens convert - --encoding onezone < plain | cmp - <(echo "$TOKEN")
//! ```
//!
//! In JavaScript, and in Go:
//!
//! ```js
//! const plain = token.replace(/0(.)/g, (pair, digit) => "0_-"[digit]);
//! ```
//!
//! ```go
//! plain := strings.NewReplacer("00", "0", "01", "_", "02", "-").Replace(token)
//! ```
//!
//! What a library writes needs no change. Wherever a token is taken, its text may be the above, base64url or standard base64,
//! each with all of the padding or with none, and version 1 or 2 in them. In the path of a URL `/`, `+` and `=` are percent-encoded,
//! and so is `+` in a form. JSON, which the bakery family writes by default, lists of macaroons, and base64 in lines of 76
//! characters are refused: take the binary format, one macaroon and one line. Anything else than exactly these is no token;
//! `details.hint` of `badToken` says what is wrong.
//!
//! A caveat that a library adds must be written to the letter as [Caveats](super::caveats) has it, as in `time < 1893456000` or
//! `ip = 192.0.2.0/24`; a blank too much makes the token useless. A token may have 8,192 characters (`token.max_length`), and within
//! them 1,000 caveats (`token.max_caveats`) of 65,526 bytes each (`token.max_caveat`, which is what the format has). What goes beyond
//! is refused with the bound that it breaks: `badData` where a token is made or confined, `tokenTooLarge` or a hint of `badToken`
//! where it is used. A token also has to fit where it is sent: `http.max_headers`, `http.max_uri`, `http.max_body`. The offline
//! commands take what the format itself allows, which is 1 MiB, and warn of what a server refuses by default.
//!
//! A third-party caveat (with a verification id) can be added as well, and the token is refused from then on, with a text that
//! names the party: it would have to be discharged, and discharges are not accepted here. To have another service decide, verify
//! the token there, or put a proxy in front.
//!
//! # Behind a proxy
//!
//! A proxy can ask before it passes a request on: `GET /auth/verify` with the client's token and what the client asks for. It
//! answers 200 with `X-Auth-Subject`, `X-Auth-User`, `X-Auth-Token-Id`, `X-Auth-Scope` and `X-Auth-Groups`, 401 without a good
//! token, 403 with a good one that is not for this. Tokens can be limited to methods and paths of the service:
//!
//! ```sh
//! READER=$(curl -s -H 'content-type: application/json' "$API/tokens/confine" -d "{\"token\": \"$TOKEN\",
//!   \"caveats\": [{\"type\": \"http.method\", \"whitelist\": [\"GET\"]},
//!                 {\"type\": \"http.path\", \"whitelist\": [\"/wiki/*\"]}]}" | jq -r .token)
//! ask() { curl -s -o /dev/null -w '%{http_code}\n' -H "X-Auth-Token: $READER" -H "X-Forwarded-Method: $1" \
//!   -H "X-Forwarded-Uri: $2" -H 'X-Forwarded-Host: wiki.example.org' https://zone.example.org:8443/auth/verify; }
//! ask GET /wiki/start     # 200
//! ask GET /admin          # 403
//! ask POST /wiki/start    # 403
//! ```
//!
//! Files for nginx, Caddy, HAProxy, Traefik and Envoy are in `config/proxy`; what they do and why is in [Proxies](super::proxies).
//!
//! # Errors
//!
//! Programs look at the status; the text is for people ([When something goes wrong](super::troubleshooting#answers-of-the-api)).
//!
//! * 400: something in the request is wrong, and the text names it.
//! * 401: no credential, or a bad one. 403: the credential is good, and does not allow this.
//! * 404, 405, 413, 415 and 431 have their usual meaning in HTTP.
//! * 429 and 503 have `Retry-After` in seconds. Wait that long, then try again, and wait longer each time.
//!
//! If a request to make a token ends with a timeout, the token may exist. Look in the list, and revoke it, before you try again.
//!
//! The older path (`/user/client_tokens`) answers `{"error":"text"}`, everything else below `/api/v3/onezone`
//! `{"error":{"id":…,"details":…,"description":…,"ctx":null}}`. Onezone has the same two forms. What is different is in
//! [Differences from Onezone](super::differences).
