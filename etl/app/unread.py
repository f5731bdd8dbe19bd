"""Sending without reading: what the outside has said and nobody has read is looked at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.pipelines import preparer
from etl.errors import NothingThereError
from etl.mapping.terms import Direction
from etl.transfer.loop import Read, Route
from etl.transfer.model import D, Item, Notify
from etl.transfer.unread import Unread

if TYPE_CHECKING:
    from etl.app.session import Session


def leaving_unread(
    session: Session, route: Route[D], batch_size: int, notify: Notify, stop: Callable[[], bool] = lambda: False
) -> Route[D]:
    """Return an outbound route that leaves what the outside has said news of. notify: told how many those are.

    Where no rule goes both ways, there is nothing that an unread record could say otherwise; where there is no inbound
    folder and never was, nothing was said.
    """
    if not any(unit.is_two_way for unit in session.merger.units):
        return route
    return replace(route, read=_reading(session, route.read, batch_size, notify, stop))


def _reading(session: Session, read: Read, batch_size: int, notify: Notify, stop: Callable[[], bool]) -> Read:
    def reading(size: int) -> Iterator[list[Item]]:
        unread = Unread(session.ledger, session.merger)
        look = Route(session.outside_reader.batches, unread.compare, unread.apply)
        prepare = preparer(session.mapping, Direction.INBOUND)
        try:
            for _ in look.transfer(prepare, batch_size=batch_size):
                if stop():
                    return
        except NothingThereError:
            if session.ledger.has_heard():
                raise
        yield from unread.left(read, session.inside_reader().key_of, notify)(size)

    return reading
