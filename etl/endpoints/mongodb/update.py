"""What a run writes to a document, and the version that it must still be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from datetime import datetime
from typing import Any

from etl.mapping.mongodb import Stamp
from etl.record import ABSENT, Record, Scalar


def stamped(stamps: Table[str, Scalar | Stamp], now: datetime) -> dict[str, Any]:
    """Return what a run sets, by top-level field; ABSENT for one to remove."""
    meaning = {Stamp.NOW: now, Stamp.ABSENT: ABSENT}
    return {name: meaning[value] if isinstance(value, Stamp) else value for name, value in stamps.items()}


def unchanged(document: Record, names: Iterable[str]) -> dict[str, Any]:
    """Return a filter that finds a document only while these top-level fields are as they were read."""
    version = {name: {"$eq": document[name]} if name in document else {"$exists": False} for name in names}
    return {"_id": document["_id"], **version}


def unchanged_ones(documents: Sequence[Record], names: Iterable[str]) -> dict[str, Any]:
    """Return a filter that finds those of several documents whose top-level fields are as they were read.

    A field that was missing must still be missing. Numbers are compared by value: 1 is 1.0.
    """
    names = ("_id", *names)
    versions = [{name: document[name] for name in names if name in document} for document in documents]
    current = {name: f"${name}" for name in names}
    as_read = {"$expr": {"$in": [current, {"$literal": versions}]}}
    return {"_id": {"$in": [document["_id"] for document in documents]}, **as_read}


def update_of(patch: Table[str, Any]) -> dict[str, Any]:
    """Return the MongoDB update that sets top-level fields, and removes those that are ABSENT.

    MongoDB takes no empty one: where nothing is to be written, it says what a creation would have, which none is.
    """
    values = {name: value for name, value in patch.items() if value is not ABSENT}
    absent = {name: "" for name, value in patch.items() if value is ABSENT}
    update = ({"$set": values} if values else {}) | ({"$unset": absent} if absent else {})
    return update or {"$setOnInsert": {"_": None}}
