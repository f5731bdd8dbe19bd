"""A campaign: many histories at once, in several processes with seeds of their own, and what they came to."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from etl.endpoints.embedded import embedded_server, find_servers
from tests.model.drawing import BACKEND
from tests.model.figures import Figures
from tests.model.machine import Machine
from tests.model.place import Place, open_place
from tests.model.wide import play_ordinary

STEPS_EACH = 50
_HISTORIES = 100


def campaign(steps: int, first_seed: int = 0, processes: int | None = None, *, shrink: bool = False) -> dict[str, Any]:
    """Play histories of so many steps in all, and return the figures; with what failed, if anything did.

    shrink: whether a failing history is made shorter, of which the steps count as well.
    """
    processes = processes or os.cpu_count() or 1
    begun = time.monotonic()
    with _server() as uri, ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        each = -(-steps // processes)
        shares = [(uri, each, first_seed + number * 1_000_000, shrink) for number in range(processes)]
        parts = list(pool.map(_share, *zip(*shares, strict=True)))
    total: Counter[str] = Counter()
    for figures, _ in parts:
        total.update(figures)
    seconds = round(time.monotonic() - begun, 1)
    failures = [failure for _, found in parts for failure in found]
    return {**total, "seed": first_seed, "processes": processes, "seconds": seconds, "failures": failures}


def play_histories(
    place: Place, figures: Figures, histories: int, number: int | None = None, *, shrink: bool = True
) -> None:
    """Play histories on one place. number: a seed; None for the same histories every time.

    Raises: AssertionError, with the shortest history that was found, when something does not hold.
    """

    def machine() -> Any:
        return Machine(place, figures)

    chosen = settings(
        max_examples=histories,
        stateful_step_count=STEPS_EACH,
        derandomize=number is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        print_blob=False,
        report_multiple_bugs=False,
        backend=BACKEND,
    )
    made: Any = machine if number is None else seed(number)(machine)
    run_state_machine_as_test(made, settings=chosen)


def _share(uri: str, steps: int, first_seed: int, shrink: bool) -> tuple[dict[str, int], list[str]]:
    figures, number, failures = Figures(), first_seed, list[str]()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(sys.stderr))  # where hypothesis tells of a failure
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="etl-model-", dir=_memory()))
        place = stack.enter_context(open_place(uri, f"etl_model_{os.getpid()}", Path(folder)))
        while figures.steps < steps:
            histories = min(_HISTORIES, -(-(steps - figures.steps) // STEPS_EACH))
            try:
                play_histories(place, figures, histories, number, shrink=shrink)
                play_ordinary(uri, Path(folder) / f"wide{number}", figures, number)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - whatever it is, the campaign tells it
                notes = "\n".join(getattr(error, "__notes__", ()))
                failures.append(f"seed {number}: {type(error).__name__}: {error}\n{notes}")
                print(failures[-1], file=sys.stderr, flush=True)
            print(f"seed {number}: {asdict(figures)}", file=sys.stderr, flush=True)
            number += 1
    return asdict(figures), failures


@contextmanager
def _server() -> Iterator[str]:
    """Yield the URI of the server to use: that of MONGO_URI, else one of its own."""
    with ExitStack() as stack:
        if uri := os.environ.get("MONGO_URI"):
            yield uri
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="etl-model-", dir=_memory())))
        yield stack.enter_context(embedded_server(folder, [find_servers()[0]], ()))[0]


def _memory() -> Path | None:
    """Return the folder of a memory file system, None where there is none."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else None
