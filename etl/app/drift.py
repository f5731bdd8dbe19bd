"""Whether a delivery still has the fields that the mapping reads: what stops a run before it writes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from etl.app.pipelines import compile_pipeline
from etl.errors import DriftError
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Direction, OnDrift, Sort
from etl.record import printable
from etl.transfer.drift import Source, sources
from etl.transfer.emptied import Emptied, Loss, Losses
from etl.transfer.lookahead import Lookahead
from etl.transfer.model import Doubt, Item, Notice
from etl.transfer.new_fields import NewFields, known_fields
from etl.transfer.prepare import Prepared, Preparer
from etl.transfer.renamed import Renames, renames
from etl.transfer.unit import Unit

if TYPE_CHECKING:
    from etl.app.runs import Move
    from etl.app.session import Session

_SHOWN: Final = 10
"""So many fields are named; the others are counted."""

_RUNS: Final = 100
"""In so many of the last runs one that has read is looked for."""

_RUN: Final = "etl run"


def stopping(
    session: Session, prepare: Preparer, move: Move, *, confirmed: bool, is_whole: bool = True, command: str = _RUN
) -> Preparer:
    """Return a preparer of inbound batches that stops, before anything is written, where mapped fields have vanished.

    confirmed: somebody knows, and wants it so. is_whole: all is read that the outside delivers. command: is under way.

    Raises: DriftError, from what it returns.
    """

    def stop(text: str) -> None:
        raise DriftError(text)

    return telling(session, prepare, move, stop, confirmed=confirmed, is_whole=is_whole, command=command)


def telling(
    session: Session,
    prepare: Preparer,
    move: Move,
    stop: Callable[[str], object],
    *,
    confirmed: bool,
    is_whole: bool = True,
    command: str = _RUN,
) -> Preparer:
    """Return a preparer of inbound batches that tells where fields are new, and where mapped ones have vanished.

    stop: told of what stops a run, as far as that is the mapping's policy.
    """
    mapping = session.mapping
    if mapping.drift.then is OnDrift.IGNORE:
        return prepare
    prepare = _noticing(session, prepare, move) if is_whole else prepare
    known = sources(mapping, session.merger.units)
    if confirmed or not known or not session.ledger.has_any():
        return prepare
    told: set[Unit] = set()

    def tell(losses: Losses, begun: bool) -> bool:
        if new := [loss for loss in losses.rules if loss.what not in told]:
            told.update(loss.what for loss in new)
            move.notify(Notice(Doubt.EMPTIED, _emptied(mapping, new)))
        if losses.fields and mapping.drift.then is OnDrift.STOP:
            stop(_stopped(mapping, losses.fields, command, begun=begun))
        elif losses.fields:
            move.notify(Notice(Doubt.VANISHED, _vanished(mapping, losses.fields)))
        return not losses.fields  # once is enough

    return Lookahead(Emptied(known, mapping.drift.share), session.ledger, session.merger, tell).over(prepare)


def applying(session: Session, prepare: Preparer, move: Move, vanished: str) -> Preparer:
    """Return a preparer of what was planned, which tells where fields are new.

    vanished: why a run would stop, as the plan says: it has looked at all that the outside delivers, and nothing but
    what it says is written.

    Raises: DriftError, where that is anything.
    """
    if vanished:
        raise DriftError(f"{vanished}; to apply this plan all the same: `etl apply PLAN --confirm-missing`")
    return prepare if session.mapping.drift.then is OnDrift.IGNORE else _noticing(session, prepare, move)


def _noticing(session: Session, prepare: Preparer, move: Move) -> Preparer:
    """Return a preparer that notices which fields are new; what earlier deliveries had, their runs have kept."""
    mapping, known = session.mapping, known_fields(session.mapping)
    kept = (run.directions.get(Direction.INBOUND.value, {}).get("fields") for run in session.runs.find(most=_RUNS))
    earlier = next((names for names in kept if names is not None), None)
    fields = NewFields(None if earlier is None else frozenset(earlier))

    def noticed(batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        for candidates, results in prepare(batches):
            for candidate in candidates:
                if candidate.sort is Sort.RECORD:
                    fields.look(known, candidate.source)
            yield candidates, results
        if not move.watch.stop():
            move.fields.append(fields)
        if new := fields.new:
            more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
            said = f"{', '.join(new[:_SHOWN])}{more}"
            name = mapping.outside.name
            move.notify(Notice(Doubt.NEW, f"new in what {name} delivers, and unknown to its schema: {said}"))

    return noticed


def _stopped(mapping: Mapping, found: Sequence[Loss[Source]], command: str, *, begun: bool) -> str:
    where = "nothing of this part of it was written, nor is anything after it" if begun else "nothing was written"
    names = _listed(list(dict.fromkeys(loss.what.text for loss in found)), " and ")
    accept = f"{command} --mapping {shlex.quote(str(mapping.file))} --confirm-missing"
    return printable(
        f"fields have vanished from what {mapping.outside.name} delivers, and {where}: {_fields(mapping, found)}. "
        f"Correct the names in {mapping.file}, or the files; or look at `etl plan` and, if it is right that {names} "
        f"{'is' if len(found) == 1 else 'are'} gone, accept that once: `{accept}`"
    )


def _vanished(mapping: Mapping, found: Sequence[Loss[Source]]) -> str:
    return (
        f"fields have vanished from what {mapping.outside.name} delivers: {_fields(mapping, found)}. "
        f"Correct the names in {mapping.file}, or the files"
    )


def _fields(mapping: Mapping, found: Sequence[Loss[Source]]) -> str:
    guess = renames(mapping, compile_pipeline(mapping, Direction.INBOUND))
    said: dict[str, str] = {}
    for loss in found:
        said.setdefault(loss.what.text, _said(mapping, loss, guess))
    return _listed(list(said.values()), "; ", " fields")


def _said(mapping: Mapping, loss: Loss[Source], guess: Renames) -> str:
    source, count = loss.what, loss.count
    of = f"all {count.lost}" if count.lost == count.had else f"{count.lost} of {count.had}"
    text = (
        f"{source.text} ({source.where.told}) is missing in {of} records of work orders that had a "
        f"value for it, and {count.changed} would {'have it emptied' if source.is_alone else 'be changed'}"
    )
    if (found := guess.of(source, loss.samples)) is None:
        return text
    (old, new), file = found, source.where.file or mapping.file
    line = f"{format_path(new.path)} for {format_path(old.path)} in {file}:{source.where.line}"
    return f"{text}; it is probably called {new} now: write {line}"


def _emptied(mapping: Mapping, found: Sequence[Loss[Unit]]) -> str:
    said = [
        f"{loss.what.name} ({loss.what.where.told}) in {loss.count.lost} of {loss.count.had} work orders that had one"
        for loss in found
    ]
    return (
        f"values are taken away by what {mapping.outside.name} delivers: {_listed(said, ', ', ' rules')}. Their fields "
        "are there, and say so: it is done"
    )


def _listed(said: Sequence[str], between: str, what: str = "") -> str:
    more = f"{between}{len(said) - _SHOWN} more{what}" if len(said) > _SHOWN else ""
    return f"{between.join(said[:_SHOWN])}{more}"
