"""Sending: what is sent is not always what is expected to be read next. It is made of that in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.mapping.entries import Entry
from etl.mapping.rules.staying import Staying
from etl.mapping.terms import Occasion
from etl.record import Record, Violation


@dataclass(frozen=True, slots=True)
class Part:
    """What goes out in one file.

    record: as it is sent there. rules: those that go out in it, by their places. staying: what stays beside it of what
    lies in that file, None for nothing. is_due: whether anything in it is new; else it only puts right what still lies
    there.
    """

    entry: Entry
    record: Record
    rules: frozenset[int] = frozenset()
    staying: Staying | None = None
    is_due: bool = True


@dataclass(slots=True)
class Sending:
    """How a record is sent.

    occasion: None where nobody asks. record: as it is sent. news: which rules of the mapping say something that the
    outside is not known to have, by their places there; None where it is not known, so that all count. A `from` among
    them makes nothing due by itself. written: those that are only written, and say otherwise than they did last.
    parts: what goes out in which file, None where all goes out in one. carried: which rules go out, in whatever file,
    by their places; None for all. settled: those of which nothing that was sent before still waits to be taken in.
    identity: what the inside calls the document. is_partial: what it does not say is to stay as the outside has it.
    staying: what stays beside it where it goes out in one file. is_due: whether anything is new, as of a part.
    violations: why it cannot be sent.
    """

    occasion: Occasion | None
    record: Record
    news: frozenset[int] | None = None
    written: frozenset[int] | None = None
    parts: tuple[Part, ...] | None = None
    carried: frozenset[int] | None = None
    settled: frozenset[int] = frozenset()
    identity: str = ""
    is_partial: bool = False
    staying: Staying | None = None
    is_due: bool = True
    violations: Sequence[Violation] = ()

    def carries(self, place: int) -> bool:
        """Return whether a rule goes out, by its place in the mapping."""
        return self.carried is None or place in self.carried
