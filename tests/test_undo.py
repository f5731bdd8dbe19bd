"""A bad run can be undone: what nobody has touched since gets back what it had, the rest is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl import app, load_mapping
from etl.app.opening import quiet_log
from tests.model.faults import Death, dying
from tests.support.client_files import with_files
from tests.support.command_line import MAPPING, Done, etl
from tests.support.conflicts import Policy
from tests.support.failing import failing
from tests.support.outputs import checked
from tests.support.sides import Sides
from tests.support.site import INBOUND, Site


def undo(site: Site, *options: str, run: str = "") -> Done:
    return etl("undo", run or latest(site), *options, "--mapping", str(site.mapping.file), site=site)


def latest(site: Site) -> str:
    return app.past_runs(site.mapping, site.settings, quiet_log())[0].id


def titles(site: Site) -> list[Any]:
    return [document["title"] for document in site.work_orders.find().sort("number")]


def bad_night(site: Site, count: int = 4) -> str:
    """Have work orders whose titles a bad delivery empties, and return the run that has read it."""
    for number in range(1, count + 1):
        site.client_sends(number)
    site.run()
    for number in range(1, count + 1):
        site.client_sends(number, summary="???")
    site.run()
    return latest(site)


def test_an_undo_is_shown_first_then_takes_back_and_is_neither_repeated_nor_lost(site: Site) -> None:
    run = bad_night(site)
    before = list(site.work_orders.find())
    shown = undo(site, run=run)
    assert shown.returncode == 0, shown.stderr
    assert "4 would be taken back" in shown.stdout
    assert 'title  "???" → "Pump 3"' in shown.stdout
    assert list(site.work_orders.find()) == before
    done = undo(site, "--yes", run=run)
    assert "4 taken back" in done.stdout, done.stderr
    assert titles(site) == ["Pump 1", "Pump 2", "Pump 3", "Pump 4"]
    # the bad files still lie there: they are no news, and the client is told what is right
    assert site.run() == {"inbound": {"read": 4, "unchanged": 4}, "outbound": {"read": 4, "updated": 4}}
    assert [site.client_gets(number)["summary"] for number in (1, 4)] == ["Pump 1", "Pump 4"]
    # the client then says the same again in other files, or what it was told: neither brings it back
    site.client_sends(1, name="again.json", summary="???")
    site.client_sends(2, summary="Pump 2")
    site.run()
    assert titles(site)[:2] == ["Pump 1", "Pump 2"]
    # and what it really says anew comes in
    site.client_sends(3, summary="Fan 3")
    site.run()
    assert titles(site)[2] == "Fan 3"


@pytest.mark.parametrize(
    ("when", "sent", "goes_out"),
    [
        ("{isSynced: {$ne: true}}", "{isSynced: true}", True),
        ("{isSynced: false}", "{isSynced: true}", True),
        ("{isSynced: {$in: [null, false]}}", "{isSynced: true}", True),
        ("{needsExport: true}", "{needsExport: false}", True),
        ('{$expr: {$eq: ["$title", "edited"]}}', "{isSynced: true}", False),
    ],
)
def test_what_is_taken_back_goes_out_whatever_marks_what_waits_or_it_is_said_that_it_does_not(
    sides: Sides, when: str, sent: str, goes_out: bool
) -> None:
    sides.maps("{client: name, tracos: title}")
    text = sides.mapping.file.read_text().replace("{isSynced: {$ne: true}}", when).replace("{isSynced: true}", sent)
    sides.mapping.file.write_text(text)
    sides.mapping = load_mapping(sides.mapping.file)
    for name in ("good", "???"):
        sides.client_says(name=name)
        sides.run()
    done = undo(sides, "--yes")
    said = "1 of them no run sends out before TracOS has set what `export_when` asks for"
    assert ("the next run sends it out" in done.stdout, said in done.stdout) == (goes_out, not goes_out)
    assert sides.run()["outbound"].get("read", 0) == int(goes_out)
    assert sides.has(title="good")
    assert not goes_out or sides.told()["name"] == "good"


def test_what_either_side_has_touched_since_is_left_and_named(site: Site) -> None:
    run = bad_night(site)
    site.technician_edits(1, title="Technician's")
    site.client_sends(2, summary="Client's")
    site.run()
    site.work_orders.delete_one({"number": 3})
    shown = undo(site, "--json", run=run)
    found = {one["origin"]: one for one in checked(("undo",), shown.stdout)["records"]}
    assert {name: one["outcome"] for name, one in found.items()} == {
        "number 1": "left",
        "number 2": "left",
        "number 3": "left",
        "number 4": "taken back",
    }
    assert [found[f"number {n}"]["why"] for n in (1, 2, 3)] == [
        "edited since: title",
        "edited since: title",
        "is not there any more",
    ]
    done = undo(site, "--yes", run=run)
    assert done.returncode == 1
    assert "  ! number 1: edited since: title" in done.stdout
    assert titles(site) == ["Technician's", "Client's", "Pump 4"]


def test_what_stands_beside_the_key_is_taken_back_as_well(sides: Sides) -> None:
    sides.maps("{client: note, tracos: site.note}")
    place = {"type": "object", "required": ["number"], "properties": {"number": {"type": "integer"}, "note": {}}}
    schema = {"type": "object", "required": ["site"], "properties": {"site": place, "isSynced": {}}}
    (sides.folder / "tracos.json").write_text(json.dumps(schema))
    file = sides.folder / "m.yaml"
    file.write_text(file.read_text().replace("tracos: number", "tracos: site.number"))
    sides.mapping = load_mapping(file)
    for note in ("old", "new"):
        sides.client_says(note=note)
        sides.run()
    done = undo(sides, "--yes")
    assert "1 taken back" in done.stdout, done.stderr
    assert [order["site"] for order in sides.work_orders.find()] == [{"number": 7, "note": "old"}]


def test_what_the_client_has_said_and_waits_for_a_person_is_left(policy: Policy) -> None:
    site = policy("{wins: review}")
    run = bad_night(site, 1)
    site.technician_edits(1, title="Technician's")
    site.client_sends(1, summary="Client's")
    site.run()
    site.technician_edits(1, title="???")
    (one,) = app.undo(site.mapping, site.settings, quiet_log(), run).records
    assert one.why == "waits for a person: see `etl conflicts list`"


def test_a_work_order_that_the_run_has_made_is_marked_as_deleted_and_nothing_is_removed(site: Site) -> None:
    site.client_sends(1)
    site.client_sends(2)
    site.run()
    run = latest(site)
    site.technician_edits(2, title="In use")
    shown = undo(site, run=run)
    assert "  - number 1, which the run has made" in shown.stdout
    assert "  ! number 2: edited since: title" in shown.stdout
    undo(site, "--yes", run=run)
    assert [document["status"] for document in site.work_orders.find().sort("number")] == ["deleted", "in_progress"]
    site.run()
    assert site.client_gets(1)["isDeleted"] is True
    assert site.work_order(1)["status"] == "deleted"


def test_an_undo_can_be_repeated_and_undone(site: Site) -> None:
    run = bad_night(site)
    undo(site, "--yes", run=run)
    first = latest(site)
    again = undo(site, "--yes", run=run)
    assert (again.returncode, titles(site)[0]) == (0, "Pump 1")
    assert "0 taken back, 4 as they were before" in again.stdout
    assert undo(site, "--yes", run=first).returncode == 0
    assert titles(site) == ["???"] * 4


@pytest.mark.parametrize("writes", [1, 3])
def test_an_undo_that_dies_is_done_by_the_next_one(site: Site, writes: int) -> None:
    run = bad_night(site)
    with pytest.raises(Death), dying(writes):
        app.undo(site.mapping, site.settings, quiet_log(), run, access=app.Access())
    undone = app.undo(site.mapping, site.settings, quiet_log(), run, access=app.Access())
    assert undone.is_clean
    assert titles(site) == ["Pump 1", "Pump 2", "Pump 3", "Pump 4"]
    assert site.run()["inbound"] == {"read": 4, "unchanged": 4}
    assert [site.client_gets(number)["summary"] for number in (1, 4)] == ["Pump 1", "Pump 4"]


@pytest.mark.parametrize("writes", [2, 3, 4])
def test_a_run_that_died_can_be_undone_wherever_it_died(site: Site, writes: int) -> None:
    for number in (1, 2):
        site.client_sends(number)
    site.run()
    for number in (1, 2):
        site.client_sends(number, summary="???")
    with pytest.raises(Death), dying(writes):
        site.run(directions=INBOUND)
    written = [title == "???" for title in titles(site)]
    app.undo(site.mapping, site.settings, quiet_log(), latest(site), access=app.Access())
    assert titles(site) == ["Pump 1", "Pump 2"]
    site.run()
    # what was written, and taken back, does not come again; what never was is read by the next run
    assert titles(site) == [f"Pump {n}" if done else "???" for n, done in enumerate(written, 1)]


def test_with_again_the_next_run_reads_the_same_records_again(site: Site) -> None:
    run = bad_night(site, 2)
    undo(site, "--yes", "--again", run=run)
    assert titles(site) == ["Pump 1", "Pump 2"]
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 2}
    assert titles(site) == ["???", "???"]


@pytest.mark.parametrize("after", ["archive", "delete"])
def test_with_again_nothing_is_taken_back_that_no_run_could_read_again(site: Site, after: str) -> None:
    with_files(site, f'{{inbound: {{match: "*.json", after: {after}}}, outbound: "w_{{orderNo}}.json"}}')
    run = bad_night(site, 2)
    for options in (["--again"], ["--again", "--yes"]):
        done = undo(site, *options, run=run)
        assert (done.returncode, titles(site)) == (1, ["???", "???"])
        assert "nothing was changed" in done.stderr
        assert "1.json (1 record" in done.stderr
        assert "Put back what is missing under the name it had, or undo without --again" in done.stderr
        assert (f"moved to archive/ in {site.inbound}" in done.stderr) is (after == "archive")
    if after == "delete":
        assert "2 taken back" in undo(site, "--yes", run=run).stdout
        return
    last = {file.name.partition("_")[2]: file for file in sorted((site.inbound / "archive").iterdir())}
    for name, file in last.items():
        file.rename(site.inbound / name)
    assert "2 taken back" in undo(site, "--again", "--yes", run=run).stdout
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 2}
    assert titles(site) == ["???", "???"]


def test_what_is_kept_is_bounded_in_days_and_in_size(site: Site) -> None:
    first = bad_night(site)
    replaced = site.database["etl_replaced"]
    replaced.update_one({"run": first}, {"$set": {"started": datetime.now(UTC) - timedelta(days=31)}})
    site.run()
    assert "0 would be taken back" in undo(site, run=first).stdout
    site.settings = replace(site.settings, undo_bytes=400)
    for number in range(1, 5):
        site.client_sends(number, summary="!!!")
    site.run(batch_size=2)
    run = latest(site)
    assert sum(kept["bytes"] for kept in replaced.find({"mapping": site.mapping.name})) <= 400
    shown = undo(site, run=run)
    assert shown.returncode == 1
    assert "there was no room for all that this run has replaced (UNDO_BYTES)" in shown.stdout
    assert undo(site, "--yes", run=run).returncode == 1
    assert site.database["etl_runs"].find_one({"command": "undo"}, {"exit": True, "_id": False}) == {"exit": 1}


def test_what_is_no_run_is_said(site: Site) -> None:
    site.client_sends(1)
    site.run()
    done = etl("undo", "ffff0", *MAPPING, site=site)
    assert (done.returncode, "no run has an id that begins with ffff0" in done.stderr) == (1, True)
    assert etl("undo", "night", *MAPPING, site=site).returncode == 2


def restored(site: Site, name: str, backup: list[dict[str, Any]]) -> None:
    """Put a collection back as it was."""
    site.database[name].delete_many({})
    site.database[name].insert_many(backup)


@pytest.mark.parametrize("name", ["workorders", "etl_state"])
def test_what_came_out_of_a_backup_is_named_before_anything_is_written(site: Site, name: str) -> None:
    for number in range(1, 6):
        site.client_sends(number)
    site.run()
    backup = list(site.database[name].find())
    for number in range(1, 5):
        site.client_sends(number, summary="Fan")
    site.run()
    assert site.run()["inbound"] == {"read": 5, "unchanged": 5}
    restored(site, name, backup)
    before = {each: list(site.database[each].find()) for each in ("workorders", "etl_state")}
    done = etl("run", *MAPPING, site=site)
    assert (done.returncode, "of 4 that run" in done.stderr, "--confirm-restored" in done.stderr) == (1, True, True)
    assert {each: list(site.database[each].find()) for each in before} == before
    refused = json.loads(etl("runs", "list", "--json", *MAPPING, site=site).stdout)[0]
    assert (refused["exit_code"], refused["directions"], "of 4 that run" in refused["error"]) == (1, {}, True)
    stands = etl("status", *MAPPING, site=site)
    assert (stands.returncode, "! the last run failed with exit code 1: " in stands.stdout) == (6, True)
    planned = etl("plan", *MAPPING, site=site)
    assert (planned.returncode, "of 4 that run" in planned.stderr) == (1, True)
    assert "the rest stays apart, as `etl verify` names it" in done.stderr
    assert etl("run", *MAPPING, "--confirm-restored", site=site).returncode == 0
    verified = etl("verify", *MAPPING, site=site)
    apart = name == "workorders"
    assert ('4.json: title: client has "Fan", tracos "Pump 4"' in verified.stdout) == apart
    assert etl("run", *MAPPING, site=site).returncode == 0
    site.work_orders.update_many({"number": {"$lt": 5}}, {"$set": {"isSynced": False}})
    assert ("4 read = 4 updated" in etl("run", *MAPPING, site=site).stdout) == apart, "once they are due, they go out"


def test_work_orders_that_are_missing_from_a_restored_collection_are_named(site: Site) -> None:
    for number in range(1, 6):
        site.client_sends(number)
    site.run()
    site.work_orders.delete_many({"number": {"$gt": 2}})
    done = etl("run", *MAPPING, site=site)
    assert (done.returncode, "of 5 that run" in done.stderr) == (1, True)
    assert app.rebuild_state(site.mapping, site.settings, quiet_log()) >= 2
    assert etl("run", *MAPPING, site=site).returncode == 0


def test_what_people_do_by_hand_is_no_sign_of_a_backup(site: Site) -> None:
    run = bad_night(site, 6)
    site.technician_edits(1, title="Pump 1")  # two of six, taken back by hand
    site.technician_edits(2, title="Pump 2")
    site.work_orders.delete_one({"number": 3})
    site.run()
    undo(site, "--yes", run=run)
    site.run()
    site.database["etl_state"].drop()
    site.run()


@pytest.mark.parametrize("writes", [3, 5, 7])
def test_a_run_that_died_is_no_sign_of_a_backup(site: Site, writes: int) -> None:
    for number in range(1, 5):
        site.client_sends(number)
    site.run()
    for number in range(1, 5):
        site.client_sends(number, summary="Fan")
    with pytest.raises(Death), dying(writes):
        site.run(batch_size=2)
    site.run()
    assert titles(site) == ["Fan"] * 4


def test_what_a_run_has_replaced_is_read_again_after_a_failure_in_passing(fragile_site: Site) -> None:
    run = bad_night(fragile_site)
    with app.open_session(fragile_site.mapping, fragile_site.settings, quiet_log()) as session:
        expired = 50  # which the driver does not try again
        with failing(fragile_site, "find", 1, errorCode=expired):
            assert len(list(session.replaced.of(run))) == 4


def test_of_a_long_value_an_undo_shows_the_beginning_and_takes_back_all_of_it(site: Site) -> None:
    before, after = ("y" * 100_000 + end for end in "ab")
    for summary in (before, after):
        site.client_sends(1, summary=summary)
        site.run()
    run = latest(site)
    (record,) = checked(("undo",), undo(site, "--json", run=run).stdout)["records"]
    beginning = "y" * 1000 + "…"
    shown = '"' + "y" * 59 + "…"
    assert record["fields"]["title"] == {"now": beginning, "then": beginning, "cut": {"now": shown, "then": shown}}
    assert f"{shown} → another one" in undo(site, run=run).stdout
    undo(site, "--yes", run=run)
    assert site.work_order(1)["title"] == before
