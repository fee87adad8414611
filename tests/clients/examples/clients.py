"""The manual's examples: the programs and the commands of their page (docs/manual/examples.md). Takes what a command has to
name; prints a line a case. Variables by which the run has the other clients trust the server are taken away first: the page's
commands must do that themselves."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[3] / "docs/manual/examples.md").read_text()
TRUST = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
# How to ask for the version, how an untrusted run is made of the page's command, and which text of its errors people read.
EXAMPLES = {
    "curl": ("curl --version", r"--cacert \S+ ", r"curl: \(.*"),
    "first_token.py": ("python3 --version", r"SSL_CERT_FILE=\S+ ", r"certificate verify failed: [^(\n]*[^(\n ]|^\d{3} .*"),
    "requests": (
        "python3 -c 'import requests; print(requests.__version__)'",
        r"REQUESTS_CA_BUNDLE=\S+ ",
        r"certificate verify failed: [^(\n]*[^(\n ]|hostname '.*' doesn't match|\d{3} Client Error: \w+",
    ),
    "first_token.mjs": ("node --version", r"NODE_EXTRA_CA_CERTS=\S+ ", r"code: '\w+'|^\d{3} .*"),
    "FirstToken.java": (
        "java --version",
        r"-Djavax\S+ ",
        r"PKIX path building failed|No subject alternative names matching IP address|^\d{3} .*",
    ),
    "first_token.go": ("go version", r"SSL_CERT_FILE=\S+ ", r"x509: .*|^\d{3} .*"),
}


def command(name):
    """The page's commands that name this."""
    return next(block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if name in block)


def bash(script, folder, environment, sign):
    """What is printed at success; else what of it tells people why."""
    run = subprocess.run(["bash", "-ec", script], cwd=folder, env=environment, text=True, capture_output=True)
    if run.returncode == 0:
        return run.stdout.strip()
    found = re.search(sign, run.stderr, re.MULTILINE)
    return found[0] if found else run.stderr


def main():
    name = sys.argv[1]
    version, trusted, sign = EXAMPLES[name]
    host = os.environ["ZONEMINT_URL"].removeprefix("https://")
    user, password = os.environ["ZONEMINT_USER"], os.environ["ZONEMINT_PASSWORD"]
    environment = {key: value for key, value in os.environ.items() if key not in TRUST}
    # The packages of Python that the run has installed.
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "certs").symlink_to(Path(os.environ["ZONEMINT_FOLDER"], "certs"))
        for file, program in re.findall(r"`(\S+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL):
            Path(folder, file).write_text(program)
        shown = bash(version, folder, environment, ".*")
        print(f"version\t{re.search(r'[0-9.]+[0-9]', shown)[0]}")
        for case, server, secret, script in [
            ("as it stands", host, password, command(name)),
            ("refused with a wrong password", host, "wrong", command(name)),
            ("refused without trust", host, password, re.sub(trusted, "", command(name))),
            # The certificate has no such name.
            ("refused under another name", host.replace("localhost", "0.0.0.0"), password, command(name)),
        ]:
            asked = {**environment, "ONEZONE_HOST": server, "ONEZONE_BASIC_AUTH": f"{user}:{secret}"}
            # What keytool made, it does not make twice.
            Path(folder, "truststore.p12").unlink(missing_ok=True)
            print(f"{case}\t{' '.join(bash(script, folder, asked, sign).split())}")


main()
