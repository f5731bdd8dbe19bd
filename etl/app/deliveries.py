"""Deliveries: which is the newest is kept with each run, and which complete extract is the last that was read.

One that does not come is told of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etl.endpoints.mongodb.runs import MongoRuns
from etl.mapping.terms import Direction
from etl.transfer.delivered import DELIVERY, EXTRACT, Delivered, Newest, newer, overdue, remembered
from etl.transfer.loop import Route
from etl.transfer.model import D, Doubt, Notice
from etl.transfer.vanished import Extracting

if TYPE_CHECKING:
    from etl.app.runs import Move
    from etl.app.session import Session


def minding(session: Session, route: Route[D], move: Move) -> Route[D]:
    """Return an inbound route of a run after which the newest delivery is known, and told of where it is overdue."""
    every, reader = session.mapping.every, session.outside_reader
    if not session.mapping.minds_deliveries or not isinstance(reader, Delivered):
        return route

    def finish() -> None:
        newest = newer(reader.newest, last_delivery(session.runs))
        if newest is not None:
            move.deliveries.append(newest)
        if session.mapping.files.pickup.complete and isinstance(reader, Extracting):
            move.extracts.extend(_last_of(reader, last_extract(session.runs)))
        if every and (said := overdue(newest, every, session.gateway.now())):
            move.notify(Notice(Doubt.LATE, said))
        route.finish()

    return replace(route, finish=finish)


def last_delivery(runs: MongoRuns) -> Newest | None:
    """Return the newest delivery that earlier runs knew of."""
    return _known(runs, DELIVERY)


def last_extract(runs: MongoRuns) -> Newest | None:
    """Return the last complete extract, in the order of files, that earlier runs have read."""
    return _known(runs, EXTRACT)


def _known(runs: MongoRuns, name: str) -> Newest | None:
    run = runs.latest_with(Direction.INBOUND, name)
    return None if run is None else remembered([run.directions], name)


def _last_of(reader: Extracting, earlier: Newest | None) -> list[Newest]:
    """Return the last extract that was read by now, [] where none was."""
    extract = reader.extract
    if extract is None or (earlier is not None and reader.older(extract, earlier)):
        return [] if earlier is None else [earlier]
    return [extract]
