"""Complete extracts: what is missing in the last one counts as deleted outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.app.deliveries import last_delivery
from etl.transfer.model import Notify
from etl.transfer.prepare import Preparer
from etl.transfer.vanished import Extracting, Vanished

if TYPE_CHECKING:
    from etl.app.session import Session


def finding_gone(session: Session, prepare: Preparer, notify: Notify, size: int) -> Preparer:
    """Return an inbound preparer that finds what is gone, where each delivery is all that the outside has."""
    reader = session.outside_reader
    if not session.mapping.files.pickup.complete or not isinstance(reader, Extracting):
        return prepare
    return Vanished(reader, session.ledger, last_delivery(session.runs), notify, size).over(prepare)
