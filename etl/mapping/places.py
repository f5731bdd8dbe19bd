"""Places: to which places of records a path may lead, and which places two paths share."""

from __future__ import annotations

from collections.abc import Iterator

from etl.mapping.paths import Path, PathError, Spot, StepOf, format_path, selected_list
from etl.mapping.selectors import Selector


def overlap(one: Path, other: Path) -> bool:
    """Return whether one path leads to the other, or to what stands in it; selected elements may be the same one."""
    return all(a == b or _may_meet(a, b) for a, b in zip(one, other, strict=False))


def _may_meet(one: StepOf, other: StepOf) -> bool:
    if isinstance(one, Selector):
        return one.may_meet(other) if isinstance(other, Selector) else isinstance(other, int)
    return isinstance(other, Selector) and isinstance(one, int)


def plain(path: Path) -> Spot:
    """Return a path that looks for nothing.

    Raises:
        PathError: when it selects an element by what stands in it.

    """
    if (items := selected_list(path)) is not None:
        raise PathError(f"{format_path(path)!r} selects an element by what stands in it", len(format_path(items)))
    return tuple(step for step in path if not isinstance(step, Selector))


def with_selecting(path: Path) -> Iterator[Path]:
    """Yield a path, and the paths of what its selectors look at."""
    yield path
    for at, step in enumerate(path):
        for names, _ in step.wanted if isinstance(step, Selector) else ():
            yield (*path[: at + 1], *names)


def in_schema(path: Path) -> Path:
    """Return a path as a schema has it, for which the element that is selected is any: the one of index 0."""
    return tuple(0 if isinstance(step, Selector) else step for step in path)
