"""The newest delivery: remembered from run to run, so that one that does not come is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, runtime_checkable

from etl.lengths import shown_length
from etl.mapping.terms import Direction

DELIVERY: Final = "delivery"
EXTRACT: Final = "extract"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest delivery, or the last one in the order of files.

    at: when it was written. is_empty: None where it was not read.
    """

    file: str
    at: datetime
    is_empty: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as the run history keeps it."""
        return {"file": self.file, "at": self.at.isoformat(), "is_empty": self.is_empty}


@runtime_checkable
class Delivered(Protocol):
    """A reader that knows, once it has read, which of what is there is the newest."""

    @property
    def newest(self) -> Newest | None:
        """The newest delivery that is there; None where there is none, or nobody asked for it."""
        ...


def remembered(runs: Iterable[Table[str, Table[str, Any]]], name: str = DELIVERY) -> Newest | None:
    """Return the delivery that the latest of these runs knew which knew one.

    runs: the directions of each. name: what their history calls it, the newest one or the last complete extract.
    """
    kept = (directions.get(Direction.INBOUND.value, {}).get(name) for directions in runs)
    found: Table[str, Any] | None = next((one for one in kept if one is not None), None)
    return None if found is None else Newest(found["file"], datetime.fromisoformat(found["at"]), found["is_empty"])


def newer(one: Newest | None, other: Newest | None) -> Newest | None:
    """Return the newer of two; of the same file what is known of it now, the first of the two."""
    if one is None or other is None:
        return one or other
    if one.at == other.at and one.file == other.file:
        return one if one.is_empty is not None else other
    return one if one.at >= other.at else other


def overdue(newest: Newest | None, every: int, now: datetime) -> str:
    """Return what is wrong where a delivery is expected every so many seconds, "" where nothing is."""
    expected = f"one is expected every {shown_length(every)}"
    if newest is None:
        return f"nothing has been delivered yet, and {expected}"
    if now - newest.at > timedelta(seconds=every):
        age, at = shown_length((now - newest.at).total_seconds()), f"{newest.at:%Y-%m-%d %H:%M:%S} UTC"
        return f"no delivery for {age}: the newest is {newest.file} of {at}, and {expected}"
    return f"the newest delivery, {newest.file}, is empty" if newest.is_empty else ""
