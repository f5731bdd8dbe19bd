"""The translation as JSONata expressions."""

from __future__ import annotations

from jsonata import Jsonata

from benchmarks.handwritten import STATUSES, Record, to_utc, with_texts

_STATUS = "".join(f'{flag} ? "{status}" : ' for flag, status in STATUSES) + '"in_progress"'
_FLAGS = ", ".join(f'"{flag}": status = "{status}"' for flag, status in STATUSES)

INWARD = Jsonata(f"""{{
    "number": orderNo,
    "title": summary,
    "createdAt": $utc(creationDate),
    "description": summary & " description",
    "deleted": isDeleted = true,
    "status": {_STATUS},
    "deletedAt": deletedDate ? $utc(deletedDate)
}}""")
INWARD.register_lambda("utc", to_utc)

OUTWARD = Jsonata(f"""{{
    "orderNo": number,
    "summary": title,
    "creationDate": createdAt,
    "lastUpdateDate": updatedAt ? updatedAt : null,
    "deletedDate": deletedAt ? deletedAt : null,
    {_FLAGS}
}}""")


def to_tracos(record: Record) -> Record:
    made: Record = INWARD.evaluate(record)
    return made


def to_client(document: Record) -> Record:
    made: Record = OUTWARD.evaluate(with_texts(document))
    return made
