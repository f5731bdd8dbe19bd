"""Conflicts from the outside: looking at them, resolving them, dropping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys, parse_take
from etl.app.opening import Access, connect_route, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import Move, Watch
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.conflicts import Conflict
from etl.transfer.dry_run import NoLetters
from etl.transfer.model import Item, Report
from etl.transfer.prepare import in_process
from etl.transfer.replayed import ReplayedRecords

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store
    from etl.logs import Log


@contextmanager
def conflicts(
    mapping: Mapping, settings: Settings, log: Log, key: str | None = None, *, decided: bool = True
) -> Iterator[Iterator[Conflict]]:
    """Yield the conflicts of a mapping, or of one key, oldest first. decided: also those that wait for nobody.

    Raises: as `run`; KeyTextError when the text is no key.
    """
    from etl.endpoints.mongodb.conflicts import find_conflicts  # noqa: PLC0415 - see open_store

    keys = None if key is None else parse_keys(mapping, key)
    with open_store(mapping, settings, log, Access(reading=True)) as store:
        yield find_conflicts(store, keys, only_open=not decided)


def drop_conflicts(mapping: Mapping, settings: Settings, log: Log, key: str | None = None) -> int:
    """Remove what the log has of a key, or all; return how many there were.

    An open conflict comes back on the next run if both sides still disagree.

    Raises: as `conflicts`.
    """
    from etl.endpoints.mongodb.conflicts import drop_conflicts, find_conflicts  # noqa: PLC0415 - see open_store

    keys = None if key is None else parse_keys(mapping, key)
    with open_store(mapping, settings, log) as store:
        return drop_conflicts(store, list(find_conflicts(store, keys)))


def resolve(
    mapping: Mapping, settings: Settings, log: Log, key: str, take: Sequence[str], watch: Watch = Watch()
) -> list[Report]:
    """Decide the open conflict of one key, and transfer that record both ways. [] if there is none.

    take: `client`, `tracos`, or `title=client` for one rule; what it does not name is decided by the mapping's policy.

    Raises: as `run`; KeyTextError when a text names no key, rule or system.
    """
    from etl.endpoints.mongodb.conflicts import find_conflicts  # noqa: PLC0415 - see open_store

    keys, taken = parse_keys(mapping, key), parse_take(mapping, take)
    with open_store(mapping, settings, log, Access(taken=taken)) as store:
        waiting = list(find_conflicts(store, keys, only_open=True))
        return _transfer_both_ways(store, settings, waiting, (log, watch)) if waiting else []


def _transfer_both_ways(
    store: Store, settings: Settings, waiting: Sequence[Conflict], said: tuple[Log, Watch]
) -> list[Report]:
    from etl.endpoints.mongodb.compare import Comparer  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.source import MongoSource  # noqa: PLC0415

    inward = connect_route(store, settings, Direction.INBOUND)
    kept = ReplayedRecords(Item(conflict.origin, conflict.record) for conflict in waiting)
    # no dead letters: a record that is refused stays in conflict, and its file may have a letter of its own
    route = replace(inward, source=kept, letters=NoLetters())
    reports = [Move(Direction.INBOUND, *said)(route, in_process(compile_pipeline(store.mapping, Direction.INBOUND)))]
    documents = Comparer(store).find([conflict.key for conflict in waiting]).documents.values()
    source = MongoSource(store, only=[document["_id"] for document in documents])
    route = replace(connect_route(store, settings, Direction.OUTBOUND), source=source)
    reports.append(
        Move(Direction.OUTBOUND, *said)(route, in_process(compile_pipeline(store.mapping, Direction.OUTBOUND)))
    )
    return reports
