"""Fields that are sent elsewhere than they are expected, or in another form, and where the values of fields lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.equality import same
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, get
from etl.mapping.rules.access import reader, seen
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import groups_in
from etl.mapping.rules.first import First
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.rules.written import Written, written_of
from etl.mapping.terms import Field, Side, Use
from etl.record import ABSENT, Record, shown

Convert: TypeAlias = Callable[[Any, Record], Any]
"""Makes what is sent of a value of the expected record, and of the inside record."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A field that is sent under another name, or in another form. convert: None where the form is the same.

    shared: how many steps of its path lead to a field as well that is sent where it is. within: how many of its last
    steps lead into a group that is sent there whole.
    """

    path: Path
    to: Path
    convert: Convert | None
    shared: int
    within: int = 0

    def place_of(self, path: Path) -> Path:
        """Return where what lies at its path is sent, or above it: what stands for a group goes where that does."""
        return self.to[: len(self.to) - min(self.within, len(self.path) - len(path))]


def reached(record: Record, path: Path) -> tuple[Path, Any]:
    """Return where the value of `path` lies, and the value: above it, where what is there has nothing below it."""
    for end in range(len(path), 0, -1):
        value = get(record, path[:end])
        if value is not ABSENT:
            return (path, ABSENT) if end < len(path) and isinstance(value, dict | list) else (path[:end], value)
    return path, ABSENT


def is_absent(field: Field, value: Any) -> bool:
    """Return whether a value stands for none."""
    absent = field.when_absent if field.above is None else field.above.value
    return value is None or (absent is not ABSENT and same(value, absent))


def moved_fields(mapping: Mapping) -> Iterator[Moved]:
    """Yield the fields that are sent under other names, or in other forms."""
    fields: dict[Path, tuple[Rule, Field]] = {}
    for rule in mapping.rules:
        for field in rule.written(Side.OUTSIDE):
            if field.use is not Use.READ:
                fields.setdefault(field.path, (rule, field))
    moved = {path: entry for path in fields if (entry := written_of(mapping.written, path)) is not None}
    for path, entry in moved.items():
        if entry.to is not None:
            is_taken = any(isinstance(rule, Table) and (Side.OUTSIDE, path) in rule.shared for rule in mapping.rules)
            convert = None if entry.codecs is None else _converter(*fields[path], entry.codecs, is_taken=is_taken)
            if convert is not None and mapping.files.outbound_format.has_rows:
                convert = _of_row(convert)
            shared = max((_shared(path, other) for other in fields if other not in moved), default=0)
            yield Moved(path, entry.place(path), convert, shared, entry.within)


def with_groups(entries: Sequence[Written], rules: Sequence[Rule]) -> tuple[Written, ...]:
    """Return what `written` says of fields, also of those in groups of which it says where they are sent."""
    made = list(entries)
    for rule in rules:
        groups = sorted((path for path, _ in groups_in((rule,))), key=len, reverse=True)
        for path in (field.path for field in (rule.written(Side.OUTSIDE) if groups else ())):
            found = ((group, written_of(entries, group)) for group in groups if path[: len(group)] == group)
            group, entry = next((one for one in found if one[1] is not None), ((), None))
            if entry is not None and entry.to is not None and written_of(entries, path) is None:
                inner = path[len(group) :]
                made.append(Written(path, (*entry.place(group), *inner), None, entry.where, len(inner)))
    return tuple(made)


def _of_row(convert: Convert) -> Convert:
    """Return what makes a single value: a row has a cell for each, and nothing else has a place there."""

    def single(value: Any, inside: Record) -> Any:
        made = convert(value, inside)
        if isinstance(made, dict | list):
            raise CodecError(f"{shown(made)} has no place in a CSV file")
        return made

    return single


def _shared(one: Path, other: Path) -> int:
    """Return how many steps two paths have in common."""
    steps = enumerate(zip(one, other, strict=False))
    return next((at for at, (step, beside) in steps if step != beside), min(len(one), len(other)))


def _converter(rule: Rule, field: Field, codecs: Sequence[Any], *, is_taken: bool) -> Convert:
    """Return what writes the inside value of a rule; of a table, the value that it writes.

    is_taken: whether a table may take away what the rule has written.
    """
    read: Callable[[Record], Any] | None = None
    if isinstance(rule, Copy):
        read = reader(rule.inside)
    elif isinstance(rule, Computed):
        read = rule.source.compute

    is_one = read is not None and not isinstance(rule, First) and not is_taken

    def convert(value: Any, inside: Record) -> Any:
        if not is_one and is_absent(field, value):
            return value  # by a line of a table, or since another one of several fields has the value
        made = seen(field, value) if read is None else read(inside)
        for codec in reversed(codecs) if made is not ABSENT else ():
            made = codec.encode(made)
        return value if made is ABSENT else made

    return convert
