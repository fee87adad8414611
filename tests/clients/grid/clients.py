"""Clients of the grid: gfal2's tools, davix, and the lines of curl in dCache's and WLCG's instructions.

Takes a client's name; prints a line a case. A token's outcome is what limits it, as the server reads it, with times as the time left.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from pathlib import Path
from ssl import create_default_context

URL = os.environ["ZONEMINT_URL"]
ACCOUNT = f"{URL}/api/v3/onezone/user"
MINT = f"{ACCOUNT}/client_tokens"
TOKEN_ENDPOINT = f"{URL}/oauth/token"
PAIR = f"{os.environ['ZONEMINT_USER']}:{os.environ['ZONEMINT_PASSWORD']}"
CERTIFICATE = os.environ["ZONEMINT_CA"]
DCACHE = ["-H", "Content-Type: application/macaroon-request"]


def show(case, outcome):
    print(f"{case}\t{' '.join(outcome.split())}")


def run(*command, **environment):
    """What a program prints: on standard output, or on standard error and its exit code where it fails."""
    result = subprocess.run(command, text=True, capture_output=True, env={**os.environ, **environment})
    if result.returncode == 0:
        return result.stdout.strip()
    return f"exit code {result.returncode}: {(result.stderr.strip() or result.stdout.strip()).splitlines()[-1]}"


def said(token):
    """What limits a token; anything that is none stays as it is."""
    if " " in token or len(token) < 100:
        return token
    body = json.dumps({"token": token}).encode()
    request = urllib.request.Request(
        f"{URL}/api/v3/onezone/tokens/examine", body, {"content-type": "application/json"}
    )
    context = create_default_context(cafile=CERTIFICATE)
    with urllib.request.urlopen(request, context=context) as answer:
        caveats = json.load(answer)["caveats"]
    return "token: " + "; ".join(map(limit, caveats))


def limit(caveat):
    kind = caveat.pop("type")
    if kind == "time":
        left = caveat["validUntil"] - time.time()
        unit, seconds = ("days", 86400) if left > 86400 * 0.9 else ("minutes", 60)
        return f"{round(left / seconds)} {unit}"
    return " ".join([kind, *(json.dumps(value) for value in caveat.values())])


def hashed(folder):
    """The certificate, as OpenSSL looks for it in a folder."""
    Path(folder).mkdir(exist_ok=True)
    Path(folder, "zonemint.pem").write_text(Path(CERTIFICATE).read_text())
    subprocess.run(["openssl", "rehash", folder], check=True)
    return str(Path(folder).resolve())


def curl(*options):
    """The answer's JSON, or its status and text."""
    text = run("curl", "--silent", "--cacert", CERTIFICATE, "--write-out", "\n%{http_code}", *options)
    body, _, status = text.rpartition("\n")
    try:
        answer = json.loads(body)
    except ValueError:
        return f"{status} {body}"
    if token := answer.get("macaroon") or answer.get("access_token"):
        return token
    return f"{status} {body}"


def version(program, *options, word=1, **environment):
    return run(program, *options, **environment).splitlines()[0].split()[word]


def gfal():
    # Of itself gfal2 shows a certificate of X.509 only; a header of its own is the way to a password.
    password = b64encode(PAIR.encode()).decode()
    context = {"X509_CERT_DIR": hashed("authorities"), "GFAL_PYTHONBIN": "/usr/bin/python3"}
    environment = {**context, "PYTHONWARNINGS": "ignore"}
    basic = ["-D", f"HTTP PLUGIN:HEADERS=Authorization: Basic {password}"]
    wrong = ["-D", f"HTTP PLUGIN:HEADERS=Authorization: Basic {b64encode(b'admin:wrong').decode()}"]

    def token(*options):
        return run("gfal-token", *options, **environment)

    print(f"version\t{version('gfal-token', '--version', word=2, **environment)}")
    show("gfal-token", said(token(*basic, MINT)))
    show("gfal-token for five minutes", said(token(*basic, "--validity", "5", MINT, "LIST", "DOWNLOAD")))
    show("gfal-token for one activity", said(token(*basic, MINT, "DOWNLOAD")))
    show("gfal-token to write", said(token(*basic, "--write", MINT)))
    issuer = ["--issuer", URL, "--validity", "5", f"{URL}/space/folder", "LIST", "DOWNLOAD"]
    show("gfal-token --issuer for five minutes", said(token(*basic, *issuer)))
    show("gfal-token --issuer to write", said(token(*basic, "--write", "--issuer", URL, f"{URL}/space/folder")))
    show("gfal-token refused", token(*wrong, MINT))
    reading = token(*basic, MINT)
    minted = curl("-u", PAIR, *DCACHE, "-d", '{"validity": "PT5M"}', MINT)
    show("gfal-cat", "200 " + run("gfal-cat", ACCOUNT, **environment, BEARER_TOKEN=minted))
    show("gfal-cat with a token of gfal-token", run("gfal-cat", ACCOUNT, **environment, BEARER_TOKEN=reading))
    show("gfal-cat refused", run("gfal-cat", ACCOUNT, **environment, BEARER_TOKEN=minted[:-4]))


