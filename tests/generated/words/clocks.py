"""Local times: which instants one may mean, and what `gap` and `fold` say of those that are in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.generated.words.codec import NotUnderstoodError

ZONES: Final = ("America/Sao_Paulo", "Europe/Berlin", "UTC")
DOUBTFUL: Final = (
    datetime(2024, 3, 31, 2, 30),  # noqa: DTZ001 - skipped in Berlin
    datetime(2024, 10, 27, 2, 30),  # noqa: DTZ001 - twice in Berlin
    datetime(2018, 11, 4),  # noqa: DTZ001 - skipped in São Paulo, where the clocks go forward at midnight
    datetime(2018, 2, 17, 23, 30),  # noqa: DTZ001 - twice in São Paulo
)
"""Local times that are in doubt in one of the zones."""
NEAR: Final = (
    datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    datetime(2018, 2, 18, 1, 30, tzinfo=UTC),
    datetime(2018, 11, 4, 12, tzinfo=UTC),
)
"""Dates of which some zone has a local time, or a day that starts with one, that is in doubt."""


@dataclass(frozen=True)
class Clock:
    """A zone, and what a local time means that its clocks skip or show twice."""

    zone: ZoneInfo
    gap: str | None = None
    fold: str | None = None

    @classmethod
    def of(cls, options: dict[str, Any]) -> Clock:
        return cls(ZoneInfo(options.get("zone", "UTC")), options.get("gap"), options.get("fold"))

    def instant(self, local: datetime) -> datetime:
        """Return what a local time without an offset means.

        Raises: NotUnderstoodError, if it is in doubt.
        """
        first, second = (local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        try:
            one, other = first.astimezone(UTC), second.astimezone(UTC)
            there = [moment for moment in {one, other} if moment.astimezone(self.zone).replace(tzinfo=None) == local]
        except (OverflowError, ValueError):
            raise NotUnderstoodError from None
        if len(there) == 1:
            return there[0]
        word = {"first": min, "second": max}.get(self.fold or "") if there else None
        if not there:
            word = {"before": min, "after": max}.get(self.gap or "")
        if word is None:
            raise NotUnderstoodError
        return word(one, other)
