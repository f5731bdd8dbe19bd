"""A run: every direction that was asked for, in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from etl.app.deletions import look_at_deletions, require_limit
from etl.app.deliveries import minding
from etl.app.drift import stopping
from etl.app.key_texts import parse_keys
from etl.app.log_lines import FewOfACause
from etl.app.opening import Access, open_session, quiet_log
from etl.app.recording import Recorder
from etl.app.rejects import listing, refuse_listing
from etl.app.single import move_alone
from etl.app.unread import leaving_unread
from etl.app.vanishing import finding_gone
from etl.app.workers import Workers, preparers
from etl.errors import LimitError
from etl.limits import Limit
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.dead_letter import Novelty
from etl.transfer.decision import Detail
from etl.transfer.delivered import Newest
from etl.transfer.endpoint import Measuring
from etl.transfer.importing import Review
from etl.transfer.loop import Transfer
from etl.transfer.model import Compare, Doubt, Note, Notice, Outcome, Pause, Result
from etl.transfer.new_fields import NewFields
from etl.transfer.prepare import Preparer, Waiting
from etl.transfer.report import Report
from etl.transfer.run_history import Command

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log
    from etl.transfer.run_history import RunRecord

BATCH_SIZE: Final = 500
PROGRESS_SECONDS: Final = 10.0
"""How often a long run says how far it is."""

_REJECTED: Final = Outcome.REJECTED
BOTH: Final = (Direction.INBOUND, Direction.OUTBOUND)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run shall do.

    access: how it uses its endpoints. max_rejected, max_deleted: instead of the settings'. confirm_deletes: so many
    deletions are right. confirm_missing: fields may be missing that all records had. workers: who checks and
    translates; what is written is the same. key: only the record of this key is moved, None for all. rejects: a file
    beside the outbound ones lists what an import rejects, as the setting says.
    """

    directions: Sequence[Direction] = BOTH
    batch_size: int = BATCH_SIZE
    access: Access = Access()
    max_rejected: Limit | None = None
    max_deleted: Limit | None = None
    confirm_deletes: bool = False
    confirm_missing: bool = False
    workers: Workers = Workers()
    key: str | None = None
    rejects: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a run.

    on_report: called when a direction ends, also if it failed half-way. on_progress: called when a direction begins,
    and after every batch. on_end: called with what the run history has of a run that has ended, however it did.
    on_begin: called with what it has of one that begins, and with what looks up the run before.
    exit_code: of a command that was stopped. stop: see `Route`. pause: see `Access`.
    """

    on_report: Callable[[Report], None] = lambda _: None
    on_progress: Callable[[Report], None] = lambda _: None
    on_end: Callable[[RunRecord], None] = lambda _: None
    on_begin: Callable[[RunRecord, Callable[[], RunRecord | None]], None] = lambda _, __: None
    exit_code: Callable[[], int] = lambda: 130
    stop: Callable[[], bool] = lambda: False
    pause: Pause = time.sleep


def run(
    mapping: Mapping,
    settings: Settings,
    log: Log | None = None,
    options: Options = Options(),
    watch: Watch = Watch(),
) -> list[Report]:
    """Synchronise: transfer in every direction asked for, in order. Running it again is always safe.

    Raises:
        SettingsError: when a setting cannot work; nothing was read.
        LockedError: when another run of this mapping is at work.
        EndpointError: when MongoDB or the file system failed; what is done is done, and a rerun goes on from there.
        LimitError: when more records were rejected than the limit allows; what is done is done.
        DriftError: when fields are missing that records had; nothing was written.
        KeyTextError: when the text is no key.

    """
    require_limit(mapping, settings, options)
    reports, log = [], log or quiet_log()
    limit = options.max_rejected or settings.max_rejected
    keys = [] if options.key is None else parse_keys(mapping, options.key)
    recorder = Recorder(Command.KEYED if keys else Command.RUN, mapping, settings)
    followed = recorder.following(watch)
    moves = {way: Move(way, log, followed, options.batch_size, limit) for way in options.directions}
    access = recorder.refusing(hearing(options.access, watch, moves), watch)
    with (
        preparers(mapping, options.workers, Waiting(watch.pause, settings.retry_seconds)) as prepare,
        open_session(mapping, settings, log, access) as session,
        recorder.kept(session, watch),
    ):
        review = _unreviewed if keys else _review(session, settings, options)
        for direction in options.directions:
            if watch.stop():
                break
            move, prepared = moves[direction], prepare[direction]
            every = (session, move, prepared)
            reports.append(move_alone(*every, keys, options) if keys else _moved(*every, options, review, settings))
        recorder.is_partial = _is_missing(options.key, reports, log, mapping)
    return reports


def _is_missing(key: str | None, reports: Sequence[Report], log: Log, mapping: Mapping) -> bool:
    """Return whether nothing has come of the key of which alone something was to be moved, and say so."""
    if key is None or any(report.read for report in reports):
        return False
    others = "; what is missing in a complete extract, only a run of all records marks"
    complete = mapping.files.pickup.complete
    log.error(f"nothing has this key, or it waits for nothing{others if complete else ''}", key=key)
    return True


def _review(session: Session, settings: Settings, options: Options) -> Review:
    """Return what looks at what an import decides: where there is a limit of deletions, at how many there are."""
    most = None if options.confirm_deletes else options.max_deleted or settings.max_deleted
    if most is None or Direction.INBOUND not in options.directions:
        return _unreviewed
    return look_at_deletions(session, most, options.batch_size).review


def _moved(
    session: Session, move: Move, prepare: Preparer, options: Options, review: Review, settings: Settings
) -> Report:
    """Transfer in one direction."""
    if move.direction is Direction.OUTBOUND:
        reader = session.inside_reader()
        route = session.outbound(reader)
        is_read = Direction.INBOUND in options.directions
        route = leaving_unread(session, route, options.batch_size, move.notify, move.watch.stop, is_read=is_read)
        return move(route, prepare, reader)
    inward = minding(session, session.importing(review), move)
    prepare = stopping(session, prepare, move, confirmed=options.confirm_missing)
    prepare = finding_gone(session, prepare, move.notify, options.batch_size)
    if not (options.rejects or settings.rejects_csv):
        return move(inward, prepare, session.outside_reader)
    refuse_listing(session.mapping, settings)
    with listing(session, inward, settings.outbound, move.log) as listed:
        return move(listed, prepare, session.outside_reader)


def _unreviewed(compare: Compare[Detail]) -> Compare[Detail]:
    return compare


@dataclass(frozen=True, slots=True)
class Move:
    """Moves the records of one direction, counts them, and tells of them."""

    direction: Direction
    log: Log
    watch: Watch = Watch()
    batch_size: int = BATCH_SIZE
    limit: Limit | None = None
    notices: list[Notice] = field(default_factory=list)
    fields: list[NewFields] = field(default_factory=list)
    deliveries: list[Newest] = field(default_factory=list)
    extracts: list[Newest] = field(default_factory=list)
    heard: set[Notice] = field(default_factory=set, init=False)
    few: FewOfACause = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "few", FewOfACause(self.direction, self.log))

    def notify(self, notice: Notice) -> None:
        """Tell, once, of what the outside leaves unread, or doubts."""
        if notice not in self.heard:
            self.heard.add(notice)
            tell = self.log.info if notice.doubt is Doubt.ANSWERED else self.log.warning
            tell(notice.text, direction=self.direction.value)
            self.notices.append(notice)

    def __call__(self, route: Transfer, prepare: Preparer, reader: object = None) -> Report:
        """Transfer; report on every path. reader: may know how much there is.

        Raises: as `run`.
        """
        report = Report(self.direction, notices=self.notices, fields=self.fields)
        report.deliveries, report.extracts = self.deliveries, self.extracts
        if isinstance(reader, Measuring):
            report.expected = reader.expected
        try:
            self._move(route, prepare, report)
        except BaseException:
            if report.read or report.notices:
                self.watch.on_report(report)
            self.few.finish(report)
            raise
        self.watch.on_report(report)
        self.few.finish(report)
        self._tell_totals(report)
        return report

    def _move(self, route: Transfer, prepare: Preparer, report: Report) -> None:
        told = time.monotonic()
        uncounted: list[str] = []
        self.watch.on_progress(report)
        for results in route.transfer(prepare, batch_size=self.batch_size, stop=self.watch.stop):
            report.add(results)
            self.watch.on_progress(report)
            self._tell(results)
            uncounted += [r.item.origin for r in results if r.item.uncounted and r.novelty is Novelty.NEW]
            self._check(report, uncounted, ended=False)
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.log.info(f"{report.direction.value} goes on", **report.as_dict())
        self._check(report, uncounted, ended=True)

    def _check(self, report: Report, uncounted: Sequence[str], *, ended: bool) -> None:
        if self.limit is not None and uncounted and self.limit.is_exceeded_by_unknown(ended=ended):
            raise LimitError(
                f"how many records of {', '.join(uncounted)} cannot be read is not known, and MAX_REJECTED is "
                f"{self.limit}: stopped; correct or remove what cannot be read, and run again"
            )
        if self.limit is not None and self.limit.is_exceeded(report.new(_REJECTED), report.read, ended=ended):
            known = report.known(_REJECTED)
            beside = f" beside {known} that are known" if known else ""
            raise LimitError(
                f"{report.new(_REJECTED)} of {report.read} records were rejected{beside}, and MAX_REJECTED is "
                f"{self.limit}: stopped; "
                "see `etl dead-letters list`, then correct the records or the mapping, and run again"
            )

    def _tell(self, results: Sequence[Result]) -> None:
        self.few.tell(results)
        if self.log.is_enabled_for(logging.DEBUG):
            for result in results:
                self._tell_all(result)

    def _tell_all(self, result: Result) -> None:
        where = {"direction": self.direction.value, "record": result.item.origin}
        target = result.candidate.target if result.candidate else None
        note = result.note.value if result.note else None
        self.log.debug(result.outcome.value, **where, source=result.item.record, target=target, note=note)

    def _tell_totals(self, report: Report) -> None:
        for note, count in report.notes.items():
            more = ["…"] if count > len(report.named[note]) else []
            tell = self.log.warning if note is Note.REMOVED else self.log.info
            tell(note.value, direction=report.direction.value, count=count, records=report.named[note] + more)
        self.log.info(f"{report.direction.value} done", **report.as_dict())


def hearing(access: Access, watch: Watch, moves: Table[Direction, Move]) -> Access:
    """Return an access that waits as `watch` says, and tells of what an import leaves unread, or doubts."""
    inbound = moves.get(Direction.INBOUND)
    return replace(access, pause=watch.pause, notify=access.notify if inbound is None else inbound.notify)
