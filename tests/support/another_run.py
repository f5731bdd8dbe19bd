"""Somebody else's run, as its lease tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from etl.endpoints.mongodb.lease import COLLECTION
from etl.endpoints.process import current
from tests.support.site import Site

SCOPE = {"mapping": "tracos_client", "collection": "workorders"}


@contextmanager
def another_run(site: Site, **other: Any) -> Iterator[None]:
    """Somebody on another machine holds the lease. other: what is otherwise in its document."""
    now = datetime.now(UTC)
    holder = {**asdict(current()), "host": "elsewhere", "machine": "x", "run": "r", "since": now, "seconds": 1, **other}
    holder.setdefault("expires", now + timedelta(seconds=60))
    site.database[COLLECTION].insert_one({"_id": SCOPE, "token": 41, "holder": holder})
    yield
