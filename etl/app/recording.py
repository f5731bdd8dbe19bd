"""Recording: what a run does is kept in the run history while it lasts, and once it has ended."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from etl.app.mapping_hash import mapping_hash
from etl.app.retention import forget_old
from etl.endpoints.mongodb.connection import is_failure, reason
from etl.endpoints.mongodb.runs import MongoRuns
from etl.endpoints.mongodb.uri import shown_uri
from etl.errors import EtlError
from etl.exit_codes import ExitCode
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.report import Report
from etl.transfer.run_history import Command, RunRecord
from etl.version import __version__

if TYPE_CHECKING:
    from etl.app.opening import Access
    from etl.app.runs import Watch
    from etl.app.session import Session
    from etl.endpoints.mongodb.gateway import Gateway

_BEHIND: Final = 20
"""So many runs are looked through for the one before."""

_EVERY: Final = 1.0
"""So many seconds pass at least before a run says again how far it is."""


class Recorder:
    """Keeps the record of one run. It follows the run from the start, and writes once the run has the lease."""

    def __init__(
        self, command: Command, mapping: Mapping, settings: Settings, decided: Table[str, str] = MappingProxyType({})
    ) -> None:
        """decided: what is kept of who wants it, `by` and `note`.

        is_partial: something that was asked for has not been done, whatever became of what was read.
        """
        self.is_partial = False
        self._command = command
        self._decided = decided
        self._mapping = mapping
        self._settings = settings
        self._of_all = (
            settings.fail_on_known or command is not Command.RUN
        )  # to the others a person waits for the answer
        self._ended: list[Report] = []
        self._gateway: Gateway | None = None
        self._record: RunRecord | None = None
        self._told = time.monotonic()

    def following(self, watch: Watch) -> Watch:
        """Return who follows a run: `watch`, and this one."""

        def on_report(report: Report) -> None:
            self._ended.append(report)
            watch.on_report(report)

        def on_progress(report: Report) -> None:
            if time.monotonic() - self._told > _EVERY:
                self._keep([*self._ended, report])
                self._told = time.monotonic()
            watch.on_progress(report)

        return replace(watch, on_report=on_report, on_progress=on_progress)

    def refusing(self, access: Access, watch: Watch) -> Access:
        """Return an access that keeps, and tells, of a run that is refused before it does anything."""

        def refused(gateway: Gateway, error: Exception) -> None:
            if gateway.retry.is_lost:
                return
            with _beside_an_error():
                self._begin(gateway, watch)
            self._fail(watch, error)

        return replace(access, refused=refused)

    @contextmanager
    def kept(self, session: Session, watch: Watch) -> Iterator[None]:
        """Keep the record of what is done inside, however that ends."""
        forget_old(session, self._settings, session.gateway.now())
        self._begin(session.gateway, watch)
        try:
            yield
        except BaseException as error:
            self._fail(watch, error)
            raise
        stopped = watch.stop()
        alarming = self.is_partial or any(report.is_alarming(of_all=self._of_all) for report in self._ended)
        exit_code = watch.exit_code() if stopped else int(ExitCode.REJECTED if alarming else ExitCode.OK)
        self._finish(watch, exit_code, "stopped by a signal" if stopped else "")

    def _begin(self, gateway: Gateway, watch: Watch) -> None:
        now = gateway.now()
        record = RunRecord(
            id=gateway.lease.run,
            command=self._command.value,
            mapping_hash=mapping_hash(self._mapping),
            engine=__version__,
            host=socket.gethostname(),
            token=gateway.lease.token,
            settings=shown_settings(self._settings),
            started=now,
            heard=now,
            by=self._decided.get("by", ""),
            note=self._decided.get("note", ""),
        )
        self._gateway, self._record = gateway, record
        MongoRuns(gateway).begin(record, now - timedelta(days=self._settings.runs_kept))
        watch.on_begin(record, lambda: _earlier(gateway, record))

    def _keep(self, reports: Sequence[Report]) -> None:
        if self._gateway is not None and self._record is not None:
            MongoRuns(self._gateway).put(self._record.after(reports, self._gateway.now()))

    def _finish(self, watch: Watch, exit_code: int, error: str) -> None:
        if self._gateway is not None and self._record is not None:
            ended = self._finished(self._record, self._gateway, exit_code, error)
            try:
                MongoRuns(self._gateway).put(ended)
            finally:
                watch.on_end(ended)

    def _fail(self, watch: Watch, error: BaseException) -> None:
        """Keep, and tell, that a run ends with an error; what fails on the way does not take its place."""
        if self._gateway is None or self._record is None:
            return
        why = self._settings.redacted(why_ended(error))
        ended = self._finished(self._record, self._gateway, exit_code_of(error), why)
        if not self._gateway.retry.is_lost:  # else it would be waited for once more
            with _beside_an_error():
                MongoRuns(self._gateway).put(ended)
        watch.on_end(ended)

    def _finished(self, record: RunRecord, gateway: Gateway, exit_code: int, error: str) -> RunRecord:
        now = gateway.now()
        return record.after(self._ended, now).finished(now, exit_code, error)


@contextmanager
def _beside_an_error() -> Iterator[None]:
    """Let fail what is said of an error that matters more."""
    try:
        yield
    except Exception as another:
        if not is_failure(another) and not isinstance(another, EtlError):
            raise


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of a command that ends with an error."""
    usual = ExitCode.FAILED if is_failure(error) else ExitCode.BROKEN
    return int(getattr(error, "exit_code", ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else usual))


def why_ended(error: BaseException) -> str:
    """Return what is told of an error that has ended a run: of a bug no word of its own, which may quote a record."""
    kind = type(error).__name__
    if exit_code_of(error) == ExitCode.BROKEN:
        return f"a bug of the engine ({kind}): see what the run has printed"
    return reason(error) or kind


def _earlier(gateway: Gateway, record: RunRecord) -> RunRecord | None:
    """Return the run before this one that nobody typed for some records alone, None where none is known."""
    found = MongoRuns(gateway).find(most=_BEHIND)
    return next((run for run in found if run.command == Command.RUN and run.id != record.id), None)


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return what a run works with, for people, by the names of the settings; secrets are left out."""
    limits = {"MAX_REJECTED": settings.max_rejected, "MAX_DELETED": settings.max_deleted}
    return {
        "MONGO_URI": "embedded" if settings.is_embedded else shown_uri(settings.uri or ""),
        "MONGO_DATABASE": settings.database,
        "DATA_INBOUND_DIR": str(settings.inbound),
        "DATA_OUTBOUND_DIR": str(settings.outbound),
        **{name: str(limit) for name, limit in limits.items() if limit is not None},
    }
