"""Picking up files: which of those that match are read now, and what becomes of them once all of them has arrived."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from etl.endpoints.files.answers import is_answer as is_answer_of
from etl.endpoints.files.folder import Folder
from etl.endpoints.files.listing import few
from etl.endpoints.files.marks import ARCHIVE, Mark
from etl.endpoints.files.ordering import Ordering
from etl.endpoints.files.rejects import reason
from etl.errors import EndpointError
from etl.mapping.files import After, FilesEndpoint
from etl.record import printable
from etl.transfer.delivered import Newest, newer
from etl.transfer.model import Doubt, Notice, Notify

_CLOCK_SECONDS: Final = 86_400
"""A file of a time that lies further ahead was not dated by a clock."""


class Picking:
    """Picks up the files of one folder.

    notify: told of what waits, and of what cannot be cleared away. minds: it is asked which file is the newest.
    waiting: the files that were left for later.
    """

    def __init__(
        self, folder: Folder, endpoint: FilesEndpoint, ordering: Ordering, notify: Notify, *, minds: bool = False
    ) -> None:
        self._minds = minds
        self._folder = folder
        self._pickup = endpoint.pickup
        self._has_many = endpoint.inbound_format.many or bool(endpoint.records)
        self._ordering = ordering
        self._notify = notify
        self._read: dict[str, Mark | None] = {}
        self.finished: set[str] = set()
        self.waiting: list[str] = []
        self.newest: Newest | None = None
        self.last = ""
        self.extract: Newest | None = None

    @property
    def clears(self) -> bool:
        """Whether what was read is cleared away."""
        return self._pickup.after is not After.LEAVE

    def ready(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the names of the files that are read now, in their order.

        One that was written to lately waits. Where files have many records, those after it wait with it: else its
        records would count as later than theirs.
        """
        self._read.clear()
        self.finished.clear()
        self.waiting.clear()
        undated = set(self._ordering.undated(names))
        if undated:
            text = f"no date as {self._pickup.date} is in the name of {few(sorted(undated))}, which is not read"
            self._notify(Notice(Doubt.UNMATCHED, text))
        waiting, dated = "", [name for name in names if name not in undated]
        self.last, self.extract = printable(dated[-1]) if dated else "", None
        for name in dated:
            if waiting and self._has_many:
                self.waiting.append(name)
                self._notify(Notice(Doubt.WAITING, f"{name} waits behind {waiting}"))
            elif self._pickup.quiet and self.is_young(name, self._pickup.quiet):
                waiting = printable(name)
                self.waiting.append(name)
                self._note(name, self.mark(name))
                self._notify(Notice(Doubt.WAITING, f"{waiting} was written to lately, and waits"))
            else:
                yield name

    def is_young(self, name: str, seconds: float) -> bool:
        """Return whether a file was written to so lately that more of it may be on its way."""
        touched = self._folder.touched(name)
        return touched is not None and -_CLOCK_SECONDS < time.time() - touched < seconds

    def mark(self, name: str) -> Mark | None:
        """Return what tells the state of a file, where that is asked for later."""
        return self._folder.mark(name) if self.clears or self._minds else None

    def done(self, name: str, mark: Mark | None, *, is_whole: bool, is_empty: bool) -> None:
        """Note that a file was read. mark: of its state before that. is_whole: to its end, and nothing of it waits."""
        self._note(name, mark, is_empty=is_empty)
        if is_whole and mark is not None and mark.written is not None and printable(name) == self.last:
            self.extract = Newest(self.last, datetime.fromtimestamp(mark.written, UTC), is_empty)
        if is_whole:
            self.finished.add(printable(name))
        if self.clears and is_whole:
            self._read[name] = mark

    def _note(self, name: str, mark: Mark | None, *, is_empty: bool | None = None) -> None:
        """Note a delivery, the newest of which counts."""
        if mark is not None and mark.written is not None:
            at = datetime.fromtimestamp(mark.written, UTC)
            self.newest = newer(self.newest, Newest(printable(name), at, is_empty))

    def whereabouts(self, file: str) -> str:
        """Return where a file that was cleared away lies, in words; "" where it is not kept."""
        if self._pickup.after is not After.ARCHIVE:
            return ""
        return f"moved to {ARCHIVE}/ in {self._folder}, under a name that ends in Z_{file}"

    def restore(self) -> None:
        """Put back what a run that died had begun to clear away."""
        if self.clears:
            try:
                self._folder.restore(_archived)
            except OSError as error:
                raise EndpointError(
                    f"what an earlier run had begun to clear away in {self._folder} cannot be put back: {reason(error)}"
                ) from None

    def clear(self, left: Collection[str]) -> None:
        """Clear away the files that were read to their end, but those in `left`, and those that changed since."""
        for name, mark in self._read.items():
            if mark is None or printable(name) in left:
                continue
            to = _archived(name) if self._pickup.after is After.ARCHIVE else ""
            try:
                if not self._folder.take(name, mark, to):
                    self._notify(Notice(Doubt.WAITING, f"{name} has changed since it was read, and waits"))
            except OSError as error:
                done = "moved" if to else "deleted"
                self._notify(Notice(Doubt.STAYS, f"{name} has arrived and cannot be {done}: {reason(error)}"))
        self._read.clear()


def delivered_among(endpoint: FilesEndpoint) -> Callable[[Iterable[str]], list[str]]:
    """Return what returns the names that may be deliveries: no answers, and not the folder of what was cleared away."""
    own = {ARCHIVE} if endpoint.pickup.after is After.ARCHIVE else set()
    if not endpoint.answers:
        return lambda names: [name for name in names if name not in own]
    is_answer = is_answer_of(endpoint)
    return lambda names: [name for name in names if name not in own and not is_answer(name)]


def _archived(name: str) -> str:
    """Return a path for a file that is moved away; no earlier file has it."""
    now = datetime.now(UTC)
    return f"{ARCHIVE}/{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z_{name}"
