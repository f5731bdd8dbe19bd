"""Causes: why records of a run were rejected, or wait for a person; how many for the same reason, and which first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from etl.record import Violation
from etl.transfer.dead_letter import without_index

NAMED: Final = 5
"""How many records a cause names; the others it counts."""

_MOST: Final = 1_000
"""So many causes are told apart in a run; what else there is counts as one."""

_OTHERS: Final = ("", "others")


@dataclass(slots=True)
class Cause:
    """One reason for which records were not transferred.

    path: where in a record, "" for the record as a whole; elements of lists are one. code: see `Violation`. message: of
    the first. count: of records. new: so many of them are. named: the first of them, as a person calls them.
    """

    path: str
    code: str
    message: str
    count: int = 0
    new: int = 0
    named: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {name: getattr(self, name) for name in ("path", "code", "message", "count", "new", "named")}


class Causes:
    """The causes of one outcome, in the order in which they were met."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str], Cause] = {}

    def add(self, origin: str, violations: Iterable[Violation], *, is_new: bool = True) -> list[Cause]:
        """Count one record, under each of its reasons once; return these."""
        told: dict[tuple[str, str], Violation] = {}
        for violation in violations:
            told.setdefault((without_index(violation.path), violation.code), violation)
        found = [self._count(key, violation, origin) for key, violation in told.items()]
        for cause in found:
            cause.new += is_new
        return found

    def _count(self, key: tuple[str, str], violation: Violation, origin: str) -> Cause:
        if key not in self._causes and len(self._causes) >= _MOST:
            key = _OTHERS
        cause = self._causes.setdefault(key, Cause(*key, violation.message if key is not _OTHERS else ""))
        cause.count += 1
        if len(cause.named) < NAMED:
            cause.named.append(origin)
        return cause

    def __iter__(self) -> Iterator[Cause]:
        """Yield the causes, the commonest first."""
        return iter(sorted(self._causes.values(), key=lambda cause: -cause.count))

    def __bool__(self) -> bool:
        return bool(self._causes)


class FirstFew:
    """Which records are told of, where many have one cause: the first few of each; the others are counted."""

    def __init__(self) -> None:
        self._causes = Causes()
        self._told = Counter[tuple[str, str]]()

    def takes(self, origin: str, violations: Iterable[Violation]) -> bool:
        """Count a record; return whether it is among the first few of one of its causes."""
        met = self._causes.add(origin, violations)
        if all(cause.count > NAMED for cause in met):
            return False
        self._told.update((cause.path, cause.code) for cause in met)
        return True

    def others(self) -> Iterator[tuple[Cause, int]]:
        """Yield each cause of which not all were told, with how many others it has."""
        for cause in self._causes:
            if (count := cause.count - self._told[cause.path, cause.code]) > 0:
                yield cause, count
