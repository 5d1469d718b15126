"""An S3-protocol server as a child process, and a proxy before it that counts and breaks requests."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "made",
    "AWS_SECRET_ACCESS_KEY": "made",
    "AWS_DEFAULT_REGION": "us-east-1",
    # nothing of this machine, and no question to any other
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
START_S = 600.0


def environment(endpoint: str) -> dict[str, str]:
    return {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def moto_server(**settings: str) -> Iterator[str]:
    """Run moto's server on a free port of this machine and yield its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, **CREDENTIALS, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"moto's server did not start (exit code {process.poll()})")


def make_bucket(endpoint: str) -> str:
    name = f"made-{uuid.uuid4().hex[:12]}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT")).close()
    return name


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    status: int

    @property
    def kind(self) -> str:
        """What S3 calls it."""
        headers = {name.lower() for name in self.headers}
        if self.method == "PUT":
            in_parts = "uploadId=" in self.path or "partNumber=" in self.path
            return "part" if in_parts else "copy" if "x-amz-copy-source" in headers else "put"
        if self.method == "POST":
            return "multipart" if "upload" in self.path else "delete many"
        if self.method == "GET":
            return "list" if "list-type=" in self.path else "get"
        return self.method.lower()


@dataclass
class Proxy:
    """Passes requests on and keeps a list of them; `fault` may break one.

    `fault` is called with method and path (`headers` are the request's) and returns None, "before" (the
    connection is closed and the request never arrives), "after" (it arrives, its answer is lost) or a
    status to answer with.
    """

    upstream: str
    requests: list[Request] = field(default_factory=list)
    fault: Callable[[str, str], str | int | None] | None = None
    bucket: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def kinds(self) -> list[str]:
        return [request.kind for request in self.requests]


@contextmanager
def proxy(upstream: str) -> Iterator[tuple[str, Proxy]]:
    state = Proxy(upstream)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Proxy

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.headers = dict(self.headers)
        wanted = self.state.fault(self.command, self.path) if self.state.fault else None
        if wanted == "before":
            self._hang_up(0)
        elif isinstance(wanted, int):
            self._note(wanted)
            self._answer(wanted, {}, b"")
        else:
            status, headers, content = self._pass_on(body)
            if wanted == "after":
                self._hang_up(status)
            else:
                self._note(status)
                self._answer(status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_any

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.state.upstream.removeprefix("http://"), timeout=600)
        try:
            kept = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
            connection.request(self.command, self.path, body=body, headers=kept)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        # the answer to HEAD tells the length of a body that does not follow
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _hang_up(self, status: int) -> None:
        self._note(status)
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _note(self, status: int) -> None:
        self.state.requests.append(Request(self.command, self.path, dict(self.headers), status))

    def log_message(self, *arguments: object) -> None:
        pass
