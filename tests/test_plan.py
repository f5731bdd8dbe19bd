"""Plan, apply, verify and state: seen beforehand, done just so, proven afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from etl import Options
from etl.app import plan
from etl.logs import make_log
from tests.support.command_line import MAPPING
from tests.support.command_line import etl as run_etl
from tests.support.plans import everything
from tests.support.site import MAPPING_FILE, ROOT, Site

pytestmark = pytest.mark.untouched

LOG = make_log("error", "text", str)


def etl(site: Site, *arguments: str) -> Any:
    return run_etl(*arguments, *MAPPING, site=site)


def busy(site: Site) -> None:
    """1 is unchanged, 2 was changed outside, 3 inside, 4 on both sides, 5 in conflict, 6 new, 7 bad, 8 from TracOS."""
    for number in range(1, 6):
        site.client_sends(number)
    site.run()
    site.client_sends(2, isDone=True)
    site.technician_edits(3, title="Inside 3")
    site.client_sends(4, isDone=True)
    site.technician_edits(4, title="Inside 4")
    site.client_sends(5, summary="Outside 5")
    site.technician_edits(5, title="Inside 5")
    site.client_sends(6)
    site.client_sends(7, isDone="yes")
    site.work_orders.insert_one(
        {"number": 8, "title": "Made here", "status": "pending", "createdAt": site.work_order(1)["createdAt"]}
    )


def test_a_plan_changes_nothing_at_all(site: Site) -> None:
    busy(site)
    before = everything(site)
    for arguments in ((), ("--json",), ("--direction", "outbound"), ("--key", "4")):
        assert etl(site, "plan", *arguments).returncode == 0
    assert everything(site) == before


def test_a_plan_on_an_empty_database_makes_no_collection_and_no_index(site: Site) -> None:
    site.client_sends(1)
    assert "inbound: 1 read = 1 created\n" in etl(site, "plan").stdout
    assert site.database.list_collection_names() == []
    assert not site.outbound.exists()


@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_a_plan_says_what_the_run_then_does(site: Site, batch_size: int) -> None:
    busy(site)
    made = plan(site.mapping, site.settings, LOG, Options(batch_size=batch_size))
    reports = site.reports(batch_size=batch_size)
    assert [report.as_dict() for report in made.reports] == [report.as_dict() for report in reports]


def test_a_plan_names_every_value_with_old_new_and_why(site: Site) -> None:
    busy(site)
    shown = etl(site, "plan").stdout
    inbound, outbound = shown.split("outbound: ")
    assert (
        inbound.splitlines()
        == [
            "inbound: 7 read = 1 created, 3 updated, 2 unchanged, 1 rejected",
            "  ~ 2.json (2)",
            '      status  "in_progress" → "completed"  [changed by client, line 32]',
            "  ~ 4.json (4)",
            '      status  "in_progress" → "completed"  [changed by client, line 32]',
            '      title   "Inside 4" stays  [merged: changed by tracos, line 26]',
            "  ~ 5.json (5)",
            '      title  "Inside 5" → "Outside 5"  [both changed it: client wins, line 26]',
            "  + 6.json (6)",
            '      title      nothing → "Pump 6"  [new, line 26]',
            '      createdAt  nothing → "2025-01-02T03:04:05Z"  [new, line 27]',
            "      deleted    nothing → false  [new, line 30]",
            '      status     nothing → "in_progress"  [new, line 32]',
            "  x 7.json (7)",
            '      isDone: expected boolean or null, found "yes"',
            "",
        ][:-1]
    )
    assert outbound.startswith("6 read = 2 created, 4 updated\n")
    assert '  ~ number 3\n      summary  "Pump 3" → "Inside 3"  [changed by tracos, line 26]\n' in outbound
    assert "  + number 8\n" in outbound


def test_a_plan_can_be_cut_and_asked_for_one_key(site: Site) -> None:
    busy(site)
    cut = etl(site, "plan", "--limit", "1").stdout
    assert "2.json" in cut
    assert "4.json" not in cut
    assert "… and 4 more" in cut
    one = etl(site, "plan", "--key", "4").stdout
    assert "4.json" in one
    assert "number 4" in one
    assert "2.json" not in one


def test_a_plan_as_json_is_as_its_schema_says(site: Site) -> None:
    busy(site)
    made = json.loads(etl(site, "plan", "--json").stdout)
    jsonschema.validate(made, json.loads((ROOT / "schemas" / "output" / "plan.schema.json").read_text()))
    assert {record["origin"]: record["outcome"] for record in made["records"] if record["direction"] == "inbound"} == {
        "2.json": "updated",
        "4.json": "updated",
        "5.json": "updated",
        "6.json": "created",
        "7.json": "rejected",
    }


def test_the_exit_code_says_whether_there_is_something_to_do(site: Site) -> None:
    site.client_sends(1)
    assert etl(site, "plan", "--detailed-exitcode").returncode == 10
    site.run()
    assert etl(site, "plan", "--detailed-exitcode").returncode == 0
    site.technician_edits(1, title="Inside")
    assert etl(site, "plan", "--detailed-exitcode").returncode == 10
    site.run()
    site.client_sends(2, summary=None)
    site.technician_edits(1, description=7)
    new = etl(site, "plan", "--detailed-exitcode")
    assert (new.returncode, "inbound: 2 read = 1 unchanged, 1 rejected\n" in new.stdout) == (10, True)
    done = [report.as_line() for report in site.reports()]
    known = etl(site, "plan", "--detailed-exitcode")
    assert (known.returncode, known.stdout.count("rejected (known)")) == (0, 2), "what is known changes nothing"
    assert [line.replace("rejected", "rejected (known)") for line in done] == [
        line for line in known.stdout.splitlines() if line[0] != " "
    ]


def test_a_plan_shows_a_conflict_that_waits(site: Site, tmp_path: Path) -> None:
    text = MAPPING_FILE.read_text().replace("conflicts: {wins: client}", "conflicts: {wins: review}")
    site.client_sends(1)
    site.run()
    site.technician_edits(1, title="Inside")
    site.client_sends(1, summary="Outside")
    folder = tmp_path / "mappings"
    folder.mkdir()
    file = folder / "m.yaml"
    file.write_text(text.replace("../schemas", str(ROOT / "schemas")))
    done = run_etl("plan", "--detailed-exitcode", "--mapping", str(file), site=site)
    assert done.returncode == 11
    assert done.stdout == (
        "inbound: 1 read = 1 conflict\n"
        "  ! 1.json (1)\n"
        "      title: review\n"
        '      title  "Inside" → "Outside"  [both changed it: review, line 26]\n'
        "outbound: 1 read = 1 conflict\n"
        "  ! number 1\n"
        "      waits for a person: see `etl conflicts list`\n"
    )


def test_applying_a_plan_does_what_it_says(site: Site, tmp_path: Path) -> None:
    busy(site)
    file = str(tmp_path / "plan.json")
    etl(site, "plan", "--out", file)
    done = run_etl("apply", file, *MAPPING, site=site)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("inbound: 4 read = 1 created, 3 updated\noutbound: 6 read = 2 created, 4 updated\n")
    assert site.run() == {"inbound": {"read": 7, "unchanged": 6, "rejected": 1}, "outbound": {}}


def test_applying_refuses_what_has_moved_on_and_ignores_what_came_after(site: Site, tmp_path: Path) -> None:
    busy(site)
    file = str(tmp_path / "plan.json")
    etl(site, "plan", "--out", file)
    site.technician_edits(2, title="Edited after the plan")
    site.client_sends(4, isOnHold=True)
    (site.inbound / "6.json").unlink()
    site.client_sends(9)
    done = run_etl("apply", file, *MAPPING, site=site)
    assert done.returncode == 1
    inbound, outbound = done.stdout.splitlines()
    assert inbound == "inbound: 3 read = 1 updated, 2 conflict"
    assert outbound == "outbound: 5 read = 1 created, 2 updated, 2 conflict"
    assert "moved on since it was planned" in done.stderr
    assert "planned, and not there any more" in done.stderr
    assert site.work_order(2)["status"] == "in_progress"
    assert site.work_order(4)["status"] == "in_progress"
    assert site.work_orders.count_documents({"number": {"$in": [6, 9]}}) == 0
    assert site.database["etl_runs"].find_one({"command": "apply"}, {"exit": True, "_id": False}) == {"exit": 1}
    assert site.database["etl_dead_letters"].count_documents({}) == 0
    assert site.run()["inbound"] == {"read": 7, "created": 1, "updated": 2, "unchanged": 3, "rejected": 1}


def test_what_another_file_says_since_the_plan_is_left_to_the_next_run(site: Site, tmp_path: Path) -> None:
    site.client_sends(7, summary="Pump")
    site.run()
    site.technician_edits(7, title="Edited")
    site.client_sends(7, summary="Pump", isOnHold=True)
    file = str(tmp_path / "plan.json")
    etl(site, "plan", "--out", file)
    newer = (site.inbound / "7.json").read_text()
    (site.inbound / "8.json").write_text(newer.replace('"isOnHold": true', '"isOnHold": false'))
    done = run_etl("apply", file, *MAPPING, site=site)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "outbound: 1 read = 1 conflict"), done.stdout
    assert site.work_order(7)["status"] == "on_hold"
    assert site.run() == {"inbound": {"read": 2, "updated": 1, "superseded": 1}, "outbound": {"read": 1, "updated": 1}}
    order = site.work_order(7)
    assert (order["title"], order["status"]) == ("Edited", "in_progress")


@pytest.mark.parametrize("is_planned", [False, True], ids=["nothing planned of it", "planned as well"])
def test_what_the_client_has_said_since_the_plan_is_not_sent_over(site: Site, tmp_path: Path, is_planned: bool) -> None:
    """Told otherwise, the client would be taken for older than what it was told, and the edit would go unseen."""
    site.client_sends(7, summary="Pump")
    site.run()
    site.technician_edits(7, title="Edited")
    if is_planned:
        site.client_sends(7, summary="Pump", isOnHold=True)
    file = str(tmp_path / "plan.json")
    etl(site, "plan", "--out", file)
    site.client_sends(7, summary="Said since")
    before = site.client_gets(7)
    done = run_etl("apply", file, *MAPPING, site=site)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "outbound: 1 read = 1 conflict")
    assert "moved on since it was planned" in done.stderr
    assert site.client_gets(7) == before
    site.run()
    logged = etl(site, "conflicts", "list", "--decided", "--json").stdout
    assert all(said in logged for said in ("Edited", "Said since"))


def test_a_plan_of_another_mapping_is_refused(site: Site, tmp_path: Path) -> None:
    site.client_sends(1)
    file = tmp_path / "plan.json"
    etl(site, "plan", "--out", str(file))
    file.write_text(file.read_text().replace('"mapping_hash": "', '"mapping_hash": "0'))
    done = run_etl("apply", str(file), *MAPPING, site=site)
    assert done.returncode == 3
    assert "another version of" in done.stderr
    file.write_text("{}")
    done = run_etl("apply", str(file), *MAPPING, site=site)
    assert done.returncode == 3
    assert "this is no plan: directions: is required" in done.stderr
