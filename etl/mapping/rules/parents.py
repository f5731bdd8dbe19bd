"""Parents: a path leads through objects and lists; what stands there in another form rejects the record."""

from __future__ import annotations

from collections.abc import Iterable

from etl.mapping.paths import Path, format_path, obstacle
from etl.mapping.rules.access import Step
from etl.record import Record, Violation, shown


def parent_guard(paths: Iterable[Path]) -> Step | None:
    """Return the step that refuses a record in which a path leads through a value; None where no path could."""
    deep = tuple(dict.fromkeys(path for path in paths if len(path) > 1))
    if not deep:
        return None

    def step(record: Record, _last: Record, _into: Record, violations: list[Violation]) -> None:
        found = ((path, obstacle(record, path)) for path in deep)
        violations.extend(misplaced(path, *there) for path, there in found if there is not None)

    return step


def misplaced(path: Path, above: Path, found: object) -> Violation:
    """Return why a path leads nowhere: what stands above it is no object, or no list."""
    wanted = "an object" if isinstance(path[len(above)], str) else "a list"
    message = f"expected {wanted} with {format_path(path)} in it, found {shown(found)}"
    return Violation(format_path(above), "type", message)
