"""Who prepares batches: this process, others on this machine, or the machines of a Dask cluster."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from etl.app.pipelines import compile_pipeline
from etl.errors import EndpointError, SettingsError
from etl.mapping.load import load_mapping
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.record import Record
from etl.transfer.pipeline import Pipeline, Translated
from etl.transfer.prepare import OnExecutor, Preparer, in_process, translate_batch

_RETRIES: Final = 3
_CONNECT_SECONDS: Final = 10


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

    def __call__(self, records: Sequence[Record | None]) -> list[Translated | None]:
        """Check and translate them."""
        return translate_batch(_pipeline(self.files, self.direction), records)


def make_task(mapping: Mapping, direction: Direction) -> Task:
    """Return what workers do for one direction of a mapping."""
    files = [file.resolve() for file in (mapping.file, mapping.outside.schema_file, mapping.inside.schema_file)]
    root = os.path.commonpath([file.parent for file in files])
    return Task(tuple((os.path.relpath(file, root), file.read_bytes()) for file in files), direction)


@lru_cache(maxsize=8)
def _pipeline(files: tuple[tuple[str, bytes], ...], direction: Direction) -> Pipeline:
    """Compile a mapping from its files, once in a worker."""
    with tempfile.TemporaryDirectory(prefix="etl-worker-") as folder:
        for name, content in files:
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return compile_pipeline(load_mapping(Path(folder) / files[0][0]), direction)


@contextmanager
def preparers(mapping: Mapping, workers: Workers) -> Iterator[dict[Direction, Preparer]]:
    """Yield what prepares the batches of each direction.

    Raises:
        EndpointError: when the scheduler does not answer.
        SettingsError: when Dask is not installed.

    """
    if workers.scheduler is not None:
        with _cluster(workers.scheduler) as (start, count, broken):
            yield {way: OnExecutor(start, make_task(mapping, way), count, broken) for way in Direction}
    elif workers.processes:
        # not forked: this process has threads of its driver and of its lease
        start = partial(ProcessPoolExecutor, workers.processes, mp_context=get_context("spawn"))
        yield {way: OnExecutor(start, make_task(mapping, way), workers.processes) for way in Direction}
    else:
        yield {way: in_process(compile_pipeline(mapping, way)) for way in Direction}


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Callable[[], Executor], int, tuple[type[BaseException], ...]]]:
    """Connect to a cluster; yield what makes an executor, how many workers there are, and how it says they are gone."""
    try:
        distributed: Any = import_module("distributed")  # slow to import, and part of an extra
    except ImportError:
        raise SettingsError(
            "--scheduler needs Dask; install the extra `cluster`: pip install -e '.[cluster]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EndpointError(f"no Dask scheduler answers at {address}: {error}") from None
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise EndpointError(f"the scheduler at {address} has no workers; start one with `dask worker {address}`")
        broken = (BrokenExecutor, CancelledError, distributed.scheduler.KilledWorker)
        yield partial(client.get_executor, retries=_RETRIES, pure=False), threads, broken
    finally:
        client.close()
