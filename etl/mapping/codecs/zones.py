"""Local times of a time zone, and the instants that they name.

Where the clocks of a zone go forward, local times are skipped, and where they go back, some come twice. Neither names
one instant: such a time is refused, unless the mapping says which one it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from etl.mapping.codecs.codec import CodecError
from etl.record import shown

_MACHINE: Final = frozenset({"factory", "local", "localtime", "posixrules"})
"""Names of files beside those of the zones: what they hold differs from machine to machine."""

_COPIES: Final = ("posix/", "right/")
"""Folders with every zone once more: without leap seconds, which is as it should be, and with them."""

_FIX: Final = "name one such as America/Sao_Paulo or UTC"
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(days=14)
_BESIDE: Final = (timedelta(minutes=-30), timedelta(minutes=30))
_WAYS: Final = ("forward", "back")
GAPS: Final = ("before", "after")
FOLDS: Final = ("first", "second")


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """The local times of one zone.

    gap: whether one that is skipped means a time before or after the gap. fold: whether one that comes twice is the
    first or the second. None: it is refused.
    """

    zone: tzinfo
    name: str
    gap: str | None = None
    fold: str | None = None

    def instant(self, local: datetime) -> datetime:
        """Return the instant of a local time, given without a zone, in UTC.

        Raises:
            CodecError: when it names none, or two, or none of the years 1 to 9999.

        """
        if self.zone is UTC:
            return local.replace(tzinfo=UTC)
        first = local.replace(tzinfo=self.zone, fold=0)
        second = first.replace(fold=1)
        try:
            return in_utc(self._chosen(first, second) if _differ(first, second) else first)
        except OverflowError:
            raise CodecError(f"{local.isoformat()} in {self.name} is outside the years 1 to 9999 in UTC") from None

    def of(self, instant: datetime) -> datetime:
        """Return the local time of an instant, with its offset.

        Raises:
            CodecError: when it is none of the years 1 to 9999.

        """
        try:
            return instant.astimezone(self.zone)
        except OverflowError:
            raise CodecError(f"{instant.isoformat()} is outside the years 1 to 9999 in {self.name}") from None

    def is_odd(self, local: datetime) -> bool:
        """Return whether a local time, given without a zone, is skipped or comes twice."""
        first = local.replace(tzinfo=self.zone, fold=0)
        return _differ(first, first.replace(fold=1))

    def around_changes(self) -> tuple[datetime, ...]:
        """Return instants beside those at which the clocks last went forward, and back."""
        found: dict[bool, datetime] = {}
        later = _LATEST
        while later > _EARLIEST and len(found) < len(_WAYS):
            earlier = later - _STEP
            change = self._offset(later) - self._offset(earlier)
            if change:
                found.setdefault(change > timedelta(0), self._change(earlier, later))
            later = earlier
        return tuple(instant + beside for instant in found.values() for beside in _BESIDE)

    def _offset(self, instant: datetime) -> timedelta:
        return instant.astimezone(self.zone).utcoffset() or timedelta(0)

    def _change(self, earlier: datetime, later: datetime) -> datetime:
        """Return, to the minute, when the offset changes between two instants."""
        while later - earlier > timedelta(minutes=1):
            middle = earlier + (later - earlier) / 2
            earlier, later = (earlier, middle) if self._offset(middle) != self._offset(earlier) else (middle, later)
        return later.replace(second=0, microsecond=0)

    def _chosen(self, first: datetime, second: datetime) -> datetime:
        """Return one of two readings, by the offsets before and after a change of the clocks."""
        before, after = first.utcoffset(), second.utcoffset()
        assert before is not None  # noqa: S101 - both have the zone
        assert after is not None  # noqa: S101
        local = first.replace(tzinfo=None).isoformat(" ")
        if before > after:
            if self.fold is None:
                raise CodecError(f"{local} comes twice in {self.name}; say fold: first or fold: second")
            return first if self.fold == "first" else second
        if self.gap is None:
            raise CodecError(f"{local} does not exist in {self.name}; say gap: before or gap: after")
        # by the earlier offset a skipped time lies after the gap, by the later one before it
        return first if self.gap == "after" else second


def _differ(first: datetime, second: datetime) -> bool:
    return first.utcoffset() != second.utcoffset()


def in_utc(instant: datetime) -> datetime:
    """Return an instant in UTC. It raises OverflowError outside the years 1 to 9999."""
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def local_times(name: Any, gap: Any = None, fold: Any = None) -> LocalTimes:
    """Return the local times of a zone.

    Raises:
        CodecError: when there is no such zone, or its clocks never change and yet something is said of that.

    """
    for option, value, known in (("gap", gap, GAPS), ("fold", fold, FOLDS)):
        if value is not None and value not in known:
            raise CodecError(f"{option} is {' or '.join(known)}, not {shown(value)}", "write one of them")
    zone = _zone(name)
    if zone is UTC and (gap or fold):
        option = "gap" if gap else "fold"
        raise CodecError(f"{option} goes with a zone whose clocks change, and those of UTC do not", f"remove {option}")
    return LocalTimes(zone, name, gap, fold)


def _zone(name: Any) -> tzinfo:
    if not isinstance(name, str):
        raise CodecError(f"zone is text, not {shown(name)}", _FIX)
    if name == "UTC":
        return UTC
    if name.casefold() in _MACHINE or name.casefold().startswith(_COPIES):
        raise CodecError(f"{shown(name)} is not one zone on every machine", _FIX)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - slow to import, and most dates are UTC

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CodecError(f"there is no time zone {shown(name)}", _FIX) from None
