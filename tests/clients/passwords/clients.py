"""Programs that send a name and a password and nothing else: a token in the place of the password, behind nginx with our file.

Takes a program's name; prints a line a case. Behind nginx Apache keeps what they fetch and store.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from base64 import b64encode
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from ssl import create_default_context
from urllib.parse import quote

URL = os.environ["ZONEMINT_URL"]
USER, PASSWORD = os.environ["ZONEMINT_USER"], os.environ["ZONEMINT_PASSWORD"]
CERTIFICATE = os.environ["ZONEMINT_CA"]
OUR_FILE = Path(__file__).resolve().parents[3] / "config/proxy/nginx.conf"
GIT = "/usr/bin/git"  # Debian's, whatever else is in PATH
TIMEOUT_S = 30
MODULES = "mpm_event authz_core alias dir env headers mime cgid dav dav_fs"
APACHE = """
ServerRoot {folder}
ServerName localhost
User www-data
Group www-data
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
ScriptSock {folder}/cgi.sock
Listen 127.0.0.1:{service}
{modules}
TypesConfig /dev/null
AddType text/html .html
DirectoryIndex index.html
DocumentRoot {folder}/files
DavLockDB {folder}/locks/db
Alias /dav {folder}/files/dav
# A server of DAV compares the scheme and the port, too, which it does not see behind a proxy that ends TLS.
RequestHeader edit Destination ^https://localhost:[0-9]+/ http://localhost/ early
<Location /dav>
  Dav On
</Location>
<Location /v2/>
  Header set Docker-Distribution-Api-Version registry/2.0
