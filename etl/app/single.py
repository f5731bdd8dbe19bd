"""One record alone: of all that a run would move, what has a key that somebody names."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.drift import stopping
from etl.app.unread import leaving_unread
from etl.mapping.model import Mapping
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.key import key_reader
from etl.mapping.rules.selection import compile_selection
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Sort
from etl.record import Key
from etl.transfer.loop import Read, mark_nothing
from etl.transfer.model import Item
from etl.transfer.prepare import Preparer
from etl.transfer.report import Report

if TYPE_CHECKING:
    from etl.app.runs import Move, Options
    from etl.app.session import Session


def move_alone(session: Session, move: Move, prepare: Preparer, keys: Sequence[Key], options: Options) -> Report:
    """Transfer, in one direction, the records of these keys, as a run would that met no other ones.

    All that the outside delivers is read to find them. Nothing of it is cleared away, and its position stays: the other
    records of a file are still to come.
    """
    if move.direction is Direction.OUTBOUND:
        found = session.documents.look_up(keys, {"_id": True, **dict.fromkeys(session.documents.tops, True)})
        route = session.outbound(session.inside_reader([document["_id"] for document in found if "_id" in document]))
        is_read = Direction.INBOUND in options.directions and not session.mapping.files.pickup.complete
        route = leaving_unread(session, route, move.batch_size, move.notify, move.watch.stop, is_read=is_read)
        return move(route, prepare)
    inbound = session.inbound()
    read = _only(inbound.read, outside_key(session.mapping), set(keys), move.watch.stop)
    alone = replace(inbound, read=read, acknowledge=mark_nothing)
    command = f"etl run --key {shlex.quote(options.key or '')}"
    confirmed = options.confirm_missing
    return move(alone, stopping(session, prepare, move, confirmed=confirmed, is_whole=False, command=command))


def outside_key(mapping: Mapping) -> Callable[[Item], Key]:
    """Return what says which key an outside record has, () where none can be read; of one that is refused, too."""
    selection = compile_selection(mapping)
    steps, read_key = compiled_rules(mapping.keys, Direction.INBOUND), key_reader(mapping.keys, Direction.INBOUND)
    translate = Translator(steps, read_key, makes_inside=True)

    def key_of(item: Item) -> Key:
        record = item.legible
        if record is None:
            return ()
        if selection is not None and (sort := selection.sort_of(record, item.around)) is not Sort.RECORD:
            key, violations = selection.key_of(record, sort, item.around)
        else:
            _, key, violations = translate(record)
        return () if violations else key

    return key_of


def _only(read: Read, key_of: Callable[[Item], Key], keys: Collection[Key], stop: Callable[[], bool]) -> Read:
    """Return what reads the records of these keys, and looks at all others."""

    def only(size: int) -> Iterator[list[Item]]:
        for batch in read(size):
            if found := [item for item in batch if key_of(item) in keys]:
                yield found
            if stop():
                return

    return only
