"""One run at a time: a second one is told who is at work, and a run that was held up writes nothing more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl import EndpointError, LeaseLostError, LockedError
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.files.writing import Encoded
from etl.endpoints.mongodb.lease import COLLECTION, Lease, Terms
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.process import current
from etl.transfer.model import Change, Result
from tests.support.command_line import MAPPING, etl
from tests.support.site import Site

SCOPE = {"mapping": "tracos_client", "collection": "workorders"}


def lease(site: Site, seconds: float = 30, wait: float = 0) -> Lease:
    return Lease(site.database, SCOPE, Retry(time.sleep, lambda *_: None, 1), Terms(seconds, wait))


@contextmanager
def another_run(site: Site, **other: Any) -> Iterator[None]:
    """Somebody on another machine holds the lease."""
    now = datetime.now(UTC)
    holder = {**asdict(current()), "host": "elsewhere", "machine": "x", "run": "r", "since": now, **other}
    holder.setdefault("expires", now + timedelta(seconds=60))
    site.database[COLLECTION].insert_one({"_id": SCOPE, "token": 41, "holder": holder})
    yield


def test_a_second_run_exits_with_5_and_says_who_is_at_work_since_when(site: Site) -> None:
    site.client_sends(1)
    with another_run(site, pid=4711, user="ana"):
        done = etl("run", *MAPPING, site=site)
    assert done.returncode == 5
    assert "process 4711 of ana on elsewhere, since 20" in done.stderr
    assert "--wait SECONDS" in done.stderr
    assert site.work_orders.count_documents({}) == 0
    assert not site.outbound.exists()


def test_another_mapping_or_collection_is_not_kept_out(site: Site) -> None:
    site.client_sends(1)
    with another_run(site):
        site.settings = replace(site.settings, collection="others")
        assert site.run()["inbound"] == {"read": 1, "created": 1}


def test_a_run_that_waits_gets_its_turn(site: Site) -> None:
    site.client_sends(1)
    with lease(site).held():
        timer = threading.Timer(0.5, lambda: site.database[COLLECTION].update_one({}, {"$unset": {"holder": ""}}))
        timer.start()
        with pytest.raises(LockedError):
            site.run()
        assert site.run(wait=30)["inbound"] == {"read": 1, "created": 1}


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_token(site: Site) -> None:
    with another_run(site, expires=datetime.now(UTC) - timedelta(seconds=1)):
        ours = lease(site)
        with ours.held():
            assert ours.token == 42


def test_a_killed_run_of_this_machine_keeps_nobody_out(site: Site) -> None:
    with another_run(site, machine=current().machine, pid=current().pid, started="1"):
        assert site.run()["inbound"] == {}


@pytest.mark.slow
def test_a_lease_is_renewed_as_long_as_its_run_lasts(site: Site) -> None:
    ours = lease(site, seconds=1)
    with ours.held():
        time.sleep(1.5)
        ours.check()
        with pytest.raises(LockedError):
            lease(site).take()


def test_a_run_whose_lease_was_taken_over_writes_nothing_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    site.settings = replace(site.settings, lease_seconds=1)
    apply = RecordFiles.apply

    def apply_when_others_have_begun(sink: RecordFiles, changes: list[Change[Encoded]]) -> list[Result]:
        site.database[COLLECTION].update_one({}, {"$inc": {"token": 1}})
        time.sleep(0.6)  # the next renewal, every quarter of a second, finds it out
        return apply(sink, changes)

    monkeypatch.setattr(RecordFiles, "apply", apply_when_others_have_begun)
    with pytest.raises(LeaseLostError, match="it writes nothing more: run again"):
        site.run()
    assert not site.outbound.exists()
    assert site.work_orders.count_documents({"isSynced": True}) == 0


def test_what_a_run_of_an_older_token_remembers_is_refused(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.database["etl_state"].update_many({}, {"$set": {"token": 1000}})
    site.client_sends(7, summary="Newer")
    with pytest.raises(LeaseLostError, match="a later run has begun"):
        site.run()


def test_the_lease_is_let_go_of_after_a_run_and_after_a_failed_one(site: Site) -> None:
    site.run()
    assert "holder" not in (site.database[COLLECTION].find_one() or {})
    site.inbound.rmdir()
    with pytest.raises(EndpointError, match="inbound folder"):
        site.run()
    assert site.database[COLLECTION].find_one() == {"_id": SCOPE, "token": 2}


def test_a_process_is_known_to_have_ended_only_on_its_own_machine() -> None:
    here = current()
    assert not here.has_ended()
    assert replace(here, started="1").has_ended()
    assert not replace(here, started="1", machine="another boot").has_ended()
