"""What a mapping says of MongoDB: where records live there, and what a run writes that no record says."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from etl.mapping.equality import distinct
from etl.record import ABSENT, Record, Scalar


class Stamp(Enum):
    """What a run writes that no record says."""

    NOW = "$now"
    ABSENT = "$absent"


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
        asked = [(name, one) for name, one in _conditions(self.export_when) if name.split(".")[0] in self.on_import]
        stamps = {name: Stamp.ABSENT if "." in name else self.on_import[name] for name, _ in asked}
        return frozenset(name.split(".")[0] for name, one in asked if _refuses(one, stamps[name]))

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


def _conditions(condition: Table[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a filter of which it asks something, with that."""
    for name, asked in condition.items():
        if name in {"$and", "$or"}:
            for each in asked:
                yield from _conditions(each)
        elif not name.startswith("$"):
            yield name, asked


def _refuses(condition: Any, stamp: Scalar | Stamp) -> bool:
    """Return whether a condition of a filter surely does not hold of what a run sets."""
    if not isinstance(condition, dict) or not all(name.startswith("$") for name in condition):
        return not _is_one(condition, stamp)
    for name, asked in condition.items():
        match name:
            case "$eq" | "$in":
                refuses = not any(_is_one(one, stamp) for one in (asked if name == "$in" else [asked]))
            case "$ne" | "$nin":
                refuses = any(_is_one(one, stamp) for one in (asked if name == "$nin" else [asked]))
            case "$exists":
                refuses = bool(asked) is (stamp is Stamp.ABSENT)
            case _:
                refuses = False
        if refuses:
            return True
    return False


def _is_one(value: Any, stamp: Scalar | Stamp) -> bool:
    """Return whether MongoDB takes a value of a filter for what a run sets: null is as good as nothing there."""
    if stamp is Stamp.ABSENT or stamp is None:
        return value is None
    return distinct(value) == distinct(stamp) if isinstance(value, str | bool | int | float) else False