def davix():
    folder = hashed("authorities")
    print(f"version\t{version('davix-get', '--version', word=-1)}")
    password = b64encode(PAIR.encode()).decode()
    minted = curl("-u", PAIR, *DCACHE, "-d", '{"validity": "PT5M"}', MINT)

    def get(*options, **environment):
        return run("davix-get", "--capath", folder, *options, ACCOUNT, **environment)

    mint = run("davix-http", "--capath", folder, "-X", "POST", "-H", f"Authorization: Basic {password}", MINT)
    show("davix-http -X POST -H", said(json.loads(mint)["token"]))
    show("davix-get -H", "200 " + get("-H", f"Authorization: Bearer {minted}"))
    show("davix-get --userlogin", get("--userlogin", PAIR.partition(":")[0], "--userpass", PAIR.partition(":")[2]))
    show("davix-get -H refused", get("-H", f"Authorization: Bearer {minted[:-4]}"))
    show("davix-get with BEARER_TOKEN", get(BEARER_TOKEN=minted))


def dcache():
    print(f"version\t{version('curl', '--version')}")
    requests = {
        "an empty request": "{}",
        "activities and validity": '{"caveats": ["activity:DOWNLOAD,LIST"], "validity": "PT1M"}',
        "activities with blanks": '{"caveats": ["activity: DOWNLOAD, LIST"], "validity": "PT1M"}',
        "path": '{"caveats": ["path:/space/folder", "activity:DOWNLOAD,LIST"], "validity": "PT1M"}',
        "a path in a path": '{"caveats": ["path:/space", "path:folder"], "validity": "PT1M"}',
        "ip": '{"caveats": ["ip:192.0.2.0/24,2001:db8::/32"], "validity": "PT1M"}',
        "one activity": '{"caveats": ["activity:DOWNLOAD"], "validity": "PT1M"}',
        "to upload": '{"caveats": ["activity:UPLOAD"], "validity": "PT1M"}',
        "root": '{"caveats": ["root:/space"], "validity": "PT1M"}',
        "a day": '{"validity": "P+1D"}',
        "null": '{"caveats": null, "validity": null}',
    }
    for case, body in requests.items():
        show(f"mint, {case}", said(curl("-u", PAIR, "-X", "POST", *DCACHE, "-d", body, MINT)))
    minted = curl("-u", PAIR, "-X", "POST", *DCACHE, "-d", '{"validity": "PT5M"}', MINT)
    show("use", curl("-H", f"Authorization: BEARER {minted}", ACCOUNT))
    show("use in the address", curl(f"{ACCOUNT}?authz={minted}"))
    show("refused", curl("-u", "admin:wrong", "-X", "POST", *DCACHE, "-d", "{}", MINT))


def wlcg():
    print(f"version\t{version('curl', '--version')}")
    grant = ["-u", PAIR, "-d", "grant_type=client_credentials"]
    show("mint", said(curl(*grant, TOKEN_ENDPOINT)))
    show("mint, scope of ours", said(curl(*grant, "-d", "scope=data.readonly", TOKEN_ENDPOINT)))
    show("mint, scope of XRootD", said(curl(*grant, "-d", "scope=DOWNLOAD:/space LIST:/space", TOKEN_ENDPOINT)))
    show("mint, scope of WLCG", said(curl(*grant, "-d", "scope=storage.read:/space", TOKEN_ENDPOINT)))
    show("mint, expire_in", said(curl(*grant, "-d", "expire_in=300", TOKEN_ENDPOINT)))
    token = curl(*grant, TOKEN_ENDPOINT)
    Path("bearer").write_text(token + "\n")
    script = 'curl -s --cacert "$1" -H "Authorization: Bearer $(<"$BEARER_TOKEN_FILE")" "$2"'
    show("use, from BEARER_TOKEN_FILE", "200 " + run("bash", "-c", script, "bash", CERTIFICATE, ACCOUNT, BEARER_TOKEN_FILE="bearer"))
    show("refused", curl("-u", "admin:wrong", "-d", "grant_type=client_credentials", TOKEN_ENDPOINT))


CLIENTS = {"gfal2": gfal, "davix": davix, "dcache": dcache, "wlcg": wlcg}
CLIENTS[sys.argv[1]]()
