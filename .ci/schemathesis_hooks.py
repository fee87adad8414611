"""Whom .ci/schemathesis calls as, and what it names: accounts and tokens that there are.

A generated id names nobody, so every second one is replaced by one that somebody has; which ones follows from the id, so
that a run can be repeated. What ends the caller's account or its tokens is called by a new account each time.
"""

import itertools
import os
import zlib

import requests
import schemathesis

URL = os.environ["ZONEMINT_URL"] + "/api/v3/onezone"
ROLE = os.environ["ZONEMINT_ROLE"]  # nobody, user or administrator
SERVICE, SERVICE_TOKEN = os.environ["ZONEMINT_SERVICE"].split()
ENDS_THE_CALLER = {
    ("DELETE", "/user"),
    ("DELETE", "/user/tokens/named"),
    ("DELETE", "/user/tokens/temporary"),
    ("POST", "/user/tokens/revoke"),
}

LONG = 100  # characters: a text that is longer may be a token

session = requests.Session()  # trusts REQUESTS_CA_BUNDLE
numbers = itertools.count(1)


def made(answer, key=None):
    """What an answer says was made: the key of its body, or the last part of its Location."""
    answer.raise_for_status()
    return answer.json()[key] if key else answer.headers["location"].rsplit("/", 1)[1]


def administrator(method, path, **rest):
    return session.request(method, URL + path, headers={"x-auth-token": ADMINISTRATOR}, timeout=10, **rest)


def account():
    """A new account that may do nothing to others: its id, the id of a token of it, and the token."""
    user = made(administrator("POST", "/users", json={"fullName": "Somebody"}))
    minted = administrator("POST", f"/users/{user}/tokens/named", json={"name": "its own"})
    return user, made(minted, "tokenId"), made(minted, "token")


def service():
    """A new service that nothing depends on: its id."""
    return made(administrator("POST", "/providers", json={"name": f"service {next(numbers)}"}), "providerId")


def active_key():
    """The root key that cannot be retired. All that the callers have is made with the others."""
    keys = administrator("GET", "/keys").json()["keys"]
    return next(key["id"] for key in keys if key["state"] == "active")


ADMINISTRATOR = made(
    session.post(URL + "/user/client_tokens", auth=("admin", os.environ["ZONEMINT_ADMIN_PASSWORD"]), timeout=10), "token"
)
USER_ID, USER_TOKEN_ID, USER = account()
# The callers' own accounts and tokens. Lists contain these ids, too, and the ids of lists are used in requests.
NEEDED = {
    USER_ID,
    USER_TOKEN_ID,
    administrator("GET", "/user").json()["userId"],
    SERVICE,
    *(token["id"] for token in administrator("GET", "/user/tokens?limit=500").json()["tokens"]),
}


def below_prefix(operation):
    return operation.method.upper(), operation.path.removeprefix("/api/v3/onezone")


def whoever():
    """The token of the role's account."""
    return ADMINISTRATOR if ROLE == "administrator" else USER


def is_replaced(value):
    """Whether an id or a token gives way to one that there is: whatever the callers may live by, and half of the rest."""
    # An answer may contain the caller's own token, narrowed.
    needed = isinstance(value, str) and (value in NEEDED or len(value) > LONG)
    return needed or zlib.crc32(repr(value).encode("utf-8", "replace")) % 2 == 0


if ROLE != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Caller:
        """Who calls: a service on a service's paths, somebody new for what ends the caller, else the role's account."""

        def get(self, case, context):
            method, path = below_prefix(context.operation)
            if path.startswith("/provider/"):
                return SERVICE_TOKEN
            if (method, path) in ENDS_THE_CALLER:
                return account()[2]
            return whoever()

        def set(self, case, data, context):
            case.headers["X-Auth-Token"] = data


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Puts in what there is for every second generated id and token."""
    method, path = below_prefix(case.operation)
    named = (case.path_parameters or {}).get("id")
    if named is not None and (path.startswith("/keys/") or is_replaced(named)):
        if path.startswith("/keys/"):
            case.path_parameters["id"] = active_key()
        elif path in ("/providers/{id}", "/providers/{id}/access_block"):
            case.path_parameters["id"] = service()
        elif path.startswith("/providers/"):
            case.path_parameters["id"] = SERVICE
        elif path.startswith("/users/"):
            case.path_parameters["id"] = account()[0]
        else:
            # The caller's own, so that it may; the administrator may anyway.
            minted = session.post(
                URL + "/user/tokens/named",
                headers={"x-auth-token": whoever()},
                json={"name": f"number {next(numbers)}"},
                timeout=10,
            )
            case.path_parameters["id"] = made(minted, "tokenId")
    text = (case.path_parameters or {}).get("token")
    if text is not None and is_replaced(text):
        minted = session.post(URL + "/user/client_tokens", headers={"x-auth-token": whoever()}, timeout=10)
        case.path_parameters["token"] = made(minted, "token")
    if isinstance(case.body, dict) and "token" in case.body and is_replaced(case.body["token"]):
        case.body["token"] = account()[2] if path == "/oauth/revoke" else USER
