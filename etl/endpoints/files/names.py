"""Names of outbound files: made of a record's values, or of a run and the number of a file; never out of the folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from etl.mapping.language.parse_files import PART, RUN, TEMPLATE
from etl.mapping.paths import get, parse_path
from etl.record import ABSENT, Record, shown

_MAX_NAME_BYTES: Final = 255
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f\x7f]")


def record_namer(template: str) -> Callable[[Record], str]:
    """Return a function from an outside record to its file name; it raises ValueError where that is no safe name."""
    pieces = TEMPLATE.split(template)
    paths = [(text, parse_path(text)) for text in pieces[1::2]]

    def name(record: Record) -> str:
        made = pieces[0]
        for index, (text, path) in enumerate(paths):
            literal = pieces[2 * index + 2]
            value = get(record, path)
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise ValueError(f"{text} {'has no value' if value is ABSENT else shown(value)} in a file name")
            # a separator inside a value would let two keys share a name
            ends_early = index + 1 < len(paths) and f"{value}{literal}".find(literal) != len(str(value))
            if _UNSAFE.search(str(value)) or ends_early:
                raise ValueError(f"{text} {shown(value)} cannot stand in a file name")
            made += f"{value}{literal}"
        if made.startswith(".") or len(made.encode()) > _MAX_NAME_BYTES:
            raise ValueError(f"{shown(made)} is not a possible file name")
        return made

    return name


def part_namer(template: str, started: datetime) -> Callable[[int], str]:
    """Return a function from the number of a file, from 1, to its name. started: the run, in UTC.

    Names sort as their files were written.
    """
    run = f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03}Z"
    return lambda number: TEMPLATE.sub(lambda found: {RUN: run, PART: f"{number:05}"}[found[1]], template)
