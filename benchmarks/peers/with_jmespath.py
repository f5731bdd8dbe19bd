"""The translation as one JMESPath search for each field."""

from __future__ import annotations

import jmespath

from benchmarks.handwritten import STATUSES, Record, to_utc

INWARD = {
    name: jmespath.compile(expression)
    for name, expression in {
        "number": "orderNo",
        "title": "summary",
        "createdAt": "creationDate",
        "description": "join(' ', [summary, 'description'])",
        "deleted": "isDeleted || `false`",
        "status": " || ".join([*(f"({flag} && '{status}')" for flag, status in STATUSES), "'in_progress'"]),
        "deletedAt": "deletedDate",
    }.items()
}
OUTWARD = {
    name: jmespath.compile(expression)
    for name, expression in {
        "orderNo": "number",
        "summary": "title",
        "creationDate": "createdAt",
        "lastUpdateDate": "updatedAt",
        "deletedDate": "deletedAt",
        **{flag: f"status == '{status}'" for flag, status in STATUSES},
    }.items()
}


def to_tracos(record: Record) -> Record:
    made = {name: search.search(record) for name, search in INWARD.items()}
    made["createdAt"] = to_utc(made["createdAt"])
    deleted = made.pop("deletedAt")
    return made if deleted is None else {**made, "deletedAt": to_utc(deleted)}


def to_client(document: Record) -> Record:
    made = {name: search.search(document) for name, search in OUTWARD.items()}
    for name in ("creationDate", "lastUpdateDate", "deletedDate"):
        made[name] = made[name] and made[name].isoformat()
    return made
