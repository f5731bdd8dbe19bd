"""Work shared out: what a run writes is the same, whoever checked and translated it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

import pytest

from etl import Direction, EndpointError, Mapping
from etl.app import Workers, compile_pipeline
from etl.app.workers import make_task
from etl.mapping.schemas.validation import RecordSchema
from etl.record import Violation
from etl.transfer.model import Item, Stage
from etl.transfer.pipeline import Pipeline
from etl.transfer.prepare import OnExecutor, in_process, translate_batch
from tests.support.command_line import MAPPING, etl
from tests.support.site import ROOT, Site, client_record

pytestmark = pytest.mark.slow

RECORDS = 44


def outcome(site: Site, workers: Workers) -> tuple[Any, ...]:
    """Run from nothing; return all that can be seen afterwards, but times and ids."""
    for name in site.database.list_collection_names():
        site.database.drop_collection(name)
    for file in site.outbound.glob("*"):
        file.unlink()
    reports = site.run(batch_size=4, workers=workers)
    unlike = {"_id": 0, "updatedAt": 0, "syncedAt": 0, "run": 0, "first": 0, "last": 0, "reading.at": 0}
    documents = [list(site.database[name].find({}, unlike).sort("_id")) for name in ("etl_state", "etl_dead_letters")]
    orders = list(site.work_orders.find({}, unlike).sort("number"))
    files = {order["number"]: site.client_gets(order["number"]) | {"lastUpdateDate": None} for order in orders}
    return reports, documents, orders, files


@pytest.fixture
def busy_site(site: Site) -> Site:
    """Every tenth record is bad; five keys come again in the last files."""
    for number in range(1, 40):
        site.client_sends(number, isDone="yes" if number % 10 == 0 else number % 3 == 0)
    for number in range(1, 6):
        site.client_sends(number, f"x_{number}.json", summary=f"Later {number}")
    return site


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A Dask scheduler with two workers in processes of their own, as a cluster has them."""
    script = (
        "import time\nfrom distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host='127.0.0.1')\n"
        "    print(cluster.scheduler_address, flush=True)\n    time.sleep(600)\n"
    )
    command, environment = [sys.executable, "-c", script], os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        os.killpg(process.pid, signal.SIGKILL)


def test_on_processes_the_result_is_that_of_one_process(busy_site: Site) -> None:
    alone = outcome(busy_site, Workers())
    assert alone[0]["inbound"]["read"] == RECORDS
    assert [order["title"] for order in alone[2]][:5] == [f"Later {number}" for number in range(1, 6)]
    assert outcome(busy_site, Workers(2)) == alone


def test_on_a_cluster_the_result_is_that_of_one_process(busy_site: Site, scheduler: str) -> None:
    assert outcome(busy_site, Workers(scheduler=scheduler)) == outcome(busy_site, Workers())


def batches() -> Iterator[list[Item]]:
    for start in range(0, 40, 4):
        yield [Item(str(number), client_record(number)) for number in range(start, start + 4)]


class Mortal(Executor):
    """An executor whose workers die with every second batch, as long as `lives` says; and runs some batches twice."""

    lives = 0

    def __init__(self) -> None:
        self._count = 0

    def submit(self, task: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._count += 1
        if self._count % 2 == 0 and Mortal.lives:
            Mortal.lives -= 1
            future.set_exception(BrokenProcessPool("a worker was killed"))
        else:
            task(*arguments)
            future.set_result(task(*arguments))
        return future


def test_a_batch_whose_worker_died_is_prepared_again(mapping: Mapping) -> None:
    Mortal.lives = 3
    prepared = list(OnExecutor(Mortal, make_task(mapping, Direction.INBOUND), 2)(batches()))
    alone = list(in_process(compile_pipeline(mapping, Direction.INBOUND))(batches()))
    assert prepared == alone
    assert Mortal.lives == 0


def test_workers_that_die_again_and_again_stop_the_run(mapping: Mapping) -> None:
    Mortal.lives = 1000
    with pytest.raises(EndpointError, match="the workers ended 5 times: a worker was killed; run again"):
        list(OnExecutor(Mortal, make_task(mapping, Direction.INBOUND), 2)(batches()))


def test_a_worker_that_is_killed_is_replaced(mapping: Mapping) -> None:
    pools: list[ProcessPoolExecutor] = []

    def start() -> ProcessPoolExecutor:
        pools.append(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
        return pools[-1]

    prepared = []
    for number, batch in enumerate(OnExecutor(start, make_task(mapping, Direction.INBOUND), 1)(batches())):
        prepared.append(batch)
        if number == 0:
            for process in pools[0]._processes.values():
                process.kill()
    assert prepared == list(in_process(compile_pipeline(mapping, Direction.INBOUND))(batches()))


def test_only_a_few_batches_are_read_ahead(mapping: Mapping) -> None:
    read: list[int] = []

    def counted() -> Iterator[list[Item]]:
        for number, batch in enumerate(batches()):
            read.append(number)
            yield batch

    with ThreadPoolExecutor(2) as pool:
        prepared = OnExecutor(lambda: pool, make_task(mapping, Direction.INBOUND), 2)(counted())
        next(prepared)
        assert len(read) == 4


def test_a_scheduler_that_does_not_answer_is_said_with_its_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.app.cluster._CONNECT_SECONDS", 1)
    with pytest.raises(EndpointError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1: "):
        site.run(workers=Workers(scheduler="tcp://127.0.0.1:1"))


def test_workers_are_of_this_machine_or_of_others(site: Site) -> None:
    both = etl("run", *MAPPING, "--scheduler", "tcp://127.0.0.1:1", "--workers", "2", site=site)
    assert both.returncode == 2


@pytest.mark.parametrize(
    ("record", "stage"),
    [
        ({"orderNo": "seven"}, Stage.SOURCE_SCHEMA),
        (client_record(7, creationDate="2025-02-30T00:00:00Z"), Stage.TRANSLATE),
        (client_record(7), None),
    ],
)
def test_where_a_record_fails_is_known_after_it_was_looked_at_once(
    mapping: Mapping, record: dict[str, Any], stage: Stage | None
) -> None:
    looked_at: list[str] = []

    class Counting(RecordSchema):
        def violations(self, record: Any) -> list[Violation]:
            looked_at.append("schema")
            return super().violations(record)

    whole = compile_pipeline(mapping, Direction.INBOUND)
    outside, inside = Counting(mapping.outside.schema), Counting(mapping.inside.schema, mapping.mongodb.on_import)
    pipeline = Pipeline(outside, whole.translator, inside)
    ((_, _, violations, found),) = [one for one in translate_batch(pipeline, [(record, {})]) if one is not None]
    assert (found, bool(violations)) == (stage, stage is not None)
    assert len(looked_at) == (1 if stage else 2)
