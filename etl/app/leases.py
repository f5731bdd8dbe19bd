"""The lease of a mapping: who holds it, and taking it from one that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etl.app.opening import Access
from etl.mapping.model import Mapping
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.logs import Log


def lease(mapping: Mapping, settings: Settings, log: Log) -> dict[str, Any] | None:
    """Return who holds the lease of a mapping, until when; None where nobody does.

    Raises: as `run`, but for LockedError.
    """
    from etl.app.reaching import reached  # noqa: PLC0415 - pymongo is slow to import

    with reached(mapping, settings, log, Access(reading=True)) as there:
        found = there.retry(there.lease.look)
        return None if found is None or not found.holder else found.as_dict()


def break_lease(mapping: Mapping, settings: Settings, log: Log) -> dict[str, Any] | None:
    """Take the lease from a holder that is not heard of for as long as the lease lasts; return who that was.

    None where nobody holds it. A holder that is only held up finds, before it writes anything more, that the lease is
    not its own any more.

    Raises: as `run`; LockedError when the holder is at work.
    """
    from etl.app.reaching import reached  # noqa: PLC0415 - pymongo is slow to import

    with reached(mapping, settings, log, Access(breaking=True)) as there:
        found = there.retry(there.lease.look)
        if found is None or not found.holder:
            return None
        with there.lease.held():
            return found.as_dict()
