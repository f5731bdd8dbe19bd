"""Parents: a path leads through objects and lists; what stands there in another form rejects the record.

And where one element of a list is written, its neighbours are those that were there last.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from etl.mapping.paths import Path, format_path, get, obstacle, put
from etl.mapping.rules.access import Step, absence
from etl.mapping.selectors import Selector
from etl.mapping.terms import Field
from etl.record import Record, Violation, shown


def parent_guard(fields: Iterable[Field]) -> Step | None:
    """Return the step that refuses a record in which a path leads through a value; None where no path could.

    What means absent in a field means so on the way to it: nothing is there.
    """
    deep = tuple((field.path, absence(field)) for field in dict.fromkeys(fields) if len(field.path) > 1)
    if not deep:
        return None

    def step(record: Record, _last: Record, _into: Record, violations: list[Violation]) -> None:
        found = ((path, obstacle(record, path, is_absent)) for path, is_absent in deep)
        violations.extend(misplaced(path, *there) for path, there in found if there is not None)

    return step


def misplaced(path: Path, above: Path, found: object) -> Violation:
    """Return why a path leads nowhere: what stands above it is no object, or no list, or it leads to two elements."""
    step = path[len(above)]
    if isinstance(step, Selector) and isinstance(found, list):
        message = f"expected one element with {step}, found {len(step.places(found))}"
        return Violation(format_path(above), "ambiguous", message)
    wanted = "an object" if isinstance(step, str) else "a list"
    message = f"expected {wanted} with {format_path(path)} in it, found {shown(found)}"
    return Violation(format_path(above), "type", message)


def stay(lists: Iterable[Path]) -> Step | None:
    """Return the step that puts lists as they were last, of which single elements are written; None for no list."""
    paths = tuple(dict.fromkeys(lists))
    if not paths:
        return None

    def step(_record: Record, last: Record, into: Record, _violations: list[Violation]) -> None:
        for path in paths:
            if isinstance(items := get(last, path), list):
                put(into, path, copy.deepcopy(items))

    return step
