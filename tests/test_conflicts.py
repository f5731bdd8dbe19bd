"""Both sides change a work order: what is merged, who wins, what waits for a person, and what is kept of the loser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl import LimitError, Options, load_mapping
from etl.app import plan
from etl.app.opening import quiet_log
from etl.limits import Limit
from etl.transfer.conflicts import OSCILLATIONS
from tests.model.faults import Death, dying
from tests.support.command_line import etl
from tests.support.conflicts import Policy, command, log, signed
from tests.support.site import INBOUND, MAPPING_FILE, OUTBOUND, Site

CREATED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def both_change_the_title(site: Site, **client: Any) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    site.client_sends(7, summary="Client's pump", **client)


def both_sides_are_equal(site: Site, number: int = 7) -> bool:
    order, told = site.work_order(number), site.client_gets(number)
    return bool(order["title"] == told["summary"] and (order["status"] == "completed") == told["isDone"])


def test_changes_of_different_rules_are_merged_and_go_out_in_the_same_run(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="New pump")
    site.client_sends(7, isDone=True)
    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}
    assert (site.work_order(7)["title"], site.work_order(7)["status"]) == ("New pump", "completed")
    assert both_sides_are_equal(site)
    assert log(site) == []
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


WAITING = {
    "a mark": ("isSynced: {$ne: true}", "isSynced: true"),
    "a mark that is there": ("isSynced: {$in: [false, null]}", "isSynced: true"),
    "a date": ("syncedAt: null", "syncedAt: $now"),
    "one of two": ("$or: [{isSynced: {$ne: true}}, {syncedAt: {$exists: false}}]", "isSynced: true, syncedAt: $now"),
}


@pytest.mark.parametrize("directions", [INBOUND, (*INBOUND, *OUTBOUND)])
@pytest.mark.parametrize("what", WAITING)
def test_an_edit_that_waits_goes_out_though_an_import_would_take_its_mark_away(
    policy: Policy, what: str, directions: Any
) -> None:
    site = policy("{wins: review}")
    when, set_ = WAITING[what]
    file = site.mapping.file
    text = file.read_text().replace(
        "on_import: {isSynced: false, updatedAt: $now, syncedAt: $absent}", f"on_import: {{updatedAt: $now, {set_}}}"
    )
    text = text.replace("export_when: {isSynced: {$ne: true}}", f"export_when: {{{when}}}")
    file.write_text(text)
    site.mapping = load_mapping(file)
    site.client_sends(7)
    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {}}, "what the client said goes back to it"
    site.work_orders.update_one(
        {"number": 7}, {"$set": {"title": "New pump", "isSynced": False}, "$unset": {"syncedAt": True}}
    )
    site.client_sends(7, isDone=True)
    made = plan(site.mapping, site.settings, quiet_log(), Options(directions=directions))
    reports = site.reports(directions=directions)
    assert [report.as_line() for report in reports] == [report.as_line() for report in made.reports]
    site.run()
    assert (site.client_gets(7)["summary"], site.work_order(7)["status"]) == ("New pump", "completed")
    assert both_sides_are_equal(site)
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def test_where_the_client_wins_what_tracos_had_is_kept_in_the_log(policy: Policy) -> None:
    site = policy()
    both_change_the_title(site)
    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}
    assert site.work_order(7)["title"] == "Client's pump"
    assert both_sides_are_equal(site)
    (entry,) = log(site)
    assert (entry["key"], entry["open"], entry["origin"]) == ([7], False, "7.json")
    assert entry["rules"] == [
        {
            "rule": "title",
            "values": [{"path": "title", "base": "Pump 7", "outside": "Client's pump", "inside": "Technician's pump"}],
            "winner": "outside",
            "why": "client wins",
        }
    ]
    assert entry["first"]
    assert entry["run"]


def test_where_tracos_wins_its_value_goes_out_in_the_same_run_even_if_the_edit_was_not_flagged(policy: Policy) -> None:
    site = policy(title="tracos: title, wins: tracos}")
    site.client_sends(7)
    site.run()
    site.work_orders.update_one({"number": 7}, {"$set": {"title": "Technician's pump"}})  # isSynced stays true
    site.client_sends(7, summary="Client's pump", isDone=True)
    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}
    assert site.work_order(7)["title"] == "Technician's pump"
    assert site.work_order(7)["status"] == "completed"
    assert both_sides_are_equal(site)
    assert log(site)[0]["rules"][0]["winner"] == "inside"
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


NEWEST = "{wins: newest, newest: {client: lastUpdateDate, tracos: updatedAt, tolerance: 5}}"


@pytest.mark.parametrize(("seconds", "winner"), [(60, "Client's pump"), (-60, "Technician's pump")])
def test_the_newest_change_wins(policy: Policy, seconds: int, winner: str) -> None:
    site = policy(NEWEST)
    both_change_the_title(site)
    edited = site.work_order(7)["updatedAt"] + timedelta(seconds=10)
    site.technician_edits(7, updatedAt=edited)
    site.client_sends(7, summary="Client's pump", lastUpdateDate=(edited + timedelta(seconds=seconds)).isoformat())
    site.run()
    assert site.work_order(7)["title"] == winner
    assert both_sides_are_equal(site)
    assert log(site)[0]["rules"][0]["why"].endswith("is newer by 60 s")


@pytest.mark.parametrize(
    ("date", "why"),
    [("+4", "newest, but the changes are only 4 s apart"), (None, "newest, but lastUpdateDate has no date")],
)
def test_the_newest_is_not_chosen_inside_the_tolerance_or_without_dates(
    policy: Policy, date: str | None, why: str
) -> None:
    site = policy(NEWEST)
    both_change_the_title(site)
    edited = site.work_order(7)["updatedAt"]
    sent = (edited + timedelta(seconds=4)).isoformat() if date else None
    site.client_sends(7, summary="Client's pump", lastUpdateDate=sent)
    assert site.run() == {"inbound": {"read": 1, "conflict": 1}, "outbound": {"read": 1, "conflict": 1}}
    assert log(site)[0]["rules"][0]["why"] == why


def test_what_waits_for_review_is_written_on_neither_side_and_others_go_on(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site, isDone=True)
    site.client_sends(8)
    done = command(site, "run")
    assert done.returncode == 1
    assert done.stdout == "inbound: 2 read = 1 created, 1 conflict\noutbound: 2 read = 1 created, 1 conflict\n"
    assert "conflict" in done.stderr
    assert "title: review" in done.stderr
    assert (site.work_order(7)["title"], site.work_order(7)["status"]) == ("Technician's pump", "in_progress")
    assert site.client_gets(7)["summary"] == "Pump 7"
    assert site.client_gets(8)["summary"] == "Pump 8"

    site.run()
    (entry,) = log(site)
    assert entry["open"]
    assert entry["first"] < entry["last"]


def test_what_both_sides_say_is_taken_for_agreed_and_waits_for_nobody(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site)
    site.run()
    assert command(site, "state", "rebuild").returncode == 0
    assert command(site, "conflicts", "list").stdout == ""
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {"read": 1, "updated": 1}}
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "Technician's pump"


def test_a_person_decides_nothing_for_a_record_that_another_one_has_superseded(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site)
    site.run()
    site.client_sends(7, "8.json", summary="Technician's pump")
    with pytest.raises(Death), dying(1):
        site.run()
    assert len(log(site, open=True)) == 1
    assert command(site, "conflicts", "resolve", "7", "--take", "tracos").returncode == 0
    assert log(site, open=True) == []
    assert site.client_gets(7)["summary"] == "Pump 7", "it is told something before its last word is read"
    site.run()
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "Technician's pump"


@pytest.mark.parametrize(
    ("take", "title", "status"),
    [
        (["client"], "Client's pump", "completed"),
        (["tracos"], "Technician's pump", "on_hold"),
        (["client", "title=tracos"], "Technician's pump", "completed"),
        (["tracos", "isDone=client"], "Technician's pump", "completed"),
    ],
)
def test_a_person_decides_and_the_conflict_does_not_come_back(
    policy: Policy, take: list[str], title: str, status: str
) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site, isDone=True)
    site.technician_edits(7, status="on_hold")
    site.run()

    assert "open     7  " in command(site, "conflicts", "list").stdout
    page = command(site, "conflicts", "show", "7").stdout
    assert '    title: was "Pump 7"; client "Client\'s pump", tracos "Technician\'s pump"' in page
    taken = [argument for each in take for argument in ("--take", each)]
    done = command(site, "conflicts", "resolve", "7", *taken)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "inbound: 1 read = 1 updated\noutbound: 1 read = 1 updated\n"

    assert (site.work_order(7)["title"], site.work_order(7)["status"]) == (title, status)
    assert both_sides_are_equal(site)
    assert log(site, open=True) == []
    assert "chosen by a person" in str(log(site, open=False))
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    assert command(site, "conflicts", "list").stdout == ""
    assert "decided  7  " in command(site, "conflicts", "list", "--decided").stdout


def test_what_resolving_does_not_name_stays_in_conflict(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site, isDone=True)
    site.technician_edits(7, status="on_hold")
    site.run()
    done = command(site, "conflicts", "resolve", "7", "--take", "title=client")
    assert (done.returncode, done.stdout) == (
        1,
        "inbound: 1 read = 1 conflict (known)\noutbound: 1 read = 1 conflict (known)\n",
    )
    assert site.work_order(7)["title"] == "Technician's pump"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["7", "--take", "clint"], "clint is no system; did you mean client?"),
        (["7", "--take", "titel=client"], "titel is no rule of tracos_client; did you mean title?"),
        (['["7"', "--take", "client"], "is no key of tracos_client"),
        (['["\\ud800"]', "--take", "client"], "is no key of tracos_client"),
        (["[99999999999999999999]", "--take", "client"], "is no key of tracos_client"),
    ],
)
def test_resolving_needs_names_of_the_mapping(policy: Policy, arguments: list[str], reason: str) -> None:
    done = command(policy(), "conflicts", "resolve", *arguments)
    assert done.returncode == 3
    assert reason in done.stderr


def test_a_conflict_that_the_sides_settle_by_themselves_is_closed(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site)
    site.run()
    site.technician_edits(7, title="Client's pump")
    assert site.run()["inbound"] == {"read": 1, "unchanged": 1}
    assert log(site) == []
    site.run()
    assert both_sides_are_equal(site)


def test_a_file_that_goes_back_to_what_it_said_closes_its_conflict(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site)
    site.run()
    site.client_sends(7)
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {"read": 1, "updated": 1}}
    assert log(site) == []
    assert site.client_gets(7)["summary"] == "Technician's pump"


def test_a_dropped_conflict_comes_back_while_both_sides_disagree(policy: Policy) -> None:
    site = policy("{wins: review}")
    both_change_the_title(site)
    site.run()
    assert command(site, "conflicts", "drop", "7").stdout == "1 conflict dropped\n"
    assert command(site, "conflicts", "drop").returncode == 2
    site.run()
    assert len(log(site, open=True)) == 1


def test_what_first_contact_overwrites_is_kept(site: Site) -> None:
    site.work_orders.insert_one({"number": 7, "title": "Other", "status": "pending", "createdAt": CREATED})
    site.client_sends(7)
    site.run()
    (entry,) = log(site)
    assert {rule["rule"]: rule["values"][0]["inside"] for rule in entry["rules"]} == {
        "title": "Other",
        "status": "pending",
    }
    assert {rule["why"] for rule in entry["rules"]} == {"first contact"}


def test_a_value_that_does_not_survive_the_round_trip_is_no_edit(policy: Policy) -> None:
    """TracOS keeps more than the client can say: what only looks different since the agreement was not changed."""
    site = policy("{wins: review}")
    site.work_orders.insert_one({"number": 7, "title": "Pump", "status": "deleted", "createdAt": CREATED})
    site.run()
    assert "deleted" not in site.work_order(7), "the client was told isDeleted, which would mean deleted: true here"
    echo = site.client_gets(7)
    (site.inbound / "7.json").write_text(json.dumps(echo | {"summary": "New pump", "isDeleted": False, "isDone": True}))
    assert site.run()["inbound"] == {"read": 1, "updated": 1}
    assert site.work_order(7)["deleted"] is False


def test_a_value_that_both_sides_keep_rewriting_is_stopped_and_named(site: Site) -> None:
    """The client's system writes titles in capitals; a robot in TracOS writes them back."""
    site.client_sends(7, summary="Pump")
    site.run()
    for turn in range(1, OSCILLATIONS + 1):
        site.client_sends(7, summary="PUMP")
        (inbound,) = site.reports(directions=INBOUND)
        assert inbound.as_dict()["updated" if turn < OSCILLATIONS else "conflict"] == 1, turn
        if turn < OSCILLATIONS:
            site.technician_edits(7, title="Pump")
            site.run(directions=OUTBOUND)
            site.client_sends(7, summary="Pump")
            site.run(directions=INBOUND)
    (entry,) = log(site, open=True)
    assert entry["rules"][0]["rule"] == "title"
    assert entry["rules"][0]["why"] == "both sides keep rewriting it: the same change 5 times in a row"
    title = site.work_order(7)["title"]
    assert command(site, "conflicts", "resolve", "7", "--take", "tracos", "--by", "ana").returncode == 0
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == title != "PUMP"
    assert signed(site) == [("title", "ana", "")]
    assert site.run()["inbound"] == {"read": 1, "unchanged": 1}


