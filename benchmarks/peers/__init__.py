"""The same translation with tools that others use for it. Each is imported when it is measured: extra `bench`.

A peer is a module with `to_tracos` and `to_client`, which do to a record what `benchmarks.handwritten` does. What a
tool has no words for, such as a date in UTC, it takes from there, so that it is measured at its best.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

NAMES = {"glom": "glom", "jsonata": "jsonata-python", "jmespath": "jmespath searches", "pydantic": "pydantic aliases"}
"""The peers, by module, as a table names them."""


def peer(name: str) -> Any:
    """Return the module of a peer."""
    try:
        return import_module(f"benchmarks.peers.with_{name}")
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed: pip install -e '.[bench]'")
