"""What both sides last agreed on: looking at it, and making it anew of today's agreement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys
from etl.app.opening import Access, connect_route, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import BATCH_SIZE
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.record import Key
from etl.settings import Settings
from etl.transfer.agreement import Agreement
from etl.transfer.dry_run import NoLetters
from etl.transfer.loop import transfer
from etl.transfer.prepare import in_process

if TYPE_CHECKING:
    from etl.logs import Log


def state(mapping: Mapping, settings: Settings, log: Log, key: str) -> dict[Key, Agreement]:
    """Return what is remembered of a key; {} if nothing is.

    Raises: as `run`, but for LockedError; KeyTextError when the text is no key.
    """
    keys = parse_keys(mapping, key)
    with open_store(mapping, settings, log, Access(reading=True)) as store:
        return store.state.load(keys)


def rebuild_state(mapping: Mapping, settings: Settings, log: Log) -> int:
    """Take what both sides say today for what they have agreed on; return of how many records.

    No record is written: what differs now differs from then on by agreement, until one side changes it.

    Raises: as `run`.
    """
    from etl.endpoints.mongodb.rebuild import RebuildingSink  # noqa: PLC0415 - see open_store

    with open_store(mapping, settings, log) as store:
        sink = RebuildingSink(store)
        route = replace(connect_route(store, settings, Direction.INBOUND), sink=sink, letters=NoLetters())
        for _ in transfer(route, in_process(compile_pipeline(mapping, Direction.INBOUND)), batch_size=BATCH_SIZE):
            pass
        return sink.count
