"""Preparing batches: check, translate, check. It needs nothing but the records, so it may happen anywhere.

In this process, or on any `concurrent.futures.Executor`: on other processes, or on the machines of a cluster. Batches
are prepared a few ahead and come back in their order, so what a run writes is the same, whoever prepared it; and a
batch whose worker died is simply prepared again. Where nobody is left to prepare it, the wait for it ends.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from etl.errors import EndpointError
from etl.record import Record
from etl.transfer.model import Candidate, Item, Outcome, Pause, Result, Stage
from etl.transfer.pipeline import Pipeline, Translated

Prepared: TypeAlias = tuple[list[Candidate], list[Result]]
"""What goes on to the target, and what was rejected."""

Untranslated: TypeAlias = tuple[Record | None, Record | None]
"""A record, None where it could not be read, with the target's record as it was last known, None where it is not."""

TranslateBatch: TypeAlias = Callable[[Sequence[Untranslated]], list[Translated | None]]
"""Checks and translates the records of one batch; None for one that could not be read."""

Preparer: TypeAlias = Callable[[Iterable[list[Item]]], Iterator[Prepared]]

_AHEAD: Final = 2
"""How many batches wait for each worker, so that none of them is idle and memory stays flat."""

_ATTEMPTS: Final = 5
_POLL_SECONDS: Final = 0.2
_LONGEST_SECONDS: Final = 3600.0
"""How long a run waits for one batch, whoever is there: much longer than any takes."""


def translate_batch(pipeline: Pipeline, batch: Sequence[Untranslated]) -> list[Translated | None]:
    """Check and translate the records of one batch."""
    unknown = pipeline.unknown
    return [
        None if record is None else pipeline.translate(record, unknown if last is None else last)
        for record, last in batch
    ]


def untranslated(batch: Iterable[Item]) -> list[Untranslated]:
    """Return what it takes to translate a batch, wherever that is done."""
    return [(item.legible, item.last) for item in batch]


def in_process(pipeline: Pipeline) -> Preparer:
    """Return what prepares batches in this process, each when it is asked for."""

    def prepare(batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        for batch in batches:
            yield _joined(batch, translate_batch(pipeline, untranslated(batch)))

    return prepare


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a run waits for what others prepare. pause: see `Pause`. seconds: for how long, where nobody is there."""

    pause: Pause = time.sleep
    seconds: float = 30.0


PATIENT: Final = Waiting()


@dataclass(frozen=True, slots=True)
class OnExecutor:
    """Prepares batches on an executor.

    start: makes an executor; called again when the last one broke. task: what a worker does; it can be pickled.
    workers: how many there are. broken: the errors by which an executor says that its workers are gone. absent: says
    why nobody can prepare anything now, "" where somebody can.
    """

    start: Callable[[], Executor]
    task: TranslateBatch
    workers: int
    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    absent: Callable[[], str] = lambda: ""
    waiting: Waiting = PATIENT

    def __call__(self, batches: Iterable[list[Item]]) -> Iterator[Prepared]:
        """Yield the prepared batches in their order.

        Raises:
            EndpointError: when the workers die again and again, or nobody is there for too long.

        """
        coming, pool = iter(batches), _WorkerPool(self)
        try:
            while True:
                for batch in islice(coming, self.workers * _AHEAD - len(pool.waiting)):
                    pool.give(batch)
                if not pool.waiting:
                    return
                yield pool.take()
        finally:
            pool.dismiss()


class _WorkerPool:
    """An executor with the batches that it was given, in their order; a new one takes its place when it breaks."""

    def __init__(self, terms: OnExecutor) -> None:
        self.waiting: deque[tuple[list[Item], Future[list[Translated | None]]]] = deque()
        self._terms = terms
        self._executor = terms.start()
        self._broken = 0
        self._present = time.monotonic()

    def give(self, batch: list[Item]) -> None:
        """Have a batch prepared."""
        try:
            future = self._executor.submit(self._terms.task, untranslated(batch))
        except self._terms.broken as error:
            future = Future()
            future.set_exception(error)
        self.waiting.append((batch, future))

    def take(self) -> Prepared:
        """Return the first batch, when it is prepared."""
        self._present = time.monotonic()
        while True:
            batch, future = self.waiting[0]
            try:
                self._wait(future)
                translated = future.result()
            except self._terms.broken as error:
                self._replace(error)
            else:
                self.waiting.popleft()
                return _joined(batch, translated)

    def _wait(self, future: Future[list[Translated | None]]) -> None:
        """Wait until a batch is prepared, as long as somebody is there who may do it."""
        terms, begun = self._terms.waiting, time.monotonic()
        while not wait([future], _POLL_SECONDS).done:
            terms.pause(0)
            why, now = self._terms.absent(), time.monotonic()
            if not why:
                self._present = now
            if now - self._present > terms.seconds:
                raise EndpointError(f"{why}, for {terms.seconds:g} s now; see to it, and run again")
            if now - begun > _LONGEST_SECONDS:
                raise EndpointError(f"no worker has prepared a batch for {_LONGEST_SECONDS:g} s; run again")

    def _replace(self, error: BaseException) -> None:
        self._broken += 1
        if self._broken == _ATTEMPTS:
            raise EndpointError(f"the workers ended {self._broken} times: {error}; run again") from None
        given = [batch for batch, _ in self.waiting]
        self.dismiss()
        self._executor = self._terms.start()
        for batch in given:
            self.give(batch)

    def dismiss(self) -> None:
        """Let the executor go; what it has not begun, it does not begin."""
        self.waiting.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _joined(batch: Sequence[Item], translated: Sequence[Translated | None]) -> Prepared:
    candidates: list[Candidate] = []
    rejected: list[Result] = []
    for item, found in zip(batch, translated, strict=True):
        target, key, violations, stage = found or ({}, (), (), None)
        if item.record is None:
            rejected.append(Result(item, Outcome.REJECTED, item.violations, stage=Stage.READ, key=key, target=target))
        elif violations:
            rejected.append(Result(item, Outcome.REJECTED, tuple(violations), stage=stage, key=key, target=target))
        else:
            candidates.append(Candidate(item, key or item.unkeyed, item.record, target))
    return candidates, rejected
