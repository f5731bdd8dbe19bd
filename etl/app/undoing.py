"""Undoing a run: what it replaced is put back where nobody has touched it since; the rest is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any, Final

from etl.app.opening import Access, open_session
from etl.app.recording import Recorder
from etl.app.runs import BATCH_SIZE, Watch
from etl.errors import UndoError
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.privacy.marked import Privacy
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Key, Record, shown
from etl.settings import Settings
from etl.transfer.batches import each_part
from etl.transfer.cutting import cut
from etl.transfer.decision import Detail
from etl.transfer.model import Change, Outcome, Result, result_of
from etl.transfer.replaced import Replaced, fold
from etl.transfer.report import Report
from etl.transfer.run_history import Command, RunRecord, State
from etl.transfer.shelf import Shelf
from etl.transfer.undo import Reopen, Rereading, Undo

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


_NAMED: Final = 20
"""So many files that are missing are named."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of one record. values: top-level fields, as they are and as they were; ABSENT for none.

    Of a long value it has a `Cut`; of a private one, what stands in its place.

    outcome: updated where it is taken back, unchanged where it is as it was, conflict or rejected where it is left, for
    the reason in `why`. made: the run has made it, so it is marked as deleted. goes_out: it waits to go out then.
    """

    key: Key
    origin: str
    outcome: Outcome
    values: tuple[tuple[str, Any, Any], ...] = ()
    why: str = ""
    made: bool = False
    goes_out: bool = True


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo does, or would do. is_whole: False where there was no room for all that the run has replaced."""

    run: RunRecord
    is_whole: bool
    records: tuple[Taken, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left."""
        return self.is_whole and not any(one.why for one in self.records)

    def of(self, *outcomes: Outcome) -> list[Taken]:
        """Return the records with these outcomes."""
        return [one for one in self.records if one.outcome in outcomes]


def undo(
    mapping: Mapping,
    settings: Settings,
    log: Log,
    run: str,
    *,
    access: Access = Access(reading=True),
    again: bool = False,
    watch: Watch = Watch(),
) -> Undone:
    """Take back what a run has replaced inside, or, where `access` reads only, say what that would do.

    run: the beginning of its id. again: outside records are to be read again. What is taken back is a run as well,
    which can be undone.

    Raises: as `run`; UndoError where nothing is known of the run, or what is to be read again does not lie there.
    """
    recorder = Recorder(Command.UNDO, mapping, settings)
    access = recorder.refusing(replace(access, pause=watch.pause), watch)
    with open_session(mapping, settings, log, access) as session:
        record = _run(session, run)
        is_whole = all(one.is_whole for one in session.replaced.runs(record.id))
        undoing = _undoing(session, record, again=again)
        if again:
            _require_files(session, undoing)
        if access.reading:
            taken = list(chain.from_iterable(map(partial(_all_planned, session, undoing), _compared(undoing))))
        else:
            session.replaced.settle_own()
            with recorder.kept(session, watch):
                taken = _done(session, undoing, recorder.following(watch))
                recorder.is_partial = not Undone(record, is_whole, tuple(taken)).is_clean
        return Undone(record, is_whole, tuple(taken))


def _undoing(session: Session, record: RunRecord, *, again: bool) -> Undo:
    """Return what decides of all that a run has replaced."""
    images = Shelf[Replaced]()
    fold(session.replaced.of(record.id), images)
    waiting = session.conflict_log().open_among
    records, reopen = session.inside_writer, _reopening(session)
    return Undo(images, records, session.ledger, session.merger, _naming(session), waiting, reopen, again)


def _reopening(session: Session) -> Reopen:
    """Return what lets work orders wait to go out: MongoDB judges them as they will be, and writes nothing."""
    marks, required = session.mapping.mongodb.reopening, session.mapping.inside.schema.get("required", ())
    is_right = not any(value is ABSENT and name in required for name, value in marks.items())
    reader, writer = session.inside_reader(), session.inside_writer

    def due(records: Sequence[Record], stamps: Record) -> set[int] | None:
        after = [{**record, **stamps} for record in records]
        names = {*writer.planned_names, *(name for one in after for name in one)}
        return reader.due([{k: v for k, v in one.items() if v is not ABSENT} for one in after], names)

    def reopen(records: Sequence[Record]) -> Sequence[Record | None]:
        stamps = writer.of_update(writer.stamps())
        as_they_are = due(records, stamps) if records else set()
        if as_they_are is None:
            return [{} for _ in records]
        then = (due(records, {**stamps, **marks}) or set()) if records and is_right else set()
        return [{} if at in as_they_are else marks if at in then else None for at in range(len(records))]

    return reopen


def _require_files(session: Session, undoing: Undo) -> None:
    """Make sure that the next run can read again what it is to read again.

    Raises:
        UndoError: when files of it are not there any more.

    """
    reader = session.outside_reader
    if not isinstance(reader, Rereading):
        return
    lying = set(reader.lying())
    gone = Counter(chain.from_iterable(map(partial(_all_gone, undoing, lying), _compared(undoing))))
    if not gone:
        return
    named = [_gone(file, count, reader) for file, count in sorted(gone.items())]
    more = [f"and {len(named) - _NAMED} more files"] if len(named) > _NAMED else []
    raise UndoError(
        "nothing was changed, since the next run could not read again what does not lie there any more: "
        f"{'; '.join(named[:_NAMED] + more)}. Put back what is missing under the name it had, or undo without --again"
    )


def _all_gone(undoing: Undo, lying: set[str], changes: list[Change[Detail]]) -> list[str]:
    return list(undoing.gone(changes, lying))


def _gone(file: str, count: int, reader: Rereading) -> str:
    records = f"{count} record{'' if count == 1 else 's'}"
    if not file:
        return f"a file whose name is not known any more ({records})"
    where = reader.whereabouts(file)
    return f"{file} ({records}{f', {where}' if where else ''})"


def _run(session: Session, beginning: str) -> RunRecord:
    """Return the run whose id begins so.

    Raises:
        UndoError: when there is none, or more than one, or when it is under way.

    """
    found = list(session.runs.find(id_=beginning))
    if len(found) != 1:
        how_many = f"{len(found)} runs have" if found else "no run has"
        raise UndoError(f"{how_many} an id that begins with {beginning}: see `etl runs list`")
    (record,) = found
    if record.state is State.RUNNING and session.access.reading:
        raise UndoError(f"run {record.id} is under way; stop it, or wait for its end")
    return record


def _naming(session: Session) -> Callable[[Key], str]:
    names = [format_path(path) for path in session.mapping.key_paths]
    return lambda key: ", ".join(f"{name} {shown(part)}" for name, part in zip(names, key, strict=True))


def _compared(undoing: Undo) -> Iterator[list[Change[Detail]]]:
    """Yield what is decided, as much at a time as there is room for: hold none of it when the next is asked for."""
    candidates = undoing.candidates()
    for start in range(0, len(candidates), BATCH_SIZE):
        yield from each_part(undoing.compare, candidates[start : start + BATCH_SIZE])


def _done(session: Session, undoing: Undo, watch: Watch) -> list[Taken]:
    """Take back; what somebody edits meanwhile is compared again, and left."""
    route = session.inbound(lambda _: undoing.compare)
    report = Report(Direction.INBOUND)
    planned = _planned(session, undoing)

    def take_back(changes: list[Change[Detail]]) -> list[Taken]:
        written = [change for change in changes if change.outcome is Outcome.UPDATED]
        applied = {result.candidate.key: result for result in route.apply(written) if result.candidate}
        results = [applied.get(change.candidate.key, result_of(change)) for change in changes]
        report.add(results)
        watch.on_progress(report)
        return [_taken(result, planned(change)) for result, change in zip(results, changes, strict=True)]

    wanted = takewhile(lambda _: not watch.stop(), _compared(undoing))
    done = list(chain.from_iterable(map(take_back, wanted)))
    report.files = 0
    watch.on_report(report)
    return done


def _all_planned(session: Session, undoing: Undo, changes: list[Change[Detail]]) -> list[Taken]:
    return list(map(_planned(session, undoing), changes))


def _planned(session: Session, undoing: Undo) -> Callable[[Change[Detail]], Taken]:
    def planned(change: Change[Detail]) -> Taken:
        key, image = change.candidate.key, undoing.images[change.candidate.key]
        why = "; ".join(map(str, change.reasons))
        values = () if change.detail is None else _values(change.detail, session.privacy)
        goes_out = change.detail is None or change.detail.decision.marks is not None
        return Taken(key, change.candidate.item.origin, change.outcome, values, why, image.before is None, goes_out)

    return planned


def _values(detail: Detail, privacy: Privacy) -> tuple[tuple[str, Any, Any], ...]:
    """Return what is and what was, of what is long its beginning, without what is private in it."""
    current: Record = detail.current or {}

    def told(name: str, value: Any) -> Any:
        return cut(privacy.value((name,), value, Side.INSIDE) if privacy else value)

    patch = sorted(detail.decision.patch.items())
    return tuple((name, told(name, current.get(name, ABSENT)), told(name, value)) for name, value in patch)


def _taken(result: Result, planned: Taken) -> Taken:
    """Return what became of a record, which is what was planned unless somebody was faster."""
    if result.outcome is planned.outcome:
        return planned
    why = "; ".join(map(str, result.violations))
    return replace(planned, outcome=result.outcome, values=(), why=why)
