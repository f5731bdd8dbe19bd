"""The engine and its machine: versions, and which extras are installed."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from typing import Final

from etl.diagnosis import Check, ok
from etl.version import __version__

_PACKAGE: Final = "tracos-etl"
_USED: Final = ("pymongo", "jsonschema-rs", "orjson", "PyYAML")
_OF_AN_EXTRA: Final = re.compile(r"\A([\w.-]+).*;.*\bextra\s*==\s*[\"']([\w-]+)[\"']")
_OURS: Final = frozenset({"test", "dev", "fuzz", "bench", "supply"})
"""The extras of who works on the engine."""


def examine_machine() -> Iterator[Check]:
    """Yield which versions there are."""
    used = ", ".join(f"{name} {metadata.version(name)}" for name in _USED)
    yield ok("etl", f"etl {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}; {used}")
    there, missing = _extras()
    yield ok("extras", f"installed: {', '.join(there) or 'none'}; not installed: {', '.join(missing) or 'none'}")


def _extras() -> tuple[list[str], list[str]]:
    """Return which extras are installed, and which are not."""
    needed: dict[str, set[str]] = {}
    for line in metadata.requires(_PACKAGE) or ():
        if (found := _OF_AN_EXTRA.match(line)) and found[2] not in _OURS:
            needed.setdefault(found[2], set()).add(found[1])
    there = {name: any(map(_is_installed, packages)) for name, packages in needed.items()}
    return [name for name, is_there in there.items() if is_there], [n for n, is_there in there.items() if not is_there]


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
