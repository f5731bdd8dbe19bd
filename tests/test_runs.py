"""The run history: every run leaves one record, of what it did, how it ended, and why records were left."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl import Settings, app
from etl.app.opening import quiet_log
from etl.app.recording import shown_settings
from etl.endpoints.files.location import Url
from etl.errors import EndpointError
from etl.transfer.run_history import RunRecord, State
from tests.model.faults import Death, dying
from tests.support.another_run import another_run
from tests.support.command_line import MAPPING, etl
from tests.support.conflicts import Policy, command
from tests.support.failing import failing
from tests.support.plans import applied
from tests.support.site import Site

UNAUTHORIZED = 13


def history(site: Site, **wanted: Any) -> list[RunRecord]:
    return app.past_runs(site.mapping, site.settings, quiet_log(), **wanted)


def test_a_run_says_what_it_did_how_long_it_took_and_how_it_ended(site: Site) -> None:
    before = datetime.now(UTC)
    site.client_sends(1)
    site.client_sends(2)
    site.run()
    (record,) = history(site)
    assert (record.command, record.state, record.exit_code, record.error) == ("run", State.ENDED, 0, "")
    assert before - timedelta(seconds=1) < record.started <= record.heard == record.ended
    assert 0 <= record.seconds < 60
    inbound, outbound = record.directions["inbound"], record.directions["outbound"]
    assert {name: count for name, count in inbound["counts"].items() if count} == {"read": 2, "created": 2}
    assert inbound["files"] == 2
    assert {name: count for name, count in outbound["counts"].items() if count} == {"read": 2, "created": 2}
    assert record.settings["DATA_INBOUND_DIR"] == str(site.inbound)


def test_why_records_were_rejected_is_counted_and_the_first_are_named(site: Site) -> None:
    for number in range(1, 8):
        site.client_sends(number, summary=None)
    site.client_sends(8, orderNo="eight")
    site.run()
    (record,) = history(site)
    assert record.exit_code == 1
    causes = {(cause["path"], cause["code"]): cause for cause in record.directions["inbound"]["rejected"]}
    summaries = causes["summary", "type"]
    assert (summaries["count"], summaries["named"]) == (7, [f"{number}.json" for number in range(1, 6)])
    assert causes["orderNo", "type"]["named"] == ["8.json"]


def test_applying_replaying_and_resolving_are_runs_too(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="one")
    applied(site)
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="two")
    site.run()
    assert command(site, "conflicts", "resolve", "7", "--take", "client").returncode == 0
    assert command(site, "dead-letters", "replay", "--all").returncode == 0
    assert [record.command for record in history(site)] == ["replay", "resolve", "run", "apply"]
    assert [record.exit_code for record in history(site)] == [0, 0, 1, 0]


def test_what_changes_nothing_leaves_no_record(site: Site) -> None:
    site.client_sends(1)
    for arguments in (("plan",), ("verify",), ("conflicts", "list"), ("runs",), ("runs", "list")):
        etl(*arguments, *(MAPPING if arguments != ("runs",) else ()), site=site)
    assert history(site) == []


def test_a_run_that_died_leaves_what_it_had_and_is_marked(site: Site) -> None:
    site.client_sends(1)
    with pytest.raises(Death), dying(1):
        site.run()
    (record,) = history(site)
    assert (record.state, record.exit_code, record.ended) == (State.DIED, None, None)
    assert record.heard >= record.started


def test_a_run_under_way_is_no_dead_one(site: Site) -> None:
    site.client_sends(1)
    site.run()
    (ended,) = history(site)
    site.database["etl_runs"].update_one({"_id": ended.id}, {"$unset": {"ended": "", "exit": ""}})
    assert [record.state for record in history(site)] == [State.DIED]
    site.database["etl_leases"].drop()
    with another_run(site, run=ended.id):
        assert [record.state for record in history(site)] == [State.RUNNING]


def test_a_run_that_mongodb_refuses_is_one_of_exit_code_4_and_not_a_bug(fragile_site: Site) -> None:
    fragile_site.client_sends(1)
    with failing(fragile_site, "insert", 1, errorCode=UNAUTHORIZED), pytest.raises(EndpointError):
        fragile_site.run()
    (record,) = history(fragile_site)
    assert (record.state, record.exit_code) == (State.ENDED, 4)
    assert record.error


def test_a_limit_that_stops_a_run_is_its_error(site: Site) -> None:
    site.client_sends(1, summary=None)
    done = etl("run", *MAPPING, "--max-rejected", "0", site=site)
    (record,) = history(site)
    assert done.returncode == record.exit_code == 1
    assert "MAX_REJECTED is 0" in record.error
    assert record.directions["inbound"]["counts"]["rejected"] == 1


def test_runs_are_kept_for_as_many_days_as_the_setting_says(site: Site) -> None:
    site.run()
    site.run()
    latest, first = history(site)
    long_ago = datetime.now(UTC) - timedelta(days=8)
    site.database["etl_runs"].update_one({"_id": first.id}, {"$set": {"started": long_ago}})
    site.run()
    assert len(history(site)) == 3
    site.settings = replace(site.settings, runs_kept=7)
    site.run()
    assert {latest.id} < {record.id for record in history(site)}
    assert first.id not in {record.id for record in history(site)}


def test_no_secret_of_the_settings_is_in_the_history() -> None:
    settings = Settings(
        uri="mongodb://ana:geheim@db.example/cmms?authSource=geheim",
        inbound=Url("s3://key:geheim@bucket/in?token=geheim"),
        outbound=Url("sftp://ana:geheim@files.example/out"),
    )
    shown = shown_settings(settings)
    assert "geheim" not in str(shown)
    assert shown["MONGO_URI"] == "mongodb://***@db.example/cmms"


def test_the_history_is_listed_and_one_run_is_shown(site: Site) -> None:
    site.client_sends(1)
    site.client_sends(2, summary=None)
    etl("run", *MAPPING, site=site)
    (record,) = history(site)
    (line,) = etl("runs", "list", *MAPPING, "--since", "1h", site=site).stdout.splitlines()
    assert f"{record.id}  run" in line
    assert line.endswith("exit 1  inbound: 2 read = 1 created, 1 rejected  outbound: 1 read = 1 created")
    shown = etl("runs", "show", *MAPPING, record.id[:6], site=site).stdout
    assert "rejected 1: summary: expected string, found null (2.json)" in shown
    as_json = json.loads(etl("runs", "show", *MAPPING, record.id, "--json", site=site).stdout)
    assert (as_json["exit_code"], as_json["directions"]["inbound"]["files"]) == (1, 2)
    listed = json.loads(etl("runs", "list", *MAPPING, "--json", site=site).stdout)
    assert [one["id"] for one in listed] == [record.id]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("list", "--since", "tomorrow"), 2, "write an age such as 12h or 7d, or a date such as 2026-01-31"),
        (("list", "--since", "999999d"), 2, "write an age such as 12h or 7d, or a date such as 2026-01-31"),
        (("list", "--since", "0001-01-01T00:00+14:00"), 2, "write an age such as 12h or 7d, or a date such as 2026"),
        (("list", "--since", "2999-01-01"), 0, "no run is known since then"),
        (("show", "0" * 16), 1, f"no run has an id that begins with {'0' * 16}"),
        (("show", "{$gt: 0}"), 2, "is no id of a run"),
    ],
)
def test_what_no_run_answers_to_is_said(site: Site, arguments: tuple[str, ...], code: int, said: str) -> None:
    site.run()
    done = etl("runs", *arguments, *MAPPING, site=site)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_how_many_records_had_a_field_changed_is_counted_by_the_side_that_changed_it(site: Site) -> None:
    for number in range(1, 4):
        site.client_sends(number)
    site.run()
    for number in range(1, 4):
        site.client_sends(number, summary=f"Fan {number}", isCanceled=number == 1)
    site.technician_edits(3, status="on_hold")
    site.run()
    record, first = history(site)
    assert record.directions["inbound"]["changed"] == [{"field": "title", "count": 3}, {"field": "status", "count": 1}]
    assert record.directions["outbound"]["changed"] == [{"field": "status", "count": 1}]
    assert "changed" not in first.directions["inbound"]
    shown = command(site, "runs", "show", record.id).stdout
    assert "  changed 3 title, 1 status" in shown
