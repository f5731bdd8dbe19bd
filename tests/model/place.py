"""Where a history happens: one database and one folder, used again and again, and what can be seen there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from pymongo.collection import Collection
from pymongo.database import Database

import etl.app.reaching
import etl.endpoints.mongodb.connection
from etl import Mapping as EtlMapping
from etl import Settings, load_mapping
from etl.endpoints.mongodb.connection import connect
from etl.endpoints.mongodb.retry import Retry
from tests.model import files
from tests.model.client import Client
from tests.model.exact import Doc, canonical, exact_doc, packed, plain
from tests.model.exact import exact as as_exact
from tests.model.faults import replaced
from tests.model.oracle import differing
from tests.model.shapes import KEYS, Shape, write_mapping
from tests.model.words import State

_BEGINNING = datetime(2025, 3, 1, tzinfo=UTC)
_REMEMBERED = ("etl_state", "etl_intents", "etl_conflicts", "etl_dead_letters", "etl_leases")
_COLLECTIONS = ("workorders", "by_plant")
_SIDES = {"outside": "client", "inside": "tracos", None: None}


class Place:
    """A database and two folders. One connection serves all runs, and their clock is the place's own."""

    def __init__(self, database: Database[Doc], folder: Path, uri: str) -> None:
        self.database = database
        self.folder = folder
        self.inbound, self.outbound = folder / "inbound", folder / "outbound"
        self.inbound.mkdir()
        self.outbound.mkdir()
        self.settings = Settings(
            uri=uri, database=database.name, inbound=self.inbound, outbound=self.outbound, embedded=folder / "db"
        )
        self.begin(Shape(()))

    def begin(self, shape: Shape) -> None:
        """Begin anew with another mapping: every document and file goes, indexes and folders stay."""
        for name in (*_COLLECTIONS, *_REMEMBERED):
            self.database[name].delete_many({})
        for file in (*self.inbound.iterdir(), *self.outbound.iterdir()):
            file.unlink()
        self.shape = shape
        self.client = Client(self.inbound, shape)
        self.now = _BEGINNING
        self._mappings: dict[str, EtlMapping] = {}
        self._read: set[str] = set()
        self._spoilt: dict[str, bytes] = {}
        self._told: dict[int, Doc] = {}

    @property
    def orders(self) -> Collection[Doc]:
        return self.database[self.shape.collection]

    def mapping(self, wins: Mapping[str, str]) -> EtlMapping:
        """Return the mapping with these policies."""
        text = self.shape.text(wins)
        if text not in self._mappings:
            self._mappings[text] = load_mapping(write_mapping(self.folder / "mapping", self.shape, wins))
        else:
            write_mapping(self.folder / "mapping", self.shape, wins)  # plans look at the file
        return self._mappings[text]

    def pass_time(self, seconds: float) -> None:
        """Let time pass, or jump; it never is twice the same."""
        self.now += timedelta(seconds=seconds, milliseconds=1)

    def docs(self) -> dict[int, Doc]:
        """Return the work orders, as they are."""
        return {self.shape.key_of(doc): doc for doc in self.orders.find({}, {"_id": False})}

    def doc(self, key: int) -> Doc | None:
        return self.orders.find_one(self.shape.inside_key(key), {"_id": False})

    def file(self, key: int) -> Path:
        """Return the file in which a work order goes out, where each has its own."""
        return self.outbound / self.shape.told_name(key)

    def told(self, key: int) -> Doc | None:
        """Return the record in which a work order last went out, also where its file was taken since."""
        return self._told.get(key)

    def look(self) -> None:
        """Take note of what has gone out; what is sent once goes out with the creation."""
        once = {field for kind in self.shape.kinds if kind.sent_once for field in kind.fields}
        secret = {field for kind in self.shape.kinds if kind.secret for field in kind.fields}
        for file in sorted(self.outbound.iterdir()):
            content = file.read_bytes()
            if (self.shape.parts and file.name in self._read) or self._spoilt.get(file.name) == content:
                continue
            self._read.add(file.name)
            for record in files.read(content, self.shape.formats[1]):
                key = self.shape.key_of(record)
                is_part = bool(once) and not once & record.keys()
                before = self._told.get(key, {}) if is_part else {}
                self._told[key] = {**{name: before[name] for name in once | secret if name in before}, **record}

    def spoil(self, key: int, record: Doc) -> None:
        """Put another record into the file of a work order; nobody has been told it."""
        content = json.dumps(record | self.shape.outside_key(key)).encode()
        self._spoilt[self.file(key).name] = content
        self.file(key).write_bytes(content)

    def view(self) -> dict[int, State]:
        """Return what can be seen of every work order."""
        docs, conflicts = self.docs(), list(self.database["etl_conflicts"].find())
        states = {}
        for key in KEYS:
            ours = [conflict for conflict in conflicts if conflict["key"] == self.shape.key_parts(key)]
            log = frozenset(entry[:5] for c in ours if not c["open"] for entry in _entries(c))
            waiting = next(((_text(c), frozenset(e[1:4] for e in _entries(c))) for c in ours if c["open"]), None)
            doc, file = docs.get(key), self._file(key)
            states[key] = State(doc and exact_doc(doc), file, None, log, waiting)
        return states

    def _file(self, key: int) -> Doc | None:
        if self.shape.parts:
            record = self._told.get(key)
        else:
            record = json.loads(self.file(key).read_bytes()) if self.file(key).exists() else None
        return None if record is None else self.fields(record)

    def plain(self, doc: Doc) -> Doc:
        """Return an exact document as it is stored."""
        return {name: plain(value) for name, value in doc.items()}

    def fields(self, record: Doc) -> Doc:
        """Return a record of ours, exact and without its key."""
        key = self.shape.outside_key(self.shape.key_of(record))
        return exact_doc({name: value for name, value in record.items() if name not in key and value != ""})

    def doubled(self) -> list[Any]:
        """Return what is there twice: entries of the conflict log, documents of a key, open conflicts of a key.

        An entry is, where it is there more often than the client has come to say just that.
        """
        conflicts = list(self.database["etl_conflicts"].find())
        closed = [(self._key_of(c), entry[:5]) for c in conflicts if not c["open"] for entry in _entries(c)]
        logged = Counter(closed)
        often = [what for what, count in logged.items() if count > max(1, self.client.times[what[0], what[1][0]])]
        waiting = [("open", *c["key"]) for c in conflicts if c["open"]]
        documents = [("document", self.shape.key_of(doc)) for doc in self.orders.find()]
        return [*often, *(what for what, count in Counter([*waiting, *documents]).items() if count > 1)]

    def _key_of(self, conflict: Doc) -> int:
        return next(key for key in KEYS if self.shape.key_parts(key) == conflict["key"])

    def everything(self) -> Any:
        """Return all bytes of all documents and files, but for who holds the lease."""
        names = (*_COLLECTIONS, *_REMEMBERED[:-1])
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

        stack.enter_context(replaced(etl.app.reaching, "connect", connected))
        stack.enter_context(replaced(etl.app.reaching, "milliseconds_now", lambda: place.now))
        yield place


def _entries(conflict: Doc) -> Iterator[tuple[str, str, Any, Any, str | None]]:
    """Yield the record, the rule, what the client said, what TracOS had, and who won."""
    for rule in conflict["rules"]:
        sides = [
            packed({value["path"]: as_exact(value.get(side)) for value in rule["values"]})
            for side in ("outside", "inside")
        ]
        yield _text(conflict), rule["rule"], *differing(sides[0], sides[1]), _SIDES[rule["winner"]]


def _text(conflict: Doc) -> str:
    return canonical(json.loads(conflict["record"]))
