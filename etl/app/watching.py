"""Watching: a run whenever a file has come, a document has changed, or it is time; one at a time, and for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from etl.app.alarms import alarmed
from etl.app.opening import Access
from etl.app.reaching import reached
from etl.app.runs import Options, Watch, run
from etl.endpoints.files.presence import present_files
from etl.endpoints.files.reader import QUIET_SECONDS
from etl.endpoints.mongodb.queue import Queue
from etl.errors import DriftError, EndpointError, LimitError, LockedError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.model import Doubt
from etl.transfer.report import Report

if TYPE_CHECKING:
    from etl.logs import Log

_LONGEST_PAUSE: Final = 60.0
_FIRST_PAUSE: Final = 2.0
_SHARE: Final = 20
"""Looking takes no more than one part of so many of the time, however large a folder is."""

_ROUNDS: Final = 10
"""What goes on changing is waited for so many times."""


Look: TypeAlias = Callable[[], frozenset[int]]
"""Returns a number for each thing that is there to be transferred, another one once that has changed."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When to run. every: at least so often, in seconds; 0 for only when something changes.

    poll: how often to look. settle: how long nothing may change before a run begins.
    """

    every: float = 0
    poll: float = 2.0
    settle: float = 1.0


@dataclass(slots=True)
class Watching:
    """Runs a mapping whenever there is a reason, until it is told to stop; what fails is said, and tried again."""

    mapping: Mapping
    settings: Settings
    log: Log
    options: Options = Options()
    watch: Watch = Watch()
    timing: Timing = Timing()
    clock: Callable[[], float] = time.monotonic
    _seen: frozenset[int] = frozenset()
    _failures: int = 0
    _next: float | None = field(default=0.0)
    _told: str = ""

    def __call__(self) -> None:
        """Go on until `watch.stop` says so, or a pause is ended.

        Raises:
            ConfigurationError: when the mapping or a setting is wrong: no waiting helps.

        """
        while not self.watch.stop():
            self._wait()
            if not self.watch.stop():
                self._run()

    def _run(self) -> None:
        began = self.clock()
        self._next = began + self.timing.every if self.timing.every else None
        try:
            with alarmed(self.mapping.file, self.settings, self.log, self.watch, may_be_stopped=True) as watch:
                reports = run(self.mapping, self.settings, self.log, self.options, watch)
        except (LimitError, DriftError) as error:
            self._failures = 0
            self.log.error(f"{error}; waiting until something changes")
        except (EndpointError, LockedError) as error:
            self._failures += 1
            self._try_again(str(error))
        else:
            self._failures = 0
            self._told = ""
            if wait := _quiet(self.mapping, reports):
                self._sooner(self.clock() + wait)

    def _try_again(self, text: str) -> None:
        pause = min(_FIRST_PAUSE * 2 ** (self._failures - 1), _LONGEST_PAUSE)
        self.log.error(f"{text}; trying again in {pause:g} s")
        self._sooner(self.clock() + pause)

    def _sooner(self, at: float) -> None:
        self._next = at if self._next is None else min(self._next, at)

    def _wait(self) -> None:
        """Wait until there is something new, or it is time."""
        while not self._is_time():
            try:
                with self._looking() as look:
                    if self._watched(look):
                        return
            except (EndpointError, LockedError) as error:
                if self._told != str(error):
                    self._told = str(error)
                    self.log.warning(f"{error}; looking again until that is over")
                self.watch.pause(self.timing.poll)
        self._look_once()

    def _watched(self, look: Look) -> bool:
        """Return whether there is something new, and nothing else comes; False once it is time."""
        while not self.watch.stop():
            began = self.clock()
            if (found := look()) - self._seen:
                self._seen = self._settled(look, found)
                return True
            if self._is_time():
                return False
            self.watch.pause(max(self.timing.poll, (self.clock() - began) * _SHARE))
        return True

    def _settled(self, look: Look, found: frozenset[int]) -> frozenset[int]:
        """Return what is there once nothing else has come for a while."""
        for _ in range(_ROUNDS):
            self.watch.pause(self.timing.settle)
            if (now := look()) == found:
                break
            found = now
        return found

    def _look_once(self) -> None:
        """Take down what is there before a run: what it leaves as it is is no reason for another one."""
        try:
            with self._looking() as look:
                self._seen = look()
        except (EndpointError, LockedError):
            return  # the run will say

    def _is_time(self) -> bool:
        return self._next is not None and self.clock() >= self._next

    @contextmanager
    def _looking(self) -> Iterator[Look]:
        """Yield what sees files and documents; of an embedded MongoDB none, since that runs only while a run does."""
        settings, mapping = self.settings, self.mapping
        reads = Direction.INBOUND in self.options.directions

        def files() -> frozenset[int]:
            return present_files(settings.inbound, mapping.files) if reads else frozenset()

        if Direction.OUTBOUND not in self.options.directions or settings.is_embedded:
            yield files
            return
        access = Access(reading=True, pause=self.watch.pause)
        with reached(mapping, settings, self.log, access) as there:
            queue = Queue(there.collection, mapping.mongodb, there.retry)
            queue.listen()
            waiting = queue.waiting()

            def look() -> frozenset[int]:
                nonlocal waiting
                if queue.may_have_changed():
                    waiting = queue.waiting()
                return files() | waiting

            try:
                yield look
            finally:
                queue.close()


def _quiet(mapping: Mapping, reports: list[Report]) -> float:
    """Return in how many seconds what waited may have stood still, 0 where nothing waits."""
    waits = any(notice.doubt is Doubt.WAITING for report in reports for notice in report.notices)
    return max(mapping.files.pickup.quiet, QUIET_SECONDS) + 1 if waits else 0
