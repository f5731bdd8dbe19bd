"""Which marker files are owed: a note a run in `etl_intents`, beside its write intents, from before its first file on.

A note's `_id` is that of an intent with a word in the place of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from etl.endpoints.mongodb.exact import replace_one
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import INTENTS
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.transfer.gathering import Owed

MARKER: Final = "marker"
"""In the place of the part of an intent."""


class MongoMarkers:
    """The markers that the runs of one mapping owe."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._notes = gateway.collection_of(INTENTS)

    def owed(self) -> list[Owed]:
        """Return what earlier runs have noted and not settled, oldest first."""
        ours = {f"_id.{name}": value for name, value in self._gateway.scope.items()} | {"_id.part": MARKER}
        found = self._gateway.retry(lambda: list(self._notes.find_many(ours).sort("_id")))
        own = self._id
        return [Owed(note["_id"], note["marker"], tuple(note["files"])) for note in found if note["_id"] != own]

    def note(self, marker: str, files: Sequence[str]) -> None:
        """Note that these files of this run are about to appear, or have, and that this marker is owed for them."""
        write = replace_one(self._id, {"_id": self._id, "marker": marker, "files": list(files)})
        self._gateway.write(lambda: self._notes.bulk_write([write]), on=is_transient_bulk)

    def settle(self, owed: Sequence[Owed] = ()) -> None:
        """Forget what earlier runs have noted, and where nothing is named, what this run has."""
        ids = [one.run for one in owed] or [self._id]
        self._gateway.write(lambda: self._notes.delete_many({"_id": {"$in": ids}}))

    @property
    def _id(self) -> dict[str, Any]:
        return {**self._gateway.scope, "token": self._gateway.lease.token, "part": MARKER}
