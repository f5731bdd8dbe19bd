"""What both sides last agreed on: looking at it, and making it anew of today's agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.runs import BATCH_SIZE
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.record import Key
from etl.settings import Settings
from etl.transfer.agreement import Agreement
from etl.transfer.batches import gathered
from etl.transfer.loop import Route
from etl.transfer.rebuild import Rebuild

if TYPE_CHECKING:
    from etl.logs import Log


def state(mapping: Mapping, settings: Settings, log: Log, key: str) -> dict[Key, Agreement]:
    """Return what is remembered of a key; {} if nothing is.

    Raises: as `run`, but for LockedError; KeyTextError when the text is no key.
    """
    keys = parse_keys(mapping, key)
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        return gathered(session.ledger.load, keys)


def rebuild_state(mapping: Mapping, settings: Settings, log: Log) -> int:
    """Take what both sides say today for what they have agreed on; return of how many records.

    No record is written: what differs now differs from then on by agreement, until one side changes it.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log) as session:
        rebuild = Rebuild(session.inside_writer, session.ledger, session.merger)
        route = Route(session.outside_reader.batches, rebuild.compare, rebuild.apply)
        for _ in route.transfer(preparer(mapping, Direction.INBOUND), batch_size=BATCH_SIZE):
            pass
        return rebuild.count
