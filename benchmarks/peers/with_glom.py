"""The translation as glom specs."""

from __future__ import annotations

from datetime import datetime

from glom import SKIP, Coalesce, T, glom

from benchmarks.handwritten import STATUSES, Record, to_status, to_utc

INWARD = {
    "number": "orderNo",
    "title": "summary",
    "createdAt": ("creationDate", to_utc),
    "description": (T["summary"], "{} description".format),
    "deleted": Coalesce("isDeleted", skip=None, default=False),
    "status": to_status,
    "deletedAt": lambda record: to_utc(record["deletedDate"]) if record.get("deletedDate") else SKIP,
}


def _iso(date: datetime | None) -> str | None:
    return date.isoformat() if date else None


OUTWARD = {
    "orderNo": "number",
    "summary": "title",
    "creationDate": ("createdAt", _iso),
    "lastUpdateDate": (Coalesce("updatedAt", default=None), _iso),
    "deletedDate": (Coalesce("deletedAt", default=None), _iso),
    **{flag: ("status", status.__eq__) for flag, status in STATUSES},
}


def to_tracos(record: Record) -> Record:
    made: Record = glom(record, INWARD)
    return made


def to_client(document: Record) -> Record:
    made: Record = glom(document, OUTWARD)
    return made
