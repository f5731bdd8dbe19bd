"""How one mapping works with its database: calls are repeated after passing failures; before it writes, it asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pymongo.database import Database

from etl.endpoints.mongodb.exact import Exact
from etl.endpoints.mongodb.lease import Lease
from etl.endpoints.mongodb.retry import Retry, is_transient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gateway:
    """The database of one mapping.

    mapping, collection: their names, by which the engine's own documents are told apart. now: UTC, whole milliseconds.
    """

    database: Database[dict[str, Any]]
    mapping: str
    collection: str
    retry: Retry
    lease: Lease
    now: Callable[[], datetime]

    @property
    def scope(self) -> dict[str, str]:
        """What the engine's own documents are told apart by."""
        return {"mapping": self.mapping, "collection": self.collection}

    def collection_of(self, name: str) -> Exact:
        """Return one of the engine's own collections."""
        return Exact(self.database[name])

    def confirm(self) -> None:
        """Have the server confirm that the lease is ours: before each group of writes, wherever they go.

        Raises:
            LeaseLostError: when it is not.

        """
        self.retry(self.lease.confirm)

    def write(self, call: Callable[[], T], *, on: Callable[[BaseException], bool] = is_transient) -> T:
        """Make a call that writes, once the lease is confirmed; both again after passing failures.

        Raises:
            LeaseLostError: when it is not ours any more.

        """

        def write() -> T:
            self.lease.confirm()
            return call()

        return self.retry(write, on=on)
