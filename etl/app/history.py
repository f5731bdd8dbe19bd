"""The run history from the outside: what earlier runs did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from etl.app.opening import Access, open_session
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.run_history import RunRecord

if TYPE_CHECKING:
    from etl.logs import Log


def past_runs(
    mapping: Mapping, settings: Settings, log: Log, *, since: datetime | None = None, id_: str = "", most: int = 0
) -> list[RunRecord]:
    """Return what is known of the runs of a mapping, the latest first.

    since: of those that started then or later. id_: of those whose id begins so. most: of so many, 0 for all.

    Raises: as `run`, but for LockedError.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        return list(session.runs.find(since=since, id_=id_, most=most))
