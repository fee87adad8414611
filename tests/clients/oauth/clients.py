"""Clients of OAuth for Python: each gets a token without and with a scope, uses, introspects and revokes it, and is refused.

Takes a client's name; prints a line a case.
"""

import os
import sys
import urllib.parse
from importlib.metadata import version

URL = os.environ["ZONEMINT_URL"]
USER, PASSWORD = os.environ["ZONEMINT_USER"], os.environ["ZONEMINT_PASSWORD"]
CERTIFICATE = os.environ["ZONEMINT_CA"]
METADATA = URL + "/.well-known/oauth-authorization-server"


def show(case, run):
    try:
        outcome = run()
    except Exception as error:  # whatever the library raises is the outcome
        status = getattr(error, "status_code", None)
        outcome = f"{status or type(error).__name__} {error}"
    print(f"{case}\t{outcome}".replace("\n", " "))


def granted(answer):
    scope = answer.get("scope")
    scope = " ".join(scope) if isinstance(scope, list) else scope
    return "token, " + (f"scope {scope}" if scope else "no scope")


def authlib():
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

    def session(secret=PASSWORD, **options):
        client = OAuth2Session(USER, secret, **options)
        client.verify, client.trust_env = CERTIFICATE, False
        return client

    client = session()
    found = client.get(METADATA, withhold_token=True).json()
    endpoint = found["token_endpoint"]

    def discovery():
        AuthorizationServerMetadata(found).validate()
        return "found" if found["issuer"] == URL else found["issuer"]

    show("discovery", discovery)
    for method in found["token_endpoint_auth_methods_supported"]:
        other = session(token_endpoint_auth_method=method)
        show(f"mint by {method}", lambda: granted(other.fetch_token(endpoint, grant_type="client_credentials")))
    show("mint by the password grant", lambda: granted(client.fetch_token(endpoint, username=USER, password=PASSWORD)))
    scoped = session(scope="data.readonly")
    show("mint with a scope", lambda: granted(scoped.fetch_token(endpoint, grant_type="client_credentials")))
    show("mint for ten minutes", lambda: granted(client.fetch_token(endpoint, grant_type="client_credentials", expire_in=600)))
    show("its life", lambda: client.token["expires_in"])

    def use():
        answer = client.get(f"{URL}/api/v3/onezone/user")
        return f"{answer.status_code} {answer.text}"

    def introspect(**use):
        token, body = client.token["access_token"], urllib.parse.urlencode(use)
        told = client.introspect_token(found["introspection_endpoint"], token=token, body=body).json()
        return f"active, {told['username']}" if told["active"] else "not active"

    def revoke():
        answer = client.revoke_token(found["revocation_endpoint"], token=client.token["access_token"])
        return f"{answer.status_code} {answer.text}"

    show("use", use)
    show("introspect", introspect)
    show("introspect, enforces=api", lambda: introspect(enforces="api"))
    show("revoke", revoke)
    show("introspect what is revoked", lambda: introspect(enforces="api"))
    show("refused", lambda: granted(session("wrong").fetch_token(endpoint, grant_type="client_credentials")))


def requests_oauthlib():
    from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
    from requests.auth import HTTPBasicAuth
    from requests_oauthlib import OAuth2Session

    def session(client=BackendApplicationClient, **options):
        made = OAuth2Session(client=client(client_id=USER, **options))
        made.verify, made.trust_env = CERTIFICATE, False
        return made

    endpoint = f"{URL}/oauth/token"
    client = session()
    # Its documentation's two ways.
    show("mint by client_secret", lambda: granted(client.fetch_token(endpoint, client_secret=PASSWORD)))
    show("mint by HTTPBasicAuth", lambda: granted(client.fetch_token(endpoint, auth=HTTPBasicAuth(USER, PASSWORD))))
    legacy = session(LegacyApplicationClient)
    show("mint by the password grant", lambda: granted(legacy.fetch_token(endpoint, username=USER, password=PASSWORD)))
    show(
        "mint by the password grant and client_secret",
        lambda: granted(legacy.fetch_token(endpoint, username=USER, password=PASSWORD, client_secret=PASSWORD)),
    )
    scoped = session(scope="data.readonly")
    show("mint with a scope", lambda: granted(scoped.fetch_token(endpoint, client_secret=PASSWORD)))

    def use():
        answer = client.get(f"{URL}/api/v3/onezone/user")
        return f"{answer.status_code} {answer.text}"

    show("use", use)
    show("refused", lambda: granted(session().fetch_token(endpoint, client_secret="wrong")))


CLIENTS = {"Authlib": authlib, "requests-oauthlib": requests_oauthlib}
print(f"version\t{version(sys.argv[1])}")
CLIENTS[sys.argv[1]]()
