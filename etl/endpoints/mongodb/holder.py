"""A lease as the server has it: who holds it, and whether that holder counts as dead."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from etl.endpoints.process import Life, Process, current

SECONDS: Final = 30.0

_MARGIN: Final = 0.5
"""For which part of its time a holder must not be heard of beyond the end of its lease: it is renewed twice in that."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a lease is taken.

    seconds: how long it lasts without being renewed. wait: how long to wait for another holder. breaking: take it from
    one that is not heard of for as long as it lasts, whatever the server's clock says of its end.
    """

    seconds: float = SECONDS
    wait: float = 0.0
    breaking: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A lease's document, with the server's time at which it was read."""

    document: dict[str, Any]

    @property
    def token(self) -> int:
        """The token of the last holder."""
        return int(self.document.get("token", 0))

    @property
    def holder(self) -> dict[str, Any]:
        """Who holds it; empty where nobody does."""
        return self.document.get("holder") or {}

    @property
    def run(self) -> str | None:
        """The run that holds it."""
        return self.holder.get("run")

    @property
    def process(self) -> Process | None:
        """The process that holds it."""
        holder = self.holder
        return Process(**{name: holder[name] for name in Process.__slots__}) if holder else None

    @property
    def life(self) -> Life:
        """What is known of that process."""
        return Life.UNKNOWN if self.process is None else self.process.life()

    @property
    def seconds(self) -> float:
        """How long it lasts without being renewed."""
        return float(self.holder.get("seconds", SECONDS))

    @property
    def is_over(self) -> bool:
        """Whether its end is past, by the server's clock."""
        return bool(self.holder["expires"] <= self.document["now"])

    @property
    def is_from_the_future(self) -> bool:
        """Whether it ends later than it could if the server's clock had always been what it is now."""
        return bool(self.holder["expires"] > self.document["now"] + timedelta(seconds=2 * self.seconds))

    @property
    def version(self) -> dict[str, Any]:
        """What finds it as long as nobody has taken, renewed or released it."""
        return {
            "token": self.document.get("token"),
            "holder.run": self.run,
            "holder.renewals": self.holder.get("renewals"),
        }

    def as_dict(self) -> dict[str, Any]:
        """Return who holds it, for people and programs."""
        names = ("host", "pid", "user", "run", "since", "expires")
        named = {name: self.holder.get(name) for name in names}
        return {"holder": str(self.process), **named, "life": self.life.value, "now": self.document["now"]}

    def margin(self, *, breaking: bool = False) -> float:
        """Return for how many seconds its holder must not be heard of, to count as dead; 0 where that would not do."""
        if breaking:
            return 0.0 if self.life is Life.ALIVE else self.seconds * (1 + _MARGIN)
        return self.seconds * _MARGIN if self.is_over else 0.0

    def is_free(self, silent: float, ours: Collection[str], *, breaking: bool = False) -> bool:
        """Return whether nobody holds it, or one who is dead.

        silent: for how many seconds its holder was not heard of. ours: the runs of this process that are at work.
        """
        process = self.process
        if process is None or self.life is Life.ENDED:
            return True
        if process == current() and process.machine and self.run not in ours:
            return True
        margin = self.margin(breaking=breaking)
        return margin > 0 and silent >= margin


class Silence:
    """For how long the holder of a lease has not been heard of, by the clock of whoever looks again and again."""

    def __init__(self) -> None:
        self._heard: Any = None
        self._since = 0.0

    def of(self, found: Found, now: float) -> float:
        """Return for how many seconds the lease has been as it is now."""
        heard = (found.version, found.holder.get("expires"))
        if heard != self._heard:
            self._heard, self._since = heard, now
        return now - self._since


def told(scope: dict[str, str], found: Found) -> str:
    """Return who holds a lease, until when, and what helps."""
    what = f"mapping {scope['mapping']} is at work on the collection {scope['collection']} already"
    if found.process is None:
        return f"{what}; run again"
    since, end = _shown(found.holder["since"]), _shown(found.holder["expires"])
    helps = "wait until it ends, or wait for it with --wait SECONDS"
    if found.life is not Life.ALIVE:
        helps += "; if it is gone for good, `etl lease break` takes the lease from it"
    if found.is_from_the_future:
        helps = (
            f"the clock of MongoDB, at {_shown(found.document['now'])}, was ahead when that lease was taken; "
            f"if that run has ended, `etl lease break` takes the lease from it"
        )
    return f"{what}: {found.process}, since {since}; its lease, unless renewed, ends at {end}; {helps}"


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
