"""What a line of a decision table writes to every field of one side, over what they were last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from etl.mapping.rules.conditions import UNWRITABLE, Accepted, chosen
from etl.mapping.rules.following import Follower
from etl.mapping.rules.lines import NO_VALUES, Line, Values
from etl.mapping.terms import Field, Side
from etl.record import ABSENT


class LineValues:
    """Finds what each line of a table writes to one side; made once, since a table asks it for every record.

    lines: of the table. fields: those that are written. shared: those that other rules write as well, which a line
    that does not name them leaves. kept: those that stay where a line does not name them. unnamed: what is written to
    any other. follower: finds what is only read; None where nothing is.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        side: Side,
        fields: Sequence[Field],
        *,
        shared: Collection[Field],
        kept: Collection[Field],
        unnamed: Any,
        follower: Follower | None,
    ) -> None:
        self._kept = frozenset(kept)
        self._unnamed = unnamed
        self._follower = follower
        self._writes: dict[int, list[tuple[Field, Accepted | None]]] = {}
        for line in lines:
            named = dict(line.of(side))
            self._writes[id(line)] = [(f, named.get(f)) for f in fields if f in named or f not in shared]

    def __call__(self, line: Line, last: Values | None = NO_VALUES) -> Values:
        """Return what a line writes, by field; ABSENT for what is written as an absent value is.

        last: what those fields were, None where nothing is asked of that.
        """
        written: Values = {}
        for field, accepted in self._writes[id(line)]:
            value = self._one(field, accepted, ABSENT if last is None else last.get(field, ABSENT))
            written[field] = ABSENT if value is UNWRITABLE and last is None else value
        if self._follower is not None:
            written |= self._follower.values(line, written, last or NO_VALUES)
        return written

    def one(self, line: Line, field: Field, was: Any) -> Any:
        """Return what a line writes to one field over what it is."""
        return self._one(field, dict(self._writes[id(line)])[field], was)

    def _one(self, field: Field, accepted: Accepted | None, was: Any) -> Any:
        if accepted is not None:
            return chosen(accepted, was)
        return was if field in self._kept else self._unnamed
