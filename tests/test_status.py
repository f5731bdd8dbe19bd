"""Status: one screen of what an operator asks in the morning, and a verdict with an exit code for monitoring."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from etl import app
from etl.app.opening import quiet_log
from etl.endpoints.mongodb import counts
from etl.exit_codes import ExitCode, worst
from etl.transfer.run_history import RunRecord, State
from etl.transfer.status import Amount, Delivery, LetterCount, Status, Verdict
from tests.model.faults import Death, dying
from tests.support.command_line import MAPPING, etl
from tests.support.conflicts import Policy, command
from tests.support.site import ROOT, Site

pytestmark = pytest.mark.untouched

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)


def stands(site: Site) -> Status:
    return app.status(site.mapping, site.settings, quiet_log())


def test_a_mapping_that_never_ran_is_looked_at_and_nothing_is_made(site: Site) -> None:
    there = site.database.list_collection_names()
    done = etl("status", *MAPPING, site=site)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("tracos_client (workorders): attention\n  ! no run is known\n")
    assert site.database.list_collection_names() == there
    assert not site.outbound.exists()


def test_a_run_that_went_well_is_ok_and_what_it_left_and_what_waits_is_said(site: Site) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    site.run()
    quiet = stands(site)
    assert (quiet.verdict, quiet.waiting, quiet.conflicts, quiet.dead_letters) == (Verdict.OK, Amount(), Amount(), 0)
    assert quiet.last is quiet.last_good
    assert quiet.delivery is not None
    assert quiet.delivery.name in {"1.json", "2.json", "3.json"}

    long_ago = datetime(2026, 1, 2, tzinfo=UTC)
    site.technician_edits(1, title="Fan", updatedAt=long_ago)
    site.technician_edits(2, title="Fan", updatedAt=datetime(2026, 1, 3, tzinfo=UTC))
    assert stands(site).waiting == Amount(2, long_ago)
    done = etl("status", *MAPPING, site=site)
    assert done.returncode == 0, done.stdout
    assert "waiting       2 work orders to go out, the oldest since 2026-01-02 00:00:00 UTC, " in done.stdout
    assert "exit code 0 after " in done.stdout
    assert f"3 files in {site.inbound}, the newest " in done.stdout


def test_conflicts_dead_letters_and_a_changed_mapping_are_named(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="two")
    site.client_sends(8, summary=None)
    site.client_sends(9, summary=None)
    (site.inbound / "10.json").write_text("{")
    site.run()
    site.mapping.file.write_text(site.mapping.file.read_text() + "\n")
    done = command(site, "status", "--json")
    (said,) = json.loads(done.stdout)
    assert (done.returncode, said["verdict"], said["failures"]) == (1, "attention", [])
    assert said["concerns"][:2] == [
        "1 conflict waits for a person",
        "3 dead letters are not acknowledged, 3 of them new",
    ], said
    assert said["conflicts"]["count"] == 1
    assert said["dead_letters"]["by_reason"] == [
        {"reason": "summary:type", "count": 2, "new": 2, "acknowledged": 0},
        {"reason": "json", "count": 1, "new": 1, "acknowledged": 0},
    ]
    assert said["mapping_changed"]
    assert (said["last_run"]["exit_code"], said["last_good_run"]["exit_code"]) == (1, 0)
    screen = command(site, "status").stdout
    assert "dead letters  3, 3 of them new, 0 acknowledged: 2 summary:type, 1 json" in screen
    assert "mapping       changed since the last run" in screen
    site.run()
    assert (stands(site).dead_letters, stands(site).new_letters) == (3, 0)
    assert "3 dead letters are not acknowledged" in stands(site).concerns
    assert command(site, "dead-letters", "ack", "--all").returncode == 0
    assert [said for said in stands(site).concerns if "letter" in said] == []


def test_a_run_that_died_and_one_that_a_limit_stopped_are_failures(site: Site) -> None:
    site.client_sends(1)
    with pytest.raises(Death), dying(1):
        site.run()
    assert stands(site).failures[0].startswith("the last run died, and was last heard of at ")
    site.client_sends(2, summary=None)
    etl("run", *MAPPING, "--max-rejected", "0", site=site)
    done = etl("status", *MAPPING, site=site)
    assert done.returncode == 6
    assert "! the last run failed with exit code 1: 1 of 2 records were rejected, and MAX_REJECTED is 0" in done.stdout


def test_without_an_index_the_newest_documents_are_looked_at_and_more_may_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.work_orders.insert_many([{"number": number, "isSynced": number > 5} for number in range(20)])
    assert stands(site).waiting == Amount(6)
    monkeypatch.setattr(counts, "LOOKED_AT", 16)
    assert stands(site).waiting == Amount(2, at_least=True)
    site.work_orders.create_index([("isSynced", 1), ("title", 1)])
    assert stands(site).waiting == Amount(6)
    monkeypatch.setattr(counts, "MOST", 4)
    assert stands(site).waiting == Amount(4, at_least=True)


@pytest.mark.parametrize(
    ("index", "helps"),
    [
        ({"key": {"isSynced": 1, "title": 1}}, True),
        ({"key": {"customer": 1, "isSynced": -1}}, True),
        ({"key": {"customer": 1}}, False),
        ({"key": {"title": 1, "isSynced": 1}}, False),
        ({"key": {"isSynced": "hashed"}}, False),
        ({"key": {"isSynced": 1}, "sparse": True}, False),
        ({"key": {"isSynced": 1}, "partialFilterExpression": {"isSynced": True}}, False),
    ],
)
def test_only_an_index_that_has_every_document_and_begins_with_what_is_asked_for_says_what_waits(
    site: Site, index: dict[str, Any], helps: bool
) -> None:
    mongodb = replace(site.mapping.mongodb, scope={"customer": "hafen"})
    assert counts.queue_index([{"name": "theirs", **index}], mongodb) == ("theirs" if helps else "")


def test_of_several_mappings_each_has_its_result_and_one_that_is_broken_stops_no_other(
    site: Site, tmp_path: Path
) -> None:
    site.run()
    broken = tmp_path / "broken.yaml"
    broken.write_text("mapping: broken\nlanguage: 1\n")
    done = etl("status", "--mapping", str(broken), *MAPPING, site=site)
    assert done.returncode == 3
    assert f"{broken}:\n" in done.stdout
    assert "tracos_client (workorders): ok" in done.stdout
    assert "2 mappings: 1 with exit code 0\n" in done.stderr
    assert f"{broken}: exit code 3" in done.stderr
    both = etl("status", "--json", *MAPPING, *MAPPING, "--mapping", str(broken), site=site)
    assert [each["mapping"] for each in json.loads(both.stdout)] == ["tracos_client"]
    empty = etl("status", "--mapping", str(site.inbound), site=site)
    assert empty.returncode == 2
    assert "there is no mapping in the folder" in empty.stderr


def ran(hours_ago: float, seconds: float = 10.0, **fields: Any) -> RunRecord:
    started = NOW - timedelta(hours=hours_ago)
    ended = started + timedelta(seconds=seconds)
    record = RunRecord("f00", "run", "hash", "1", "host", 1, {}, started, ended)
    return replace(record.finished(ended, 0), **fields)


def healthy(*runs: RunRecord, **facts: Any) -> Status:
    good = next((run for run in runs if run.exit_code == 0), None)
    status = Status("m", "workorders", NOW, "hash", runs, good, Amount(), Amount(), ())
    return replace(status, **facts)


NIGHTLY = [ran(24 * night + 6) for night in range(1, 8)]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (healthy(ran(6), *NIGHTLY), []),
        (healthy(ran(6, seconds=40), *NIGHTLY), ["the last run took 40.0 s, and one usually takes 10.0 s"]),
        (
            healthy(ran(6, exit_code=143, error="stopped by a signal"), *NIGHTLY),
            ["the last run was stopped by a signal"],
        ),
        (healthy(ran(100)), []),
        (
            healthy(*[replace(run, started=run.started - timedelta(days=3)) for run in NIGHTLY]),
            ["no run has begun since 2026-01-27 02:00:00 UTC, and one usually begins every 24 h"],
        ),
        (healthy(*[ran(5 + second / 3600) for second in range(8)]), []),
        (healthy(ran(6), letters=[LetterCount("title:type", 4, 0, 4)]), []),
        (healthy(ran(6), letters=[LetterCount("title:type", 4, 0, 3)]), ["1 dead letter is not acknowledged"]),
        (
            healthy(ran(6), letters=[LetterCount("title:type", 4, 1, 0)]),
            ["4 dead letters are not acknowledged, 1 of them new"],
        ),
        (healthy(ran(6), delivery=Delivery("in", doubt="no file matches *.json")), ["no file matches *.json"]),
        (healthy(ran(6), mapping_hash="another"), []),
        (healthy(ran(6, state=State.RUNNING, exit_code=None, ended=None), *NIGHTLY), []),
    ],
)
def test_the_verdict_follows_from_what_is_usual_and_from_what_is_new(status: Status, said: list[str]) -> None:
    assert (status.concerns, status.failures) == (said, [])
    assert status.verdict is (Verdict.ATTENTION if said else Verdict.OK)


def test_every_exit_code_is_in_the_one_table_and_no_other_one() -> None:
    table = (ROOT / "README.md").read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE))
    assert rows == {str(int(code)): code.meaning for code in ExitCode}


def test_the_worst_of_several_exit_codes_is_that_of_which_most_has_to_be_done() -> None:
    assert worst([]) == worst([0, 0]) == 0
    assert worst([0, 1, 5]) == 5
    assert worst([4, 1, 3]) == 3
    assert {worst([0, code]) for code in ExitCode} == set(ExitCode)


def test_the_order_of_exit_codes_is_the_documented_one() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    said = re.search(r"the exit codes are ([\d, and]+);", text)
    assert said
    order = [int(code) for code in re.findall(r"\d+", said[1])]
    assert sorted(order) == sorted(ExitCode)
    assert all(worst(pair) == pair[1] for pair in pairwise(order))
