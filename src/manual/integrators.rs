//! For people whose service, script or front end takes tokens, or asks for them.
//!
//! Everything is HTTPS and JSON. The paths below `/api/v3/onezone` are those of Onezone, so clients of Onezone work as they
//! are; `/openapi.json` describes each, and `/docs` lets you browse and try them. Which
//! programs and libraries were tried, and how they fare, is in [`clients`](super::clients).
//!
//! In the commands `zone.example.org` stands for the server, and `password` for a file with the password of `alice`.
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
//! A token is sent in `X-Auth-Token`, in `Authorization: Bearer`, or in `macaroon`. Tokens have letters and digits only, so they
//! need no quoting anywhere; do not count on a length, and allow 64 KiB.
//!
//! # Asking whose token it is
//!
//! A service that is handed a token asks with it in the body, and says how it is used: where the request came from, through which
//! interface, whether it takes care of limits to data. Nobody needs to authenticate for that.
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/verify_access_token" \
//!   -d "{\"token\": \"$TOKEN\", \"peerIp\": \"192.0.2.7\", \"interface\": \"rest\"}"
//! ```
//!
//! A good one is answered 200, with its subject and the seconds that it has left; remember the answer for a few seconds at most,
//! because the token may be revoked. A bad one is answered 400 with the reason:
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/verify_access_token" -d '{"token": "rubbish"}' | jq .error.id
//! ```
//!
//! A token whose limits to data (`data.readonly`, `data.path`, `data.objectid`) you enforce yourself is only found good with
//! `"allowDataAccessCaveats": true`; read them with `examine`, and enforce every one of them.
//!
//! # Reading what a token says
//!
//! ```sh
//! curl -s -H 'content-type: application/json' "$API/tokens/examine" -d "{\"token\": \"$TOKEN\"}" | jq .caveats
//! ```
//!
//! That verifies nothing: it is for showing a token, never for deciding. The format is that of libmacaroons, version 1, in
//! base64url; any macaroon library can narrow a token, and only the server, which has the secret, can verify it. Here is one
//! caveat more without a library, as the `confine` operation and the command do it:
//!
//! ```sh
//! NARROW=$(curl -s -H 'content-type: application/json' "$API/tokens/confine" -d "{\"token\": \"$TOKEN\",
//!   \"caveats\": [{\"type\": \"ip\", \"whitelist\": [\"127.0.0.0/8\"]}]}" | jq -r .token)
//! curl -s -H "Authorization: Bearer $NARROW" "$API/user" | jq -r .username
//! ```
//!
//! All caveats, with their texts and JSON forms, are in [`caveats`](super::caveats).
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
//! Files for nginx, Caddy, HAProxy, Traefik and Envoy are in `config/proxy`; what they do and why is in [`proxies`](super::proxies).
//!
//! # Errors
//!
//! The status decides; the text is for people. 400: something in the request is wrong, and the text names it. 401: nobody is
//! authenticated. 403: somebody is, and may not. 404, 405, 413, 415 and 431 are those of HTTP. 429 and 503 carry `Retry-After` in
//! seconds: wait that long, then try again, a little later each time. Never try a mint again at once after a timeout: look
//! first whether it took place, or revoke what you do not know of.
//!
//! The older paths (`/user/client_tokens`) answer `{"error":"text"}`, the newer ones `{"error":{"id":…,"description":…}}`, as the
//! releases of Onezone do that they come from. What differs is in [`differences`](super::differences).
