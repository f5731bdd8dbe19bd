"""A TCP proxy before MongoDB that cuts, truncates, delays and silences connections."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

_PIECE: Final = 65536
_DELAY: Final = 0.02

TO_SERVER, TO_CLIENT = "to the server", "to the client"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to the bytes of one direction.

    after: how many bytes are let through before; a message is torn in its middle. kind: "cut" closes the connection,
    "silence" lets nothing through on it any more, and leaves it open; once. "delay" holds every piece up.
    """

    kind: str
    direction: str = TO_CLIENT
    after: int = 0


class Proxy:
    """Listens on a port of its own, and passes on what it gets, until trouble comes."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._trouble: Trouble | None = None
        self._passed = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def expect(self, trouble: Trouble | None) -> None:
        """Let trouble come, counting bytes from now on."""
        with self._lock:
            self._trouble, self._passed = trouble, 0

    def passed(self) -> int:
        """Return how many bytes have passed since `expect`, in the direction that it named."""
        return self._passed

    def close(self) -> None:
        self._listener.close()
        for one in list(self._open):
            _close(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._server))
                except OSError:
                    client.close()
                    continue
                self._open |= {client, server}
                for pair in ((client, server, TO_SERVER), (server, client, TO_CLIENT)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                whole, trouble = self._allowed(piece, direction)
                sink.sendall(whole)
                if trouble == "silence":
                    while source.recv(_PIECE):
                        pass
                if trouble == "cut":
                    break
                if trouble == "delay":
                    time.sleep(_DELAY)
        _close(source)
        _close(sink)
        self._open -= {source, sink}

    def _allowed(self, piece: bytes, direction: str) -> tuple[bytes, str]:
        """Return as much of a piece as may pass, and what happens then."""
        with self._lock:
            trouble = self._trouble
            if trouble is None or trouble.direction != direction:
                return piece, ""
            left = trouble.after - self._passed
            self._passed += len(piece)
            if trouble.kind == "delay":
                return piece, trouble.kind
            if left >= len(piece):
                return piece, ""
            self._trouble = None
            return piece[:left], trouble.kind


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """Yield a proxy before the server on this port."""
    made = Proxy(port)
    try:
        yield made
    finally:
        made.close()
