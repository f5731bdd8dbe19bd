"""What stops a delivery for drift, in plain Python. It shares no code with the engine, and follows this rule.

Of the work orders of which something is remembered, those *count* of which a run reads a record that is news: not what
its file said when it was read before. Of several the last one counts. A field was *had* where the record that counted
before has a value there; it is *lost* where it was had, and nothing stands under its name now; it is *gained* where
there was no value, and is one now. It has vanished where those that lose it, less those that gain it, are ten or more,
and all that had it, or more than a share of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from etl import Report
from etl.errors import DriftError
from etl.transfer.model import Doubt
from etl.transfer.plan import Plan
from tests.model.figures import Figures
from tests.model.shapes import KEYS

Doc: TypeAlias = dict[str, Any]

FEWEST = 10
_ALARMS = (Doubt.VANISHED, Doubt.EMPTIED)


@dataclass
class Remembered:
    """What the runs have read: by work order, what each file said last, and the record that counted last."""

    share: float = 0.5
    files: dict[int, dict[str, Doc]] = field(default_factory=dict)
    last: dict[int, Doc] = field(default_factory=dict)

    def news(self, delivered: Mapping[str, Sequence[Doc]]) -> dict[int, Doc]:
        """Return the records that count, by work order. delivered: by file, in their order."""
        return {
            record["id"]: record
            for name, records in delivered.items()
            for record in records
            if record["id"] in self.last and self.files[record["id"]].get(name) != record
        }

    def vanished(self, delivered: Mapping[str, Sequence[Doc]], fields: Sequence[str]) -> set[str]:
        """Return the fields that have vanished from a delivery."""
        news = self.news(delivered)
        return {name for name in fields if self._is_lost(news, name.split("."))}

    def _is_lost(self, news: Mapping[int, Doc], path: Sequence[str]) -> bool:
        had = [key for key in news if value_at(self.last[key], path) is not None]
        lost = [key for key in had if not is_there(news[key], path)]
        gained = [key for key in news if key not in had and value_at(news[key], path) is not None]
        left = len(lost) - len(gained)
        return left >= FEWEST and (left >= len(had) or left > self.share * len(had))

    def read(self, delivered: Mapping[str, Sequence[Doc]]) -> None:
        """Remember what a run has read that was not stopped."""
        news = self.news(delivered)
        for name, records in delivered.items():
            for record in records:
                if record["id"] not in self.last:
                    news[record["id"]] = record
                self.files.setdefault(record["id"], {})[name] = record
        self.last |= news


def value_at(record: Doc, path: Sequence[str]) -> Any:
    """Return what a record has at a path; None where it has nothing."""
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def is_there(record: Doc, path: Sequence[str]) -> bool:
    """Return whether anything stands under a name, or null above it."""
    value: Any = record
    for name in path:
        if value is None:
            return True
        if name not in value:
            return False
        value = value[name]
    return True


@contextmanager
def without_drift(figures: Figures) -> Iterator[None]:
    """Take every stop for drift in a history of a few work orders for a false alarm."""
    assert len(KEYS) < FEWEST
    try:
        yield
    except DriftError as error:
        _false(figures, str(error))


def check_no_drift(figures: Figures, found: Sequence[Report] | Plan) -> None:
    """Take whatever runs or plans say of drift in a history of a few work orders for a false alarm."""
    if isinstance(found, Plan) and found.vanished:
        _false(figures, found.vanished)
    for report in found.reports if isinstance(found, Plan) else found:
        for notice in report.notices:
            if notice.doubt in _ALARMS:
                _false(figures, notice.text)


def _false(figures: Figures, text: str) -> None:
    figures.drift_alarms += 1
    figures.false_alarms += 1
    raise AssertionError(f"a false alarm: {text}")
