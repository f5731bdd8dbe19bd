"""Whether a delivery still has the fields that the mapping reads: what stops a run before it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from typing import TYPE_CHECKING, Final

from etl.app.pipelines import compile_pipeline
from etl.errors import DriftError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction, OnDrift, Sort
from etl.record import printable
from etl.transfer.drift import Missing, Source, sources
from etl.transfer.lookahead import Lookahead
from etl.transfer.model import Doubt, Item, Notice
from etl.transfer.new_fields import NewFields, known_fields
from etl.transfer.prepare import Prepared, Preparer
from etl.transfer.renamed import Renames, renames

if TYPE_CHECKING:
    from etl.app.runs import Move
    from etl.app.session import Session

_SHOWN: Final = 10
"""So many fields are named; the others are counted."""

_RUNS: Final = 100
"""In so many of the last runs one that has read is looked for."""


def stopping(session: Session, prepare: Preparer, move: Move, *, confirmed: bool, is_whole: bool = True) -> Preparer:
    """Return a preparer of inbound batches that stops, before anything is written, where mapped fields have vanished.

    confirmed: somebody knows, and wants it so. is_whole: all is read that the outside delivers.

    Raises: DriftError, from what it returns.
    """

    def stop(text: str) -> None:
        raise DriftError(text)

    return telling(session, prepare, move, stop, confirmed=confirmed, is_whole=is_whole)


def telling(
    session: Session,
    prepare: Preparer,
    move: Move,
    stop: Callable[[str], object],
    *,
    confirmed: bool,
    is_whole: bool = True,
) -> Preparer:
    """Return a preparer of inbound batches that tells where fields are new, and where mapped ones have vanished.

    stop: told of what stops a run, as far as that is the mapping's policy.
    """
    mapping = session.mapping
    if mapping.drift is OnDrift.IGNORE:
        return prepare
    prepare = _noticing(session, prepare, move) if is_whole else prepare
    if confirmed or not session.ledger.has_any():
        return prepare
    stops = mapping.drift is OnDrift.STOP

    def vanished(found: Table[Source, Missing], begun: bool) -> None:
        guess = renames(mapping, compile_pipeline(mapping, Direction.INBOUND))
        text = _text(mapping, found, guess, begun=begun)
        if stops:
            stop(text)
        else:
            move.notify(Notice(Doubt.VANISHED, text))

    known = sources(mapping, session.merger.units)
    return Lookahead(known, session.ledger, session.merger, vanished).over(prepare)


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


def _text(mapping: Mapping, found: Table[Source, Missing], guess: Renames, *, begun: bool) -> str:
    said: dict[str, str] = {}
    for source, missing in found.items():
        said.setdefault(str(source.outside), _said(source, missing, guess))
    more = f"; and {len(said) - _SHOWN} more fields" if len(said) > _SHOWN else ""
    where = "nothing of this batch was written, nor is anything after it" if begun else "nothing was written"
    fields = f"{'; '.join(list(said.values())[:_SHOWN])}{more}. Correct the names in {mapping.file}, or the files"
    if mapping.drift is OnDrift.WARN:
        return printable(f"fields have vanished from what {mapping.outside.name} delivers: {fields}")
    return printable(
        f"fields have vanished from what {mapping.outside.name} delivers, and {where}: {fields}; or look "
        "at `etl plan` and, if that is right, run again with --confirm-missing"
    )


def _said(source: Source, missing: Missing, guess: Renames) -> str:
    count, changing = len(missing.keys), missing.changing
    text = (
        f"{source.outside} ({source.unit.where.told}) is missing in all {count} records of work orders that had a "
        f"value for it, and {changing} would {'have it emptied' if source.is_alone else 'be changed'}"
    )
    name = guess.of(source, missing)
    return text if name is None else f"{text}; it is probably called {name} now"
