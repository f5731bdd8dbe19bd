"""Lengths of time as people write them in a mapping or on the command line, `60s` or `7d`, and as they say them."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LENGTH: Final = re.compile(r"([0-9]{1,6})([smhd])\Z")
_LARGEST_FIRST: Final = tuple(reversed(_UNITS.items()))
_HOUR, _MINUTE = _UNITS["h"], _UNITS["m"]


def parse_length(text: str) -> int:
    """Return how many seconds a text says.

    Raises:
        ValueError: when it says none.

    """
    found = _LENGTH.match(text)
    if found is None:
        raise ValueError("write a number and its unit, as 60s, 15m, 24h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def shown_length(seconds: float) -> str:
    """Return a length for people: in its largest whole unit where that is exact, else in two units, as `1d 7h`."""
    left, parts = int(seconds), []
    for unit, size in _LARGEST_FIRST:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def duration(seconds: float) -> str:
    """Return how long something took as people say it, as `0.4 s`, `12 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004 - one digit says enough of more
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
