"""Where a history happens: one database and one folder, used again and again, and what can be seen there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from pymongo.database import Database

import etl.app.session
from etl import Settings
from etl.endpoints.mongodb.connection import connect
from etl.endpoints.mongodb.retry import Retry
from tests.model.client import Client
from tests.model.faults import replaced
from tests.model.variants import load_variants
from tests.model.words import DATES, Doc, State, understood

KEYS = (1, 2, 3)
_BEGINNING = datetime(2025, 3, 1, tzinfo=UTC)
_REMEMBERED = ("etl_state", "etl_conflicts", "etl_dead_letters", "etl_leases")
_SIDES = {"outside": "client", "inside": "tracos", None: None}


class Place:
    """A database and two folders. One connection serves all runs, and their clock is the place's own."""

    def __init__(self, database: Database[Doc], folder: Path, uri: str) -> None:
        self.database = database
        self.orders = database["workorders"]
        self.variants = load_variants(folder)
        inbound, self.outbound = folder / "inbound", folder / "outbound"
        inbound.mkdir()
        self.outbound.mkdir()
        self.settings = Settings(uri=uri, database=database.name, inbound=inbound, outbound=self.outbound)
        self.client = Client(inbound, self.outbound)
        self.now = _BEGINNING

    def clear(self) -> None:
        """Begin anew: every document and file goes, indexes and folders stay."""
        for name in ("workorders", *_REMEMBERED):
            self.database[name].delete_many({})
        for name in list(self.client.records):
            self.client.remove(name)
        for file in self.outbound.iterdir():
            file.unlink()
        self.now = _BEGINNING

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def docs(self) -> dict[int, Doc]:
        return {doc["number"]: doc for doc in self.orders.find({}, {"_id": False})}

    def view(self) -> dict[int, State]:
        """Return what can be seen of every work order."""
        docs, conflicts = self.docs(), list(self.database["etl_conflicts"].find())
        states = {}
        for key in KEYS:
            ours = [conflict for conflict in conflicts if conflict["key"] == [key]]
            told = self.client.told(key)
            log = frozenset(entry[:5] for c in ours if not c["open"] for entry in _entries(c))
            waiting = next(((_text(c), frozenset(e[1:4] for e in _entries(c))) for c in ours if c["open"]), None)
            states[key] = State(docs.get(key), told and _dated(told), None, log, waiting)
        return states

    def doubled(self) -> list[Any]:
        """Return what is there twice: entries of the conflict log, documents of a key, open conflicts of a key."""
        conflicts = list(self.database["etl_conflicts"].find())
        logged = [(tuple(c["key"]), *entry) for c in conflicts if not c["open"] for entry in _entries(c)]
        waiting = [("open", *c["key"]) for c in conflicts if c["open"]]
        documents = [("document", doc["number"]) for doc in self.orders.find({}, {"number": True})]
        return [what for what, count in Counter([*logged, *waiting, *documents]).items() if count > 1]

    def everything(self) -> Any:
        """Return all bytes of all documents and files, but for who holds the lease."""
        names = ("workorders", *_REMEMBERED[:-1])
        documents = {name: [bson.encode(doc) for doc in self.database[name].find()] for name in names}
        return documents, {file.name: file.read_bytes() for file in self.outbound.iterdir()}


@contextmanager
def open_place(uri: str, name: str, folder: Path) -> Iterator[Place]:
    """Open a place in a database of its own, which is removed in the end."""
    with ExitStack() as stack:
        retry = Retry(lambda _: None, lambda *_: None)
        # a process that dies here loses nothing that the server has, so no write waits for the disk
        database = stack.enter_context(connect(f"{uri}{'&' if '?' in uri else '/?'}journal=false", name, retry))
        stack.callback(database.client.drop_database, name)
        place = Place(database, folder, uri)

        @contextmanager
        def connected(*_: object) -> Iterator[Database[Doc]]:
            yield database

        stack.enter_context(replaced(etl.app.session, "connect", connected))
        stack.enter_context(replaced(etl.app.session, "milliseconds_now", lambda: place.now))
        yield place


def _entries(conflict: Doc) -> Iterator[tuple[str, str, Any, Any, str | None, Any]]:
    """Yield the record, the rule, what the client said, what TracOS had, who won, and what was agreed before."""
    for rule in conflict["rules"]:
        (value,) = rule["values"]
        outside, inside = value.get("outside"), value.get("inside")
        yield _text(conflict), rule["rule"], outside, inside, _SIDES[rule["winner"]], value.get("base")


def _text(conflict: Doc) -> str:
    return understood(json.loads(conflict["record"])).text


def _dated(record: Doc) -> Doc:
    return {name: datetime.fromisoformat(value) if name in DATES and value else value for name, value in record.items()}


Edit = Callable[[Doc | None], Doc | None]
