"""Deliveries: which is the newest is kept with each run, and one that does not come is told of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etl.endpoints.mongodb.runs import MongoRuns
from etl.transfer.delivered import Delivered, Newest, newer, overdue, remembered
from etl.transfer.loop import Route
from etl.transfer.model import D, Doubt, Notice

if TYPE_CHECKING:
    from etl.app.runs import Move
    from etl.app.session import Session

_RUNS: Final = 100
"""In so many of the last runs one is looked for that knew of a delivery."""


def minding(session: Session, route: Route[D], move: Move) -> Route[D]:
    """Return an inbound route of a run after which the newest delivery is known, and told of where it is overdue."""
    every, reader = session.mapping.every, session.outside_reader
    if not session.mapping.minds_deliveries or not isinstance(reader, Delivered):
        return route

    def finish() -> None:
        newest = newer(reader.newest, last_delivery(session.runs))
        if newest is not None:
            move.deliveries.append(newest)
        if every and (said := overdue(newest, every, session.gateway.now())):
            move.notify(Notice(Doubt.LATE, said))
        route.finish()

    return replace(route, finish=finish)


def last_delivery(runs: MongoRuns) -> Newest | None:
    """Return the newest delivery that earlier runs knew of."""
    return remembered(run.directions for run in runs.find(most=_RUNS))
