"""The records of a court that others are made of: one that is accepted, one that says most, one that says least."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.generated.records import edges
from tests.generated.schemas import whole
from tests.generated.values import MISSING, Path, Record, get
from tests.generated.words.around import with_one_each
from tests.generated.words.base import Word
from tests.generated.words.laid import changed
from tests.generated.words.mended import mended
from tests.generated.words.scene import MANY

if TYPE_CHECKING:
    from tests.generated.court import Court


def accepted_like(court: Court, side: str, record: Record) -> Record:
    """Return a record like another one that is accepted, as far as one can be found."""
    if court.verdict(side, record).accepted:
        return record
    found = mended(court.oracle.words, side, record, partial(court.legal, side))
    for word in court.oracle.words:
        found = _better(court, side, found, word)
    return found


def filled(court: Court, side: str, record: Record) -> Record:
    """Return a record with all the objects and lists that lead to what rules read, as far as they can be found."""
    scene, made = court.oracle.scene, record
    for path in (path for word in court.oracle.words for path in word.reads(side)):
        one_each = with_one_each(made, path)
        made = one_each if court.legal(side, one_each) else made
        for length in range(1, len(path)):
            if not isinstance(get(made, path[:length]), dict | list):
                nodes = whole(scene.schemas[side], scene.full(side, path[:length]))
                found = [item for node in nodes for item in edges(scene.schemas[side], node, side) if item]
                tried = (
                    changed(made, {path[:length]: item}) for item in sorted(found, key=lambda item: -len(str(item)))
                )
                made = next((one for one in tried if court.legal(side, one)), made)
    return made


def _better(court: Court, side: str, record: Record, word: Word) -> Record:
    """Return a record that differs in what a rule reads and is rejected for less, where that rule is a reason."""
    reasons = court.verdict(side, record).reasons
    if not any(reason.place and reason.place[0] == word.place[0] for reason in reasons):
        return record
    tried = (trial for trial in islice(word.trials(side, record), MANY) if court.legal(side, trial))
    return next((trial for trial in tried if len(court.verdict(side, trial).reasons) < len(reasons)), record)


def least(court: Court, side: str) -> Record | None:
    """Return a record like another one in which what rules read is not there, or else means absent, if that may be."""
    made = court.bases[side]
    if made is None:
        return None
    for word in court.oracle.words:
        for path in word.reads(side):
            made = _with(court, side, made, path, MISSING)
            if not word.specs[side].is_none(get(made, path)):
                made = _with(court, side, made, path, word.specs[side].none)
    return made


def _with(court: Court, side: str, record: Record, path: Path, value: Any) -> Record:
    """Return a record with a value at a path, and above it, wherever the schema takes that."""
    for length in range(len(path), 0, -1):
        tried = changed(record, {path[:length]: value})
        record = tried if court.legal(side, tried) else record
    return record
