"""What a mapping says of MongoDB: where records live there, and what a run writes that no record says."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import Enum
from typing import Any

from etl.record import Scalar


class Stamp(Enum):
    """What a run writes that no record says."""

    NOW = "$now"
    ABSENT = "$absent"


@dataclass(frozen=True, slots=True)
class MongoEndpoint:
    """Where a system's records live in MongoDB.

    on_import, on_export: what a run sets on a record that it imported or exported, by top-level field.
    export_when: a MongoDB filter; what matches it waits to be exported.
    """

    collection: str
    on_import: Table[str, Scalar | Stamp]
    export_when: Table[str, Any]
    on_export: Table[str, Scalar | Stamp]
