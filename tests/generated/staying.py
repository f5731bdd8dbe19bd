"""What stays of an outside record from which a value goes: the outside schema may refuse it.

That is what no rule writes in an element that a path selects, and all that none writes where all is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.generated.kept import beside, expected
from tests.generated.selectors import Selector
from tests.generated.values import MISSING, Path, Record, get, selected_list
from tests.generated.words.laid import changed, with_more
from tests.generated.words.scene import Reason

if TYPE_CHECKING:
    from tests.generated.court import Court

_LAST: Final = 8
"""How many outside records are tried of each path."""


def refused(court: Court, record: Record, last: Record) -> Iterator[Reason]:
    """Yield why the outside schema refuses what goes out of an inside record that it takes by itself, over another one.

    Of a rule that keeps what it wrote last, or writes what it always does, that is what stays beside it.
    """
    if not court.legal("inside", record) or not court.verdict("inside", record).accepted:
        return
    made = over(court, record, last)
    written = court.verdict("inside", record).record
    for path, keyword in court.oracle.targets["outside"].faults(made) if made is not None else ():
        adding = court.oracle.adding("outside", path, written) if keyword == "maxItems" else ()
        yield Reason(adding or court.oracle.taking("outside", path, made), "schema", path, keyword)


def over(court: Court, record: Record, last: Record) -> Record | None:
    """Return what goes out over an outside record; None where a rule rejects it."""
    if court.oracle.keep:
        meant = expected(court.oracle, record, last)
        return None if meant is None else beside(court.oracle, meant, last)
    verdict = court.verdict("inside", record, last)
    return verdict.record if all(reason.what == "schema" for reason in verdict.reasons) else None


def staying(court: Court) -> Iterator[tuple[Record, Reason]]:
    """Yield inside records over outside ones from which they take a value away, with why what stays is refused."""
    paths = [path for word in court.oracle.words for path in word.writes("outside") if len(path) > 1]
    for path in paths:
        if court.oracle.keep != "whole" and selected_list(path) is None:
            continue
        for last in _lasts(court, path):
            inside = court.made("outside", court.verdict("outside", last))
            for record in (inside, *_without(court, path, inside)):
                for reason in refused(court, record, last):
                    found = reason.place or court.oracle.taking("outside", path)
                    yield record, Reason(found, reason.what, reason.path, reason.detail)


def _lasts(court: Court, path: Path) -> Iterator[Record]:
    """Yield outside records with a value, the longest first, and with more in what leads to it."""
    there = [
        record for record, verdict in court.pool["outside"] if verdict.accepted and get(record, path) is not MISSING
    ]
    for record in sorted(there, key=lambda record: -len(str(record)))[:_LAST]:
        above = [path[:length] for length in range(1, len(path)) if not isinstance(path[length], Selector)]
        fuller = (with_more(record, one) for one in above)
        for one in (record, *filter(partial(court.legal, "outside"), fuller)):
            if court.verdict("outside", one).accepted:
                yield one


def _without(court: Court, path: Path, inside: Record) -> Iterator[Record]:
    """Yield an inside record with what another one has that says nothing of an outside path."""
    for record, verdict in court.pool["inside"]:
        if verdict.accepted and get(verdict.record, path) is MISSING:
            words = [word for word in court.oracle.words if path in word.writes("outside")]
            reads = (read for word in words for read in word.reads("inside"))
            yield changed(inside, {read: get(record, read) for read in reads})
            return
