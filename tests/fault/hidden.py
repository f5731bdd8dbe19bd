"""Another user, to whom /proc shows its own processes and nobody else's, as `hidepid=2` has it."""

from __future__ import annotations

import ctypes
import os
from typing import Final

from tests.fault.boundaries import NOBODY

_NEW_MOUNTS: Final = 0x00020000
_PRIVATE: Final = 0x00040000 | 0x4000
"""MS_PRIVATE and MS_REC: what is mounted from now on is for this process alone."""


def can_hide() -> bool:
    """Return whether this process may mount a /proc of its own, and become another user."""
    pid = os.fork()
    if pid == 0:
        try:
            hide_others()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def hide_others() -> None:
    """Become nobody, with a /proc that hides all others; the one of everybody else stays as it is.

    Raises:
        OSError: without the rights of root.

    """
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_NEW_MOUNTS))
    _check(libc.mount(b"none", b"/", None, _PRIVATE, None))
    _check(libc.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=2"))
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
