"""A Dask cluster that prepares batches, and what is known of it while a run waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final

from etl.errors import EndpointError, SettingsError

_RETRIES: Final = 3
_CONNECT_SECONDS: Final = 10
_LOUD: Final = {"asyncio", "distributed", "tornado"}
_ANSWER_SECONDS: Final = 2
"""How long the scheduler may take to say which workers it has, and to take leave."""


class Cluster:
    """The workers of one scheduler.

    count: how many threads they had at first. broken: by which errors they say that they are gone.
    """

    def __init__(self, address: str, client: Any, killed: type[BaseException]) -> None:
        self._address = address
        self._client = client
        self.count = sum(self._threads().values())
        self.broken = (BrokenExecutor, CancelledError, asyncio.CancelledError, killed)

    def start(self) -> Executor:
        """Return an executor on its workers."""
        return _ClusterExecutor(self._client)

    def absent(self) -> str:
        """Say why nobody can prepare anything now, "" where somebody can."""
        try:
            if self._client.status == "running" and self._threads():
                return ""
        except Exception:  # noqa: BLE001 - whatever it is, there was no answer
            return f"the Dask scheduler at {self._address} does not answer"
        if self._client.status == "running":
            return f"the scheduler at {self._address} has no workers"
        return f"the connection to the Dask scheduler at {self._address} is lost"

    def close(self) -> None:
        """Take leave; what it has not done yet, it does not do."""
        with suppress(Exception):  # it may not be there to hear it
            self._client.close(timeout=_ANSWER_SECONDS)

    def _threads(self) -> dict[str, int]:
        threads: dict[str, int] = self._client.sync(
            self._client.scheduler.ncores, workers=None, callback_timeout=_ANSWER_SECONDS
        )
        return threads


class _ClusterExecutor(Executor):
    """An executor on a cluster, which never waits for its scheduler. Closing the client takes back what is not done.

    Dask's own one takes a result for an error where its worker dies just after it was fetched.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def submit(self, task: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have something done."""
        try:
            asked = self._client.submit(task, *arguments, **named, retries=_RETRIES, pure=False)
        except Exception as error:  # noqa: BLE001 - whatever a client raises that has given up its scheduler
            raise BrokenExecutor(str(error)) from None
        return asyncio.run_coroutine_threadsafe(_answer(asked), self._client.loop.asyncio_loop)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing."""


def _silence() -> None:
    """Have Dask say nothing by itself: what goes wrong, the run says, without a traceback."""
    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in _LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


async def _answer(asked: Any) -> Any:
    try:
        return await asked
    except Exception as error:
        if asked.status == "error":  # of what was done; all else befell what does it
            raise
        raise BrokenExecutor(str(error)) from None


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to the cluster of a scheduler.

    Raises:
        EndpointError: when the scheduler does not answer, or has no workers.
        SettingsError: when Dask is not installed.

    """
    try:
        distributed: Any = import_module("distributed")  # slow to import, and part of an extra
    except ImportError:
        raise SettingsError(
            "--scheduler needs Dask; install the extra `cluster`: pip install -e '.[cluster]'"
        ) from None
    _silence()
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        cluster = Cluster(address, client, distributed.scheduler.KilledWorker)
    except (OSError, ValueError) as error:
        raise EndpointError(f"no Dask scheduler answers at {address}: {error}") from None
    try:
        if not cluster.count:
            raise EndpointError(f"the scheduler at {address} has no workers; start one with `dask worker {address}`")
        yield cluster
    finally:
        cluster.close()
