#!/usr/bin/env bash
# fs-onedatarestfs 25.2.0 (PyPI) with fs 2.4.16 and Python 3.11: the text of an error that a server explains cannot be read.
#
# What one would expect: `str(error)` is the server's answer, as it is for an error without details.
# What happens: it raises KeyError. The text, with the answer's `details` as Python writes a dictionary, is handed to PyFilesystem's
# FSError as a format string, which is filled in when the text is asked for; `{'authError': …}` is then a field that is not there.
# Logging such an error, or a traceback ("<exception str() failed>"), hides what the server said; most answers of Onezone and
# Oneprovider that refuse a token have such details.
#
# Seen:
#   without details: HTTP 403 [forbidden] You are not authorized to perform this operation
#   with details: KeyError("'authError'")
#
# Passes while this is so; fails if it changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet fs-onedatarestfs==25.2.0 onedatafilerestclient==25.2.0 fs==2.4.16 requests==2.34.2 \
  setuptools==80.9.0

"$folder/python/bin/python" -W ignore - >"$folder/seen" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
from fs.onedatarestfs import OnedataRESTFS

ANSWERS = [
    (403, {"id": "forbidden", "description": "You are not authorized to perform this operation"}),
    (
        401,
        {
            "id": "unauthorized",
            "details": {"authError": {"id": "tokenInvalid", "description": "Provided token is not valid."}},
            "description": "Provided authentication is not valid (see details).",
        },
    ),
]


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"error": error}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()

for (status, error), case in zip(ANSWERS, ["without details", "with details"]):
    files = OnedataRESTFS("zone.example.org", "token")
    # The library speaks HTTPS only; this answers in its place, over plain HTTP.
    session = files.client()._oz_client._http_client.session
    send = session.send
    session.send = lambda request, **options: (
        setattr(request, "url", f"http://127.0.0.1:{server.server_port}/"),
        send(request, **options),
    )[1]
    try:
        files.listdir("/")
    except Exception as caught:
        try:
            print(f"{case}: {caught}")
        except Exception as failure:
            print(f"{case}: {failure!r}")
PYTHON

sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
cat "$folder/seen"
