"""Verifying: whether both sides agree under the mapping, record by record, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.app.opening import Access, connect_ends, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import BATCH_SIZE, Move
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.dry import NoLetters
from etl.transfer.loop import Ends, transfer
from etl.transfer.model import Result
from etl.transfer.prepare import here

if TYPE_CHECKING:
    from etl.logs import Log


def verify(mapping: Mapping, settings: Settings, log: Log, batch_size: int = BATCH_SIZE) -> Iterator[Result]:
    """Yield a result for every record of either side: unchanged where both agree, else in conflict or rejected.

    Raises: as `run`, but for LockedError.
    """
    from etl.endpoints.mongodb.verify import RemainingSource, ToldSink, VerifyingSink  # noqa: PLC0415 - see open_store

    with open_store(mapping, settings, log, Access(reading=True)) as store:
        sink = VerifyingSink(store)
        access = Access(notify=Move(Direction.INBOUND, log).notify)
        inward = Ends(connect_ends(store, settings, Direction.INBOUND, access).source, sink, NoLetters())
        outward = Ends(RemainingSource(store, sink.met), ToldSink(store, sink), NoLetters())
        for direction, ends in ((Direction.INBOUND, inward), (Direction.OUTBOUND, outward)):
            for results in transfer(ends, here(compile_pipeline(mapping, direction)), batch_size=batch_size):
                yield from results
