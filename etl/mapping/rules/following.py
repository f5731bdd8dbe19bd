"""What is only read follows: in the expected record it has its last value, unless a line would not decide by it.

Then it has the first value by which the line decides when the record is read. Nobody sends it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import UNWRITABLE, Accepted, Condition, key_of, named_values
from etl.mapping.rules.lines import Line, Values, matcher
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT

_MOST: Final = 2_000
"""So many combinations are tried."""


class Follower:
    """Finds the values of a table's outside fields that are only read. known: values that these may have."""

    def __init__(self, lines: Sequence[Line], known: Sequence[tuple[Field, tuple[Any, ...]]]) -> None:
        self._lines = lines
        self._known = dict(known)
        self._decide = matcher(lines, Direction.INBOUND)

    def values(self, line: Line, written: Values, last: Values) -> Values:
        """Return the values of the fields that are only read. written: those of the others."""
        was = {field: last.get(field, ABSENT) for field in self._known}
        state = {field: ABSENT if means_absent(field, value) else value for field, value in written.items()}
        options = [self._options(line, field, value) for field, value in was.items()]
        for chosen in itertools.islice(itertools.product(*options), _MOST):
            found = dict(zip(self._known, chosen, strict=True))
            if next(self._decide({**state, **found}, None), None) is line:
                return found
        return was

    def _options(self, line: Line, field: Field, last: Any) -> list[Any]:
        """Return what a field may have, the last value first."""
        named = dict(line.of(Side.OUTSIDE)).get(field, ())
        patterns = [named, *(accepted for one in self._lines for f, accepted in one.of(Side.OUTSIDE) if f == field)]
        every = [last, *(value for accepted in patterns for value in _values(accepted)), *self._known[field], ABSENT]
        once: dict[Any, Any] = {}
        for value in every:
            once.setdefault(_key(value), value)
        return list(once.values())


def _values(accepted: Accepted) -> Iterator[Any]:
    """Yield values that may be accepted: those that are named, and what has the members or words that are."""
    for value in named_values(accepted):
        yield ABSENT if value is None else value
    for one in accepted:
        if isinstance(one, Condition) and (made := one.written(ABSENT)) is not UNWRITABLE:
            yield made


def _key(value: Any) -> Any:
    return repr(value) if isinstance(value, list) else key_of(value)
