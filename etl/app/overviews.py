"""The overview of a mapping: what its last runs did, and what they have left for a person."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from etl.app.opening import Access, open_session
from etl.app.showing import shown_conflicts, shown_letters
from etl.app.statuses import status_of
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.overview import SHOWN, Overview, by_cause

if TYPE_CHECKING:
    from etl.logs import Log

_RUNS: Final = 60
_SAMPLES: Final = 10
"""Of so many causes the first dead letter is looked into."""


def overview(mapping: Mapping, settings: Settings, log: Log, id_: str = "") -> Overview:
    """Return the overview of a mapping. id_: of the run that is meant, by how its id begins; "" for the last one.

    Of several runs whose ids begin so, and where none does, none is meant.

    Raises: as `run`, but for LockedError.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        runs = list(session.runs.find(most=_RUNS))
        meant = list(session.runs.find(id_=id_, most=2)) if id_ else runs[:1]
        waiting = shown_conflicts(session, session.conflicts(only_open=True))
        first = list(islice(waiting, SHOWN))
        causes = by_cause(session.dead_letters(whole=False))
        samples = shown_letters(session, session.whole_letters([cause.first for cause in causes[:_SAMPLES]]))
        contents = {letter.id: letter.content for letter in samples}
        for cause in causes:
            cause.content = contents.get(cause.first.id)
        return Overview(
            mapping,
            meant[0] if len(meant) == 1 else None,
            runs,
            first,
            len(first) + sum(1 for _ in waiting),
            causes,
            status_of(mapping, settings, session.gateway),
        )
