"""mod_auth_openidc as a resource server: Apache asks zonemint about each token, and passes requests with good ones.

Prints a line a case.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from ssl import create_default_context

URL = os.environ["ZONEMINT_URL"]
USER, PASSWORD = os.environ["ZONEMINT_USER"], os.environ["ZONEMINT_PASSWORD"]
CERTIFICATE = os.environ["ZONEMINT_CA"]
API = f"{URL}/api/v3/onezone"
MODULES = "mpm_event authn_core authz_core authz_user auth_openidc"
# Only root may set user and group. A decision is valid only for its own request.
SETTINGS = """
ServerRoot {folder}
ServerName localhost
User www-data
Group www-data
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
{modules}
DocumentRoot {folder}/files
OIDCCABundlePath {folder}/cert.pem
OIDCOAuthClientID {user}
OIDCOAuthClientSecret "{password}"
OIDCOAuthIntrospectionEndpointAuth {method}
OIDCOAuthIntrospectionEndpoint {url}/oauth/introspect
OIDCOAuthRemoteUserClaim username
OIDCOAuthTokenIntrospectionInterval -1
<Location />
  AuthType oauth20
  Require valid-user
</Location>
<Location /readers>
  AuthType oauth20
  Require claim "username:{user}"
</Location>
<Location /others>
  AuthType oauth20
  Require claim "username:somebody"
</Location>
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Apache:
    def __init__(self, method):
        folder = Path(method).resolve()
        files = folder / "files"
        for path in ["file", "readers/file", "others/file"]:
            (files / path).parent.mkdir(parents=True, exist_ok=True)
            (files / path).write_text("served")
        shutil.copy(CERTIFICATE, folder / "cert.pem")
        self.port = free_port()
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES.split())
        values = {"folder": folder, "port": self.port, "modules": modules, "url": URL}
        values |= {"user": USER, "password": PASSWORD, "method": method}
        (folder / "apache.conf").write_text(SETTINGS.format(**values))
        self.process = subprocess.Popen(["/usr/sbin/apache2", "-DFOREGROUND", "-f", folder / "apache.conf"])
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert self.process.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.05)

    def get(self, token, path="file"):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return f"{answer.status} {answer.read().decode()}"
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.headers.get('www-authenticate') or ''}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def mint(**options):
    basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
    request = urllib.request.Request(f"{API}/user/client_tokens", json.dumps(options).encode(), headers)
    with urllib.request.urlopen(request, context=create_default_context(cafile=CERTIFICATE)) as answer:
        return json.load(answer)["token"]


def end(token):
    basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    request = urllib.request.Request(f"{API}/user/client_tokens/{token}", headers={"authorization": f"Basic {basic}"}, method="DELETE")
    urllib.request.urlopen(request, context=create_default_context(cafile=CERTIFICATE)).close()


def main():
    query = ["dpkg-query", "--show", "--showformat", "${Version}", "libapache2-mod-auth-openidc"]
    print(f"version\t{subprocess.run(query, text=True, check=True, capture_output=True).stdout}")
    os.chmod(".", 0o755)  # Apache reads as another user
    for method in ["client_secret_basic", "client_secret_post"]:
        apache = Apache(method)
        try:
            token = mint()
            print(f"a good token, {method}\t{apache.get(token)}")
            print(f"its user is who may, {method}\t{apache.get(token, 'readers/file')}")
            print(f"its user is not who may, {method}\t{apache.get(token, 'others/file')}")
            print(f"another token, {method}\t{apache.get(token[:-1])}")
            print(f"no token, {method}\t{apache.get('')}")
            end(token)
            print(f"ended while in use, {method}\t{apache.get(token)}")
        finally:
            apache.stop()


main()
