"""What is only read follows: in the expected record it has its last value, unless a line would not decide by it.

Then it has the first value by which the line decides when the record is read. Nobody sends it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import UNWRITABLE, Accepted, Condition, acceptor, key_of, named_values
from etl.mapping.rules.lines import Line, Role, Values, matcher, pattern_fields
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT

_MOST: Final = 2_000
"""So many combinations are tried."""


class Follower:
    """Finds the values of a table's outside fields that are only read. known: values that these may have."""

    def __init__(self, lines: Sequence[Line], known: Sequence[tuple[Field, tuple[Any, ...]]]) -> None:
        self._fields = [field for field, _ in known]
        self._all = pattern_fields(line.of(Side.OUTSIDE) for line in lines)
        self._decide = matcher(lines, Direction.INBOUND)
        self._options = {id(line): [_Options(line, lines, *one) for one in known] for line in lines}

    def values(self, line: Line, written: Values, last: Values) -> Values:
        """Return the values of the fields that are only read.

        written: those of the others. last: those that were there, and that other rules have written.
        """
        was = [last.get(field, ABSENT) for field in self._fields]
        state = {field: last.get(field, ABSENT) for field in self._all} | {
            field: ABSENT if field.converted is None and means_absent(field, value) else value
            for field, value in written.items()
        }
        options = (known.after(value) for value, known in zip(was, self._options[id(line)], strict=True))
        for chosen in itertools.islice(itertools.product(*options), _MOST):
            found = dict(zip(self._fields, chosen, strict=True))
            if _is_it(line, next(self._decide({**state, **found}, None), None)):
                return found
        return dict(zip(self._fields, was, strict=True))


def _is_it(line: Line, read: Line | None) -> bool:
    """Return whether a line is that by which a record is read; of `otherwise`, there is one for each direction."""
    return read is line or (read is not None and line.role is Role.OTHERWISE and read.role is Role.OTHERWISE)


class _Options:
    """The values of a field by which a line may decide, those that it names first. known: values that it may have."""

    def __init__(self, line: Line, lines: Sequence[Line], field: Field, known: Iterable[Any]) -> None:
        named = line.asked(Direction.INBOUND) if line.decides(Direction.INBOUND) else ()
        self._accepts = [acceptor(accepted) for asked, accepted in named if asked == field]
        self._known: dict[Any, Any] = {}
        for value in (*_named(line, lines, field), *known, ABSENT):
            if self._may_be(value):
                self._known.setdefault(_key(value), value)

    def after(self, last: Any) -> list[Any]:
        """Return what the field may have after a value: that one first, if it may stay."""
        key = _key(last)
        stays = [last] if self._may_be(last) else []
        return [*stays, *(value for other, value in self._known.items() if other != key)]

    def _may_be(self, value: Any) -> bool:
        return all(accepts(value) for accepts in self._accepts)


def _named(line: Line, lines: Sequence[Line], field: Field) -> Iterator[Any]:
    """Yield the values that lines name for a field, those of one line first."""
    patterns = (dict(line.of(Side.OUTSIDE)).get(field, ()), *_of_all(lines, field))
    return (value for accepted in patterns for value in _values(accepted))


def _of_all(lines: Sequence[Line], field: Field) -> Iterator[Accepted]:
    return (accepted for line in lines for named, accepted in line.of(Side.OUTSIDE) if named == field)


def _values(accepted: Accepted) -> Iterator[Any]:
    """Yield values that may be accepted: those that are named, and what has the members or words that are."""
    for value in named_values(accepted):
        yield ABSENT if value is None else value
    for one in accepted:
        if isinstance(one, Condition) and (made := one.written(ABSENT)) is not UNWRITABLE:
            yield made


def _key(value: Any) -> Any:
    return repr(value) if isinstance(value, list) else key_of(value)
