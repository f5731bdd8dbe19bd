"""What was sent, as the outside has it now, of the documents of a session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from etl.mapping.model import Mapping
from etl.mapping.rules.arranged import arranging
from etl.mapping.rules.sent import sent_form
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction
from etl.transfer.agreement import Agreement
from etl.transfer.echo import lasting_paths
from etl.transfer.model import Candidate
from etl.transfer.sender import Parts
from etl.transfer.stale import Sent

if TYPE_CHECKING:
    from etl.app.session import OutsideDetail, Session


def sent_of(session: Session) -> Sent[OutsideDetail]:
    """Return what knows of a document what was sent of it."""
    mapping, form, parts = session.mapping, sent_form(session.mapping), Parts(session.mapping)
    return Sent(
        session.outside_writer,
        compile_mapping(mapping, Direction.OUTBOUND),
        partial(parts.again, form=form),
        partial(parts.elsewhere, identify=partial(_identity, session)),
        form,
        arranging(mapping.rules),
        session.merger.keeper,
        session.merger.units,
        lasting_paths(mapping),
        lasting_paths(mapping, alone=True),
        partial(_is_taken, mapping),
    )


def _is_taken(mapping: Mapping, agreed: Agreement) -> bool:
    """Return whether a record that is not there was taken away: without an echo, one may never have been sent."""
    return mapping.echo or bool(agreed.told)


def _identity(session: Session, candidate: Candidate) -> str:
    """Return what the inside calls a record, which was read there, or found for one that was read outside."""
    records = session.inside_writer
    if records.identity_of(candidate.source) is None:
        return session.inside_reader().identity_of(candidate.item)
    return records.identity_text(records.unkeyed_of(candidate.source))
