"""Who prepares batches: this process, others on this machine, or the machines of a Dask cluster."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path

from etl.app.cluster import connected
from etl.app.pipelines import compile_pipeline, preparer, selecting_inbound
from etl.mapping.load import read_mapping
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.transfer.pipeline import Pipeline, Translated
from etl.transfer.prepare import PATIENT, OnExecutor, Preparer, Untranslated, Waiting, translate_batch


@dataclass(frozen=True, slots=True)
class Workers:
    """How many processes of this machine prepare batches, 0 for none but this one; or the address of a scheduler."""

    processes: int = 0
    scheduler: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does with the records of one batch, wherever it is.

    files: the mapping, first, and its schemas, each with its place below their common folder.
    """

    files: tuple[tuple[str, bytes], ...]
    direction: Direction

    def __call__(self, batch: Sequence[Untranslated]) -> list[Translated | None]:
        """Check and translate them."""
        return translate_batch(_pipeline(self.files, self.direction), batch)


def make_task(mapping: Mapping, direction: Direction) -> Task:
    """Return what workers do for one direction of a mapping."""
    files = [file.resolve() for file in mapping.source_files]
    root = os.path.commonpath([file.parent for file in files])
    return Task(tuple((os.path.relpath(file, root), file.read_bytes()) for file in files), direction)


@lru_cache(maxsize=8)
def _pipeline(files: tuple[tuple[str, bytes], ...], direction: Direction) -> Pipeline:
    """Compile a mapping from its files, once in a worker; the run that sends them has proven it."""
    with tempfile.TemporaryDirectory(prefix="etl-worker-") as folder:
        for name, content in files:
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return compile_pipeline(read_mapping(Path(folder) / files[0][0]), direction)


@contextmanager
def preparers(mapping: Mapping, workers: Workers, waiting: Waiting = PATIENT) -> Iterator[dict[Direction, Preparer]]:
    """Yield what prepares the batches of each direction. waiting: how it is waited for.

    Raises:
        EndpointError: when the scheduler does not answer.
        SettingsError: when Dask is not installed.

    """
    if workers.scheduler is not None:
        with connected(workers.scheduler) as cluster:
            said = cluster.broken, cluster.absent, waiting
            yield {
                way: selecting_inbound(
                    mapping, way, OnExecutor(cluster.start, make_task(mapping, way), cluster.count, *said)
                )
                for way in Direction
            }
    elif workers.processes:
        start = partial(start_processes, workers.processes)
        yield {
            way: selecting_inbound(
                mapping, way, OnExecutor(start, make_task(mapping, way), workers.processes, waiting=waiting)
            )
            for way in Direction
        }
    else:
        yield {way: preparer(mapping, way) for way in Direction}


def start_processes(count: int) -> ProcessPoolExecutor:
    """Start processes that prepare batches. They are not forked: this one has threads of its driver and its lease."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_follow)


def _follow() -> None:
    """Let this process, a worker, end when the one that started it has ended, however that was."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the one that started it
    threading.Thread(target=_end_after, args=(parent_process(),), daemon=True).start()


def _end_after(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
    os._exit(1)
