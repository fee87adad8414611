"""Onedata's file clients against zonemint and a stand-in for a Oneprovider, with tokens that differ in what they allow.

Takes a client's name; prints a line a case.
"""

import json
import os
import sys
import time
import urllib.request
from base64 import b64encode
from importlib.metadata import version
from ssl import create_default_context

from oneprovider import SPACE, Oneprovider

URL = os.environ["ZONEMINT_URL"]
API = f"{URL}/api/v3/onezone"
FOLDER, CERTIFICATE = os.environ["ZONEMINT_FOLDER"], os.environ["ZONEMINT_CA"]
BASIC = "Basic " + b64encode(f"{os.environ['ZONEMINT_USER']}:{os.environ['ZONEMINT_PASSWORD']}".encode()).decode()
TEXT = b"written by a client"


def ask(method, path, body=None, **headers):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(API + path, data, {"content-type": "application/json", **headers}, method=method)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=create_default_context(cafile=CERTIFICATE))
    )
    with opener.open(request) as answer:
        return json.loads(answer.read() or "null")


def mint(*caveats):
    name = f"{sys.argv[1]} {time.monotonic_ns()}"
    return ask("POST", "/user/tokens/named", {"name": name, "caveats": list(caveats)}, authorization=BASIC)


def narrow(token, caveat):
    return ask("POST", "/tokens/confine", {"token": token, "caveats": [caveat]})["token"]


def onedatafilerestclient(host, token):
    from onedatafilerestclient import OnedataFileRESTClient

    client = OnedataFileRESTClient(host, token, verify_ssl=CERTIFICATE)

    def write():
        client.create_file(SPACE, "folder/file", create_parents=True)
        client.put_file_content(SPACE, TEXT, file_path="folder/file")

    def read():
        assert client.get_file_content(SPACE, file_path="folder/file") == TEXT
        assert client.get_attributes(SPACE, file_path="folder/file")["size"] == len(TEXT)

    return {
        "spaces": client.list_spaces,
        "write": write,
        "read": read,
        "list": lambda: [child["name"] for child in client.list_children(SPACE, file_path="folder")["children"]],
        "move": lambda: client.move(SPACE, "folder/file", SPACE, "folder/moved"),
        "remove": lambda: client.remove(SPACE, file_path="folder/moved"),
    }


def onedatarestfsspec(host, token):
    import fsspec
    import onedatarestfsspec  # registers itself

    options = {"onezone_host": host, "token": token, "verify_ssl": CERTIFICATE}
    files = fsspec.filesystem("onedata", skip_instance_cache=True, **options)

    def write():
        with files.open(f"/{SPACE}/folder/file", "wb") as file:
            file.write(TEXT)

    def read():
        with files.open(f"/{SPACE}/folder/file", "rb") as file:
            assert file.read() == TEXT

    return {
        "spaces": lambda: files.ls("/"),
        "write": write,
        "read": read,
        "list": lambda: files.ls(f"/{SPACE}/folder"),
        "move": lambda: files.mv(f"/{SPACE}/folder/file", f"/{SPACE}/folder/moved"),
        "remove": lambda: files.rm_file(f"/{SPACE}/folder/moved"),
    }


def onedatarestfs(host, token):
    from fs.onedatarestfs import OnedataRESTFS

    files = OnedataRESTFS(host, token, verify_ssl=CERTIFICATE)

    def write():
        files.makedir(f"/{SPACE}/folder", recreate=True)
        files.writebytes(f"/{SPACE}/folder/file", TEXT)

    def read():
        assert files.readbytes(f"/{SPACE}/folder/file") == TEXT

    return {
        "spaces": lambda: files.listdir("/"),
        "write": write,
        "read": read,
        "list": lambda: files.listdir(f"/{SPACE}/folder"),
        "move": lambda: files.move(f"/{SPACE}/folder/file", f"/{SPACE}/folder/moved"),
        "remove": lambda: files.remove(f"/{SPACE}/folder/moved"),
    }


CLIENTS = {
    "onedatafilerestclient": onedatafilerestclient,
    "onedatarestfsspec": onedatarestfsspec,
    "fs-onedatarestfs": onedatarestfs,
}


def text(error):
    if details := getattr(error, "details", None):  # of a JSON answer, which its description says, too
        return str(error).removesuffix(f" ({details})")
    try:
        return str(error)
    except Exception as failure:  # PyFilesystem makes the text when it is asked for, and it may have braces
        return f"(no text: str() fails with {failure!r})"


def outcomes(operations, names):
    """What each operation comes to; those that end alike are told together."""
    told = {}
    for name in names:
        try:
            value = operations[name]()
            outcome = "works" if value is None or isinstance(value, bool) else f"works {value}"
        except Exception as error:  # whatever the library raises is the outcome
            outcome = f"{type(error).__name__}: {text(error)}"
        told.setdefault(outcome, []).append(name)
    return "; ".join(f"{', '.join(names)}: {outcome}" for outcome, names in told.items())


def main():
    name = sys.argv[1]
    print(f"version\t{version(name)}")
    # Once verified a token is not asked about for two seconds; here the provider is to see that it is over, however slow this is.
    from onedatafilerestclient.onezone_rest_client import OnezoneRESTClient

    OnezoneRESTClient._token_scope_cache_time_limit_ns = 3600 * 10**9
    provider = Oneprovider(URL, CERTIFICATE, f"{FOLDER}/certs/key.pem")
    address = URL.removeprefix("https://")

    def show(case, token, names=("spaces", "read", "list"), host=provider.host):
        print(f"{case}\t{outcomes(CLIENTS[name](host, token), names)}".replace("\n", " "))

    whole = mint()["token"]
    show("zonemint alone, which has no spaces", whole, ["spaces"], host=address)
    show("read-write", whole, ["spaces", "write", "read", "list"])
    show("read-only", mint({"type": "data.readonly"})["token"], ["spaces", "read", "list", "write", "move"])
    show("bound to this address", mint({"type": "ip", "whitelist": ["127.0.0.0/8"]})["token"])
    show("bound to another address", mint({"type": "ip", "whitelist": ["192.0.2.0/24"]})["token"])
    show("for another interface", mint({"type": "interface", "interface": "oneclient"})["token"])
    show("expired", narrow(whole, {"type": "time", "validUntil": 1}))
    revoked = mint()
    used = CLIENTS[name](provider.host, revoked["token"])
    used["read"]()
    ask("DELETE", f"/tokens/named/{revoked['tokenId']}", authorization=BASIC)
    print(f"revoked while in use\t{outcomes(used, ['read'])}")
    show("revoked", revoked["token"], ["spaces", "read"])
    show("no token at all", "nonsense", ["spaces"])
    show("read-write, moved and removed", whole, ["move", "remove"])


main()
