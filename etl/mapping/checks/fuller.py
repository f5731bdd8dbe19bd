"""Fuller: a record with more in the objects and lists in which some values stand."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.paths import Path, get, put
from etl.mapping.places import in_schema, overlap
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import UnknownFieldError
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Side
from etl.record import Record

_MORE: Final = "something else"
"""A member that no schema lists."""


class Fuller:
    """Makes records of one side fuller that are right by its schema."""

    def __init__(self, context: Context, side: Side) -> None:
        self.schema = RecordSchema(context.mapping.system(side).schema)
        self._shapes = context.schemas[side]
        self._written = [path for rule in context.rules for path in rule.paths(side)]

    def of(self, record: Record, paths: Iterable[Path]) -> Iterator[Record]:
        """Yield a record with one more member in an object in which a value stands, or one more element in a list.

        A member that the schema lists, if no other may be.
        """
        above = dict.fromkeys(path[:length] for path in paths for length in range(1, len(path)))
        for one in above:
            yield from islice((made for made in self._more(record, one) if self.schema.accepts(json_form(made))), 1)

    def _more(self, record: Record, above: Path) -> Iterator[Record]:
        there = get(record, above)
        if isinstance(there, dict):
            yield _with(record, (*above, _MORE), _MORE)
            for name, value in self._listed(above):
                if name not in there:
                    yield _with(record, (*above, name), value)
        elif isinstance(there, list) and there:
            yield _with(record, (*above, len(there)), there[-1])

    def _listed(self, above: Path) -> Iterator[tuple[str, Any]]:
        """Yield the members of an object that its schema lists and no rule writes, with values that they may have."""
        try:
            listed = self._shapes.properties(in_schema(above))
        except UnknownFieldError:
            return
        for name, shape in listed.items():
            if not any(overlap((*above, name), path) for path in self._written):
                yield from ((name, value) for value in edges_of(shape.alternatives) if shape.accepts(value))


def _with(record: Record, path: Path, value: Any) -> Record:
    made = copy.deepcopy(record)
    put(made, path, copy.deepcopy(value))
    return made
