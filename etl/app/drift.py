"""Whether a delivery still has the fields that the mapping reads: what stops a run before it writes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from typing import TYPE_CHECKING, Final

from etl.app.pipelines import compile_pipeline
from etl.errors import DriftError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.record import printable
from etl.transfer.drift import Missing, Source, sources
from etl.transfer.lookahead import Lookahead
from etl.transfer.prepare import Preparer
from etl.transfer.renamed import Renames, renames

if TYPE_CHECKING:
    from etl.app.session import Session

_SHOWN: Final = 10
"""So many fields are named; the others are counted."""


def stopping(session: Session, prepare: Preparer, *, confirmed: bool) -> Preparer:
    """Return a preparer of inbound batches that stops, before anything is written, where mapped fields have vanished.

    confirmed: somebody knows, and wants it so.

    Raises: DriftError, from what it returns.
    """

    def stop(text: str) -> None:
        raise DriftError(text)

    return telling(session, prepare, stop, confirmed=confirmed)


def telling(session: Session, prepare: Preparer, tell: Callable[[str], object], *, confirmed: bool) -> Preparer:
    """Return a preparer of inbound batches that tells where mapped fields have vanished."""
    if confirmed or not session.ledger.has_any():
        return prepare
    mapping = session.mapping

    def vanished(found: Table[Source, Missing], begun: bool) -> None:
        guess = renames(mapping, compile_pipeline(mapping, Direction.INBOUND))
        tell(_text(mapping, found, guess, begun=begun))

    known = sources(mapping, session.merger.units)
    return Lookahead(known, session.ledger, session.merger, vanished).over(prepare)


def _text(mapping: Mapping, found: Table[Source, Missing], guess: Renames, *, begun: bool) -> str:
    said: dict[str, str] = {}
    for source, missing in found.items():
        said.setdefault(str(source.outside), _said(source, missing, guess))
    more = f"; and {len(said) - _SHOWN} more fields" if len(said) > _SHOWN else ""
    where = "nothing of this batch was written, nor is anything after it" if begun else "nothing was written"
    return printable(
        f"fields have vanished from what {mapping.outside.name} delivers, and {where}: "
        f"{'; '.join(list(said.values())[:_SHOWN])}{more}. Correct the names in {mapping.file}, or the files; or look "
        "at `etl plan` and, if that is right, run again with --confirm-missing"
    )


def _said(source: Source, missing: Missing, guess: Renames) -> str:
    count, changing = len(missing.keys), missing.changing
    text = (
        f"{source.outside} (line {source.unit.rule}) is missing in all {count} records of work orders that had a value "
        f"for it, and {changing} would {'have it emptied' if source.is_alone else 'be changed'}"
    )
    name = guess.of(source, missing)
    return text if name is None else f"{text}; it is probably called {name} now"
