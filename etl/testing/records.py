"""Generated records: Hypothesis as a source of choices, so that tables and codecs meet values that they know.

Hypothesis must be installed: nothing else in the engine imports this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from etl.mapping.model import Mapping
from etl.mapping.paths import Path
from etl.mapping.samples.choices import Choices, Form, Room
from etl.mapping.samples.maker import Maker
from etl.mapping.terms import Side
from etl.record import ABSENT, Record

T = TypeVar("T")

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

_CHARACTERS: Final = "ab Z09_-/.,'\"\\éß\u20ac\U0001f6e0\n"
_LONGER: Final = 20
"""Text is at most so much longer than it must be."""

_MORE: Final = 3
"""A list has at most so many more elements than it must have."""

_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
_2100: Final = datetime(2100, 1, 1, tzinfo=UTC)
_DATES: Final = st.integers(0, (_2100 - _1970) // timedelta(milliseconds=1)).map(
    lambda milliseconds: _1970 + timedelta(milliseconds=milliseconds)
)
_SELDOM: Final = 7
"""Of so many values and one more, one is a value that means something of its own, where those are not usual."""


def records(mapping: Mapping, side: Side) -> st.SearchStrategy[Record]:
    """Return a strategy for records of one side, in native form."""
    maker = Maker(mapping, side)

    @st.composite
    def draw_record(draw: Draw) -> Record:
        record = maker.record(_Drawing(draw))
        return record if side is Side.INSIDE else mapping.files.as_read(record)

    return draw_record()


class _Drawing(Choices):
    """Answers as Hypothesis draws; what it draws first, and shrinks to, is the plainest."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def kind(self, options: Sequence[T], at: Path) -> T:
        return self.one(options, at)

    def one(self, values: Sequence[T], at: Path) -> T:
        del at
        return values[0] if len(values) == 1 else values[self._draw(st.integers(0, len(values) - 1))]

    def is_present(self, at: Path) -> bool:
        del at
        return bool(self._draw(st.booleans()))

    def count(self, fewest: int, most: int, at: Path) -> int:
        del at
        return int(self._draw(st.integers(fewest, max(fewest, min(most, fewest + _MORE)))))

    def value(self, room: Room, at: Path) -> Any:
        strategy = _strategy(room)
        drawn = ABSENT if strategy is None else self._draw(strategy)
        if drawn is not ABSENT and room.accepts(drawn):
            return drawn
        return self.one(room.notable, at) if room.notable else ABSENT

    def special(self, values: Sequence[T], at: Path, *, usual: bool) -> T | None:
        seldom = self._draw(st.integers(0, _SELDOM)) == _SELDOM
        return None if seldom is usual else self.one(values, at)


def _strategy(room: Room) -> st.SearchStrategy[Any] | None:
    """Return a strategy for most values of a room; None where only the notable ones are known."""
    if room.low > room.high:
        return None
    match room.form:
        case Form.WHOLE:
            return st.integers(int(room.low), int(room.high)).map(room.multiple)
        case Form.NUMBER:
            whole = (
                st.integers(math.ceil(room.low), math.floor(room.high)) if room.high - room.low >= 1 else st.nothing()
            )
            return whole.map(room.multiple) if room.step else whole | st.floats(room.low, room.high)
        case Form.TEXT:
            fewest = int(room.low)
            return st.text(_CHARACTERS, min_size=fewest, max_size=int(min(room.high, fewest + _LONGER)))
        case Form.DATE:
            return _DATES | st.sampled_from(room.notable) if room.notable else _DATES
        case Form.LISTED:
            return None
