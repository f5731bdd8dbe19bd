"""Records that must not be made twice: what is born inside is sent once, whatever happens to the run that sends it.

Right before such a record appears outside, and not earlier, it is noted that it may be there from now on. Where a run
has died after that, the record counts as sent, unless its writer can tell that it never appeared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etl.record import is_unkeyed
from etl.transfer.agreement import Agreement
from etl.transfer.endpoint import Certain, Writer
from etl.transfer.intents import Begun, IntentStore
from etl.transfer.model import Candidate, Change, Compare, D, Note, Outcome


class Announcement:
    """Notes what is about to be sent: at once, and with what must not be made twice when that is ready to appear."""

    def __init__(self, intents: IntentStore) -> None:
        self._intents = intents
        self._due: Sequence[Begun] = ()

    def gather(self, intents: Sequence[Begun]) -> None:
        """Note, when it is ready to appear, what goes out together with what was gathered before."""
        self._due = [*self._due, *intents]

    def keep(self, intents: Sequence[Begun]) -> None:
        """Note what may be sent twice."""
        others = [intent for intent in intents if not is_unkeyed(intent.key)]
        self._due = intents if len(others) < len(intents) else ()
        self._intents.keep(others)

    def __call__(self) -> None:
        """Note all of it: it is ready."""
        if self._due:
            self._intents.keep(self._due)
            self._due = ()


def sent_once(writer: Writer[D], known: Callable[[Sequence[Candidate]], Sequence[Agreement]]) -> Compare[D]:
    """Return the comparison of a writer by which no record without a key is sent twice."""

    def comparing(candidates: Sequence[Candidate]) -> list[Change[D]]:
        changes = writer.compare(candidates)
        born = [change.candidate for change in changes if change.candidate.item.unkeyed]
        agreed = known(born) if born else []
        doubtful = {id(c) for c, one in zip(born, agreed, strict=True) if one.is_unsure}
        return [_once(writer, one) if id(one.candidate) in doubtful else one for one in changes]

    return comparing


def _once(writer: Writer[D], change: Change[D]) -> Change[D]:
    """Leave alone what would appear and may have done so before; what is there still may be written over."""
    if change.outcome is not Outcome.CREATED or (isinstance(writer, Certain) and writer.never_appeared(change)):
        return change
    return Change(change.candidate, Outcome.SKIPPED, note=Note.MAYBE_SENT)
