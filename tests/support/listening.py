"""A server of the web that notes what it is asked: where alarms arrive."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """What has arrived. status: of every answer. delay: seconds before it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[tuple[str, str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.delay = 0.0

    @property
    def paths(self) -> list[str]:
        return [path for method, path, _ in self.asked if method == "GET"]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for method, _, body in self.asked if method == "POST"]


@contextmanager
def listening() -> Iterator[Listener]:
    """Yield what has arrived at a server of its own."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            listener.asked.append((self.command, self.path, body))
            listener.headers.append(dict(self.headers))
            time.sleep(listener.delay)
            self.send_response(listener.status)
            self.send_header("Location", f"{listener.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815 - as the library calls them

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        listener = Listener(server.server_address[1])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield listener
        server.shutdown()
