"""A stand-in for a Oneprovider and its Onezone, for Onedata's file clients: one space in memory, below one origin.

Each request for files carries a token, which is verified at zonemint for the address and the interface that it came by; what limits
data is enforced here, as a Oneprovider has to. Requests below /api/v3/onezone are zonemint's own; where it says how far a token
reaches, the space and its provider are added, as a Onezone knows them and zonemint does not.
"""

import json
import re
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SPACE, SPACE_ID, PROVIDER_ID = "lab", "5pace", "prov1der"
VERSION = "25.1.0"
SCOPE = "/tokens/infer_access_token_scope"
WRITING = {"PUT", "DELETE"}


class Refused(Exception):
    def __init__(self, status, error):
        super().__init__(status, error)
        self.status, self.error = status, error


def posix(errno):
    return Refused(400, {"id": "posix", "details": {"errno": errno}, "description": f"Operation failed: {errno}"})


class Oneprovider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, zonemint, certificate, key):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.host = f"localhost:{self.server_port}"
        self.zonemint = zonemint
        trusted = ssl.create_default_context(cafile=certificate)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        self.files = {"": None}  # None is a folder
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def ask(self, method, path, body, headers=None):
        headers = {"content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(f"{self.zonemint}/api/v3/onezone{path}", body, headers, method=method)
        try:
            with self.opener.open(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def authorize(self, token, address, method):
        if not token:
            raise Refused(401, {"id": "unauthorized", "description": "There is no token."})
        use = {"token": token, "peerIp": address, "interface": "rest", "allowDataAccessCaveats": True}
        status, body = self.ask("POST", "/tokens/verify_access_token", json.dumps(use).encode())
        if status != 200:
            error = json.loads(body)["error"]
            raise Refused(401, {"id": "unauthorized", "description": error["description"], "details": {"authError": error}})
        _, body = self.ask("POST", "/tokens/examine", json.dumps({"token": token}).encode())
        kinds = {caveat["type"] for caveat in json.loads(body)["caveats"]}
        if kinds & {"data.path", "data.objectid"}:
            raise Refused(403, {"id": "forbidden", "description": "Limits to paths are not kept here."})
        if "data.readonly" in kinds and method in WRITING:
            raise posix("eacces")

    def scope(self, body):
        """zonemint's answer, with the space."""
        status, answer = self.ask("POST", SCOPE, body)
        if status == 200:
            told = json.loads(answer)
            data = told["dataAccessScope"]
            data["spaces"][SPACE_ID] = {"name": SPACE, "supports": {PROVIDER_ID: {"readonly": False}}}
            data["providers"][PROVIDER_ID] = {"name": "here", "domain": self.host, "version": VERSION, "online": True}
            answer = json.dumps(told).encode()
        return status, answer


def id_of(path):
    return path.encode().hex() or SPACE_ID


def path_of(file_id):
    return "" if file_id == SPACE_ID else bytes.fromhex(file_id).decode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            if url.path.startswith("/api/v3/onezone"):
                path = url.path.removeprefix("/api/v3/onezone")
                if path == SCOPE:
                    return self.answer(*self.server.scope(body))
                headers = {"x-auth-token": self.headers["x-auth-token"]} if "x-auth-token" in self.headers else {}
                return self.answer(*self.server.ask(self.command, path, body or None, headers))
            self.server.authorize(self.headers.get("x-auth-token"), self.client_address[0], self.command)
            status, answer = self.serve(urllib.parse.unquote(url.path), query, body)
        except Refused as refused:
            status, answer = refused.status, {"error": refused.error}
        self.answer(status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def there(self, path):
        if path not in self.server.files:
            raise posix("enoent")
        return path

    def attributes(self, path):
        content = self.server.files[path]
        return {
            "fileId": id_of(path),
            "parentFileId": id_of(path.rpartition("/")[0]),
            "index": path,
            "name": path.rpartition("/")[2] or SPACE,
            "type": "DIR" if content is None else "REG",
            "size": len(content or b""),
            "posixPermissions": "775",
            **dict.fromkeys(["atime", "mtime", "ctime", "creationTime"], int(time.time())),
            **dict.fromkeys(["displayUid", "displayGid"], 1000),
            "ownerUserId": "owner",
            "originProviderId": PROVIDER_ID,
            "directShareIds": [],
            "hardlinkCount": 1,
        }

    def serve(self, path, query, body):
        files = self.server.files
        if match := re.fullmatch(r"/api/v3/oneprovider/lookup-file-id/[^/]+/?(.*)", path):
            return 200, {"fileId": id_of(self.there(match[1]))}
        if match := re.fullmatch(rf"/api/v3/oneprovider/data/{SPACE_ID}/path/(.+)", path):
            return self.create(match[1], query)
        if match := re.fullmatch(r"/cdmi/[^/]+/(.+)", path):
            source = json.loads(body)["move"].partition("/")[2]
            files[match[1]] = files.pop(self.there(source))
            return 201, b""
        match = re.fullmatch(r"/api/v3/oneprovider/data/([^/]+)(/children|/content|)", path)
        if not match:
            return 404, {"error": {"id": "notFound", "description": f"This stand-in has no {path}"}}
        return self.data(self.there(path_of(match[1])), match[2], query, body)

    def create(self, path, query):
        files = self.server.files
        if path in files:
            raise posix("eexist")
        parents = path.split("/")[:-1]
        for end in range(1, len(parents) + 1):
            parent = "/".join(parents[:end])
            if parent not in files and query["create_parents"] != "true":
                raise posix("enoent")
            files.setdefault(parent, None)
        files[path] = None if query["type"] == "DIR" else b""
        return 201, {"fileId": id_of(path)}

    def data(self, path, part, query, body):
        files = self.server.files
        if part == "/children":
            prefix = f"{path}/" if path else ""
            children = [file for file in sorted(files) if file.startswith(prefix) and file != path]
            children = [self.attributes(file) for file in children if "/" not in file.removeprefix(prefix)]
            return 200, {"children": children, "isLast": True, "nextPageToken": None}
        if part == "/content" and self.command == "GET":
            bounds = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range") or "")
            return (206, files[path][int(bounds[1]) : int(bounds[2]) + 1]) if bounds else (200, files[path])
        if part == "/content":
            offset = int(query.get("offset", 0))
            kept = files[path] if "offset" in query else b""
            files[path] = kept[:offset].ljust(offset, b"\0") + body + kept[offset + len(body) :]
            return 204, b""
        if self.command == "DELETE":
            for file in [file for file in files if file == path or file.startswith(f"{path}/")]:
                del files[file]
            return 204, b""
        return 200, self.attributes(path)
