"""HTTP clients of Python: each mints, uses the token, and is refused. Takes a client's name; prints a line a case."""

import asyncio
import json
import os
import ssl
import sys
from importlib.metadata import version

URL = os.environ["ZONEMINT_URL"] + "/api/v3/onezone/user"
MINT = URL + "/client_tokens"
USER, PASSWORD = os.environ["ZONEMINT_USER"], os.environ["ZONEMINT_PASSWORD"]
CERTIFICATE = os.environ["ZONEMINT_CA"]


def show(case, status, body):
    print(f"{case}\t{status} {body}")
    return json.loads(body)["token"] if case.startswith("mint") and status == 200 else None


def requests():
    import requests

    with requests.Session() as session:
        session.verify, session.trust_env = CERTIFICATE, False
        answer = session.post(MINT, auth=(USER, PASSWORD))
        token = show("mint", answer.status_code, answer.text)
        answer = session.post(MINT, auth=(USER, PASSWORD), json={})
        show("mint with {}", answer.status_code, answer.text)
        answer = session.get(URL, headers={"X-Auth-Token": token})
        show("use", answer.status_code, answer.text)
        answer = session.post(MINT, auth=(USER, "wrong"), json={})
        show("refused", answer.status_code, answer.text)


def httpx():
    import httpx

    with httpx.Client(http2=True, verify=ssl.create_default_context(cafile=CERTIFICATE), trust_env=False) as client:
        answer = client.post(MINT, auth=(USER, PASSWORD), json={})
        token = show("mint", answer.status_code, answer.text)
        answer = client.get(URL, headers={"Authorization": f"Bearer {token}"})
        show("use", answer.status_code, answer.text)
        # More than once: what arrives must not depend on which frame is read first.
        for _ in range(5):
            answer = client.post(MINT, auth=(USER, "wrong"), json={"name": "n" * 30000})
            assert answer.status_code == 401, answer
        show("refused", answer.status_code, answer.text)
        show("protocol", answer.http_version, "")


def aiohttp():
    import aiohttp

    async def run():
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=CERTIFICATE))
        async with aiohttp.ClientSession(connector=connector) as session:
            async with session.post(MINT, auth=aiohttp.BasicAuth(USER, PASSWORD)) as answer:
                token = show("mint", answer.status, await answer.text())
            async with session.post(MINT, auth=aiohttp.BasicAuth(USER, PASSWORD), json={}) as answer:
                show("mint with {}", answer.status, await answer.text())
            async with session.get(URL, headers={"X-Auth-Token": token}) as answer:
                show("use", answer.status, await answer.text())
            async with session.post(MINT, auth=aiohttp.BasicAuth(USER, "wrong"), json={}) as answer:
                show("refused", answer.status, await answer.text())

    asyncio.run(run())


CLIENTS = {"requests": requests, "httpx": httpx, "aiohttp": aiohttp}
print(f"version\t{version(sys.argv[1])}")
CLIENTS[sys.argv[1]]()
