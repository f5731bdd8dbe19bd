"""The run history: the collection `etl_runs`, one document a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from etl.endpoints.mongodb.exact import Write, delete_many, replace_one
from etl.endpoints.mongodb.forms import NUMBER, known
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import RUNS
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.mapping.terms import Direction
from etl.transfer.run_history import Command, RunRecord, State

COLLECTION: Final = RUNS
_FIELDS: Final = ("command", "engine", "host", "token", "started", "heard", "ended", "error", "by", "note")

_OF_DIRECTIONS: Final = [f"directions.{way.value}.{name}" for way in Direction for name in ("counts", "delivery")]
_BRIEF: Final = dict.fromkeys((*_FIELDS, *NUMBER, "exit", "hash", "settings", *_OF_DIRECTIONS), True)


class MongoRuns:
    """The run history of one mapping with one collection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._runs = gateway.collection_of(COLLECTION)

    def begin(self, record: RunRecord, kept_since: datetime) -> None:
        """Keep the record of a run that begins; those that started before `kept_since` are removed."""
        ours = self._gateway.scope
        old = {**ours, "started": {"$lt": kept_since}}
        self._gateway.write(lambda: self._runs.create_index((*ours, "started")))
        self._write([delete_many(old), self._replacing(record)])

    def put(self, record: RunRecord) -> None:
        """Keep a record, in the place of what was kept of this run."""
        self._write([self._replacing(record)])

    def _write(self, writes: Sequence[Write]) -> None:
        self._gateway.write(lambda: self._runs.bulk_write(writes), on=is_transient_bulk)

    def _replacing(self, record: RunRecord) -> Write:
        return replace_one(record.id, {"_id": record.id, **self._gateway.scope, **_as_document(record)})

    def find(self, *, since: datetime | None = None, id_: str = "", most: int = 0) -> Iterator[RunRecord]:
        """Yield the records, the latest first. since: started then or later. id_: that begins so. most: 0 for all."""
        wanted: dict[str, Any] = dict(self._gateway.scope)
        if since is not None:
            wanted["started"] = {"$gte": since}
        if id_:
            wanted["_id"] = {"$gte": id_, "$lt": id_ + "g"}  # beyond the last digit
        yield from self._records(wanted, None, most)

    def latest_with(self, way: Direction, name: str) -> RunRecord | None:
        """Return the record of the latest run that knew something of a direction by that name; None where none did."""
        wanted = {**self._gateway.scope, f"directions.{way.value}.{name}": {"$exists": True}}
        return next(self._records(wanted, None, 1), None)

    def find_brief(self, command: Command, *, most: int, exit_code: int | None = None) -> Iterator[RunRecord]:
        """Yield the last records of a command, the latest first, with their counts and without the causes of these.

        exit_code: only of runs that ended with it.
        """
        wanted: dict[str, Any] = {**self._gateway.scope, "command": command.value}
        yield from self._records(wanted if exit_code is None else {**wanted, "exit": exit_code}, _BRIEF, most)

    def _records(self, wanted: dict[str, Any], names: dict[str, bool] | None, most: int) -> Iterator[RunRecord]:
        found = self._gateway.retry(lambda: list(self._runs.find_many(wanted, names).sort("started", -1).limit(most)))
        running = None if all("ended" in document for document in found) else self._running()
        for document in known(found, COLLECTION):
            yield _as_record(document, running)

    def _running(self) -> str | None:
        """Return the run that is at work, None where none is."""
        return self._gateway.lease.at_work()


def cut_short(gateway: Gateway, ids: Collection[str]) -> set[str]:
    """Return those of these runs that did not come to their end: nobody has read what they would have said there."""
    if not ids:
        return set()
    wanted = {"_id": {"$in": list(ids)}, "$or": [{"ended": {"$exists": False}}, {"error": {"$exists": True}}]}
    found = gateway.retry(lambda: list(gateway.collection_of(COLLECTION).find_many(wanted, {"_id": True})))
    return {run["_id"] for run in found}


def _as_document(record: RunRecord) -> dict[str, Any]:
    fields = {name: value for name in _FIELDS if (value := getattr(record, name)) not in (None, "")}
    exit_code = {} if record.exit_code is None else {"exit": record.exit_code}
    directions = {way: dict(found) for way, found in record.directions.items()}
    settings = dict(record.settings)
    return {**fields, **exit_code, "hash": record.mapping_hash, "settings": settings, "directions": directions}


def _as_record(found: dict[str, Any], running: str | None) -> RunRecord:
    state = State.ENDED if "ended" in found else State.RUNNING if found["_id"] == running else State.DIED
    return RunRecord(
        id=found["_id"],
        mapping_hash=found["hash"],
        settings=found["settings"],
        ended=found.get("ended"),
        exit_code=found.get("exit"),
        error=found.get("error", ""),
        directions=found.get("directions", {}),
        state=state,
        by=found.get("by", ""),
        note=found.get("note", ""),
        **{name: found[name] for name in ("command", "engine", "host", "token", "started", "heard")},
    )
