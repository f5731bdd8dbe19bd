"""What is sent, judged by its schema, and what that wants of a new record."""

from __future__ import annotations

from collections.abc import Mapping as Object
from functools import cached_property
from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.paths import Spot
from etl.mapping.schemas.uses import without_required
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Side, Use
from etl.record import Record, Violation


class SentSchema:
    """Judges what is sent: a whole record by all that a schema says, a part by what it says of what is there.

    assigned: top-level names that the outside gives, and that are not required.
    """

    def __init__(self, schema: Object[str, Any], assigned: set[str]) -> None:
        self._schema = schema
        self._assigned = assigned

    @cached_property
    def whole(self) -> RecordSchema:
        """What judges a whole record."""
        return RecordSchema(self._schema, self._assigned, plain=True)

    @cached_property
    def part(self) -> RecordSchema:
        """What judges a part of one."""
        return RecordSchema(without_required(self._schema), self._assigned, plain=True)

    def violations(self, record: Record, *, is_partial: bool) -> list[Violation]:
        """Return every way in which what is sent breaks the schema."""
        return (self.part if is_partial else self.whole).violations(record)


def sent_schema(mapping: Mapping) -> SentSchema | None:
    """Return what judges that which is sent, where the schema of what is expected does not judge all of it."""
    outside = mapping.outside
    if outside.sent is not None:
        return SentSchema(outside.sent, mapping.unborn(Side.OUTSIDE))
    is_other = bool(outside.only(Use.WRITE)) or mapping.sends_changes
    return SentSchema(outside.expected, mapping.unborn(Side.OUTSIDE)) if is_other and not mapping.written else None


class Wanted:
    """Says what the schema of a new record wants. is_sent: it is asked of that as it is sent, not as it is expected."""

    def __init__(self, mapping: Mapping) -> None:
        self._schema = SentSchema(mapping.outside.sent or mapping.outside.expected, mapping.unborn(Side.OUTSIDE))
        self.is_sent = mapping.outside.sent is not None

    def places(self, record: Record) -> list[Spot]:
        """Return where a record lacks something."""
        return [problem.place for problem in self._schema.whole.problems(record) if problem.keyword == "required"]
