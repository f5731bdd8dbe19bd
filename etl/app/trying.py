"""One record tried on a mapping: what every rule does with it, what it becomes, and what of it comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from etl.app.pipelines import compile_pipeline
from etl.forms import native_reader, written_form
from etl.mapping.equality import same
from etl.mapping.explain import Explained, GoesOut, explain, files_of
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.rules.selection import compile_selection
from etl.mapping.rules.trace import flatten
from etl.mapping.terms import Direction
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, json_form, shown
from etl.testing.cases import differences


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a mapping does with a record.

    rules: each with how deep it stands in lists. record: in JSON form, None when rejected. skipped: why a record is not
    imported, "" of one that is. files: that it goes out in.
    """

    mapping: Mapping
    direction: Direction
    rules: Sequence[tuple[int, Explained]]
    violations: Sequence[Violation]
    record: Record | None
    skipped: str = ""
    files: Sequence[GoesOut] = ()


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What becomes of a record that goes there and back.

    record: that comes back, in JSON form, None where it is rejected on the way: `violations` says why. differences:
    where it is another one: the path, what it was, what came back. is_stable: whether a second trip changes nothing.
    """

    record: Record | None
    violations: Sequence[Violation] = ()
    differences: Sequence[tuple[str, str, str]] = ()
    is_stable: bool = True


def explain_record(
    mapping: Mapping,
    direction: Direction,
    record: Record,
    last: Record = NOTHING_KNOWN,
    *,
    every: bool = False,
    around: Record | None = None,
) -> Explanation:
    """Explain a record in JSON form. last: what its target was last. every: also rules that do nothing that way.

    around: what the document says in which it lies, where that is known.

    Raises:
        RecordError: when it has no such form.

    """
    record = native_reader(mapping.system(direction.source))(record)
    selection = compile_selection(mapping) if direction is Direction.INBOUND else None
    if selection is not None and (why := selection.skipped(record, around)):
        return Explanation(mapping, direction, (), (), None, why)
    rules = [(depth, one) for depth, one in flatten(explain(mapping, direction, record, last)) if one.applies or every]
    translated, _, violations, _ = compile_pipeline(mapping, direction).translate(record, last)
    made = None if violations else json.loads(written_form(translated, direction.target))
    files = files_of(mapping) if direction is Direction.OUTBOUND else []
    return Explanation(mapping, direction, rules, violations, made, files=files)


def round_trip(mapping: Mapping, direction: Direction, record: Record) -> RoundTrip:
    """Send a record in JSON form, which the mapping accepts, there and back.

    Raises:
        RecordError: when it has no such form.

    """
    there, back = (compile_pipeline(mapping, way) for way in (direction, Direction.towards(direction.source)))
    first = native_reader(mapping.system(direction.source))(record)
    made, _, violations = there(first)
    if not violations:
        second, _, violations = back(made)
    if violations:
        return RoundTrip(None, violations)
    again, _, refused = there(second)
    found = [
        (format_path(path), _shown(before), _shown(after))
        for path, before, after in differences(json_form(first), json_form(second), exact=True)
    ]
    returned = json.loads(written_form(second, direction.source))
    return RoundTrip(returned, (), found, not refused and same(again, made))


def _shown(value: object) -> str:
    return "nothing" if value is ABSENT else shown(value, 120)
