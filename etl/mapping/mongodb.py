"""What a mapping says of MongoDB: where records live there, and what a run writes that no record says."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from etl.mapping.settling import Stamp, settled
from etl.record import ABSENT, Record, Scalar

__all__ = ["MongoEndpoint", "Stamp"]


@dataclass(frozen=True, slots=True)
class MongoEndpoint:
    """Where a system's records live in MongoDB.

    on_import, on_export: what a run sets on a record that it imported or exported, by top-level field.
    export_when: a MongoDB filter; what matches it waits to be exported. scope: the values by which its records are told
    from others of the collection, by top-level field; {} where all are its own.
    """

    collection: str
    on_import: Table[str, Scalar | Stamp]
    export_when: Table[str, Any]
    on_export: Table[str, Scalar | Stamp]
    scope: Table[str, Scalar] = field(default_factory=dict)

    @property
    def provided(self) -> Table[str, Scalar | Stamp]:
        """What a record has after an import that no rule writes."""
        return {**self.on_import, **self.scope}

    @property
    def settling(self) -> frozenset[str]:
        """What an import would set so that a record does not wait any more.

        It is set on what an import makes, and left as it is on what was there: an edit may wait in that.
        """
        return settled(self.export_when, self.on_import)

    @property
    def reopening(self) -> Record:
        """What to set, or ABSENT to remove, of what an export sets, so that a record is likely to wait again."""
        return {name: _wanted(self.export_when.get(name)) for name in self.on_export}


def _wanted(condition: Any) -> Any:
    """Return a value that a condition of a filter asks for; ABSENT where it does not say one."""
    match condition:
        case {"$eq": value} | {"$in": [value, *_]}:
            return value
        case {"$ne": bool(value)}:
            return not value
        case None | dict():
            return ABSENT
    return condition
