"""What stands for an absent value above a path: where the schema takes it there, and not at the path itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.generated.schemas import Schema, whole
from tests.generated.selectors import Selector
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, Record, put, selected_list

if TYPE_CHECKING:
    from tests.generated.words.base import Word


def nearest(schema: Schema, base: Path, item: Any, path: Path) -> Path | None:
    """Return where above a path a value is written; None for nowhere, as where it selects an element, which goes.

    base: where paths start in the schema.
    """
    if selected_list(path) is not None or _takes(schema, (*base, *path), item):
        return None
    places = (path[:length] for length in range(len(path) - 1, 0, -1) if not isinstance(path[length - 1], Selector))
    return next((place for place in places if _takes(schema, (*base, *place), item)), None)


def _takes(schema: Schema, path: Path, item: Any) -> bool:
    """Return whether a schema has a value at a path; of what it does not list, nothing is known."""
    nodes = whole(schema, path)
    return not nodes or any(
        Validator({**node, "$defs": schema.get("$defs", {})}, "outside").accepts(item) for node in nodes
    )


def fill_above(words: Sequence[Word], target: Record, beside: Sequence[Word] = ()) -> None:
    """Write what stands for absent values above outside paths, where nothing below has a value.

    beside: rules that have written too, and fill nothing themselves.
    """
    found = [(word.specs["outside"], path) for word in words for path in word.whole("outside")]
    places = {above: spec.none for spec, path in found if (above := spec.above(path)) is not None}
    others = [(word.specs["outside"], path) for word in beside for path in word.whole("outside")] if places else []
    for above in sorted(places, key=len, reverse=True):
        below = [(spec, path) for spec, path in (*found, *others) if path[: len(above)] == above]
        if all(spec.read(target, path) is MISSING for spec, path in below):
            put(target, above, places[above])
