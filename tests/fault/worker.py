"""A fork server whose runs go wrong as planned: `python -m tests.fault.worker`; see `tests.support.fork_server`."""

from __future__ import annotations

import resource
from collections.abc import Callable

from tests.fault.boundaries import Boundaries, Plan
from tests.fault.hidden import hide_others
from tests.support.fork_server import Request, serve


def go_wrong(request: Request) -> Callable[[], None]:
    """Listen to the boundaries of this process; return what tells of them in the end."""
    plan = Plan(**request["plan"])
    if plan.file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan.file_size, plan.file_size))
    if plan.act == "hidden":
        hide_others()
    boundaries = Boundaries(plan, request["site"])
    boundaries.install()
    return boundaries.tell


if __name__ == "__main__":
    serve(go_wrong)
