"""Dead letters from the outside: looking at them, replaying them, dropping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.opening import Access, connect_ends, files_source, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import BOTH, Move, Watch
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.kept import KeptRecords
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Report, Source
from etl.transfer.prepare import here

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store
    from etl.logs import Log


@contextmanager
def letters(
    mapping: Mapping, settings: Settings, log: Log, ids: Sequence[str] = (), direction: Direction | None = None
) -> Iterator[Iterator[DeadLetter]]:
    """Yield the dead letters of a mapping, oldest first. ids: only those whose id begins with one of these.

    Raises: as `run`.
    """
    from etl.endpoints.mongodb.letters import find_letters  # noqa: PLC0415 - see open_store

    with open_store(mapping, settings, log, Access(reading=True)) as store:
        yield find_letters(store, direction, ids)


def drop(mapping: Mapping, settings: Settings, log: Log, ids: Sequence[str] = ()) -> int:
    """Remove dead letters, all if no ids are given; return how many there were.

    Raises: as `run`.
    """
    from etl.endpoints.mongodb.letters import drop_letters, find_letters  # noqa: PLC0415 - see open_store

    with open_store(mapping, settings, log) as store:
        return drop_letters(store, list(find_letters(store, ids=ids)))


def replay(
    mapping: Mapping, settings: Settings, log: Log, ids: Sequence[str] = (), watch: Watch = Watch()
) -> list[Report]:
    """Transfer dead letters again, all if no ids are given. What goes well is cleared; what fails again stays.

    An inbound letter is transferred as it was kept, an outbound one as its document is now.

    Raises: as `run`.
    """
    from etl.endpoints.mongodb.letters import find_letters  # noqa: PLC0415 - see open_store

    reports = []
    with open_store(mapping, settings, log) as store:
        for direction in BOTH:
            if chosen := list(find_letters(store, direction, ids)):
                move = Move(direction, log, watch)
                reports.append(_replay(store, settings, chosen, move))
    return reports


def _replay(store: Store, settings: Settings, chosen: Sequence[DeadLetter], move: Move) -> Report:
    from etl.endpoints.mongodb.source import MongoSource  # noqa: PLC0415 - see open_store

    access = Access(notify=move.notify)
    ends = connect_ends(store, settings, move.direction, access)
    source = (
        _kept_files(store, settings, chosen, access)
        if move.direction is Direction.INBOUND
        else MongoSource(store, only=[letter.document for letter in chosen])
    )
    return move(replace(ends, source=source), here(compile_pipeline(store.mapping, move.direction)))


def _kept_files(store: Store, settings: Settings, chosen: Sequence[DeadLetter], access: Access) -> Source:
    from etl.endpoints.files.letters import kept_items  # noqa: PLC0415 - see open_store

    return KeptRecords(kept_items(chosen, files_source(store.mapping, settings, access.notify)))
