"""Runs a server as long as its parent lives. Started as a script of its own, with nothing but the standard library.

    python supervisor.py COMMAND [ARGUMENT ...]

The parent holds the other end of standard input. When that closes, because the parent asked for it or died in
whatever way, the server is told to stop and waited for. When the server stops by itself, so does the supervisor.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import Final

STOP_SECONDS: Final = 30


def main(command: list[str]) -> int:
    """Run `command` until standard input closes; return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which then closes the pipe
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own command
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    return server.wait()


def _stop_at_end_of_input(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
