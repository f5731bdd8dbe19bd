"""How many work orders an import may mark as deleted: looked at before it writes, and counted again while it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from etl.app.dry_routes import dry_inbound
from etl.app.pipelines import preparer
from etl.app.vanishing import Passing, finding_gone
from etl.errors import LimitError, SettingsError
from etl.limits import Limit
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.decision import Detail
from etl.transfer.model import Candidate, Change, Compare, unheard
from etl.transfer.planned_so_far import Planned
from etl.transfer.seen import key_mark

if TYPE_CHECKING:
    from etl.app.runs import Options
    from etl.app.session import Session


class Deletions:
    """Counts the work orders that an import marks as deleted, and stops it before they are too many.

    limit: what was set. read: how many records there were when they were looked at, of which a share may be deleted.
    """

    def __init__(self, limit: Limit, read: int) -> None:
        self._limit = limit
        self._read = read
        self._keys: set[int] = set()

    def review(self, compare: Compare[Detail]) -> Compare[Detail]:
        """Return a comparison that stops where what it decides would delete too many."""

        def compared(candidates: Sequence[Candidate]) -> list[Change[Detail]]:
            changes = compare(candidates)
            deleting = [c for c in changes if c.detail is not None and c.detail.decision.deletes]
            self._keys.update(key_mark(change.candidate.key) for change in deleting)
            if self._limit.is_exceeded(len(self._keys), self._read, ended=True):
                raise LimitError(
                    f"{len(self._keys)} records would be marked as deleted by now, more than when they were looked at "
                    f"before the run began, and MAX_DELETED is {self._limit}: stopped before these were; what came "
                    "before is written; look at `etl plan`, and run again"
                )
            return changes

        return compared


def require_limit(mapping: Mapping, settings: Settings, options: Options) -> None:
    """Refuse complete extracts without a limit: one that is torn would have no end.

    Raises:
        SettingsError: saying what to set.

    """
    is_limited = options.confirm_deletes or (options.max_deleted or settings.max_deleted) is not None
    is_whole = options.key is None and Direction.INBOUND in options.directions
    if mapping.files.pickup.complete and is_whole and not is_limited:
        raise SettingsError(
            f"MAX_DELETED is not set, and {mapping.file} takes each delivery for complete, so that what is missing in "
            "it is marked as deleted; say how many may be, as in MAX_DELETED=5%, or run once with --confirm-deletes"
        )


def look_at_deletions(session: Session, limit: Limit, batch_size: int) -> Deletions:
    """Look at all that an import would do, before it does anything; return what counts again while it does.

    Raises:
        LimitError: when it would mark too many work orders as deleted.

    """
    prepare, passing = preparer(session.mapping, Direction.INBOUND), Passing(session)
    prepare = finding_gone(session, prepare, unheard, batch_size, passing.heard)
    read, keys = 0, set[int]()
    for results in dry_inbound(session, Planned()).transfer(prepare, batch_size=batch_size):
        read += len(results)
        deleting = [r.candidate for r in results if passing.deletes(r) or r.deletes]
        keys.update(key_mark(candidate.key) for candidate in deleting if candidate is not None)
    if limit.is_exceeded(len(keys), read, ended=True):
        raise LimitError(
            f"{len(keys)} of {read} records would be marked as deleted, and MAX_DELETED is {limit}: nothing was "
            "written; look at `etl plan`, and if that is right, run again with --confirm-deletes"
        )
    return Deletions(limit, read)
