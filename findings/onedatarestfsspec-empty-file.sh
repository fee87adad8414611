#!/usr/bin/env bash
# onedatarestfsspec 25.2.0 (PyPI) with fsspec 2026.9.0 and Python 3.11: an empty file is never made, and nothing says so.
#
# What one would expect: `with fs.open(path, "wb"): pass`, `fs.touch(path)` and `fs.pipe_file(path, b"")` make a file without
# content, or fail. fsspec's specification of `touch` is "Create empty file, or update timestamp".
# What happens: all three return as if they had, and no request is sent. One byte makes the file. Markers such as _SUCCESS, which
# say by being there that a data set is complete, are lost so.
#
# Seen:
#   open, nothing written: no error, requests: []
#   touch: no error, requests: []
#   pipe_file of nothing: no error, requests: []
#   pipe_file of one byte: no error, requests: ['create_file', 'put_file_content']
#
# `OnedataFile._upload_chunk` returns early when the buffer is empty, also for the last chunk, and creating the file is below that.
# Passes while this is so; fails if it changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet onedatarestfsspec==25.2.0 onedatafilerestclient==25.2.0 fsspec==2026.9.0 requests==2.34.2

"$folder/python/bin/python" - >"$folder/seen" <<'PYTHON'
import fsspec
import onedatarestfsspec


class Requests:
    """In the place of the REST client below: keeps the names of what is asked for."""

    def __init__(self):
        self.seen = []

    def __getattr__(self, name):
        return lambda *arguments, **options: self.seen.append(name) or "id"


def run(case, use):
    files = fsspec.filesystem("onedata", onezone_host="zone.example.org", token="token", skip_instance_cache=True)
    files.client = Requests()
    try:
        use(files)
        outcome = "no error"
    except Exception as error:
        outcome = repr(error)
    print(f"{case}: {outcome}, requests: {files.client.seen}")


run("open, nothing written", lambda files: files.open("/space/_SUCCESS", "wb").close())
run("touch", lambda files: files.touch("/space/_SUCCESS"))
run("pipe_file of nothing", lambda files: files.pipe_file("/space/_SUCCESS", b""))
run("pipe_file of one byte", lambda files: files.pipe_file("/space/_SUCCESS", b"1"))
PYTHON

sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
cat "$folder/seen"
