"""Before-images in the collection `etl_replaced`: a document for each batch that a run writes, and one for the run.

The run's own has what the batches come to, and is what they are found and forgotten by. Its `_id` names the mapping,
the collection and the run; those of the batches are the run's id with a number, in the order in which they were kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, Final

from bson.raw_bson import RawBSONDocument

from etl.endpoints.mongodb.encoding import encoded_parts
from etl.endpoints.mongodb.exact import Document, Write, replace_one
from etl.endpoints.mongodb.forms import known
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import REPLACED
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.transfer.replaced import Replaced

COLLECTION: Final = REPLACED
_OF_A_RUN: Final = ("mapping", "collection", "started")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one run. is_whole: False where there was no room for all of it. is_settled: see `settle`."""

    run: str
    records: int
    bytes: int
    is_whole: bool
    is_settled: bool


class MongoReplaced:
    """The before-images of one mapping. most_bytes: of all of its runs together; the oldest runs go first."""

    def __init__(self, gateway: Gateway, most_bytes: int) -> None:
        self._gateway = gateway
        self._images = gateway.collection_of(COLLECTION)
        self._most = most_bytes
        self._room = 0
        self._parts = 0
        self._run: Document = {}
        self._settled: Document = {}

    def settle_own(self) -> None:
        """Let what this run replaces say nothing of ages: it leaves what is remembered as it is."""
        self._settled = {"settled": True}

    def keep(self, images: Sequence[Replaced]) -> None:
        """Keep what this run is about to replace; beyond the limit of size, nothing more."""
        if not images:
            return
        if not self._run:
            self._begin()
        if not self._run["whole"]:
            return
        notes: list[Write] = []
        for part in encoded_parts([_record_of(image) for image in images]):
            if (size := len(part)) > self._room:
                self._run["whole"] = False
                break
            self._room -= size
            self._run["bytes"] += size
            notes.append(replace_one(_note(self._id, self._parts), RawBSONDocument(part)))
            self._parts += 1
        if self._run["whole"]:
            self._run["records"] += len(images)
        writes = [*notes, replace_one(self._run["_id"], self._run)]
        self._gateway.write(lambda: self._images.bulk_write(writes), on=is_transient_bulk)

    def _begin(self) -> None:
        """Make room for what this run keeps: what is older goes, as far as it must."""
        self._gateway.write(lambda: self._images.create_index(_OF_A_RUN, partialFilterExpression=_HAS_A_MAPPING))
        now = self._gateway.now()
        self._run = {
            **self._own(self._id),
            **self._gateway.scope,
            "run": self._id,
            "started": now,
            "bytes": 0,
            "records": 0,
            "whole": True,
            **self._settled,
        }
        self._room = self._most
        kept = self.runs()
        total = sum(one.bytes for one in kept)
        for one in reversed(kept):
            if total <= self._most // 2:
                break
            self._forget([one.run])
            total -= one.bytes
        self._room -= total

    @property
    def _id(self) -> str:
        return self._gateway.lease.run

    def _own(self, run: str) -> Document:
        """Return by what the own document of a run is found."""
        return {"_id": {**self._gateway.scope, "run": run}}

    def runs(self, id_: str = "", most: int = 0) -> list[Kept]:
        """Return of which runs something is kept, the latest first. id_: of that run. most: of so many, 0 for all."""
        wanted = {**self._gateway.scope, **({"run": id_} if id_ else {})}
        found = self._gateway.retry(lambda: list(self._images.find_many(wanted).sort("started", -1).limit(most)))
        known(found, COLLECTION)
        return [Kept(d["run"], d["records"], d["bytes"], d["whole"], d.get("settled", False)) for d in found]

    def of(self, run: str) -> Iterator[Replaced]:
        """Return what a run has replaced, in the order in which it was kept."""
        return chain.from_iterable(self.parts(run))

    def parts(self, run: str, latest: int = 0, but: int = 0) -> Iterator[list[Replaced]]:
        """Yield what a run has replaced, as much at a time as it has kept at once.

        latest: only so many times, the last one first. but: without so many of the last ones.
        """
        way = -1 if latest else 1
        for id_ in self._gateway.retry(
            lambda: [
                note["_id"]
                for note in self._images.find_many(_notes(run), {"_id": True}).sort("_id", way).skip(but).limit(latest)
            ]
        ):
            yield self._part(id_)

    def _part(self, id_: str) -> list[Replaced]:
        note = self._gateway.retry(partial(self._images.find_one, {"_id": id_}))
        return [_image_of(each) for part in known([note] if note else [], COLLECTION) for each in part["records"]]

    def settle(self, run: str) -> None:
        """Remember that what documents have instead of what this run wrote is right."""
        self._gateway.write(lambda: self._images.update_one(self._own(run), {"$set": {"settled": True}}))

    def expire(self, before: datetime) -> None:
        """Forget what runs have replaced that started earlier."""
        old = {**self._gateway.scope, "started": {"$lt": before}}
        found = self._gateway.retry(lambda: list(self._images.find_many(old, {"run": True})))
        self._forget([each["run"] for each in found])

    def _forget(self, runs: Sequence[str]) -> None:
        """Forget runs: their own documents last, by which the others are found."""
        for run in runs:
            for which in (_notes(run), self._own(run)):
                self._gateway.write(partial(self._images.delete_many, which))


_HAS_A_MAPPING: Final = {"mapping": {"$exists": True}}


def _note(run: str, number: int) -> str:
    return f"{run}/{number:08}"


def _notes(run: str) -> Document:
    return {"_id": {"$gte": f"{run}/", "$lt": f"{run}0"}}  # what follows a slash


def _record_of(image: Replaced) -> dict[str, Any]:
    record = {"key": list(image.key), "id": image.identity, "print": image.fingerprint}
    return record if image.before is None else {**record, "before": image.before, "after": image.after}


def _image_of(record: dict[str, Any]) -> Replaced:
    before, after = record.get("before"), record.get("after", {})
    return Replaced(tuple(record["key"]), record["id"], record["print"], before, after)
