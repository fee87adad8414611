"""Gets a token for one hour, uses it, and asks the server whether it is good."""

import base64
import json
import os
import sys
import urllib.error
import urllib.request

API = f"https://{os.environ['ONEZONE_HOST']}/api/v3/onezone"
BASIC = base64.b64encode(os.environ["ONEZONE_BASIC_AUTH"].encode()).decode()  # of NAME:PASSWORD


def call(method, path, headers, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(API + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


try:
    token = call("POST", "/user/client_tokens", {"Authorization": f"Basic {BASIC}"}, {"ttl": 3600})["token"]
    user = call("GET", "/user", {"X-Auth-Token": token})
    verdict = call("POST", "/tokens/verify_access_token", {}, {"token": token})
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code} {error.read().decode()}")
print(f"{user['username']} has a token for {round(verdict['ttl'] / 60)} minutes")
