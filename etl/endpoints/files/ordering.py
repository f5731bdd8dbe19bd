"""In which order files are read: by the numbers in their names, by when they were written, by a date in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from etl.endpoints.files.folder import Folder
from etl.mapping.codecs.date_parts import TextPart, text_part
from etl.mapping.files import Order, Pickup
from etl.record import printable
from etl.transfer.delivered import Newest
from etl.transfer.deliveries import natural

_FIELDS: Final = ("year", "month", "day of the year", "day", "hour", "minute", "second", "fraction")
_EARLIEST: Final = float("-inf")
_BY: Final = {
    Order.NAME: "by their names",
    Order.MTIME: "by when they were written",
    Order.DATE: "by the dates in their names",
}


class Ordering:
    """The order of one folder. rank: what a file is sorted by, as messages call it."""

    def __init__(self, folder: Folder, pickup: Pickup) -> None:
        self._folder = folder
        self._pickup = pickup
        self._times: dict[str, float] = {}

    def sort(self, names: Iterable[str]) -> list[str]:
        """Return names in their order."""
        return sorted(names, key=lambda name: self._rank(name, name))

    def undated(self, names: Sequence[str]) -> list[str]:
        """Return the names without the date that they are to be put in order by."""
        return [] if self._date is None else [name for name in names if not self._date_of(name)]

    def rank(self, file: str) -> Any:
        """Return what a file is sorted by; None where that cannot be told, since it is not there any more."""
        rank = self._rank(file, file)
        return None if self._pickup.order is Order.MTIME and rank[0] == _EARLIEST else rank

    def older(self, one: Newest, other: Newest) -> str:
        """Return by what a delivery is older than another, in words; "" where it is not. Either may be gone."""
        order = self._pickup.order
        if order is Order.MTIME:
            is_older = (one.at, natural(one.file)) < (other.at, natural(other.file))
        else:
            is_older = self.rank(one.file) < self.rank(other.file)
        return _BY[order] if is_older else ""

    def _rank(self, name: str, shown: str) -> Any:
        match self._pickup.order:
            case Order.MTIME:
                return self._time_of(name), natural(shown)
            case Order.DATE:
                return self._date_of(name), natural(shown)
        return natural(shown)

    def _time_of(self, name: str) -> float:
        shown = printable(name)
        if shown not in self._times:
            mark = self._folder.mark(name)
            self._times[shown] = _EARLIEST if mark is None or mark.written is None else mark.written
        return self._times[shown]

    @cached_property
    def _date(self) -> tuple[TextPart, re.Pattern[str]] | None:
        if self._pickup.order is not Order.DATE:
            return None
        part = text_part(self._pickup.date)
        return part, re.compile(part.regex.pattern.removesuffix(r"\Z"))

    def _date_of(self, name: str) -> tuple[int, ...]:
        """Return the first date in a name, () where there is none."""
        if self._date is None:
            return ()
        part, wanted = self._date
        found = wanted.search(name)
        if found is None or not (said := part.read(found[0])):
            return ()
        return tuple(int(said.get(field, 0)) for field in _FIELDS)