</Location>
SetEnv GIT_PROJECT_ROOT {folder}/files/git
SetEnv GIT_HTTP_EXPORT_ALL 1
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
ScriptAlias /legacy/ {folder}/upload/
"""
# nginx needs folders for temporary files at its start, whether it writes there or not.
NGINX = """
daemon off; master_process off; pid nginx.pid; error_log nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include {folder}/zonemint.conf;
}}
"""
UPLOAD = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\r\\n\\r\\nstored'\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(*command, **environment):
    """Runs a command without any variable that would tell it whom to trust."""
    command = [str(word) for word in command]
    environment |= {key: os.environ[key] for key in ["HOME", "PATH"]}
    return subprocess.run(
        command, text=True, capture_output=True, timeout=TIMEOUT_S, env=environment, stdin=subprocess.DEVNULL
    )


def wheel(folder):
    path = folder / "sample-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sample.py", "")
        archive.writestr("sample-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n")
        archive.writestr("sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("sample-1.0.dist-info/RECORD", "")
    return path


def fill(folder):
    """What Apache has: files for DAV, a repository, an index of packages, and the root of a registry."""
    files = folder / "files"
    for path in ["dav", "git", "simple/sample", "v2"]:
        (files / path).mkdir(parents=True)
    (folder / "locks").mkdir()
    repository = files / "git/repository"
    subprocess.run([GIT, "init", "--quiet", "--bare", "--initial-branch=main", repository], check=True)
    subprocess.run([GIT, "-C", repository, "config", "http.receivepack", "true"], check=True)
    name = wheel(files / "simple/sample").name
    (files / "simple/sample/index.html").write_text(f'<a href="{name}">{name}</a>')
    (files / "v2/index.html").write_text("{}")
    upload = folder / "upload"
    upload.write_text(UPLOAD)
    upload.chmod(0o755)
    if os.geteuid() == 0:  # Apache serves as another user
        for path in [files, folder / "locks", *files.rglob("*")]:
            shutil.chown(path, "www-data", "www-data")


@contextmanager
def stand():
    """nginx as our file has it, with Apache behind it; gives its port."""
    folder, port, service = Path("stand").resolve(), free_port(), free_port()
    folder.mkdir()
    os.chmod(".", 0o755)
    fill(folder)
    shutil.copy(CERTIFICATE, folder / "cert.pem")
    shutil.copy(Path(CERTIFICATE).with_name("key.pem"), folder / "key.pem")
    snippet = OUR_FILE.read_text()
    for word, with_ in [
        ("zonemint.example.org:8443", URL.removeprefix("https://")),
        ("zonemint.example.org", "localhost"),
        ("127.0.0.1:8080", f"127.0.0.1:{service}"),
        ("wiki.example.org", "localhost"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/wiki.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/wiki.key", f"{folder}/key.pem"),
        ("/etc/ssl/zonemint.pem", f"{folder}/cert.pem"),
    ]:
        assert word in snippet, word
        snippet = snippet.replace(word, with_)
    (folder / "zonemint.conf").write_text(snippet)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES.split())
    (folder / "apache.conf").write_text(APACHE.format(folder=folder, service=service, modules=modules))
    programs = [
        subprocess.Popen(["/usr/sbin/apache2", "-DFOREGROUND", "-f", folder / "apache.conf"]),
        subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf"]),
    ]
    try:
        for waited in range(200):
            try:
                for each in [port, service]:
                    socket.create_connection(("127.0.0.1", each)).close()
                break
            except ConnectionRefusedError:
                assert waited < 199 and all(program.poll() is None for program in programs), "a server did not start"
                time.sleep(0.05)
        yield port
    finally:
        for program in programs:
            program.terminate()
            program.wait()


def api(method, path, options=None):
    basic = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
    body = None if options is None else json.dumps(options).encode()
    request = urllib.request.Request(f"{URL}/api/v3/onezone/user/client_tokens{path}", body, headers, method=method)
    with urllib.request.urlopen(request, context=create_default_context(cafile=CERTIFICATE)) as answer:
        return answer.read()


def mint():
    return json.loads(api("POST", "", {}))["token"]


class Git:
    def __init__(self, port):
        self.port = port

    def version(self):
        return re.search(r"\d+\.\d+\.\d+", run(GIT, "--version").stdout)[0]

    def git(self, *words):
        trusting = ["-c", f"http.sslCAInfo={CERTIFICATE}", "-c", "user.name=Somebody", "-c", "user.email=somebody@localhost"]
        return run(GIT, *trusting, *words, GIT_TERMINAL_PROMPT="0", GIT_CONFIG_NOSYSTEM="1")

    def cases(self, user, secret, folder):
        address = f"https://{quote(user)}:{quote(secret, safe='')}@localhost:{self.port}/git/repository"
        yield "clone", self.git("clone", "--quiet", address, folder)
        if folder.exists():
            (folder / "file").write_text(f"{folder}")
            self.git("-C", folder, "add", "file").check_returncode()
            self.git("-C", folder, "commit", "--quiet", "--message", "A change").check_returncode()
            yield "push", self.git("-C", folder, "push", "--quiet", "origin", "HEAD:main")


class Pip:
    def __init__(self, port):
        self.port = port

    def version(self):
        return version("pip")

    def cases(self, user, secret, folder):
        index = f"https://{quote(user)}:{quote(secret, safe='')}@localhost:{self.port}/simple/"
        options = ["--no-input", "--no-cache-dir", "--disable-pip-version-check", "--no-deps", "--cert", CERTIFICATE]
        yield "download", run(sys.executable, "-m", "pip", "download", *options, "--index-url", index, "--dest", folder, "sample", PIP_CONFIG_FILE="/dev/null")


class Twine:
    def __init__(self, port):
        self.port = port

    def version(self):
        return version("twine")

    def cases(self, user, secret, folder):
        folder.mkdir()
        options = ["--non-interactive", "--disable-progress-bar", "--cert", CERTIFICATE, "--username", user, "--password", secret]
        address = f"https://localhost:{self.port}/legacy/"
        yield "upload", run(sys.executable, "-m", "twine", "upload", *options, "--repository-url", address, wheel(folder), NO_COLOR="1")


class Skopeo:
    """Sends the requests of `docker login`, which a daemon sends in Docker itself."""

    def __init__(self, port):
        self.port = port

    def version(self):
        return re.search(r"\d+\.\d+\.\d+", run("skopeo", "--version").stdout)[0]

    def cases(self, user, secret, folder):
        folder.mkdir()
        shutil.copy(CERTIFICATE, folder / "ca.crt")
        options = ["--authfile", folder / "auth.json", "--cert-dir", folder, "--username", user, "--password", secret]
        yield "log in at a registry", run("skopeo", "login", *options, f"localhost:{self.port}")


class Rclone:
    """Mounts DAV, or copies; here each operation by itself."""

    def __init__(self, port):
        self.port = port

    def version(self):
        return re.search(r"\d+\.\d+\.\d+", run("rclone", "version").stdout)[0]

    def cases(self, user, secret, folder):
        folder.mkdir()
        (folder / "file").write_text("content")
        hidden = run("rclone", "obscure", secret).stdout.strip()
        names = {"TYPE": "webdav", "VENDOR": "other", "URL": f"https://localhost:{self.port}/dav", "USER": user, "PASS": hidden}
        environment = {f"RCLONE_CONFIG_DAV_{key}": value for key, value in names.items()}
        options = ["--ca-cert", CERTIFICATE, "--retries", "1", "--low-level-retries", "1", "--config", "/dev/null", "--quiet"]
        for case, words in [
            ("list", ["lsf", "dav:"]),
            ("store", ["copyto", folder / "file", f"dav:{folder.name}/file"]),
            ("read", ["cat", f"dav:{folder.name}/file"]),
            ("rename", ["moveto", f"dav:{folder.name}/file", f"dav:{folder.name}/other"]),
            ("remove", ["purge", f"dav:{folder.name}"]),
        ]:
            result = run("rclone", *options, *words, **environment)
            yield case, result
            if case == "list" and result.returncode != 0:
                return


PROGRAMS = {"git": Git, "pip": Pip, "twine": Twine, "skopeo": Skopeo, "rclone": Rclone}


def outcome(result, port, secret):
    """That it works, or the error, without what is another one each time."""
    if result.returncode == 0:
        return "works"
    lines = (result.stderr.strip() or result.stdout.strip()).splitlines()
    telling = [line for line in lines if re.search(r"\b40\d\b", line)] or lines[-1:]
    text = telling[0].replace(f"localhost:{port}", "SERVICE").replace(secret, "TOKEN").replace(quote(secret, safe=""), "TOKEN")
    text = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |^time=\S+ ", "", text)
    return f"exit code {result.returncode}: {text.replace(str(Path.cwd()), 'FOLDER')}"


def main():
    ended = mint()
    api("DELETE", f"/{ended}")
    good = mint()
    with stand() as port:
        program = PROGRAMS[sys.argv[1]](port)
        print(f"version\t{program.version()}")
        for number, (whose, user, secret) in enumerate(
            [
                ("with a token", USER, good),
                ("with a token after __token__", "__token__", good),
                ("refused with a token after another name", "somebody", good),
                ("refused with a cut token", USER, good[:-1]),
                ("refused with a revoked token", USER, ended),
                ("refused with the password", USER, PASSWORD),
            ]
        ):
            for case, result in program.cases(user, secret, Path(f"case-{number}").resolve()):
                print(f"{case} {whose}\t{outcome(result, port, secret)}")


main()
