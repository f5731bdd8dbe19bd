"""A list of what an import rejected, beside the outbound files: for the customer, whose records they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from etl.endpoints.files.overlap import refuse_overlap
from etl.endpoints.files.reject_sheet import NAME, RejectSheet
from etl.errors import EtlError
from etl.transfer.loop import Transfer
from etl.transfer.model import Result
from etl.transfer.prepare import Preparer

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.endpoints.files.location import Location
    from etl.logs import Log
    from etl.mapping.model import Mapping
    from etl.settings import Settings


@dataclass(frozen=True, slots=True)
class _Listed:
    """A route, of which a sheet notes what is rejected."""

    route: Transfer
    sheet: RejectSheet

    def transfer(
        self, prepare: Preparer, *, batch_size: int, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[list[Result]]:
        """Move every record; see `Route`."""
        for results in self.route.transfer(prepare, batch_size=batch_size, stop=stop):
            self.sheet.add(results)
            yield results


def refuse_listing(mapping: Mapping, settings: Settings) -> None:
    """Refuse a list of what is rejected in a folder where the next run would read it.

    Raises:
        SettingsError: saying what would be right.

    """
    refuse_overlap(mapping, settings.inbound, settings.outbound, [NAME])


@contextmanager
def listing(session: Session, route: Transfer, outbound: Location, log: Log) -> Iterator[Transfer]:
    """Yield a route of which a file says, however it ends, what was rejected.

    Raises:
        EndpointError: when the file cannot be written.

    """
    sheet = RejectSheet(outbound)
    try:
        yield _Listed(route, sheet)
    except BaseException:
        with suppress(EtlError):  # what ended the run counts
            _write(sheet, session, log)
        raise
    _write(sheet, session, log)


def _write(sheet: RejectSheet, session: Session, log: Log) -> None:
    if name := sheet.write(session.gateway.lease.run, session.gateway.confirm):
        log.info("what was rejected is listed for the customer, beside the outbound files", file=name)
