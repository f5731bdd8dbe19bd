"""Status: the facts on how a mapping stands, asked in a few round trips; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etl.app.mapping_hash import mapping_hash
from etl.app.opening import Access
from etl.app.reaching import reached
from etl.endpoints.files.newest import newest_delivery
from etl.endpoints.mongodb.counts import MongoCounts
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.runs import MongoRuns
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.delivered import Newest, newer, overdue, remembered
from etl.transfer.run_history import Command, RunRecord
from etl.transfer.status import Delivery, Status

if TYPE_CHECKING:
    from etl.logs import Log

_RUNS: Final = 30
"""Of so many runs it is known what is usual."""


def status(mapping: Mapping, settings: Settings, log: Log) -> Status:
    """Return how a mapping stands. It need not be proven: nothing is transferred.

    Raises: as `run`, but for LockedError.
    """
    with reached(mapping, settings, log, Access(reading=True)) as there:
        return status_of(mapping, settings, there.gateway(mapping))


def status_of(mapping: Mapping, settings: Settings, gateway: Gateway) -> Status:
    """Return how a mapping stands, where its database is open already.

    Raises: as `run`, but for LockedError.
    """
    collection = gateway.collection_of(settings.collection or mapping.mongodb.collection)
    counts, runs = MongoCounts(collection, gateway, mapping), MongoRuns(gateway)
    last = list(runs.find_brief(Command.RUN, most=_RUNS))
    letters, letters_at_least = counts.letters()
    return Status(
        mapping=mapping.name,
        collection=collection.name,
        now=gateway.now(),
        mapping_hash=mapping_hash(mapping),
        runs=last,
        last_good=_good(last) or _good(list(runs.find_brief(Command.RUN, most=1, exit_code=0))),
        waiting=counts.waiting(),
        conflicts=counts.conflicts(),
        letters=letters,
        letters_at_least=letters_at_least,
        delivery=_delivery(mapping, settings, last, gateway),
    )


def _delivery(mapping: Mapping, settings: Settings, runs: list[RunRecord], gateway: Gateway) -> Delivery | None:
    """Return the newest delivery, of the folder, and of what runs remember where the mapping expects one in time."""
    inbound = settings.inbound
    found = newest_delivery(inbound, mapping.files) if isinstance(inbound, Path) else None
    if not mapping.every:
        return found
    known = remembered(run.directions for run in runs)
    lying = Newest(found.name, found.at) if found and found.name and found.at else None
    newest = newer(known, lying)
    there = found or Delivery(str(inbound))
    there = replace(there, overdue=overdue(newest, mapping.every, gateway.now()))
    return there if newest is None else replace(there, name=newest.file, at=newest.at)


def _good(runs: list[RunRecord]) -> RunRecord | None:
    return next((run for run in runs if run.exit_code == 0), None)
