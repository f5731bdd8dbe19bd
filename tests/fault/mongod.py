"""A MongoDB of our own: it can be killed, started again on the same port and folder, and be a replica set."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from etl.endpoints import supervisor
from etl.endpoints.embedded import find_servers

Client = MongoClient[dict[str, Any]]

_LONGEST: Final = 60
_PAUSE: Final = 0.02
_FAILING: Final = ("--setParameter", "enableTestCommands=1")
_HURRY: Final = ("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100")


class Mongod:
    """One server on one port and folder, running or not. clock: a command before its own, which sets its clock."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._folder = folder
        server = find_servers()[0]
        failing = ("--enable-test-commands",) if server.name == "SecantusDB" else _FAILING
        self._command = [*server.command(folder, self.port), *failing, *options]
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self.clock: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def start(self) -> None:
        """Start it, and wait until it answers. A supervisor stops it if this process is killed."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", supervisor.__file__, *self.clock, *self._command],
                env=os.environ | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid = int(wait_for(self.uri)["pid"])

    def kill(self) -> None:
        """Kill it as a power failure of its machine would: nothing is flushed, nobody is told."""
        os.kill(self._pid, signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            self._end()

    def _end(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait(_LONGEST)
        self._process = None


def wait_for(uri: str) -> dict[str, Any]:
    """Wait until a server answers; return its status."""
    with Client(uri, serverSelectionTimeoutMS=_LONGEST * 1000, heartbeatFrequencyMS=500) as client:
        while True:
            with contextlib.suppress(PyMongoError):
                return client.admin.command("serverStatus")
            time.sleep(_PAUSE)


@contextmanager
def running(folder: Path, options: Sequence[str] = ()) -> Iterator[Mongod]:
    """Yield a running server; it has stopped when this returns."""
    mongod = Mongod(folder, options)
    try:
        mongod.start()
        yield mongod
    finally:
        mongod.stop()


@contextmanager
def replica_set(folder: Path, members: int, *, arbiter: bool = False) -> Iterator[tuple[str, list[Mongod]]]:
    """Yield the URI and the members of a replica set that has a primary. arbiter: the last one is that."""
    with ExitStack() as stack:
        options = ("--replSet", "faults", "--oplogSize", "64", *_HURRY)
        servers = [stack.enter_context(running(folder / str(number), options)) for number in range(members)]
        hosts = [f"127.0.0.1:{server.port}" for server in servers]
        config = {
            "_id": "faults",
            "members": [
                {"_id": number, "host": host, "arbiterOnly": arbiter and number == members - 1}
                for number, host in enumerate(hosts)
            ],
            "settings": {"electionTimeoutMillis": 1000},
        }
        with Client(servers[0].uri) as client:
            client.admin.command("replSetInitiate", config)
        uri = f"mongodb://{','.join(hosts)}/?replicaSet=faults"
        wait_for_primary(uri)
        yield uri, servers


def wait_for_primary(uri: str) -> int:
    """Wait until a replica set takes writes; return the port of its primary."""
    with Client(uri, serverSelectionTimeoutMS=_LONGEST * 1000, heartbeatFrequencyMS=500) as client:
        while True:
            with contextlib.suppress(PyMongoError):
                client["faults"]["written"].insert_one({})
                assert client.primary is not None
                return client.primary[1]
            time.sleep(_PAUSE)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
