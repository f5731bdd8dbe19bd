"""Limits that a person sets: so many records of a run, or such a share of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LIMIT: Final = re.compile(r"(?:(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)(?P<percent>%)|(?P<count>[0-9]{1,9}))\Z")
_ALL: Final = 100.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How many records of a run may be of one kind: a number of them, or a share of those that were read."""

    most: float
    share: bool = False

    def is_exceeded(self, part: int, whole: int, *, ended: bool) -> bool:
        """Return whether `part` of `whole` records are too many; a share is judged once all were read."""
        return ended and part > self.most * whole if self.share else part > self.most

    def is_exceeded_by_unknown(self, *, ended: bool) -> bool:
        """Return whether an unknown number of records is too many: for all that is known, it is."""
        return ended and self.most < 1 if self.share else True

    def __str__(self) -> str:
        return f"{self.most * 100:g}%" if self.share else f"{self.most:g}"


def parse_limit(text: str) -> Limit:
    """Parse a limit: `100` records, or `5%` of them.

    Raises:
        ValueError: when it is neither.

    """
    match = _LIMIT.match(text.strip())
    if match is None or (match["percent"] and float(match["number"]) > _ALL):
        raise ValueError("write a number such as 100, or a share such as 5%")
    return Limit(float(match["number"]) / _ALL, share=True) if match["percent"] else Limit(int(match["count"]))
