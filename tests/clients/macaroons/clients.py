"""Macaroon libraries: each narrows a client, a named and a temporary token, in each encoding and by each form that it offers.

Takes a library's name. Prints a line for each encoding and form: `accepted` when the server accepts what was narrowed by `time` and
refuses what was narrowed so that it is over, for all three tokens; else what the library or the server says.

A library is a function from a token's text and a caveat to texts by form, or a program that does the same for the lines
(caveat, tab, token) of its input: lines of form, tab and text, and an empty line behind them. `!` begins an error.
"""

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.parse
from base64 import b64encode, urlsafe_b64encode
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
API = "/api/v3/onezone"
OVER = "time < 1"
ENCODINGS = ["onezone", "base64url", "v2"]
# What is no V1 in base64 is not given to libraries that do not always say so.
ONLY = {"node-macaroons": ["base64url"]}


class Server:
    def __init__(self):
        address = urllib.parse.urlsplit(os.environ["ZONEMINT_URL"])
        context = ssl.create_default_context(cafile=os.environ["ZONEMINT_CA"])
        self.connection = http.client.HTTPSConnection(address.hostname, address.port, context=context)
        basic = f"{os.environ['ZONEMINT_USER']}:{os.environ['ZONEMINT_PASSWORD']}"
        self.basic = {"authorization": "Basic " + b64encode(basic.encode()).decode()}

    def ask(self, method, path, headers, body=None):
        headers = {"content-type": "application/json", **headers}
        self.connection.request(method, API + path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or "null")

    def mint(self, path, encoding, body):
        status, answer = self.ask("POST", f"{path}?encoding={encoding}", self.basic, body)
        assert status in (200, 201), answer
        return answer["token"]

    def mint_all(self, encoding):
        soon = [{"type": "time", "validUntil": int(time.time()) + 3600}]
        return {
            "client": self.mint("/user/client_tokens", encoding, {}),
            "named": self.mint("/user/tokens/named", encoding, {"name": f"narrowed from {encoding}"}),
            "temporary": self.mint("/user/tokens/temporary", encoding, {"caveats": soon}),
        }

    def use(self, token):
        """What the server says to a token: at /user, or as part of a body where no header can hold it."""
        try:
            status, answer = self.ask("GET", "/user", {"x-auth-token": token.encode()})
        except ValueError:
            status, answer = self.ask("POST", "/tokens/verify_access_token", {}, {"token": token})
        if status == 200:
            return "200"
        error = answer["error"]
        error = error.get("details", {}).get("authError", error)
        reason = (error.get("details") or {}).get("reason")
        return f"{status} {error['id']}: {reason or error['description']}"


def pymacaroons(token, caveat):
    from pymacaroons import Macaroon
    from pymacaroons.serializers import JsonSerializer

    macaroon = Macaroon.deserialize(token)
    macaroon.add_first_party_caveat(caveat)
    yield "serialize()", macaroon.serialize()
    yield "JsonSerializer", macaroon.serialize(JsonSerializer())


def pymacaroons2(token, caveat):
    from pymacaroons2 import Macaroon
    from pymacaroons2.serializers import JsonSerializer

    macaroon = Macaroon.deserialize(token)
    macaroon.add_first_party_caveat(caveat)
    yield "serialize()", macaroon.serialize()
    yield "JsonSerializer", macaroon.serialize(JsonSerializer())


def macaroonbakery(token, caveat):
    """Reads JSON only, which pymacaroons, on which it stands, writes for it."""
    from macaroonbakery.bakery import Macaroon
    from macaroonbakery.checkers import Caveat
    from pymacaroons import Macaroon as Plain
    from pymacaroons.serializers import JsonSerializer

    macaroon = Macaroon.deserialize_json(Plain.deserialize(token).serialize(JsonSerializer()))
    macaroon.add_caveat(Caveat(condition=caveat))
    yield "macaroon.serialize()", macaroon.macaroon.serialize()
    yield "serialize_json()", macaroon.serialize_json()
    array = json.dumps([macaroon.to_dict()]).encode()  # as its cookies and its header Macaroons have it
    yield "cookie", urlsafe_b64encode(array).decode()


def by_function(library):
    def narrow(pairs):
        for token, caveat in pairs:
            try:
                yield dict(library(token, caveat))
            except Exception as error:  # whatever the library raises is the outcome
                yield {"reading": f"!{type(error).__name__}: {error}"}

    return narrow


def by_program(command):
    def narrow(pairs):
        lines = "".join(f"{caveat}\t{token}\n" for token, caveat in pairs)
        output = subprocess.run(command, input=lines, text=True, check=True, capture_output=True).stdout
        for block in output.removesuffix("\n\n").split("\n\n"):
            yield dict(line.split("\t", 1) for line in block.split("\n"))

    return narrow


def go(package):
    path = f"/usr/share/gocode/src/gopkg.in/{package}"
    debian = f"golang-gopkg-{package}-dev"
    return debian if Path(path).exists() else None, ["go", "run", HERE / f"{package}.go"]


def c():
    subprocess.run(["cc", "-o", "narrow", HERE / "libmacaroons.c", "-lmacaroons"], check=True)
    return "libmacaroons-dev", ["./narrow"]


def debian_version(package):
    query = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    return subprocess.run(query, text=True, check=True, capture_output=True).stdout


def node(name):
    package = Path(os.environ["ZONEMINT_NODE"], "node_modules", name, "package.json")
    return json.loads(package.read_text())["version"], ["node", HERE / "clients.mjs", name]


def library(name):
    functions = {"pymacaroons": pymacaroons, "pymacaroons2": pymacaroons2, "macaroonbakery": macaroonbakery}
    if name in functions:
        return version(name), by_function(functions[name])
    if name in ("macaroon", "macaroons.js", "node-macaroons"):
        number, command = node(name)
        return number, by_program(command)
    package, command = c() if name == "libmacaroons" else go(name)
    return debian_version(package), by_program(command)


def outcome(server, good, over):
    if good.startswith("!"):
        return good[1:]
    told = server.use(good)
    if told != "200":
        return told
    ended = server.use(over)
    return "accepted" if ended.startswith("401") else f"accepted, and what is over: {ended}"


def main():
    server = Server()
    number, narrow = library(sys.argv[1])
    print(f"version\t{number}")
    caveat = f"time < {int(time.time()) + 600}"
    for encoding in ONLY.get(sys.argv[1], ENCODINGS):
        tokens = server.mint_all(encoding)
        pairs = [(token, text) for token in tokens.values() for text in (caveat, OVER)]
        results = list(narrow(pairs))
        told = {}
        for kind, good, over in zip(tokens, results[::2], results[1::2], strict=True):
            for form, text in good.items():
                told.setdefault(form, {})[kind] = outcome(server, text, over.get(form, ""))
        for form, by_kind in told.items():
            same = set(by_kind.values())
            if encoding == "onezone" and form == "reading":
                same = {"the library does not read it"}  # how far it comes, and what it says, is chance
            text = same.pop() if len(same) == 1 else "; ".join(f"{kind}: {text}" for kind, text in by_kind.items())
            print(f"{encoding}, {form}\t{' '.join(text.split())}")


main()
