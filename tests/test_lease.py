"""One run at a time: a second one is told who is at work, and a run that was held up writes nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl import EndpointError, LeaseLostError, LockedError
from etl.endpoints.files.local import LocalFolder
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.mongodb.connection import connect
from etl.endpoints.mongodb.holder import Terms
from etl.endpoints.mongodb.lease import COLLECTION, Lease
from etl.endpoints.mongodb.reader import MongoReader
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.mongodb.writer import MongoWriter
from etl.endpoints.process import Life, current, life
from tests.support.another_run import SCOPE, another_run
from tests.support.command_line import MAPPING, etl
from tests.support.site import Site


def lease(site: Site, seconds: float = 30, wait: float = 0) -> Lease:
    return Lease(site.database, SCOPE, Retry(time.sleep, lambda *_: None, 1), Terms(seconds, wait))


def test_a_second_run_exits_with_5_and_says_who_is_at_work_since_when(site: Site) -> None:
    site.client_sends(1)
    with another_run(site, pid=4711, user="ana", seconds=60):
        done = etl("run", *MAPPING, site=site)
    assert done.returncode == 5
    assert "process 4711 of ana on elsewhere, since 20" in done.stderr
    assert "its lease, unless renewed, ends at 20" in done.stderr
    assert "--wait SECONDS; if it is gone for good, `etl lease break`" in done.stderr
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
        ours.confirm()
        with pytest.raises(LockedError):
            lease(site).take()


def stolen(site: Site) -> None:
    """Let another run take the lease, as one may that believes the holder dead; nothing tells the holder."""
    site.database[COLLECTION].update_one({}, {"$inc": {"token": 1}, "$set": {"holder.run": "thief"}})


@pytest.mark.parametrize(
    ("owner", "name", "made"),
    [(RecordFiles, "apply", 3), (MongoReader, "acknowledge", 3), (MongoWriter, "write", 0)],
)
def test_a_run_whose_lease_was_taken_over_writes_nothing_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, made: int
) -> None:
    """Before a group of renames, of marks, of writes to documents: however sure of its lease the run may be."""
    for number in (1, 2, 3):
        site.client_sends(number)
    original = getattr(owner, name)

    def after_the_theft(self: Any, *arguments: Any) -> Any:
        stolen(site)
        return original(self, *arguments)

    monkeypatch.setattr(owner, name, after_the_theft)
    with pytest.raises(LeaseLostError, match=r"has been taken by process .*; this run writes nothing more: run again"):
        site.run()
    assert site.work_orders.count_documents({}) == made
    assert site.work_orders.count_documents({"isSynced": True}) == 0
    if owner is RecordFiles:
        assert not site.outbound.exists()


def test_files_that_are_ready_when_the_lease_is_stolen_never_appear(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    stage = LocalFolder.stage

    def last_then_theft(folder: LocalFolder, name: str, content: bytes) -> Any:
        staged = stage(folder, name, content)
        if name == "workorder_3.json":
            assert len(list(site.outbound.iterdir())) == 3
            stolen(site)
        return staged

    monkeypatch.setattr(LocalFolder, "stage", last_then_theft)
    with pytest.raises(LeaseLostError):
        site.run()
    assert list(site.outbound.iterdir()) == []


def test_a_lease_that_is_gone_from_the_server_is_not_relied_on(site: Site) -> None:
    ours = lease(site)
    with ours.held():
        site.database[COLLECTION].drop()
        with pytest.raises(LeaseLostError, match="is gone; this run writes nothing more"):
            ours.confirm()


def test_an_answer_that_took_longer_than_the_lease_lasts_is_not_relied_on(site: Site) -> None:
    ours = lease(site)
    with ours.held():
        ours._terms = Terms(seconds=0)
        with pytest.raises(LeaseLostError, match=r"takes longer to confirm the lease .* raise LEASE_SECONDS"):
            ours.confirm()
        ours._terms = Terms()


def test_after_etl_leases_was_dropped_a_run_goes_on(site: Site) -> None:
    site.client_sends(7)
    for number in range(12):
        site.client_sends(7, summary=f"Pump {number}")
        site.run()
    site.database[COLLECTION].drop()
    site.client_sends(7, summary="After")
    assert site.run()["inbound"] == {"read": 1, "updated": 1}
    assert (site.database[COLLECTION].find_one() or {})["token"] == 13


def test_a_token_is_above_every_token_in_leases_and_in_state(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.database["etl_state"].update_many({}, {"$set": {"token": 1000}})
    site.client_sends(7, summary="Newer")
    assert site.run()["inbound"] == {"read": 1, "updated": 1}
    assert (site.database[COLLECTION].find_one() or {})["token"] == 1001


def test_tokens_of_other_mappings_and_collections_do_not_count(site: Site) -> None:
    ids = ('["tracos_client","others",1]', '["tracos_client_2","workorders",1]', '["tracos","workorders",1]')
    site.database["etl_state"].insert_many([{"_id": id_, "token": 99} for id_ in ids])
    site.run()
    assert (site.database[COLLECTION].find_one() or {})["token"] == 1


def test_what_a_run_of_an_older_token_remembers_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="Newer")
    write = MongoWriter.write

    def after_a_later_run(writer: MongoWriter, *arguments: Any) -> None:
        site.database["etl_state"].update_many({}, {"$set": {"token": 1000}})
        write(writer, *arguments)

    monkeypatch.setattr(MongoWriter, "write", after_a_later_run)
    with pytest.raises(LeaseLostError, match="a later run has begun"):
        site.run()


def test_a_run_that_is_at_work_keeps_its_lease_when_the_server_clock_goes_ahead(site: Site) -> None:
    """Its end seems past: whoever looks waits for a sign of life, and finds one."""
    ours = lease(site, seconds=2)
    with ours.held():
        past = datetime.now(UTC) - timedelta(hours=1)
        site.database[COLLECTION].update_one({}, {"$set": {"holder.expires": past}})
        with pytest.raises(LockedError, match="is at work"):
            lease(site).take()
        ours.confirm()


def test_a_run_that_gives_no_sign_of_life_after_its_end_loses_its_lease(site: Site) -> None:
    slept = lease(site, seconds=1)
    slept.take()
    past = datetime.now(UTC) - timedelta(hours=1)
    site.database[COLLECTION].update_one({}, {"$set": {"holder.expires": past, "holder.machine": "another"}})
    with lease(site).held(), pytest.raises(LeaseLostError):
        slept.confirm()


def test_when_the_server_clock_goes_behind_nobody_gets_a_lease_sooner(site: Site) -> None:
    with another_run(site, expires=datetime.now(UTC) + timedelta(hours=1)), pytest.raises(LockedError):
        lease(site).take()


def test_a_lease_that_was_taken_while_a_clock_ran_ahead_is_named_with_its_end_and_the_remedy(site: Site) -> None:
    site.client_sends(1)
    with another_run(site, expires=datetime(2099, 1, 2, tzinfo=UTC)):
        done = etl("run", *MAPPING, site=site)
        assert done.returncode == 5
        assert "its lease, unless renewed, ends at 2099-01-02 00:00:00 UTC" in done.stderr
        assert "was ahead when that lease was taken" in done.stderr
        assert "`etl lease break` takes the lease from it" in done.stderr
        shown = json.loads(etl("lease", "show", *MAPPING, "--json", site=site).stdout)
        assert (shown["expires"], shown["life"]) == ("2099-01-02T00:00:00Z", "unknown")
        broken = etl("lease", "break", *MAPPING, site=site)
        assert (broken.returncode, broken.stdout) == (0, f"took the lease from {shown['holder']}\n")
        assert etl("run", *MAPPING, site=site).returncode == 0
    assert etl("lease", "show", *MAPPING, site=site).stdout == "nobody holds the lease of this mapping\n"
    assert etl("lease", "break", *MAPPING, site=site).stdout == "nobody holds the lease of this mapping\n"


def test_the_lease_of_a_run_that_is_at_work_is_not_broken(site: Site) -> None:
    with lease(site, seconds=1).held():
        for machine in (current().machine, "another"):  # known to be alive, or giving signs of life
            site.database[COLLECTION].update_one({}, {"$set": {"holder.machine": machine}})
            done = etl("lease", "break", *MAPPING, site=site)
            assert done.returncode == 5, done.stderr
            assert "is at work on the collection workorders already" in done.stderr


def test_the_heartbeat_waits_behind_no_query_however_few_connections_are_allowed(fragile_site: Site) -> None:
    uri = f"{fragile_site.settings.uri}&maxPoolSize=1"
    retry = Retry(time.sleep, lambda *_: None, 4)
    with (
        connect(uri, fragile_site.database.name, retry) as database,
        Lease(database, SCOPE, retry, Terms(seconds=1)).held(),
    ):
        database.client.admin.command({"sleep": 1, "millis": 1500, "lock": "none"})
        holder = (fragile_site.database[COLLECTION].find_one() or {})["holder"]
    assert holder["renewals"] >= 3


def test_the_lease_is_let_go_of_after_a_run_and_after_a_failed_one(site: Site) -> None:
    site.run()
    assert "holder" not in (site.database[COLLECTION].find_one() or {})
    site.inbound.rmdir()
    with pytest.raises(EndpointError, match="inbound folder"):
        site.run()
    assert site.database[COLLECTION].find_one() == {"_id": SCOPE, "token": 2}


@contextmanager
def a_process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def test_a_process_is_alive_ended_or_not_known() -> None:
    here = current()
    assert here.life() is Life.ALIVE
    with a_process() as other:
        since = started(other.pid)
        assert life(other.pid, since) is Life.ALIVE
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert life(other.pid, since) is Life.ENDED, "a zombie does nothing more"
        other.wait()
        assert life(other.pid, since) is Life.ENDED


def test_another_process_of_the_same_number_is_another_process(site: Site) -> None:
    with a_process() as other:
        assert life(other.pid, "1") is Life.ENDED
        with another_run(site, machine=current().machine, pid=other.pid, started="1"):
            assert site.run()["inbound"] == {}


def test_a_process_that_proc_hides_is_not_known_to_have_ended(tmp_path: Path) -> None:
    """As under hidepid, where those of other users are not shown: the kernel says that there is one, and no more."""
    with a_process() as other:
        assert life(other.pid, started(other.pid), proc=tmp_path) is Life.UNKNOWN
        other.kill()
        other.wait()
        assert life(other.pid, "1", proc=tmp_path) is Life.ENDED, "no process has that number"


def test_a_process_elsewhere_is_not_known() -> None:
    here = current()
    assert replace(here, started="1").life() is Life.ENDED
    assert replace(here, started="1", machine="another boot").life() is Life.UNKNOWN
    assert replace(here, started="1", machine="").life() is Life.UNKNOWN
    assert replace(here, started="").life() is Life.UNKNOWN
