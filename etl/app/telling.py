"""What the outside is told: what is kept back from it, and how the rest is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etl.mapping.model import Mapping
from etl.mapping.rules.sent import sent_form
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.rules.wanted import sent_schema
from etl.mapping.terms import Direction, Use, When
from etl.transfer.announcing import sent_once
from etl.transfer.echo import Echo, Marks
from etl.transfer.endpoint import Choosing, Endpoint, KeyedReader
from etl.transfer.known import Known
from etl.transfer.model import Compare
from etl.transfer.screen import Screen, Told, Waiting
from etl.transfer.sender import Asking, Parts, Sender

if TYPE_CHECKING:
    from etl.app.session import OutsideDetail, Session


def make_marks(mapping: Mapping, inward: Translator, outside: Endpoint[Any]) -> Marks | None:
    """Return what tells what was sent by rules of which imports say nothing; None where that does not matter."""
    if mapping.echo and not asks(mapping, outside):
        return None
    return Marks(mapping, inward, compile_mapping(mapping, Direction.OUTBOUND))


def telling(
    session: Session, known: Known, waiting: Waiting, reader: KeyedReader
) -> tuple[Screen, Compare[OutsideDetail]]:
    """Return what keeps back documents from the outside, and what says what would be done with the others."""
    mapping, marks, units, asking = session.mapping, session.marks, session.merger.units, None
    told: Told | None = None if marks is None or mapping.echo else Echo(units, session.inward, marks)
    form, schema, writer = sent_form(mapping), sent_schema(mapping), session.outside_writer
    compare = sent_once(writer, known) if mapping.assigned else writer.compare
    if marks is not None and asks(mapping, session.outside):
        holds_back = _chooses(session.outside) or mapping.sends_changes
        asking = Asking(mapping, units, session.inward, marks, known, holds_back=holds_back)
    if not (form is None and asking is None and schema is None):
        compare = Sender(form, schema, asking, Parts(mapping), reader.identity_of).before(compare)
    holding = asking if asking is not None and asking.holds_back else None
    screen = Screen(
        known,
        waiting,
        told if holding is None else holding.is_told,
        compare=compare if writer.replaces else None,
        selects=mapping.selects,
        assigns=bool(mapping.assigned),
    )
    return screen, compare


def asks(mapping: Mapping, outside: Endpoint[Any]) -> bool:
    """Return whether what is sent depends on what the outside is known to have."""
    return _chooses(outside) or bool(mapping.outside.only(Use.WRITE)) or _is_timed(mapping)


def _chooses(outside: Endpoint[Any]) -> bool:
    return isinstance(outside, Choosing) and outside.chooses


def _is_timed(mapping: Mapping) -> bool:
    return any(rule.sent is not When.ALWAYS for rule in mapping.rules)