def test_without_echo_the_client_is_not_sent_what_it_has(policy: Policy) -> None:
    site = policy(files="echo: false\n  files: {inbound")
    site.client_sends(7)
    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "unchanged": 1}}
    assert list(site.outbound.glob("*")) == []
    assert site.work_order(7)["isSynced"] is True
    site.technician_edits(7, title="New pump")
    assert site.run()["outbound"] == {"read": 1, "created": 1}
    site.technician_edits(7, technician="Ana")
    assert site.run()["outbound"] == {"read": 1, "unchanged": 1}


def test_so_many_deletions_stop_a_run_before_anything_is_written(site: Site) -> None:
    for number in range(1, 11):
        site.client_sends(number)
    site.run()
    for number in range(1, 6):
        site.client_sends(number, isDeleted=True)
    site.client_sends(11)
    with pytest.raises(LimitError, match=r"5 of 11 records would be marked as deleted, and MAX_DELETED is 20%"):
        site.run(max_deleted=Limit(0.2, share=True))
    assert site.work_orders.count_documents({"status": "deleted"}) == 0
    assert site.work_orders.count_documents({}) == 10
    done = etl("run", "--mapping", str(MAPPING_FILE), "--max-deleted", "4", site=site)
    assert done.returncode == 1
    assert "--confirm-deletes" in done.stderr
    assert site.run(max_deleted=Limit(4), confirm_deletes=True)["inbound"] == {
        "read": 11,
        "created": 1,
        "updated": 5,
        "unchanged": 5,
    }


def test_a_file_that_disappears_deletes_nothing(site: Site) -> None:
    site.client_sends(7)
    site.run()
    (site.inbound / "7.json").unlink()
    assert site.run() == {"inbound": {}, "outbound": {}}
    assert site.work_order(7)["status"] == "in_progress"
